/*
 * sources: does nearly everybody come from private addresses, or from one?
 * Then a proxy, such as a container network's, stands in front, and what STUN
 * tells clients is the proxy's address.  Pure.
 */
#ifndef SOURCES_H
#define SOURCES_H

#include <sys/socket.h>
#include <stdint.h>

#define SOURCES_WINDOW	1000	/* requests that are judged together */

enum stund_sources_verdict {
	SOURCES_FINE,		/* or not known yet */
	SOURCES_PRIVATE,
	SOURCES_ONE
};

struct stund_sources {
	unsigned int	 seen;		/* of this window */
	unsigned int	 private;
	unsigned int	 same;		/* as the first one */
	uint8_t		 first[16];	/* IPv6 or IPv4-mapped */
	int		 told;		/* a verdict was given, once */
};

/*
 * Count a request from `from'.  The verdict is other than SOURCES_FINE once in
 * the life of *s, which begins as zeroes.
 */
enum stund_sources_verdict stund_sources_count(struct stund_sources *s,
	    const struct sockaddr *from);

#endif
