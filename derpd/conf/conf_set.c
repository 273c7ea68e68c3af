/*
 * conf_set: single statements of the configuration; see conf_set.h.  Called by
 * parse.y.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_parse.h"
#include "conf_set.h"
#include "hostname.h"
#include "log.h"

#define MIN_BURST	65568	/* one SendPacket of the largest size */

static int	done[SET_MAX];

void
set_begin(void)
{
	memset(done, 0, sizeof(done));
}

int
set_once(enum set_what what, const char *name, const struct conf_pos *pos)
{
	if (done[what]) {
		conf_error(pos, "%s is set a second time: expected it once",
		    name);
		return (0);
	}
	done[what] = 1;
	return (1);
}

char *
set_dup(const char *s)
{
	char *copy;

	if ((copy = strdup(s)) == NULL)
		fatal("configuration");
	return (copy);
}

static void
replace(char **dst, const char *s)
{
	free(*dst);
	*dst = set_dup(s);
}

void
set_macro(const char *name, const char *value, const struct conf_pos *pos)
{
	if (!macro_is_name(name))
		conf_error(pos, "macro \"%s\": expected a name of letters, "
		    "digits and _", name);
	else if (macro_set(name, value, 0) == -1)
		fatal("configuration");
}

/* What the last letter of a size stands for. */
static int64_t
unit_of(char letter)
{
	switch (letter) {
	case 'K': case 'k':
		return (1024);
	case 'M': case 'm':
		return (1024 * 1024);
	case 'G': case 'g':
		return (1024 * 1024 * 1024);
	}
	return (0);
}

int64_t
set_size(const char *text, const struct conf_pos *pos)
{
	const char *errstr = "malformed";
	char digits[24];
	size_t n = strlen(text);
	int64_t v = 0, unit = n > 1 ? unit_of(text[n - 1]) : 0;

	if (unit > 0 && n < sizeof(digits) &&
	    strspn(text, "0123456789") == n - 1) {
		strlcpy(digits, text, n);
		v = strtonum(digits, 0, INT64_MAX / unit, &errstr);
	}
	if (errstr != NULL)
		conf_error(pos, "size \"%.64s\": expected a number of bytes, "
		    "with K, M or G behind it if wanted", text);
	return (errstr == NULL ? v * unit : -1);
}

/*
 * Parse a literal address; 0, or -1.  getaddrinfo() knows scopes of IPv6, but
 * takes "1.2" for 1.0.0.2.
 */
static int
literal(const char *host, int64_t port, int family, struct conf_listen *l)
{
	struct addrinfo hints, *ai;
	struct in_addr v4;
	char service[8];

	if (strchr(host, ':') == NULL && inet_pton(AF_INET, host, &v4) != 1)
		return (-1);
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = family;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
	snprintf(service, sizeof(service), "%lld", (long long)port);
	if (getaddrinfo(host, service, &hints, &ai) != 0)
		return (-1);
	memcpy(&l->ss, ai->ai_addr, ai->ai_addrlen);
	l->sslen = ai->ai_addrlen;
	freeaddrinfo(ai);
	return (0);
}

static int
is_address(const char *s)
{
	struct conf_listen l;

	return (literal(s, 0, AF_UNSPEC, &l) == 0);
}

/* What is to be written in place of a host that is refused; "" unknown. */
static const char *
host_advice(const char *s)
{
	size_t n = strlen(s);
	const char *p;

	for (p = s; *p != '\0'; p++)
		if ((unsigned char)*p > '~')
			return (": write the form of it that begins with xn--, "
			    "as `idn2' prints it");
	if (strstr(s, "://") != NULL || strchr(s, '/') != NULL)
		return (": write the name alone, without scheme and path");
	if (*s == '[')
		return (": write an IPv6 address without brackets, and the "
		    "port in `listen on ... port'");
	if (*s == '*')
		return (": write a line for each name that clients use; the "
		    "certificate may hold a wildcard");
	if ((p = strchr(s, ':')) != NULL && strchr(p + 1, ':') == NULL)
		return (": write the name alone, and the port in `listen on "
		    "... port'");
	if (n > 0 && s[n - 1] == '.')
		return (": write it without the dot at its end");
	return ("");
}

int
set_is_host(const char *s, const char *what, const struct conf_pos *pos)
{
	if (hostname_is_name(s) || is_address(s))
		return (1);
	conf_error(pos, "%s \"%s\": expected a DNS name or an IP address%s",
	    what, s, host_advice(s));
	return (0);
}

void
set_hostname(const char *name, const struct conf_pos *pos)
{
	struct conf_name *n;
	int count = 0;

	if (!set_is_host(name, "hostname", pos))
		return;
	TAILQ_FOREACH(n, &parsed->names, entry) {
		if (strcasecmp(n->name, name) == 0) {
			conf_error(pos, "hostname \"%s\" stands there twice",
			    name);
			return;
		}
		count++;
	}
	if (count == CONF_MAXNAMES) {
		conf_error(pos, "hostname \"%s\": expected at most %d such "
		    "lines", name, CONF_MAXNAMES);
		return;
	}
	if ((n = calloc(1, sizeof(*n))) == NULL)
		fatal("configuration");
	n->name = set_dup(name);
	n->pos = *pos;
	TAILQ_INSERT_TAIL(&parsed->names, n, entry);
}

/* 0, or -1: reported. */
static int
add_listen(struct conf_listens *list, const char *address, int64_t port,
    int family, int tls, int wildcard, const struct conf_pos *pos)
{
	struct conf_listen *l, *o;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		fatal("configuration");
	if (literal(address, port, family, l) == -1) {
		conf_error(pos, "listen on %s: expected * or an IP address",
		    address);
		free(l);
		return (-1);
	}
	TAILQ_FOREACH(o, list, entry)
		if (port != 0 && o->sslen == l->sslen &&
		    memcmp(&o->ss, &l->ss, l->sslen) == 0) {
			conf_error(pos, "listen on %s port %lld stands there "
			    "twice", wildcard ? "*" : address,
			    (long long)port);
			free(l);
			return (-1);
		}
	l->tls = tls;
	l->wildcard = wildcard;
	l->pos = *pos;
	TAILQ_INSERT_TAIL(list, l, entry);
	return (0);
}

void
set_add_listen(struct conf_listens *list, const char *address, int64_t port,
    int tls, const struct conf_pos *pos)
{
	if (port > 65535)
		conf_error(pos, "port %lld: expected 0 to 65535",
		    (long long)port);
	else if (strcmp(address, "*") != 0)
		(void)add_listen(list, address, port, AF_UNSPEC, tls, 0, pos);
	else if (add_listen(list, "::", port, AF_INET6, tls, 1, pos) == 0)
		(void)add_listen(list, "0.0.0.0", port, AF_INET, tls, 1, pos);
}

void
set_listen(const char *address, int64_t port, int tls,
    const struct conf_pos *pos)
{
	set_add_listen(&parsed->listens, address, port, tls, pos);
}

/* The longest path that `what' may have, in bytes. */
static size_t
path_max(enum set_what what)
{
	struct sockaddr_un sun;

	return (what == SET_CONTROL ? sizeof(sun.sun_path) - 1 : 1023);
}

int
set_is_path(const char *path, size_t max, const char *name,
    const struct conf_pos *pos)
{
	if (*path == '/' && strlen(path) <= max)
		return (1);
	conf_error(pos, "%s \"%s\": expected an absolute path of at most %zu "
	    "bytes", name, path, max);
	return (0);
}

void
set_certificate(const char *cert, const char *key, const struct conf_pos *pos)
{
	struct conf_cert *c;

	if (cert != NULL && (!set_is_path(cert, 1023, "certificate", pos) ||
	    !set_is_path(key, 1023, "key", pos)))
		return;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("configuration");
	c->cert = cert == NULL ? NULL : set_dup(cert);
	c->key = cert == NULL ? NULL : set_dup(key);
	c->pos = *pos;
	TAILQ_INSERT_TAIL(&parsed->certs, c, entry);
}

void
set_path(enum set_what what, const char *path, const struct conf_pos *pos)
{
	static const char *const names[] = {
		[SET_CONTROL] = "control", [SET_CHROOT] = "chroot",
		[SET_STATEDIR] = "statedir", [SET_RELAY_KEY] = "relay key",
		[SET_MESH_KEY] = "mesh key file"
	};
	struct {
		char		**path;
		struct conf_pos	 *pos;
	} dst[] = {
		[SET_CONTROL] = { &parsed->control, &parsed->control_pos },
		[SET_CHROOT] = { &parsed->chroot, &parsed->chroot_pos },
		[SET_STATEDIR] = { &parsed->statedir, &parsed->statedir_pos },
		[SET_RELAY_KEY] = { &parsed->relay.key,
		    &parsed->relay.key_pos },
		[SET_MESH_KEY] = { &parsed->mesh_key, &parsed->mesh_pos }
	};

	if (!set_once(what, names[what], pos) ||
	    !set_is_path(path, path_max(what), names[what], pos))
		return;
	replace(dst[what].path, path);
	*dst[what].pos = *pos;
}

void
set_user(int keys, const char *name, const struct conf_pos *pos)
{
	const char *what = keys ? "keys user" : "user";

	if (!set_once(keys ? SET_KEYS_USER : SET_USER, what, pos))
		return;
	if (*name == '\0' || strlen(name) > 32)
		conf_error(pos, "%s \"%s\": expected the name of a user",
		    what, name);
	else
		replace(keys ? &parsed->keys_user : &parsed->user, name);
}

static const struct {
	enum set_what	 what;
	const char	*name;
	int64_t		 min, max;
	size_t		 offset;	/* in struct conf_relay */
	int		 wide;		/* 64 bits */
} numbers[] = {
#define N(what, name, min, max, field)					\
	{ what, name, min, max, offsetof(struct conf_relay, field),	\
	    sizeof(((struct conf_relay *)0)->field) == sizeof(uint64_t) }
	N(SET_WORKERS, "workers", 1, MAXWORKERS, workers),
	N(SET_QUEUE_BYTES, "queue bytes", 65605, 1 << 30, queue_bytes),
	N(SET_QUEUE_PACKETS, "queue packets", 1, 1 << 20, queue_packets),
	N(SET_CODEL_TARGET, "codel target (ms)", 1, 10000, codel_target),
	N(SET_CODEL_INTERVAL, "codel interval (ms)", 1, 60000,
	    codel_interval),
	N(SET_UNSENT, "unsent limit (bytes)", 16384, 1 << 30, notsent_lowat),
	N(SET_WRITE_TIMEOUT, "write timeout (ms)", 0, 3600000,
	    write_timeout),
	N(SET_ACCEPT_RATE, "accept rate", 1, 1000000, accept_rate),
	N(SET_ACCEPT_BURST, "accept burst", 1, 1000000, accept_burst),
	N(SET_CLIENT_RATE, "client rate (bytes a second)", 1,
	    (int64_t)1 << 33, client_rate),
	N(SET_CLIENT_BURST, "client burst (bytes)", MIN_BURST,
	    (int64_t)1 << 33, client_burst),
	N(SET_MAX_CLIENTS, "max clients", 1, 10000000, max_clients),
	N(SET_MAX_UNFINISHED, "max unfinished", 1, 1000000, max_unfinished),
	N(SET_MAX_PER_SOURCE, "max unfinished per source", 1, 1000000,
	    max_per_source)
#undef N
};

static void
set_child_timeout(int64_t v, const struct conf_pos *pos)
{
	if (!set_once(SET_CHILD_TIMEOUT, "child timeout", pos))
		return;
	if (v < 1 || v > 3600)
		conf_error(pos, "child timeout %lld: expected 1 to 3600 "
		    "seconds", (long long)v);
	else
		parsed->child_timeout = (unsigned int)v;
}

void
set_number(enum set_what what, int64_t v, const struct conf_pos *pos)
{
	unsigned int narrow = (unsigned int)v;
	uint64_t wide = (uint64_t)v;
	char *p;
	size_t i;

	if (what == SET_SANDBOX) {
		if (set_once(what, "sandbox", pos))
			parsed->sandbox = (int)v;
		return;
	}
	if (what == SET_CHILD_TIMEOUT) {
		set_child_timeout(v, pos);
		return;
	}
	for (i = 0; numbers[i].what != what; i++)
		;
	if (!set_once(what, numbers[i].name, pos) || v < 0)
		return;
	if (v < numbers[i].min || v > numbers[i].max) {
		conf_error(pos, "%s %lld: expected %lld to %lld",
		    numbers[i].name, (long long)v,
		    (long long)numbers[i].min, (long long)numbers[i].max);
		return;
	}
	p = (char *)&parsed->relay + numbers[i].offset;
	if (numbers[i].wide)
		memcpy(p, &wide, sizeof(wide));
	else
		memcpy(p, &narrow, sizeof(narrow));
}

/* It goes into a header field: nothing but visible ASCII. */
int
set_is_url(const char *s, const char *scheme)
{
	size_t n = strlen(scheme);

	if (strncmp(s, scheme, n) != 0 || strlen(s) > 1000 || s[n] == '\0' ||
	    s[n] == '/')
		return (0);
	for (; *s != '\0'; s++)
		if (*s <= 0x20 || *s >= 0x7f || *s == '"' || *s == '<' ||
		    *s == '>' || *s == '\\')
			return (0);
	return (1);
}

void
set_home(enum relay_home home, const char *url, const struct conf_pos *pos)
{
	if (!set_once(SET_HOME, "home", pos))
		return;
	if (home == HOME_REDIRECT && !set_is_url(url, "https://") &&
	    !set_is_url(url, "http://")) {
		conf_error(pos, "home redirect \"%s\": expected an http:// or "
		    "https:// URL of visible ASCII characters", url);
		return;
	}
	parsed->relay.home = home;
	if (url != NULL)
		replace(&parsed->relay.redirect, url);
}

/* RFC 8289 means a target of 5 to 10 % of the interval: catch them swapped. */
void
set_codel(int64_t target, int64_t interval, const struct conf_pos *pos)
{
	int before = conf_errors();

	set_number(SET_CODEL_TARGET, target, pos);
	set_number(SET_CODEL_INTERVAL, interval, pos);
	if (conf_errors() == before && target >= interval)
		conf_error(pos, "codel target (ms) %lld: expected less than "
		    "the interval, %lld", (long long)target,
		    (long long)interval);
}

void
set_codel_off(const struct conf_pos *pos)
{
	if (set_once(SET_CODEL_TARGET, "codel", pos))
		parsed->relay.codel_target = 0;
}

void
set_congestion(const char *name, const struct conf_pos *pos)
{
	size_t n = strlen(name);

	if (!set_once(SET_CONGESTION, "congestion control", pos))
		return;
	if (n == 0 || n > 15 || strspn(name,
	    "abcdefghijklmnopqrstuvwxyz0123456789_-") != n) {
		conf_error(pos, "congestion control \"%s\": expected the name "
		    "of an algorithm, such as \"bbr\"", name);
		return;
	}
	replace(&parsed->relay.congestion, name);
}

void
set_relay(const struct conf_pos *pos)
{
	if (set_once(SET_RELAY, "relay", pos))
		parsed->relay.enabled = 1;
}
