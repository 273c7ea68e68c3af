/*
 * sent_test: who gets a PeerGone, and the bounds on memory, for any number of
 * sources and receivers.  Peers and connections are simulated.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "relayconn.h"
#include "sent.h"
#include "testmem.h"

#define NPEERS	5000
#define NCONNS	20000
#define MIB	(1024 * 1024)

static struct derp_sent		*notes;
static uint64_t			 next_id;
static struct relay_conn	*conns;
static unsigned int		*told;	/* PeerGone, of each connection */
static unsigned int		 ntold;

/* The key of a peer begins with its number. */
static const uint8_t *
key_of(uint32_t i)
{
	static uint8_t key[FRAME_KEY_LEN];

	memcpy(key, &i, sizeof(i));
	return (key);
}

static void
send_gone(struct relay_conn *c, const void *p, size_t n)
{
	const uint8_t *f = p;

	ATF_REQUIRE_EQ(n, FRAME_PEER_GONE_SIZE);
	ATF_REQUIRE_EQ(f[0], FRAME_PEER_GONE);
	ATF_REQUIRE_EQ(f[n - 1], PEER_GONE_DISCONNECTED);
	ATF_REQUIRE(c >= conns && c < conns + NCONNS);
	told[c - conns]++;
	ntold++;
}

/* Begin a connection, or replace one that ends. */
static void
begin(unsigned int i)
{
	derp_sent_forget(notes, &conns[i]);
	conns[i].conn.id = ++next_id;
}

static void
set_up(void)
{
	unsigned int i;

	notes = derp_sent_new(send_gone);
	conns = calloc(NCONNS, sizeof(*conns));
	told = calloc(NCONNS, sizeof(*told));
	ATF_REQUIRE(notes != NULL && conns != NULL && told != NULL);
	for (i = 0; i < NCONNS; i++)
		begin(i);
}

static void
note(unsigned int c, uint32_t src)
{
	derp_sent_source(notes, key_of(src), 0);
	ATF_REQUIRE_EQ(derp_sent_note(notes, key_of(src), &conns[c]), 0);
}

/* Peer `src' leaves; return how many connections get a PeerGone. */
static unsigned int
gone(uint32_t src)
{
	memset(told, 0, NCONNS * sizeof(*told));
	ntold = 0;
	derp_sent_gone(notes, key_of(src));
	ATF_CHECK_EQ(ntold, 0);
	derp_sent_reap(notes);
	return (ntold);
}

/* At most `max' bytes more than `before' are used; not with sanitizers. */
static void
grown(size_t before, size_t max)
{
	size_t now = base_test_resident();

	ATF_CHECK_MSG(!POOL_SLABS || now < before + max,
	    "%zu bytes before, %zu now", before, now);
}

ATF_TC_WITHOUT_HEAD(told_once);
ATF_TC_BODY(told_once, tc)
{
	unsigned int i;

	set_up();
	ATF_CHECK_EQ(gone(0), 0);
	/* Not of a source that has sent nothing to clients here. */
	ATF_CHECK_EQ(derp_sent_note(notes, key_of(0), &conns[0]), -1);
	for (i = 0; i < 3000; i++)
		note(i % 1000, 1);
	note(7, 2);
	ATF_CHECK_EQ(gone(1), 1000);
	for (i = 0; i < 1000; i++)
		ATF_CHECK_EQ(told[i], 1);
	/* Once for each time that it leaves. */
	ATF_CHECK_EQ(gone(1), 0);
	note(3, 1);
	ATF_CHECK_EQ(gone(1), 1);
	ATF_CHECK_EQ(told[3], 1);
	ATF_CHECK_EQ(gone(2), 1);
	ATF_CHECK_EQ(told[7], 1);
}

/* A later connection is not confused with a closed one that had packets. */
ATF_TC_WITHOUT_HEAD(others_not_told);
ATF_TC_BODY(others_not_told, tc)
{
	unsigned int i;

	set_up();
	for (i = 0; i < 100; i++)
		note(i, 1);
	for (i = 0; i < 100; i += 2) {
		begin(i);
		note(i, 2);
	}
	ATF_CHECK_EQ(gone(1), 50);
	for (i = 0; i < 100; i++)
		ATF_CHECK_EQ(told[i], i % 2);
	ATF_CHECK_EQ(gone(2), 50);
	ATF_CHECK_EQ(told[0], 1);
	/* A closed one without a successor. */
	note(0, 1);
	derp_sent_forget(notes, &conns[0]);
	ATF_CHECK_EQ(gone(1), 0);
}

/* Short connections don't use memory up, and long ones get their PeerGone. */
ATF_TC_WITHOUT_HEAD(short_lives);
ATF_TC_BODY(short_lives, tc)
{
	size_t before;
	unsigned int i;

	set_up();
	for (i = 0; i < 100; i++)
		note(i, 1);
	before = base_test_resident();
	for (i = 0; i < 1000000; i++) {
		begin(100);
		note(100, 1);
	}
	grown(before, MIB);
	ATF_CHECK_EQ(gone(1), 101);
}

/* One source sends to all. */
ATF_TC_WITHOUT_HEAD(source_bound);
ATF_TC_BODY(source_bound, tc)
{
	size_t before;
	unsigned int i;

	set_up();
	for (i = 0; i < NCONNS; i++)
		note(i, 2);
	(void)gone(2);
	before = base_test_resident();
	for (i = 0; i < 5 * NCONNS; i++)
		note(i % NCONNS, 1);
	grown(before, MIB);
	ATF_CHECK_MSG(gone(1) >= 8192 && ntold <= 12288, "%u", ntold);
	for (i = 0; i < NCONNS; i++)
		ATF_CHECK(told[i] <= 1);
	ATF_CHECK_EQ(told[NCONNS - 1], 1);
}

/* Many sources send to many: those with few receivers keep them. */
ATF_TC_WITHOUT_HEAD(all_bound);
ATF_TC_BODY(all_bound, tc)
{
	size_t before, sum = 0;
	unsigned int i, k;

	set_up();
	for (i = 0; i < 1200; i++)
		note(i, 0);
	(void)gone(0);
	for (i = 0; i < 20; i++)
		note(i, 1);
	before = base_test_resident();
	for (k = 2; k < NPEERS; k++)
		for (i = 0; i < 1200; i++)
			note(i, k);
	grown(before, 36 * MIB);
	ATF_CHECK_EQ(gone(1), 20);
	for (k = 2; k < NPEERS; k++)
		sum += gone(k);
	ATF_CHECK(sum > 1000000);
	ATF_CHECK_EQ(told[0], 1);	/* from the last one */
}

/*
 * Another node may name any number of sources: the oldest of these are
 * forgotten, but no client of this service.
 */
ATF_TC_WITHOUT_HEAD(far_first);
ATF_TC_BODY(far_first, tc)
{
	const uint32_t n = 400000;
	size_t before;
	uint32_t k;

	set_up();
	before = base_test_resident();
	for (k = 0; k < 100; k++) {
		note(k, 1);
		derp_sent_source(notes, key_of(2), 1);	/* a far one */
		ATF_REQUIRE_EQ(derp_sent_note(notes, key_of(2), &conns[k]), 0);
		derp_sent_source(notes, key_of(3), 1);	/* and then not */
		ATF_REQUIRE_EQ(derp_sent_note(notes, key_of(3), &conns[k]), 0);
	}
	note(0, 3);
	for (k = 4; k < n; k++) {
		derp_sent_source(notes, key_of(k), 1);
		ATF_REQUIRE_EQ(derp_sent_note(notes, key_of(k), &conns[0]), 0);
	}
	grown(before, 48 * MIB);
	ATF_CHECK_EQ(gone(1), 100);
	ATF_CHECK_EQ(gone(2), 0);
	ATF_CHECK_EQ(gone(3), 100);
	ATF_CHECK_EQ(gone(4), 0);
	ATF_CHECK_EQ(gone(n - 1), 1);
}

/*
 * A packet that is written in the turn in which its source leaves counts; what
 * is written later does not.
 */
ATF_TC_WITHOUT_HEAD(last_packets);
ATF_TC_BODY(last_packets, tc)
{
	uint64_t gen;
	unsigned int i;

	set_up();
	derp_sent_source(notes, key_of(1), 0);
	gen = derp_sent_generation(notes);
	derp_sent_gone(notes, key_of(1));
	for (i = 0; i < 100; i++)
		ATF_CHECK_EQ(derp_sent_note(notes, key_of(1), &conns[i]), 0);
	derp_sent_reap(notes);
	ATF_CHECK_EQ(ntold, 100);
	ATF_CHECK(derp_sent_generation(notes) != gen);
	ATF_CHECK_EQ(derp_sent_note(notes, key_of(1), &conns[0]), -1);
	/* It is back in the same turn: told before its new packets. */
	note(3, 1);
	derp_sent_gone(notes, key_of(1));
	derp_sent_source(notes, key_of(1), 0);
	ATF_CHECK_EQ(ntold, 101);
	note(4, 1);
	derp_sent_reap(notes);
	ATF_CHECK_EQ(ntold, 101);
	ATF_CHECK_EQ(gone(1), 1);
	ATF_CHECK_EQ(told[4], 1);
}

static int
is_odd(void *arg, const uint8_t *key)
{
	ATF_CHECK(arg == &next_id);
	return (key[0] % 2 == 1);
}

/* All sources of a worker are gone. */
ATF_TC_WITHOUT_HEAD(many_gone);
ATF_TC_BODY(many_gone, tc)
{
	unsigned int i;

	set_up();
	for (i = 0; i < 1000; i++)
		note(i % 50, i);
	derp_sent_gone_all(notes, is_odd, &next_id);
	derp_sent_reap(notes);
	ATF_CHECK_EQ(ntold, 500);
	ATF_CHECK_EQ(gone(1), 0);
	ATF_CHECK_EQ(gone(2), 1);
}

/* Two states are independent. */
ATF_TC_WITHOUT_HEAD(side_by_side);
ATF_TC_BODY(side_by_side, tc)
{
	struct derp_sent *first, *second;
	unsigned int i;

	set_up();
	first = notes;
	ATF_REQUIRE((second = derp_sent_new(send_gone)) != NULL);
	for (i = 0; i < 100; i++)
		note(i, 1);
	notes = second;
	for (i = 100; i < 300; i++)
		note(i, 2);
	notes = first;
	ATF_CHECK_EQ(gone(1), 100);
	ATF_CHECK_EQ(told[99], 1);
	ATF_CHECK_EQ(told[100], 0);
	derp_sent_free(first);
	notes = second;
	ATF_CHECK_EQ(gone(2), 200);
	ATF_CHECK_EQ(told[99], 0);
	ATF_CHECK_EQ(told[100], 1);
	derp_sent_free(second);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, told_once);
	ATF_TP_ADD_TC(tp, others_not_told);
	ATF_TP_ADD_TC(tp, short_lives);
	ATF_TP_ADD_TC(tp, source_bound);
	ATF_TP_ADD_TC(tp, all_bound);
	ATF_TP_ADD_TC(tp, far_first);
	ATF_TP_ADD_TC(tp, last_packets);
	ATF_TP_ADD_TC(tp, many_gone);
	ATF_TP_ADD_TC(tp, side_by_side);
	return (atf_no_error());
}
