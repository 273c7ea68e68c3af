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

static uint64_t
lower(uint64_t a, uint64_t b)
{
	return (a < b ? a : b);
}

size_t
derp_serverinfo(char dst[SERVERINFO_SIZE], const struct derp_limit *client,
    const struct derp_limit *group)
{
	struct derp_limit l = client->rate == 0 ? *group : *client;
	int n;

	if (client->rate != 0 && group->rate != 0) {
		l.rate = lower(client->rate, group->rate);
		l.burst = lower(client->burst, group->burst);
	}
	if (l.rate == 0)
		n = snprintf(dst, SERVERINFO_SIZE, "{\"version\":%d}",
		    FRAME_DERP_VERSION);
	else
		n = snprintf(dst, SERVERINFO_SIZE, "{\"version\":%d,"
		    "\"TokenBucketBytesPerSecond\":%" PRIu64 ","
		    "\"TokenBucketBytesBurst\":%" PRIu64 "}",
		    FRAME_DERP_VERSION, l.rate, l.burst);
	return ((size_t)n);
}
