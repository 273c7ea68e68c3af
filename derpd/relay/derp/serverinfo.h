/*
 * serverinfo: the server's JSON text of a login (derp(7), section 1).  Pure.
 */
#ifndef SERVERINFO_H
#define SERVERINFO_H

#include <stddef.h>
#include <stdint.h>

#define SERVERINFO_SIZE	128	/* room for the longest text with its NUL */

/*
 * Write the text to `dst': the protocol version and, when `rate' is not 0, the
 * limit that a client should keep, in bytes a second and bytes at once.  Return
 * its length.
 */
size_t	derp_serverinfo(char dst[SERVERINFO_SIZE], uint64_t rate,
	    uint64_t burst);

#endif
