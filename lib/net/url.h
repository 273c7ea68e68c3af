/*
 * url: split and join https URLs (RFC 3986).  Pure.
 */
#ifndef URL_H
#define URL_H

#include <stddef.h>

/* The parts of an https URL. */
struct net_url {
	char		 host[256];	/* name or address, without brackets */
	char		 port[6];	/* the default is "443" */
	char		 path[1024];	/* with its query; at least "/" */
};

#define URL_MAXTEXT	1300		/* of net_url_text(), with its NUL */

/*
 * Parse an https URL.  User information, fragments and characters that RFC 3986
 * does not permit are refused.  Returns 0, or -1.
 */
int	 net_url_parse(const char *text, struct net_url *u);

/*
 * Resolve the `len' bytes of a URI reference against `from' (RFC 3986 5.2): an
 * https URL, one without scheme, an absolute path, a relative path, a query
 * alone, or a fragment alone.  Dot segments are removed, a fragment is dropped.
 * `u' may be `from'.  Returns 0, or -1 with *u unchanged when the reference is
 * empty, malformed, too long or not https.
 */
int	 net_url_follow(const struct net_url *from, const char *location,
	    size_t len, struct net_url *u);

/* Write the URL as text, without port 443.  Returns 0, or -1 when too long. */
int	 net_url_text(const struct net_url *u, char *dst, size_t size);

/*
 * Write the host, and a port other than 443, as in a Host field.  Returns as
 * above.
 */
int	 net_url_authority(const struct net_url *u, char *dst, size_t size);

#endif
