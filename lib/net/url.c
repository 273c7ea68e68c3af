/*
 * url: split and join URLs; see url.h.  Called by https.c, fetch, verify, and
 * readers of URLs in a configuration.  Pure.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "url.h"

#define SCHEME	"https:"
#define PLAIN	"http:"

#define DIGITS	"0123456789"
#define LETTERS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HEX	DIGITS "abcdefABCDEF"

/*
 * unreserved and sub-delims of RFC 3986 2, and the additions for path and
 * query.
 */
static const char path_chars[] = LETTERS DIGITS "-._~!$&'()*+,;=:@/?%";

/* Is every `%' followed by two hexadecimal digits?  Returns 1 or 0. */
static int
escapes_ok(const char *s)
{
	while ((s = strchr(s, '%')) != NULL) {
		if (strspn(s + 1, HEX) < 2)
			return (0);
		s += 3;
	}
	return (1);
}

/*
 * Copy `n' bytes as a string, if they fit and `n' is not 0.  Returns 0, or -1.
 */
static int
copy(char *dst, size_t size, const char *src, size_t n)
{
	if (n == 0 || n >= size)
		return (-1);
	memcpy(dst, src, n);
	dst[n] = '\0';
	return (0);
}

/* Parse the host at *p and move *p behind it.  Returns 0, or -1. */
static int
parse_host(const char **p, struct net_url *u)
{
	static const char v6[] = HEX ":.", name[] = LETTERS DIGITS "-._";
	const char *s = *p;
	size_t n;

	if (*s == '[') {
		n = strspn(++s, v6);
		if (s[n] != ']' || memchr(s, ':', n) == NULL)
			return (-1);
		*p = s + n + 1;
	} else {
		n = strspn(s, name);
		*p = s + n;
	}
	return (copy(u->host, sizeof(u->host), s, n));
}

static const char *
default_port(const struct net_url *u)
{
	return (u->plain ? "80" : "443");
}

/* Parse the optional port at *p.  Returns 0, or -1. */
static int
parse_port(const char **p, struct net_url *u)
{
	const char *s;
	unsigned int port = 0;
	size_t i, n;

	if (**p != ':') {
		s = default_port(u);
		return (copy(u->port, sizeof(u->port), s, strlen(s)));
	}
	s = *p + 1;
	n = strspn(s, DIGITS);
	*p = s + n;
	if (copy(u->port, sizeof(u->port), s, n) == -1)
		return (-1);
	for (i = 0; i < n; i++)
		port = port * 10 + (unsigned int)(s[i] - '0');
	return (port >= 1 && port <= 65535 && s[0] != '0' ? 0 : -1);
}

/* Parse the rest: a path, a query, both, or nothing.  Returns 0, or -1. */
static int
parse_path(const char *s, struct net_url *u)
{
	int n;

	if (s[strspn(s, path_chars)] != '\0' || !escapes_ok(s) ||
	    (*s != '\0' && *s != '/' && *s != '?'))
		return (-1);
	n = snprintf(u->path, sizeof(u->path), "%s%s", *s == '/' ? "" : "/",
	    s);
	return (n > 0 && (size_t)n < sizeof(u->path) ? 0 : -1);
}

/* Parse from the two slashes on. */
static int
parse_rest(const char *s, struct net_url *u)
{
	if (strncmp(s, "//", 2) != 0)
		return (-1);
	s += 2;
	if (parse_host(&s, u) == -1 || parse_port(&s, u) == -1)
		return (-1);
	return (parse_path(s, u));
}

int
net_url_parse(const char *text, struct net_url *u)
{
	memset(u, 0, sizeof(*u));
	if (strncasecmp(text, SCHEME, strlen(SCHEME)) != 0)
		return (-1);
	return (parse_rest(text + strlen(SCHEME), u));
}

static int
is_loopback4(const struct in_addr *a)
{
	return (ntohl(a->s_addr) >> 24 == IN_LOOPBACKNET);
}

int
net_url_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return (is_loopback4(&((const struct sockaddr_in *)
		    (const void *)sa)->sin_addr));
	return (sa->sa_family == AF_INET6 &&
	    IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)
	    (const void *)sa)->sin6_addr));
}

/* Is the host this machine, by its name or address? */
static int
is_local(const char *host)
{
	struct in6_addr in6;
	struct in_addr in;

	if (inet_pton(AF_INET, host, &in) == 1)
		return (is_loopback4(&in));
	if (inet_pton(AF_INET6, host, &in6) == 1)
		return (IN6_IS_ADDR_LOOPBACK(&in6));
	return (strcasecmp(host, "localhost") == 0);
}

int
net_url_parse_plain(const char *text, struct net_url *u)
{
	if (strncasecmp(text, PLAIN, strlen(PLAIN)) != 0)
		return (net_url_parse(text, u));
	memset(u, 0, sizeof(*u));
	u->plain = 1;
	return (parse_rest(text + strlen(PLAIN), u));
}

int
net_url_parse_local(const char *text, struct net_url *u)
{
	return (net_url_parse_plain(text, u) == 0 && (!u->plain ||
	    is_local(u->host)) ? 0 : -1);
}

/*
 * Remove the last segment from the `n' bytes at `out'.  Returns the bytes left.
 */
static size_t
parent_path(const char *out, size_t n)
{
	while (n > 0 && out[--n] != '/')
		;
	return (n);
}

/*
 * Remove the segments "." and ".." of the absolute path in the first `n' bytes
 * of `path' (RFC 3986 5.2.4), in place.  Returns the bytes left.
 */
static size_t
remove_dots(char *path, size_t n)
{
	size_t i = 0, out = 0, seg;

	while (i < n) {
		for (seg = 1; i + seg < n && path[i + seg] != '/'; seg++)
			;
		if (seg == 2 && path[i + 1] == '.') {
			i += seg;
			if (i == n)
				path[out++] = '/';
		} else if (seg == 3 && path[i + 1] == '.' &&
		    path[i + 2] == '.') {
			i += seg;
			out = parent_path(path, out);
			if (i == n)
				path[out++] = '/';
		} else {
			memmove(path + out, path + i, seg);
			out += seg;
			i += seg;
		}
	}
	return (out);
}

/*
 * Set a path with its optional query and remove its dot segments.  Returns 0,
 * or -1.
 */
static int
set_path(char *path, struct net_url *u)
{
	size_t all = strcspn(path, "?"), n;

	if (path[0] == '/') {
		n = remove_dots(path, all);
		memmove(path + n, path + all, strlen(path + all) + 1);
	}
	return (parse_path(path, u));
}

/* Merge a relative path with that of `from' (5.2.3). */
static int
beside(const struct net_url *from, const char *s, struct net_url *u)
{
	char path[URL_MAXTEXT + sizeof(u->path)];
	size_t n;

	/* An empty reference or a query keeps the whole path. */
	n = strcspn(from->path, s[0] == '\0' ? "" : "?");
	if (s[0] != '?' && s[0] != '\0')
		while (n > 0 && from->path[n - 1] != '/')
			n--;
	snprintf(path, sizeof(path), "%.*s%s", (int)n, from->path, s);
	return (set_path(path, u));
}

/* Set an authority and the rest, and remove dot segments. */
static int
set_rest(const char *s, struct net_url *u)
{
	char path[sizeof(u->path)];

	if (parse_rest(s, u) == -1)
		return (-1);
	memcpy(path, u->path, sizeof(path));
	return (set_path(path, u));
}

int
net_url_follow(const struct net_url *from, const char *location, size_t len,
    struct net_url *u)
{
	char s[URL_MAXTEXT];
	struct net_url to;
	size_t n;
	int rv;

	if (memchr(location, '\0', len) != NULL ||
	    copy(s, sizeof(s), location, len) == -1)
		return (-1);
	s[strcspn(s, "#")] = '\0';
	n = strcspn(s, ":/?");
	memset(&to, 0, sizeof(to));
	if (s[n] == ':') {
		rv = strncasecmp(s, SCHEME, strlen(SCHEME)) == 0 ?
		    set_rest(s + strlen(SCHEME), &to) : -1;
	} else if (strncmp(s, "//", 2) == 0)
		rv = set_rest(s, &to);
	else {
		to = *from;
		rv = s[0] == '/' ? set_path(s, &to) : beside(from, s, &to);
	}
	if (rv == 0)
		*u = to;
	return (rv);
}

int
net_url_authority(const struct net_url *u, char *dst, size_t size)
{
	int n, v6 = strchr(u->host, ':') != NULL;
	int other = strcmp(u->port, default_port(u)) != 0;

	n = snprintf(dst, size, "%s%s%s%s%s", v6 ? "[" : "", u->host,
	    v6 ? "]" : "", other ? ":" : "", other ? u->port : "");
	return (n > 0 && (size_t)n < size ? 0 : -1);
}

int
net_url_text(const struct net_url *u, char *dst, size_t size)
{
	char host[sizeof(u->host) + sizeof(u->port) + 4];
	int n;

	if (net_url_authority(u, host, sizeof(host)) == -1)
		return (-1);
	n = snprintf(dst, size, "%s//%s%s", u->plain ? PLAIN : SCHEME, host,
	    u->path);
	return (n > 0 && (size_t)n < size ? 0 : -1);
}
