/*
 * Fuzz target: a datagram at a STUN client.  A result is complete, and a server
 * of ours understands the requests.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stun.h"
#include "stunclient.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		abort();
}

static void
request(enum net_stun_style style, const uint8_t id[NET_STUN_ID])
{
	uint8_t request[NET_STUN_REQUEST];
	const size_t len = net_stun_request(style, id, request);
	struct stund_request q;

	check(stund_parse(request, len, &q) == STUN_BINDING);
	check(memcmp(q.id, id, NET_STUN_ID) == 0);
}

static void
parse(const uint8_t *p, size_t len)
{
	struct net_stun_answer a;

	switch (net_stun_parse(p, len, &a)) {
	case NET_STUN_MAPPED:
		check(len >= 32 && a.port != 0 && a.why == NULL);
		check(memcmp(a.id, p + 8, NET_STUN_ID) == 0);
		break;
	case NET_STUN_ERROR:
		check(len >= 20 && a.code <= 7 * 100 + 255);
		check(memcmp(a.id, p + 8, NET_STUN_ID) == 0);
		break;
	case NET_STUN_BROKEN:
		check(a.why != NULL && a.why[0] != '\0');
		break;
	}
}

/* Parse it as attributes behind a correct header, too. */
static void
attributes(const uint8_t *p, size_t len)
{
	uint8_t *message;

	if (len > 0xffff || (message = malloc(20 + len)) == NULL)
		return;
	memcpy(message, "\1\1\0\0!\22\244Btransaction", 20);
	message[2] = (uint8_t)(len >> 8);
	message[3] = (uint8_t)len;
	memcpy(message + 20, p, len);
	parse(message, 20 + len);
	free(message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	parse(p, len);
	attributes(p, len);
	if (len >= NET_STUN_ID) {
		request(NET_STUN_TAILSCALE, p);
		request(NET_STUN_BARE, p);
	}
	return (0);
}
