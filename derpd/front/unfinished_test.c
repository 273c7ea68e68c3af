/*
 * unfinished_test: how many unauthenticated connections there may be, and which
 * of them is closed.
 */
#include <atf-c.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unfinished.h"

static struct front_unfinished_set	s;
static struct front_unfinished		st[20000];

static void
begin(unsigned int max, unsigned int per_source)
{
	ATF_REQUIRE(sodium_init() != -1);
	front_unfinished_init(&s);
	front_unfinished_limits(&s, max, per_source);
}

/* 192.0.2.n, or with `v6' address `n' of 2001:db8:0:v6::/64. */
static const uint8_t *
address(unsigned int v6, unsigned int n)
{
	static uint8_t a[16];

	memset(a, 0, sizeof(a));
	if (v6 != 0) {
		memcpy(a, "\x20\x01\x0d\xb8", 4);
		a[7] = (uint8_t)v6;
		a[14] = (uint8_t)(n >> 8);
	} else {
		memcpy(a + 10, "\xff\xff\xc0\x00", 4);
		a[14] = (uint8_t)(n >> 8);
	}
	a[15] = (uint8_t)n;
	return (a);
}

/* Add st[i]: -1 it is refused, -2 none is closed, else the one to close. */
static int
add(int i, const uint8_t *addr, uint64_t now)
{
	struct front_unfinished *victim;

	if (front_unfinished_add(&s, &st[i], addr, now, &victim) == -1) {
		ATF_CHECK(victim == NULL);
		ATF_CHECK(st[i].source == NULL);
		return (-1);
	}
	if (victim == NULL)
		return (-2);
	ATF_CHECK(victim->source == NULL);
	return ((int)(victim - st));
}

ATF_TC_WITHOUT_HEAD(all);
ATF_TC_BODY(all, tc)
{
	int i;

	begin(10, 5);
	for (i = 0; i < 10; i++)
		ATF_REQUIRE_EQ(-2, add(i, address(0, (unsigned int)i), 1));
	/* The oldest is closed, however new it is. */
	ATF_CHECK_EQ(0, add(10, address(0, 200), 2));
	ATF_CHECK_EQ(1, add(11, address(0, 200), 2));
	ATF_CHECK_EQ(10, s.n);
	/* A logged-in connection no longer counts. */
	front_unfinished_remove(&s, &st[2]);
	front_unfinished_remove(&s, &st[2]);
	ATF_CHECK_EQ(9, s.n);
	ATF_CHECK_EQ(-2, add(12, address(0, 201), 3));
	ATF_CHECK_EQ(3, add(13, address(0, 202), 3));
	/* A lower limit closes none, but each new one replaces an old one. */
	front_unfinished_limits(&s, 5, 5);
	ATF_CHECK_EQ(4, add(14, address(0, 203), 3));
	ATF_CHECK_EQ(10, s.n);
}

ATF_TC_WITHOUT_HEAD(source);
ATF_TC_BODY(source, tc)
{
	uint64_t now = 77;
	int i;

	begin(100, 3);
	for (i = 0; i < 3; i++)
		ATF_REQUIRE_EQ(-2, add(i, address(0, 1), now++));
	/* Recent ones stay. */
	ATF_CHECK_EQ(-1, add(3, address(0, 1), now));
	ATF_CHECK_EQ(-2, add(4, address(0, 2), now));
	ATF_CHECK_EQ(-1, add(3, address(0, 1), 77 + UNFINISHED_US - 1));
	ATF_CHECK_EQ(0, add(3, address(0, 1), 77 + UNFINISHED_US));
	ATF_CHECK_EQ(-1, add(5, address(0, 1), 77 + UNFINISHED_US));
	ATF_CHECK_EQ(1, add(5, address(0, 1), 78 + UNFINISHED_US));
	/* An IPv6 source is its /64. */
	for (i = 10; i < 13; i++)
		ATF_CHECK_EQ(-2, add(i, address(1, (unsigned int)i), now));
	ATF_CHECK_EQ(-1, add(13, address(1, 4711), now));
	ATF_CHECK_EQ(-2, add(13, address(2, 1), now));
	/* A source without connections has no entry. */
	for (i = 10; i < 13; i++)
		front_unfinished_remove(&s, &st[i]);
	for (i = 14; i < 17; i++)
		ATF_CHECK_EQ(-2, add(i, address(1, (unsigned int)i), now));
	ATF_CHECK_EQ(-1, add(17, address(1, 1), now));
}

/* A source is what the prefixes say; a reload changes them. */
ATF_TC_WITHOUT_HEAD(prefixes);
ATF_TC_BODY(prefixes, tc)
{
	int i;

	begin(100, 3);
	for (i = 1; i < 5; i++)
		ATF_CHECK_EQ(-2, add(i, address(0, (unsigned int)i), 1));
	front_unfinished_prefixes(&s, 24, 48);
	for (i = 5; i < 8; i++)
		ATF_CHECK_EQ(-2, add(i, address(0, (unsigned int)i), 1));
	ATF_CHECK_EQ(-1, add(8, address(0, 8), 1));
	ATF_CHECK_EQ(-2, add(8, address(0, 256), 1));
	for (i = 9; i < 12; i++)
		ATF_CHECK_EQ(-2, add(i, address((unsigned int)i, 1), 1));
	ATF_CHECK_EQ(-1, add(12, address(12, 1), 1));
	for (i = 1; i < 12; i++)
		front_unfinished_remove(&s, &st[i]);
	for (i = 0; i < UNFINISHED_BUCKETS; i++)
		ATF_CHECK(LIST_EMPTY(&s.sources[i]));
}

ATF_TC_WITHOUT_HEAD(old);
ATF_TC_BODY(old, tc)
{
	begin(10, 10);
	ATF_CHECK(front_unfinished_old(&s, 1) == NULL);
	add(0, address(0, 1), 100);
	add(1, address(0, 2), 200);
	ATF_CHECK(front_unfinished_old(&s, 99 + UNFINISHED_US) == NULL);
	ATF_CHECK(front_unfinished_old(&s, 100 + UNFINISHED_US) == &st[0]);
	front_unfinished_remove(&s, &st[0]);
	ATF_CHECK(front_unfinished_old(&s, 100 + UNFINISHED_US) == NULL);
	ATF_CHECK(front_unfinished_old(&s, 200 + UNFINISHED_US) == &st[1]);
}

ATF_TC_WITHOUT_HEAD(memory);
ATF_TC_BODY(memory, tc)
{
	int i;

	begin(1000, 1000);
	for (i = 0; i < 1000; i++)
		add(i, address(0, (unsigned int)i), 1);
	/* The average itself is permitted. */
	for (i = 0; i < 1000; i++)
		front_unfinished_charge(&s, &st[i], UNFINISHED_COST, 0);
	ATF_CHECK_EQ(1000 * UNFINISHED_COST, s.cost[UNFINISHED_POOL_ALL]);
	ATF_CHECK(front_unfinished_over(&s) == NULL);
	/* Above it, the first that exceeded its share is closed. */
	front_unfinished_charge(&s, &st[500], UNFINISHED_COST + 1, 0);
	ATF_CHECK(front_unfinished_over(&s) == &st[500]);
	ATF_CHECK(front_unfinished_over(&s) == NULL);
	front_unfinished_charge(&s, &st[7], 2 * UNFINISHED_COST, 0);
	ATF_CHECK(front_unfinished_over(&s) == NULL);
	front_unfinished_charge(&s, &st[6], 2 * UNFINISHED_COST, 0);
	front_unfinished_charge(&s, &st[5], 20 * UNFINISHED_COST, 0);
	ATF_CHECK(front_unfinished_over(&s) == &st[7]);
	ATF_CHECK(front_unfinished_over(&s) == &st[6]);
	ATF_CHECK(front_unfinished_over(&s) == &st[5]);
	ATF_CHECK(front_unfinished_over(&s) == NULL);
	/* One that is below its share again is spared. */
	front_unfinished_charge(&s, &st[1], 3 * UNFINISHED_COST, 0);
	front_unfinished_charge(&s, &st[1], 1, 0);
	front_unfinished_charge(&s, &st[2], 10 * UNFINISHED_COST, 0);
	ATF_CHECK(front_unfinished_over(&s) == &st[2]);
	for (i = 0; i < 1000; i++)
		front_unfinished_remove(&s, &st[i]);
	ATF_CHECK_EQ(0, s.n);
	ATF_CHECK_EQ(0, s.cost[UNFINISHED_POOL_ALL]);
	/* With a low limit, a few large ones have room. */
	front_unfinished_limits(&s, 10, 10);
	add(0, address(0, 1), 1);
	add(1, address(0, 1), 1);
	front_unfinished_charge(&s, &st[0], UNFINISHED_LEAST, 0);
	ATF_CHECK(front_unfinished_over(&s) == NULL);
	front_unfinished_charge(&s, &st[1], 1, 0);
	ATF_CHECK(front_unfinished_over(&s) == &st[0]);
}

ATF_TC_WITHOUT_HEAD(input);
ATF_TC_BODY(input, tc)
{
	const size_t k = UNFINISHED_INPUT_ALL / 16;
	int i;

	begin(1000, 1000);
	for (i = 0; i < 1000; i++)
		add(i, address(0, (unsigned int)i), 1);
	/* Small input of all is permitted. */
	for (i = 0; i < 1000; i++)
		front_unfinished_charge(&s, &st[i], 0, UNFINISHED_INPUT);
	ATF_CHECK(front_unfinished_over(&s) == NULL);
	/* Large input of some has a common limit. */
	for (i = 100; i < 116; i++)
		front_unfinished_charge(&s, &st[i], 0, k);
	ATF_CHECK(front_unfinished_over(&s) == NULL);
	front_unfinished_charge(&s, &st[50], 0, UNFINISHED_INPUT + 1);
	ATF_CHECK(front_unfinished_over(&s) == &st[100]);
	ATF_CHECK(front_unfinished_over(&s) == NULL);
	front_unfinished_charge(&s, &st[101], 0, 0);
	front_unfinished_charge(&s, &st[51], 0, 3 * k);
	ATF_CHECK(front_unfinished_over(&s) == &st[102]);
	ATF_CHECK(front_unfinished_over(&s) == &st[103]);
	ATF_CHECK(front_unfinished_over(&s) == NULL);
}

/* Add and remove at random: the counts match those of a plain walk. */
ATF_TC_WITHOUT_HEAD(random);
ATF_TC_BODY(random, tc)
{
	struct front_unfinished *v;
	size_t cost, n, i, k;
	uint64_t now = 0;

	begin(300, 40);
	for (k = 0; k < 20000; k++) {
		i = randombytes_uniform(1000);
		now += randombytes_uniform(100000);
		if (st[i].source != NULL && randombytes_uniform(3) == 0)
			front_unfinished_remove(&s, &st[i]);
		else if (st[i].source != NULL)
			front_unfinished_charge(&s, &st[i],
			    randombytes_uniform(4 * UNFINISHED_COST),
			    randombytes_uniform(8 * UNFINISHED_INPUT));
		else
			(void)front_unfinished_add(&s, &st[i],
			    address(randombytes_uniform(2),
			    randombytes_uniform(12)), now, &v);
		while ((v = front_unfinished_over(&s)) != NULL)
			ATF_CHECK(v->source == NULL);
		ATF_REQUIRE(s.cost[UNFINISHED_POOL_ALL] <= 300 *
		    UNFINISHED_COST &&
		    s.cost[UNFINISHED_POOL_INPUT] <= UNFINISHED_INPUT_ALL &&
		    s.n <= 300);
	}
	for (cost = n = i = 0; i < 1000; i++)
		if (st[i].source != NULL) {
			cost += st[i].cost[UNFINISHED_POOL_ALL];
			n++;
		}
	ATF_CHECK_EQ(n, s.n);
	ATF_CHECK_EQ(cost, s.cost[UNFINISHED_POOL_ALL]);
	for (i = 0; i < 1000; i++)
		front_unfinished_remove(&s, &st[i]);
	ATF_CHECK(TAILQ_EMPTY(&s.all) &&
	    TAILQ_EMPTY(&s.over[UNFINISHED_POOL_ALL]) &&
	    TAILQ_EMPTY(&s.over[UNFINISHED_POOL_INPUT]));
	ATF_CHECK_EQ(0, s.cost[UNFINISHED_POOL_ALL] +
	    s.cost[UNFINISHED_POOL_INPUT]);
	for (i = 0; i < UNFINISHED_BUCKETS; i++)
		ATF_CHECK(LIST_EMPTY(&s.sources[i]));
}

/* Move st[i]: -1 it is refused, -2 none is closed, else the one to close. */
static int
move(int i, const uint8_t *addr, uint64_t now)
{
	struct front_unfinished *victim;

	if (front_unfinished_move(&s, &st[i], addr, now, &victim) == -1) {
		ATF_CHECK(victim == NULL);
		return (-1);
	}
	if (victim == NULL)
		return (-2);
	ATF_CHECK(victim->source == NULL);
	return ((int)(victim - st));
}

/*
 * Of load balancers: those without a source are bounded in all alone, and count
 * at their source from when it is known.
 */
ATF_TC_WITHOUT_HEAD(balancer);
ATF_TC_BODY(balancer, tc)
{
	const uint64_t late = UNFINISHED_US + 100;
	int i;

	begin(20, 3);
	for (i = 0; i < 20; i++)
		ATF_REQUIRE_EQ(-2, add(i, NULL, (uint64_t)i));
	/* All together are bounded: the oldest gives way. */
	ATF_CHECK_EQ(0, add(20, NULL, 20));
	ATF_CHECK_EQ(20, s.n);
	/* Three of a source. */
	ATF_CHECK_EQ(-2, move(1, address(0, 1), 21));
	ATF_CHECK_EQ(-2, move(2, address(0, 1), 21));
	ATF_CHECK_EQ(-2, move(3, address(0, 1), 21));
	ATF_CHECK_EQ(-1, move(4, address(0, 1), 21));
	ATF_CHECK(st[4].source != NULL);	/* the caller closes it */
	front_unfinished_remove(&s, &st[4]);
	ATF_CHECK_EQ(19, s.n);
	/* Another source is not affected, nor is one that came directly. */
	ATF_CHECK_EQ(-2, move(5, address(0, 2), 21));
	ATF_CHECK_EQ(-2, add(21, address(0, 2), 21));
	ATF_CHECK_EQ(-2, move(6, address(0, 2), 21));
	ATF_CHECK_EQ(-1, move(7, address(0, 2), 21));
	front_unfinished_remove(&s, &st[7]);
	/* Twice the same, back, and to a third one. */
	ATF_CHECK_EQ(-2, move(5, address(0, 2), 21));
	ATF_CHECK_EQ(-2, move(5, address(0, 3), 21));
	ATF_CHECK_EQ(-2, move(8, address(0, 2), 21));
	/* With all full, a move closes none. */
	ATF_CHECK_EQ(-2, add(22, NULL, 22));
	ATF_CHECK_EQ(20, s.n);
	ATF_CHECK_EQ(-2, move(9, address(0, 4), 22));
	ATF_CHECK_EQ(20, s.n);
	/* Of old ones, the first of the source gives way. */
	ATF_CHECK_EQ(1, move(10, address(0, 1), late));
	ATF_CHECK_EQ(19, s.n);
	/* The memory stays charged. */
	front_unfinished_charge(&s, &st[11], 1000, 0);
	ATF_CHECK_EQ(-2, move(11, address(0, 5), late));
	ATF_CHECK_EQ(1000, s.cost[UNFINISHED_POOL_ALL]);
	/* One that has logged in is not moved. */
	front_unfinished_remove(&s, &st[11]);
	ATF_CHECK_EQ(-2, move(11, address(0, 1), late));
	ATF_CHECK(st[11].source == NULL);
	/* Nothing is left when all have gone. */
	for (i = 0; i <= 22; i++)
		if (st[i].source != NULL)
			front_unfinished_remove(&s, &st[i]);
	ATF_CHECK_EQ(0, s.n);
	ATF_CHECK(s.unattributed == NULL);
	for (i = 0; i < UNFINISHED_BUCKETS; i++)
		ATF_CHECK(LIST_EMPTY(&s.sources[i]));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, balancer);
	ATF_TP_ADD_TC(tp, all);
	ATF_TP_ADD_TC(tp, source);
	ATF_TP_ADD_TC(tp, prefixes);
	ATF_TP_ADD_TC(tp, old);
	ATF_TP_ADD_TC(tp, memory);
	ATF_TP_ADD_TC(tp, input);
	ATF_TP_ADD_TC(tp, random);
	return (atf_no_error());
}
