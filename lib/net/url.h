/*
 * url: https URLs in pieces (RFC 3986).  Pure.
 */
#ifndef URL_H
#define URL_H

#include <stddef.h>

/* An https URL in pieces. */
struct net_url {
	char		 host[256];	/* name or address, without brackets */
	char		 port[6];	/* "443" when not given */
	char		 path[1024];	/* with its query, "/" at least */
};

#define URL_MAXTEXT	1300		/* of net_url_text(), with its NUL */

/*
 * Take an https URL apart.  No user, no fragment, no character that does not
 * belong into a URL (RFC 3986).  0, or -1.
 */
int	 net_url_parse(const char *text, struct net_url *u);

/*
 * Resolve the `len' bytes of a URI reference against `from' (RFC 3986 5.2): an
 * https URL, one without scheme, a path from the root, one beside that of
 * `from', a query alone, or a fragment alone.  Dot segments are removed, a
 * fragment is dropped.  `u' may be `from'.  0, or -1 and *u as it was: the
 * reference is empty, malformed, too long or not https.
 */
int	 net_url_follow(const struct net_url *from, const char *location,
	    size_t len, struct net_url *u);

/* The URL as text, without port when that is 443; 0, or -1 too long. */
int	 net_url_text(const struct net_url *u, char *dst, size_t size);

/* Host, and port when not 443, as in a Host field; the same. */
int	 net_url_authority(const struct net_url *u, char *dst, size_t size);

#endif
