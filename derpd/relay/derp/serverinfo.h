/*
 * serverinfo: the server's JSON text of a login (derp(7), section 1).  Pure.
 */
#ifndef SERVERINFO_H
#define SERVERINFO_H

#include <stddef.h>
#include <stdint.h>

#define SERVERINFO_SIZE	128	/* room for the longest text with its NUL */

/* A limit of what a client sends. */
struct derp_limit {
	uint64_t	 rate;		/* bytes a second; 0: no limit */
	uint64_t	 burst;		/* bytes at once */
};

/*
 * Write the text to `dst': the protocol version and, if there is any, the limit
 * that a client should keep: the lower of its own and of its group's.  Return
 * its length.
 */
size_t	derp_serverinfo(char dst[SERVERINFO_SIZE],
	    const struct derp_limit *client, const struct derp_limit *group);

#endif
