/*
 * testpackets: see testpackets.h.  Called by echo.c, throughput.c and mesh.c.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "bigendian.h"
#include "testpackets.h"

int
check_packets_init(struct check_packets *p, struct check_client *from,
    struct check_client *to)
{
	memset(p, 0, sizeof(*p));
	p->from = from;
	p->to = to;
	randombytes_buf(p->token, sizeof(p->token));
	p->out = malloc(FRAME_MAX_PACKET);
	p->want = malloc(FRAME_MAX_PACKET);
	return (p->out != NULL && p->want != NULL ? 0 : -1);
}

void
check_packets_free(struct check_packets *p)
{
	free(p->out);
	free(p->want);
}

/* Write the packet of a number: `len' bytes. */
static void
make(const struct check_packets *p, uint8_t *dst, size_t len, uint32_t n)
{
	uint8_t seed[randombytes_SEEDBYTES] = { 0 };

	if (len < RUN_NUMBERED) {
		memset(dst, 0x5a, len);
		return;
	}
	memcpy(seed, p->token, RUN_TOKEN);
	base_put32(seed + RUN_TOKEN, n);
	memcpy(dst, seed, RUN_NUMBERED);
	randombytes_buf_deterministic(dst + RUN_NUMBERED, len - RUN_NUMBERED,
	    seed);
}

int
check_packets_send(struct check_packets *p, size_t len, int ms)
{
	make(p, p->out, len, p->next++);
	return (net_derpclient_send(p->from->d, net_derpclient_key(p->to->d),
	    p->out, len, ms));
}

/*
 * Judge the packet `pkt' of `len' bytes where one of `want' bytes is awaited.
 * Returns RUN_LOST when it is to be skipped.
 */
static enum check_packet
judge(struct check_packets *p, const uint8_t *pkt, size_t len, size_t want,
    uint32_t first, uint32_t *n)
{
	const int numbered = len >= RUN_NUMBERED &&
	    memcmp(pkt, p->token, RUN_TOKEN) == 0;

	*n = numbered ? base_get32(pkt + RUN_TOKEN) : first;
	/* Without a number: of an earlier size, if it is not this one. */
	if (len < RUN_NUMBERED && (want >= RUN_NUMBERED || len != want))
		return (RUN_LOST);
	if (numbered && (int32_t)(*n - first) < 0)
		return (RUN_LOST);
	make(p, p->want, want, *n);
	if (len == want && (int32_t)(*n - p->next) < 0 &&
	    (len == 0 || memcmp(pkt, p->want, len) == 0))
		return (RUN_ARRIVED);
	return (RUN_CHANGED);
}

enum check_packet
check_packets_wait(struct check_packets *p, size_t len, uint32_t first,
    uint32_t *n, long long until)
{
	struct net_derpclient_frame f;
	enum check_packet got;
	int ours, rv;

	while ((rv = check_client_next(p->to, FRAME_RECV_PACKET, &f, until)) ==
	    1) {
		if (f.len < FRAME_KEY_LEN)
			return (RUN_CHANGED);
		ours = memcmp(f.p, net_derpclient_key(p->from->d),
		    FRAME_KEY_LEN) == 0;
		got = judge(p, f.p + FRAME_KEY_LEN, f.len - FRAME_KEY_LEN, len,
		    first, n);
		if (ours && got != RUN_LOST)
			return (got);
		/* What a stranger sends is skipped. */
		if (!ours && got == RUN_ARRIVED && len >= RUN_NUMBERED)
			return (RUN_OTHER_KEY);
	}
	return (rv == 0 ? RUN_LOST : RUN_TAKER_ENDED);
}

/* Does the session of the sender go on?  Reads what the server says to it. */
static int
goes_on(struct check_packets *p)
{
	struct net_derpclient_frame f;

	return (check_client_next(p->from, FRAME_TYPE_END, &f,
	    net_stream_until(0)) != -1);
}

enum check_packet
check_packets_try(struct check_packets *p, size_t len, int tries, int ms)
{
	const uint32_t first = p->next;
	enum check_packet got = RUN_LOST;
	uint32_t n;
	int i;

	for (i = 0; i < tries && got == RUN_LOST; i++) {
		if (check_packets_send(p, len, ms) == -1) {
			(void)goes_on(p);
			return (RUN_SENDER_ENDED);
		}
		got = check_packets_wait(p, len, first, &n,
		    net_stream_until(ms));
		if (got == RUN_LOST && !goes_on(p))
			return (RUN_SENDER_ENDED);
	}
	return (got);
}
