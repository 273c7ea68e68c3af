/*
 * queue_test: the queue of a destination: order, classes, bounds, CoDel.
 */
#include <atf-c.h>
#include <string.h>

#include "queue.h"

static unsigned int ndropped;
static uint8_t last_dropped;

static void
dropped(struct pkt *p, void *arg)
{
	(void)arg;
	ndropped++;
	last_dropped = p->data[0];
}

static void
put(struct queue *q, uint8_t mark, uint32_t len, int disco, uint64_t now,
    const struct queue_limits *lim)
{
	struct pkt *p = pkt_new(len);

	ATF_REQUIRE(p != NULL);
	memset(p->data, mark, len);
	queue_put(q, p, disco, now, lim, dropped, NULL);
}

/* Mark of the next packet, -1 when there is none. */
static int
get(struct queue *q, uint64_t now, const struct queue_limits *lim)
{
	struct pkt *p = queue_get(q, now, lim, dropped, NULL);
	int mark;

	if (p == NULL)
		return (-1);
	mark = p->data[0];
	pkt_free(p);
	return (mark);
}

static const struct queue_limits small = { 10000, 4, 0, 0 };
static const struct queue_limits codel = { 1000000, 1000, 20000, 100000 };

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct queue q;

	queue_init(&q);
	ATF_CHECK_EQ(get(&q, 0, &small), -1);
	put(&q, 1, 100, 0, 0, &small);
	put(&q, 2, 100, 0, 0, &small);
	put(&q, 3, 100, 1, 0, &small);
	ATF_CHECK_EQ(queue_packets(&q), 3);
	ATF_CHECK_EQ(queue_bytes(&q), 300);
	ATF_CHECK_EQ(get(&q, 0, &small), 3);
	ATF_CHECK_EQ(get(&q, 0, &small), 1);
	ATF_CHECK_EQ(get(&q, 0, &small), 2);
	ATF_CHECK_EQ(get(&q, 0, &small), -1);
}

ATF_TC_WITHOUT_HEAD(packet_bound);
ATF_TC_BODY(packet_bound, tc)
{
	struct queue q;
	uint8_t i;

	queue_init(&q);
	ndropped = 0;
	for (i = 1; i <= 6; i++)
		put(&q, i, 10, 0, 0, &small);
	ATF_CHECK_EQ(ndropped, 2);
	ATF_CHECK_EQ(last_dropped, 2);
	/* The other class has a bound of its own. */
	put(&q, 9, 10, 1, 0, &small);
	ATF_CHECK_EQ(ndropped, 2);
	ATF_CHECK_EQ(get(&q, 0, &small), 9);
	ATF_CHECK_EQ(get(&q, 0, &small), 3);
	queue_clear(&q, dropped, NULL);
	ATF_CHECK_EQ(ndropped, 5);
	ATF_CHECK_EQ(queue_bytes(&q), 0);
}

ATF_TC_WITHOUT_HEAD(byte_bound);
ATF_TC_BODY(byte_bound, tc)
{
	struct queue q;

	queue_init(&q);
	ndropped = 0;
	put(&q, 1, 6000, 0, 0, &small);
	put(&q, 2, 6000, 0, 0, &small);
	ATF_CHECK_EQ(ndropped, 1);
	ATF_CHECK_EQ(last_dropped, 1);
	/* Larger than the bound: alone it is taken. */
	put(&q, 3, 20000, 0, 0, &small);
	ATF_CHECK_EQ(queue_packets(&q), 1);
	ATF_CHECK_EQ(get(&q, 0, &small), 3);
}

ATF_TC_WITHOUT_HEAD(disco_does_not_starve);
ATF_TC_BODY(disco_does_not_starve, tc)
{
	struct queue q;
	int i, others = 0;

	queue_init(&q);
	for (i = 0; i < 100; i++)
		put(&q, 1, 100, 1, 0, &codel);
	for (i = 0; i < 10; i++)
		put(&q, 2, 100, 0, 0, &codel);
	for (i = 0; i < 60; i++)
		others += get(&q, 0, &codel) == 2;
	ATF_CHECK(others >= 3);
	queue_clear(&q, NULL, NULL);
}

ATF_TC_WITHOUT_HEAD(codel_leaves_bursts);
ATF_TC_BODY(codel_leaves_bursts, tc)
{
	struct queue q;
	int i;

	/* A burst that is gone within an interval loses nothing. */
	queue_init(&q);
	ndropped = 0;
	for (i = 0; i < 50; i++)
		put(&q, 1, 1400, 0, 0, &codel);
	for (i = 0; i < 50; i++)
		ATF_CHECK_EQ(get(&q, 1000 * (uint64_t)(i + 20), &codel), 1);
	ATF_CHECK_EQ(ndropped, 0);
}

ATF_TC_WITHOUT_HEAD(codel_drops_standing_queue);
ATF_TC_BODY(codel_drops_standing_queue, tc)
{
	struct queue q;
	uint64_t ms;

	/* 1 packet a ms in, one every 2 ms out, for 2 s. */
	queue_init(&q);
	ndropped = 0;
	for (ms = 0; ms < 2000; ms++) {
		put(&q, 1, 1400, 0, ms * 1000, &codel);
		if (ms % 2 == 0)
			ATF_CHECK_EQ(get(&q, ms * 1000, &codel), 1);
		if (ms == 100)
			ATF_CHECK_EQ(ndropped, 0);
	}
	ATF_CHECK(ndropped > 10);
	queue_clear(&q, NULL, NULL);
}

ATF_TC_WITHOUT_HEAD(codel_never_drops_last);
ATF_TC_BODY(codel_never_drops_last, tc)
{
	struct queue q;
	uint64_t ms;

	queue_init(&q);
	ndropped = 0;
	for (ms = 0; ms < 5000; ms += 500) {
		put(&q, 1, 1400, 0, ms * 1000, &codel);
		ATF_CHECK_EQ(get(&q, (ms + 400) * 1000, &codel), 1);
	}
	ATF_CHECK_EQ(ndropped, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, packet_bound);
	ATF_TP_ADD_TC(tp, byte_bound);
	ATF_TP_ADD_TC(tp, disco_does_not_starve);
	ATF_TP_ADD_TC(tp, codel_leaves_bursts);
	ATF_TP_ADD_TC(tp, codel_drops_standing_queue);
	ATF_TP_ADD_TC(tp, codel_never_drops_last);
	return (atf_no_error());
}
