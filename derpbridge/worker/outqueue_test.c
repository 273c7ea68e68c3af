/*
 * outqueue_test: Tests of outqueue.c: order and contents of the frames, and
 * the bounds of the queue.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "outqueue.h"

#define OVERHEAD	(FRAME_HDR_LEN + FRAME_KEY_LEN)

static struct worker_outqueue	 q;
static uint32_t			 next_in, next_out;	/* packet numbers */

/* Add packet `next_in' of `n' bytes, at least 4, all made of its number. */
static void
add(size_t n, uint64_t now)
{
	static uint8_t p[FRAME_MAX_PACKET];
	uint8_t key[FRAME_KEY_LEN];

	memset(key, (int)(next_in & 0xff), sizeof(key));
	memset(p, (int)(next_in * 3 & 0xff), n);
	memcpy(p, &next_in, sizeof(next_in));
	ATF_REQUIRE_EQ(0, worker_outqueue_add(&q, key, p, n, now));
	next_in++;
}

/* The frame at `p' must be the next one.  Returns its bytes. */
static size_t
check_frame(const uint8_t *p, size_t left)
{
	uint32_t len, number;
	uint8_t type;
	size_t i;

	ATF_REQUIRE(left >= OVERHEAD + sizeof(number));
	net_frame_get_hdr(p, &type, &len);
	ATF_REQUIRE_EQ(FRAME_SEND_PACKET, type);
	ATF_REQUIRE(FRAME_HDR_LEN + (size_t)len <= left);
	for (i = 0; i < FRAME_KEY_LEN; i++)
		ATF_REQUIRE_EQ((next_out & 0xff), p[FRAME_HDR_LEN + i]);
	memcpy(&number, p + OVERHEAD, sizeof(number));
	ATF_REQUIRE_EQ(next_out, number);
	for (i = OVERHEAD + 4; i < FRAME_HDR_LEN + (size_t)len; i++)
		ATF_REQUIRE_EQ((next_out * 3 & 0xff), p[i]);
	next_out++;
	return (FRAME_HDR_LEN + (size_t)len);
}

/* Take a batch of up to `max' bytes, and check it.  Returns its bytes. */
static size_t
take(size_t max, uint64_t now)
{
	static uint8_t flat[WORKER_QUEUE_BYTES];
	unsigned int packets, first = next_out;
	struct iovec v[2];
	size_t n, at;

	n = worker_outqueue_take(&q, max, now, v, &packets);
	ATF_REQUIRE_EQ(n, v[0].iov_len + v[1].iov_len);
	if (n == 0) {
		ATF_REQUIRE_EQ(0, packets);
		return (0);
	}
	memcpy(flat, v[0].iov_base, v[0].iov_len);
	memcpy(flat + v[0].iov_len, v[1].iov_base, v[1].iov_len);
	for (at = 0; at < n; )
		at += check_frame(flat + at, n - at);
	ATF_REQUIRE_EQ(packets, next_out - first);
	return (n);
}

/* Packets of any size come out whole and in order, around the ring. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	unsigned int i, round;

	worker_outqueue_init(&q);
	ATF_CHECK_EQ(0, take(1000, 0));
	srandom(17);
	add(100, 1);
	for (round = 0; round < 2000; round++) {
		for (i = 0; i < 20; i++)
			add(4 + (size_t)random() % 3000, 1);
		while (q.len > 40000)
			ATF_CHECK(take((size_t)random() % 30000, 1) > 0);
	}
	while (take(65536, 1) > 0)
		;
	ATF_CHECK_EQ(next_in, next_out);
	ATF_CHECK_EQ(0, q.len);
	ATF_CHECK_EQ(0, q.drops.full + q.drops.late);
	worker_outqueue_free(&q);
}

/* A batch has whole frames, one at least, and no more than was asked for. */
ATF_TC_WITHOUT_HEAD(batches);
ATF_TC_BODY(batches, tc)
{
	int i;

	worker_outqueue_init(&q);
	for (i = 0; i < 3; i++)
		add(1000, 1);
	add(FRAME_MAX_PACKET, 1);
	ATF_CHECK_EQ(2 * (OVERHEAD + 1000), take(3 * (OVERHEAD + 1000) - 1, 1));
	ATF_CHECK_EQ(OVERHEAD + 1000, take(3 * (OVERHEAD + 1000), 1));
	ATF_CHECK_EQ(OVERHEAD + FRAME_MAX_PACKET, take(1, 1));
	ATF_CHECK_EQ(0, take(1, 1));
	worker_outqueue_free(&q);
}

/* What is too long for DERP is refused. */
ATF_TC_WITHOUT_HEAD(too_long);
ATF_TC_BODY(too_long, tc)
{
	static const uint8_t key[FRAME_KEY_LEN], p[FRAME_MAX_PACKET + 1];

	worker_outqueue_init(&q);
	ATF_CHECK_EQ(-1, worker_outqueue_add(&q, key, p, sizeof(p), 1));
	ATF_CHECK_EQ(0, worker_outqueue_add(&q, key, p, 0, 1));
	ATF_CHECK_EQ(OVERHEAD, q.len);
	worker_outqueue_free(&q);
}

/* The oldest packets give way: bytes, packets. */
ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	const unsigned int fit = WORKER_QUEUE_BYTES / (OVERHEAD + 60000);
	unsigned int i;

	worker_outqueue_init(&q);
	for (i = 0; i < fit + 5; i++)
		add(60000, 1);
	ATF_CHECK_EQ(5, q.drops.full);
	next_out = 5;
	while (take(65536, 1) > 0)
		;
	ATF_CHECK_EQ(next_in, next_out);
	for (i = 0; i < WORKER_QUEUE_PACKETS + 7; i++)
		add(4, 1);
	ATF_CHECK_EQ(12, q.drops.full);
	next_out += 7;
	while (take(65536, 1) > 0)
		;
	ATF_CHECK_EQ(next_in, next_out);
	worker_outqueue_free(&q);
}

/* What has waited too long is dropped, and nothing else. */
ATF_TC_WITHOUT_HEAD(late);
ATF_TC_BODY(late, tc)
{
	worker_outqueue_init(&q);
	add(100, 1000);
	add(100, 1000 + WORKER_QUEUE_DIAL_MS);
	ATF_CHECK(take(200, 1000 + WORKER_QUEUE_DIAL_MS) > 0);
	ATF_CHECK_EQ(1, next_out);
	q.max_ms = WORKER_QUEUE_MS;
	add(100, 1001 + WORKER_QUEUE_DIAL_MS);
	next_out++;
	ATF_CHECK(take(1000, 1001 + WORKER_QUEUE_DIAL_MS + WORKER_QUEUE_MS) >
	    0);
	ATF_CHECK_EQ(next_in, next_out);
	ATF_CHECK_EQ(1, q.drops.late);
	worker_outqueue_free(&q);
	ATF_CHECK_EQ(1, q.drops.late);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, batches);
	ATF_TP_ADD_TC(tp, too_long);
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, late);
	return (atf_no_error());
}
