/*
 * url: https URLs in pieces; see url.h.  Called by https.c, fetch, and what
 * reads a URL from a configuration.  Pure.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "url.h"

#define SCHEME	"https:"

#define DIGITS	"0123456789"
#define LETTERS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HEX	DIGITS "abcdefABCDEF"

/* unreserved and sub-delims of RFC 3986 2, and what a path and a query add. */
static const char path_chars[] = LETTERS DIGITS "-._~!$&'()*+,;=:@/?%";

/* Every `%' is followed by two hexadecimal digits: 1, else 0. */
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

/* Copy `n' bytes as a string, if they fit and are not none; 0, or -1. */
static int
copy(char *dst, size_t size, const char *src, size_t n)
{
	if (n == 0 || n >= size)
		return (-1);
	memcpy(dst, src, n);
	dst[n] = '\0';
	return (0);
}

/* The host at *p, which then points behind it; 0, or -1. */
static int
parse_host(const char **p, struct url *u)
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

/* The port at *p, if there is one; 0, or -1. */
static int
parse_port(const char **p, struct url *u)
{
	const char *s;
	unsigned int port = 0;
	size_t i, n;

	if (**p != ':')
		return (copy(u->port, sizeof(u->port), "443", 3));
	s = *p + 1;
	n = strspn(s, DIGITS);
	*p = s + n;
	if (copy(u->port, sizeof(u->port), s, n) == -1)
		return (-1);
	for (i = 0; i < n; i++)
		port = port * 10 + (unsigned int)(s[i] - '0');
	return (port >= 1 && port <= 65535 && s[0] != '0' ? 0 : -1);
}

/* The rest: a path, a query, both, or nothing; 0, or -1. */
static int
parse_path(const char *s, struct url *u)
{
	int n;

	if (s[strspn(s, path_chars)] != '\0' || !escapes_ok(s) ||
	    (*s != '\0' && *s != '/' && *s != '?'))
		return (-1);
	n = snprintf(u->path, sizeof(u->path), "%s%s", *s == '/' ? "" : "/",
	    s);
	return (n > 0 && (size_t)n < sizeof(u->path) ? 0 : -1);
}

/* From the two slashes on. */
static int
parse_rest(const char *s, struct url *u)
{
	if (strncmp(s, "//", 2) != 0)
		return (-1);
	s += 2;
	if (parse_host(&s, u) == -1 || parse_port(&s, u) == -1)
		return (-1);
	return (parse_path(s, u));
}

int
url_parse(const char *text, struct url *u)
{
	memset(u, 0, sizeof(*u));
	if (strncasecmp(text, SCHEME, strlen(SCHEME)) != 0)
		return (-1);
	return (parse_rest(text + strlen(SCHEME), u));
}

/* A path beside that of `from': what is behind its last slash goes. */
static int
beside(const struct url *from, const char *s, struct url *u)
{
	char path[2 * sizeof(u->path)];
	size_t n;

	n = strcspn(from->path, "?");
	while (n > 0 && from->path[n - 1] != '/')
		n--;
	snprintf(path, sizeof(path), "%.*s%s", (int)n, from->path, s);
	return (parse_path(path, u));
}

int
url_follow(const struct url *from, const char *location, size_t len,
    struct url *u)
{
	char s[URL_MAXTEXT];
	size_t n;

	if (memchr(location, '\0', len) != NULL ||
	    copy(s, sizeof(s), location, len) == -1)
		return (-1);
	s[strcspn(s, "#")] = '\0';
	n = strcspn(s, ":/?");
	if (s[n] == ':')
		return (url_parse(s, u));
	if (strncmp(s, "//", 2) == 0) {
		memset(u, 0, sizeof(*u));
		return (parse_rest(s, u));
	}
	*u = *from;
	if (s[0] == '/')
		return (parse_path(s, u));
	return (beside(from, s, u));
}

int
url_authority(const struct url *u, char *dst, size_t size)
{
	int n, v6 = strchr(u->host, ':') != NULL;
	int other = strcmp(u->port, "443") != 0;

	n = snprintf(dst, size, "%s%s%s%s%s", v6 ? "[" : "", u->host,
	    v6 ? "]" : "", other ? ":" : "", other ? u->port : "");
	return (n > 0 && (size_t)n < size ? 0 : -1);
}

int
url_text(const struct url *u, char *dst, size_t size)
{
	char host[sizeof(u->host) + sizeof(u->port) + 4];
	int n;

	if (url_authority(u, host, sizeof(host)) == -1)
		return (-1);
	n = snprintf(dst, size, "https://%s%s", host, u->path);
	return (n > 0 && (size_t)n < size ? 0 : -1);
}
