/*
 * url: split and join https URLs (RFC 3986), and http URLs where they are
 * permitted.  Pure.
 */
#ifndef URL_H
#define URL_H

#include <stddef.h>

struct sockaddr;

/* The parts of a URL. */
struct net_url {
	int		 plain;		/* http, without TLS */
	char		 host[256];	/* name or address, without brackets */
	char		 port[6];	/* the default is "443", or "80" if
					   plain */
	char		 path[1024];	/* with its query; at least "/" */
};

#define URL_MAXTEXT	1300		/* of net_url_text(), with its NUL */

/*
 * Parse an https URL.  User information, fragments and characters that RFC 3986
 * does not permit are refused.  Returns 0, or -1.
 */
int	 net_url_parse(const char *text, struct net_url *u);

/* The same, and http is permitted. */
int	 net_url_parse_plain(const char *text, struct net_url *u);

/*
 * The same, and http is permitted when the host is this machine: an address of
 * 127.0.0.0/8, ::1, or localhost.  A name may still resolve to another machine:
 * see net_url_loopback().
 */
int	 net_url_parse_local(const char *text, struct net_url *u);

/* Returns 1 when `sa' is a loopback address, else 0. */
int	 net_url_loopback(const struct sockaddr *sa);

/*
 * Resolve the `len' bytes of a URI reference against `from' (RFC 3986 5.2): an
 * https URL, one without scheme, an absolute path, a relative path, a query
 * alone, or a fragment alone.  Dot segments are removed, a fragment is dropped.
 * `u' may be `from'.  Returns 0, or -1 with *u unchanged when the reference is
 * empty, malformed, too long or not https.
 */
int	 net_url_follow(const struct net_url *from, const char *location,
	    size_t len, struct net_url *u);

/*
 * Write the URL as text, without the default port.  Returns 0, or -1 when too
 * long.
 */
int	 net_url_text(const struct net_url *u, char *dst, size_t size);

/*
 * Write the host, and a port other than the default, as in a Host field.
 * Returns as above.
 */
int	 net_url_authority(const struct net_url *u, char *dst, size_t size);

#endif
