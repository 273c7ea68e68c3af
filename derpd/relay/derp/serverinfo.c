/*
 * serverinfo: see serverinfo.h.  Called by welcome.c.
 */
#include <inttypes.h>
#include <stdio.h>

#include "frame.h"
#include "serverinfo.h"

/* The longest text: two numbers of 20 digits. */
_Static_assert(sizeof("{\"version\":2,\"TokenBucketBytesPerSecond\":"
    "18446744073709551615,\"TokenBucketBytesBurst\":18446744073709551615}") <=
    SERVERINFO_SIZE, "ServerInfo fits");

size_t
derp_serverinfo(char dst[SERVERINFO_SIZE], uint64_t rate, uint64_t burst)
{
	int n;

	if (rate == 0)
		n = snprintf(dst, SERVERINFO_SIZE, "{\"version\":%d}",
		    FRAME_DERP_VERSION);
	else
		n = snprintf(dst, SERVERINFO_SIZE, "{\"version\":%d,"
		    "\"TokenBucketBytesPerSecond\":%" PRIu64 ","
		    "\"TokenBucketBytesBurst\":%" PRIu64 "}",
		    FRAME_DERP_VERSION, rate, burst);
	return ((size_t)n);
}
