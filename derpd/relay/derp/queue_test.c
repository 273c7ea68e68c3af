/*
 * queue_test: the queue of a destination: order, classes, bounds, CoDel; and
 * the common bound of all queues.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "queue.h"

static struct derp_queue_set set;
static struct derp_pool pool;
static unsigned int ndropped;
static uint8_t last_dropped;

/* Each owner of a queue counts its own drops. */
static void
dropped(struct derp_pkt *p, void *arg)
{
	if (arg != NULL)
		++*(unsigned int *)arg;
	ndropped++;
	last_dropped = p->data[0];
}

static void
set_up(struct derp_queue *q)
{
	ndropped = 0;
	derp_pool_init(&pool);
	derp_queue_set_init(&set, &pool, dropped);
	derp_queue_init(q, &set, NULL);
}

static void
put(struct derp_queue *q, uint8_t mark, uint32_t len, int disco, uint64_t now,
    const struct derp_queue_limits *lim)
{
	struct derp_pkt *p = derp_pkt_new(&set, len);

	ATF_REQUIRE(p != NULL);
	memset(p->data, mark, len);
	derp_queue_put(q, p, disco, now, lim);
}

/* Return the mark of the next packet, -1 when there is none. */
static int
get(struct derp_queue *q, uint64_t now, const struct derp_queue_limits *lim)
{
	struct derp_pkt *p = derp_queue_get(q, now, lim);
	int mark;

	if (p == NULL)
		return (-1);
	mark = p->data[0];
	derp_pkt_free(&set, p);
	return (mark);
}

static const struct derp_queue_limits small = { 10000, 4, 0, 0, 0 };
static const struct derp_queue_limits codel = { 1000000, 1000, 20000, 100000,
    0 };

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct derp_queue q;

	set_up(&q);
	ATF_CHECK_EQ(get(&q, 0, &small), -1);
	put(&q, 1, 100, 0, 0, &small);
	put(&q, 2, 100, 0, 0, &small);
	put(&q, 3, 100, 1, 0, &small);
	ATF_CHECK_EQ(derp_queue_packets(&q), 3);
	ATF_CHECK_EQ(derp_queue_bytes(&q), 300);
	ATF_CHECK_EQ(get(&q, 0, &small), 3);
	ATF_CHECK_EQ(get(&q, 0, &small), 1);
	ATF_CHECK_EQ(get(&q, 0, &small), 2);
	ATF_CHECK_EQ(get(&q, 0, &small), -1);
}

ATF_TC_WITHOUT_HEAD(packet_bound);
ATF_TC_BODY(packet_bound, tc)
{
	struct derp_queue q;
	uint8_t i;

	set_up(&q);
	for (i = 1; i <= 6; i++)
		put(&q, i, 10, 0, 0, &small);
	ATF_CHECK_EQ(ndropped, 2);
	ATF_CHECK_EQ(last_dropped, 2);
	/* The other class has its own bound. */
	put(&q, 9, 10, 1, 0, &small);
	ATF_CHECK_EQ(ndropped, 2);
	ATF_CHECK_EQ(get(&q, 0, &small), 9);
	ATF_CHECK_EQ(get(&q, 0, &small), 3);
	derp_queue_clear(&q, dropped, NULL);
	ATF_CHECK_EQ(ndropped, 5);
	ATF_CHECK_EQ(derp_queue_bytes(&q), 0);
}

ATF_TC_WITHOUT_HEAD(byte_bound);
ATF_TC_BODY(byte_bound, tc)
{
	struct derp_queue q;

	set_up(&q);
	put(&q, 1, 6000, 0, 0, &small);
	put(&q, 2, 6000, 0, 0, &small);
	ATF_CHECK_EQ(ndropped, 1);
	ATF_CHECK_EQ(last_dropped, 1);
	/* Above the bound: accepted when alone. */
	put(&q, 3, 20000, 0, 0, &small);
	ATF_CHECK_EQ(derp_queue_packets(&q), 1);
	ATF_CHECK_EQ(get(&q, 0, &small), 3);
}

/* The bound is on memory: a packet counts as its block in the pool. */
ATF_TC_WITHOUT_HEAD(memory_bound);
ATF_TC_BODY(memory_bound, tc)
{
	static const struct derp_queue_limits lim = { 64 * 100, 1000000, 0, 0,
	    0 };
	struct derp_queue q;
	unsigned int i;

	set_up(&q);
	for (i = 0; i < 1000; i++)
		put(&q, 1, 1, 0, 0, &lim);
	ATF_CHECK_EQ(derp_queue_packets(&q), 100);
	ATF_CHECK_EQ(derp_queue_bytes(&q), 100);
	ATF_CHECK_EQ(set.memory, 64 * 100);
	ATF_CHECK_EQ(ndropped, 900);
	derp_queue_clear(&q, NULL, NULL);
	ATF_CHECK_EQ(set.memory, 0);
}

/* One other packet is sent after every 16 disco packets. */
ATF_TC_WITHOUT_HEAD(disco_first);
ATF_TC_BODY(disco_first, tc)
{
	struct derp_queue q;
	int i;

	set_up(&q);
	for (i = 0; i < 100; i++)
		put(&q, 1, 100, 1, 0, &codel);
	for (i = 0; i < 10; i++)
		put(&q, 2, 100, 0, 0, &codel);
	for (i = 0; i < 5 * 17; i++)
		ATF_CHECK_EQ(get(&q, 0, &codel), i % 17 == 16 ? 2 : 1);
	/* 20 and 5 are left: the others are sent last. */
	for (i = 0; i < 25; i++)
		ATF_CHECK_EQ(get(&q, 0, &codel), i == 16 || i > 20 ? 2 : 1);
	ATF_CHECK_EQ(get(&q, 0, &codel), -1);
}

ATF_TC_WITHOUT_HEAD(codel_leaves_bursts);
ATF_TC_BODY(codel_leaves_bursts, tc)
{
	struct derp_queue q;
	int i;

	/* A burst that leaves within an interval loses nothing. */
	set_up(&q);
	for (i = 0; i < 50; i++)
		put(&q, 1, 1400, 0, 0, &codel);
	for (i = 0; i < 50; i++)
		ATF_CHECK_EQ(get(&q, 1000 * (uint64_t)(i + 20), &codel), 1);
	ATF_CHECK_EQ(ndropped, 0);
}

/* A break in which nobody is served is no time in the queue. */
ATF_TC_WITHOUT_HEAD(codel_break);
ATF_TC_BODY(codel_break, tc)
{
	struct derp_queue_limits lim = codel;
	struct derp_queue q;
	int i;

	set_up(&q);
	for (i = 0; i < 50; i++)
		put(&q, 1, 1400, 0, 0, &lim);
	/* They have waited for too long since 30 ms; the break ends at 200. */
	ATF_CHECK_EQ(get(&q, 30000, &lim), 1);
	lim.since = 200000;
	for (i = 0; i < 49; i++)
		ATF_CHECK_EQ(get(&q, 225000 + 1000 * (uint64_t)i, &lim), 1);
	ATF_CHECK_EQ(ndropped, 0);
	/* Who is too slow afterwards loses packets as ever. */
	for (i = 0; i < 50; i++)
		put(&q, 1, 1400, 0, 300000, &lim);
	ATF_CHECK_EQ(get(&q, 330000, &lim), 1);
	ATF_CHECK_EQ(get(&q, 431000, &lim), 1);
	ATF_CHECK(ndropped > 0);
	derp_queue_clear(&q, NULL, NULL);
}

ATF_TC_WITHOUT_HEAD(codel_drops_standing_queue);
ATF_TC_BODY(codel_drops_standing_queue, tc)
{
	struct derp_queue q;
	uint64_t ms;

	/* 1 packet a ms in, one every 2 ms out, for 2 s. */
	set_up(&q);
	for (ms = 0; ms < 2000; ms++) {
		put(&q, 1, 1400, 0, ms * 1000, &codel);
		if (ms % 2 == 0)
			ATF_CHECK_EQ(get(&q, ms * 1000, &codel), 1);
		if (ms == 100)
			ATF_CHECK_EQ(ndropped, 0);
	}
	ATF_CHECK(ndropped > 10);
	derp_queue_clear(&q, NULL, NULL);
}

ATF_TC_WITHOUT_HEAD(codel_never_drops_last);
ATF_TC_BODY(codel_never_drops_last, tc)
{
	struct derp_queue q;
	uint64_t ms;

	set_up(&q);
	for (ms = 0; ms < 5000; ms += 500) {
		put(&q, 1, 1400, 0, ms * 1000, &codel);
		ATF_CHECK_EQ(get(&q, (ms + 400) * 1000, &codel), 1);
	}
	ATF_CHECK_EQ(ndropped, 0);
}

/*
 * Keep a queue full for `secs' seconds: 100 packets of 1 ms each, and one more
 * for each that is dropped.  Store in `at' (ms) when packets were dropped, at
 * most `max'.  Return how many were.
 */
static unsigned int
stand(uint64_t secs, uint64_t *at, unsigned int max)
{
	struct derp_queue q;
	uint64_t ms;
	unsigned int n = 0;

	set_up(&q);
	for (ms = 0; ms < 100; ms++)
		put(&q, 1, 1400, 0, ms * 1000, &codel);
	for (; ms < secs * 1000; ms++) {
		put(&q, 1, 1400, 0, ms * 1000, &codel);
		ATF_REQUIRE_EQ(get(&q, ms * 1000, &codel), 1);
		for (; n < ndropped; n++) {
			ATF_REQUIRE(n < max);
			at[n] = ms;
			put(&q, 1, 1400, 0, ms * 1000, &codel);
		}
	}
	derp_queue_clear(&q, NULL, NULL);
	return (n);
}

/* RFC 8289: the first drop after an interval, then sooner by 1/sqrt(n). */
ATF_TC_WITHOUT_HEAD(codel_rate);
ATF_TC_BODY(codel_rate, tc)
{
	static uint64_t at[1000];
	unsigned int i, n;

	n = stand(10, at, 1000);
	ATF_REQUIRE(n > 4);
	ATF_CHECK_EQ(at[0], 200);	/* the first packets waited 100 ms */
	ATF_CHECK_EQ(at[1] - at[0], 100);
	ATF_CHECK_EQ(at[2] - at[1], 71);
	ATF_CHECK_EQ(at[3] - at[2], 58);
	/* At most 20 a second, however long it lasts, and not fewer. */
	for (i = 4; i < n; i++)
		ATF_CHECK_MSG(at[i] - at[i - 1] >= 49 &&
		    at[i] - at[i - 1] <= 51, "drop %u: %llu ms", i,
		    (unsigned long long)(at[i] - at[i - 1]));
	ATF_CHECK(n > 180 && n <= 200);
}

/* Without CoDel a queue within its bounds loses nothing. */
ATF_TC_WITHOUT_HEAD(codel_off);
ATF_TC_BODY(codel_off, tc)
{
	static const struct derp_queue_limits off = { 1000000, 1000, 0, 0,
	    0 };
	struct derp_queue q;
	uint64_t ms;

	set_up(&q);
	for (ms = 0; ms < 100; ms++)
		put(&q, 1, 1400, 0, ms * 1000, &off);
	for (; ms < 5000; ms++) {
		put(&q, 1, 1400, 0, ms * 1000, &off);
		ATF_CHECK_EQ(get(&q, ms * 1000, &off), 1);
	}
	ATF_CHECK_EQ(ndropped, 0);
	derp_queue_clear(&q, NULL, NULL);
}

#define NQUEUES	1000

static const struct derp_queue_limits large = { 2 << 20, 2048, 0, 0, 0 };

/* Above the limit of the set, the fullest queues drop. */
ATF_TC_WITHOUT_HEAD(set_limit);
ATF_TC_BODY(set_limit, tc)
{
	struct derp_queue *q = calloc(NQUEUES, sizeof(*q));
	unsigned int lost[NQUEUES] = { 0 }, i, round;

	ATF_REQUIRE(q != NULL);
	set_up(&q[0]);
	derp_queue_set_limit(&set, 8 << 20);
	for (i = 0; i < NQUEUES; i++)
		derp_queue_init(&q[i], &set, &lost[i]);
	/* All but a few get far more than fits. */
	for (i = 0; i < NQUEUES; i += 100)
		for (round = 0; round < 3; round++)
			put(&q[i], 1, 1400, round == 0, 0, &large);
	for (round = 0; round < 100; round++) {
		for (i = 0; i < NQUEUES; i++)
			if (i % 100 != 0)
				put(&q[i], 1, 1400, 0, 0, &large);
		ATF_REQUIRE(set.memory <= 8 << 20);
		ATF_REQUIRE(derp_pool_mapped(&pool) <= 12 << 20);
	}
	ATF_CHECK(set.memory > (8 << 20) - 2048);
	ATF_CHECK(ndropped > 80000);
	for (i = 0; i < NQUEUES; i++) {
		if (i % 100 == 0)
			ATF_CHECK_EQ(lost[i], 0);
		else
			ATF_CHECK(derp_queue_packets(&q[i]) >= 4);
		derp_queue_clear(&q[i], NULL, NULL);
	}
	ATF_CHECK_EQ(set.memory, 0);
	free(q);
}

/* Some packets may be dropped before there is memory for this one. */
static void
put_patiently(struct derp_queue *q, uint32_t len,
    const struct derp_queue_limits *lim)
{
	struct derp_pkt *p;
	unsigned int tries;

	for (tries = 0; (p = derp_pkt_new(&set, len)) == NULL; tries++)
		ATF_REQUIRE(tries < 1000);
	memset(p->data, 1, len);
	derp_queue_put(q, p, 0, 0, lim);
}

/* A queue that is read loses nothing because of one that is not. */
ATF_TC_WITHOUT_HEAD(set_fullest);
ATF_TC_BODY(set_fullest, tc)
{
	struct derp_queue q[3];
	unsigned int lost[3] = { 0 }, i, k;

	set_up(&q[0]);
	derp_queue_set_limit(&set, 1 << 20);
	for (i = 0; i < 3; i++)
		derp_queue_init(&q[i], &set, &lost[i]);
	for (k = 0; k < 5000; k++) {
		put(&q[0], 1, 1400, 0, 0, &large);
		put(&q[1], 2, 64, 1, 0, &large);
		if (k % 100 == 99)
			for (i = 0; i < 100; i++)
				ATF_REQUIRE_EQ(get(&q[1], 0, &large), 2);
		/* Its only packet is the oldest of all. */
		if (k == 0)
			put(&q[2], 3, 1400, 0, 0, &large);
	}
	ATF_CHECK(lost[0] > 4000);
	ATF_CHECK_EQ(lost[1], 0);
	ATF_CHECK_EQ(lost[2], 0);
	ATF_CHECK_EQ(get(&q[2], 0, &large), 3);
	/* A lower limit applies from the next packet on. */
	derp_queue_set_limit(&set, 100000);
	put_patiently(&q[0], 1400, &large);
	ATF_CHECK(set.memory <= 100000);
	derp_queue_clear(&q[0], NULL, NULL);
}

/* The former size of a queue has no effect. */
ATF_TC_WITHOUT_HEAD(set_shrunk);
ATF_TC_BODY(set_shrunk, tc)
{
	struct derp_queue q[2];
	unsigned int lost[2] = { 0 }, i;

	set_up(&q[0]);
	for (i = 0; i < 2; i++)
		derp_queue_init(&q[i], &set, &lost[i]);
	for (i = 0; i < 100; i++)
		put(&q[0], 1, 1400, 0, 0, &large);
	for (i = 0; i < 99; i++)
		ATF_REQUIRE_EQ(get(&q[0], 0, &large), 1);
	for (i = 0; i < 10; i++)
		put(&q[1], 2, 1400, 0, 0, &large);
	derp_queue_set_limit(&set, set.memory);
	put(&q[1], 2, 1400, 0, 0, &large);
	ATF_CHECK_EQ(lost[0], 0);
	ATF_CHECK_EQ(lost[1], 1);
	derp_queue_clear(&q[0], NULL, NULL);
	derp_queue_clear(&q[1], NULL, NULL);
	ATF_CHECK_EQ(set.memory, 0);
}

/*
 * Partially used slabs of one block size do not exclude packets of another
 * size: their queues drop.
 */
ATF_TC_WITHOUT_HEAD(set_fragments);
ATF_TC_BODY(set_fragments, tc)
{
	static const struct derp_queue_limits any = { 1 << 30, 1 << 20, 0, 0,
	    0 };
	struct derp_queue q[3];
	unsigned int i;
	uint32_t len;

	set_up(&q[0]);
	derp_queue_set_limit(&set, 4 << 20);
	for (i = 0; i < 3; i++)
		derp_queue_init(&q[i], &set, NULL);
	for (len = 30; len <= 4000; len *= 2) {
		/* Fill all memory with blocks of that size, and keep a few. */
		for (i = 0; i < (4U << 20) / len; i++)
			put_patiently(&q[i % 16 == 0], len, &any);
		derp_queue_clear(&q[0], NULL, NULL);
		ATF_REQUIRE(derp_pool_mapped(&pool) <= 6 << 20);
	}
	for (i = 0; i < 1000; i++)
		put_patiently(&q[2], 1400, &any);
	ATF_CHECK_MSG(derp_queue_packets(&q[2]) > 100, "%u packets",
	    derp_queue_packets(&q[2]));
	for (i = 1; i < 3; i++)
		derp_queue_clear(&q[i], NULL, NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, packet_bound);
	ATF_TP_ADD_TC(tp, byte_bound);
	ATF_TP_ADD_TC(tp, memory_bound);
	ATF_TP_ADD_TC(tp, disco_first);
	ATF_TP_ADD_TC(tp, codel_leaves_bursts);
	ATF_TP_ADD_TC(tp, codel_break);
	ATF_TP_ADD_TC(tp, codel_drops_standing_queue);
	ATF_TP_ADD_TC(tp, codel_never_drops_last);
	ATF_TP_ADD_TC(tp, codel_rate);
	ATF_TP_ADD_TC(tp, codel_off);
	ATF_TP_ADD_TC(tp, set_limit);
	ATF_TP_ADD_TC(tp, set_fullest);
	ATF_TP_ADD_TC(tp, set_shrunk);
	ATF_TP_ADD_TC(tp, set_fragments);
	return (atf_no_error());
}
