/*
 * sources: do nearly all requests come from private addresses, or from one
 * address?  Then a proxy, such as a container network's, is in front, and STUN
 * reports the proxy's address to clients.  Pure.
 */
#ifndef SOURCES_H
#define SOURCES_H

#include <sys/socket.h>
#include <stdint.h>

#define SOURCES_WINDOW	1000	/* requests per verdict */

enum stund_sources_verdict {
	SOURCES_FINE,		/* or not yet known */
	SOURCES_PRIVATE,
	SOURCES_ONE
};

struct stund_sources {
	unsigned int	 seen;		/* in this window */
	unsigned int	 private;
	unsigned int	 same;		/* from the first source of it */
	uint8_t		 first[16];	/* IPv6 or IPv4-mapped */
	int		 told;		/* a verdict was returned */
};

/*
 * Count a request from `from'.  Returns a verdict other than SOURCES_FINE at
 * most once for *s, which is initialised to zeros.
 */
enum stund_sources_verdict stund_sources_count(struct stund_sources *s,
	    const struct sockaddr *from);

#endif
