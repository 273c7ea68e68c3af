/*
 * linkstats_test: the counters of all workers: the sum, the requests to other
 * workers, and a worker that does not answer.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "linkstats.h"

#define NCLIENTS	100

/* A worker that requests the counters of all. */
struct requester {
	struct cluster_stats *cs;
	uint64_t	 others; /* workers that will answer, a bit each */
	uint64_t	 id;		/* of the last request */
	unsigned int	 nrequests;	/* number of requests */
	uint64_t	 own;		/* its own count of accepts */
};

static struct relay_conn	clients[NCLIENTS];
/* accepts in each client's answer */
static uint64_t			got[NCLIENTS];
static uint64_t			nworkers[NCLIENTS];	/* workers in its sum */
static uint64_t			now_us = 1000;

static void
own(void *arg, struct relay_stats *s)
{
	const struct requester *a = arg;

	memset(s, 0, sizeof(*s));
	s->workers = 1;
	s->accepts = a->own;
}

static uint64_t
request(void *arg, uint64_t id)
{
	struct requester *a = arg;

	a->id = id;
	a->nrequests++;
	return (a->others);
}

static void
ready(struct relay_conn *c, const struct relay_stats *sum)
{
	ATF_REQUIRE(c >= clients && c < clients + NCLIENTS);
	ATF_CHECK_EQ(got[c - clients], 0);
	got[c - clients] = sum->accepts;
	nworkers[c - clients] = sum->workers;
}

static void
set_up(struct requester *a, uint64_t others)
{
	static const struct cluster_stats_ops ops = { own, request, ready };

	memset(a, 0, sizeof(*a));
	a->others = others;
	a->own = 1;
	a->cs = cluster_stats_new(&ops, a, &now_us);
	ATF_REQUIRE(a->cs != NULL);
}

/* That worker answers the request `id' with `n' accepts. */
static void
answer(struct requester *a, unsigned int worker, uint64_t id, uint64_t n)
{
	struct relay_stats s;

	memset(&s, 0, sizeof(s));
	s.accepts = n;
	cluster_linkstats_answer(a->cs, worker, id, &s);
}

ATF_TC_WITHOUT_HEAD(summed);
ATF_TC_BODY(summed, tc)
{
	struct requester a;

	set_up(&a, 1U << 2 | 1U << 5);
	cluster_linkstats_request(a.cs, &clients[0]);
	answer(&a, 2, a.id, 10);
	answer(&a, 2, a.id, 1000);	/* again */
	answer(&a, 3, a.id, 1000);	/* it has no request */
	answer(&a, 5, a.id + 1, 1000);	/* another request */
	ATF_CHECK_EQ(got[0], 0);
	answer(&a, 5, a.id, 100);
	ATF_CHECK_EQ(got[0], 111);
	ATF_CHECK_EQ(nworkers[0], 3);
	answer(&a, 5, a.id, 1000);	/* no client waits */
	ATF_CHECK_EQ(a.nrequests, 1);
	cluster_stats_free(a.cs);
}

/* A lone worker answers with its own counters at once, every time. */
ATF_TC_WITHOUT_HEAD(alone);
ATF_TC_BODY(alone, tc)
{
	struct requester a;

	set_up(&a, 0);
	cluster_linkstats_request(a.cs, &clients[0]);
	a.own = 7;
	cluster_linkstats_request(a.cs, &clients[1]);
	ATF_CHECK_EQ(got[0], 1);
	ATF_CHECK_EQ(got[1], 7);
	ATF_CHECK_EQ(nworkers[1], 1);
	cluster_stats_free(a.cs);
}

/*
 * Many clients cause one request after the other, and each client gets counters
 * that are newer than its own request.
 */
ATF_TC_WITHOUT_HEAD(one_request);
ATF_TC_BODY(one_request, tc)
{
	struct requester a;
	unsigned int i;

	set_up(&a, 1U << 2);
	for (i = 0; i < NCLIENTS; i++)
		cluster_linkstats_request(a.cs, &clients[i]);
	ATF_CHECK_EQ(a.nrequests, 1);
	a.own = 2;
	answer(&a, 2, a.id, 10);
	ATF_CHECK_EQ(got[0], 11);
	ATF_CHECK_EQ(got[1], 0);
	ATF_CHECK_EQ(a.nrequests, 2);
	answer(&a, 2, a.id, 20);
	for (i = 1; i < NCLIENTS; i++)
		ATF_CHECK_EQ(got[i], 22);
	ATF_CHECK_EQ(a.nrequests, 2);
	cluster_stats_free(a.cs);
}

ATF_TC_WITHOUT_HEAD(no_answer);
ATF_TC_BODY(no_answer, tc)
{
	struct requester a;
	uint64_t first;

	set_up(&a, 1U << 2 | 1U << 3);
	cluster_linkstats_request(a.cs, &clients[0]);
	first = a.id;
	now_us += 500000;
	cluster_linkstats_request(a.cs, &clients[1]);
	cluster_linkstats_tick(a.cs);
	answer(&a, 3, a.id, 10);
	ATF_CHECK_EQ(got[0], 0);
	now_us += 500000;
	cluster_linkstats_tick(a.cs);
	ATF_CHECK_EQ(got[0], 11);
	ATF_CHECK_EQ(nworkers[0], 2);
	/* The next request has a timeout of its own. */
	ATF_CHECK_EQ(a.nrequests, 2);
	answer(&a, 2, first, 1000);	/* late */
	answer(&a, 2, a.id, 100);
	cluster_linkstats_tick(a.cs);
	ATF_CHECK_EQ(got[1], 0);
	cluster_linkstats_gone(a.cs, 7);
	cluster_linkstats_gone(a.cs, 2);	/* it has answered */
	ATF_CHECK_EQ(got[1], 0);
	cluster_linkstats_gone(a.cs, 3);
	ATF_CHECK_EQ(got[1], 101);
	cluster_linkstats_gone(a.cs, 3);
	now_us += 5000000;
	cluster_linkstats_tick(a.cs);
	ATF_CHECK_EQ(a.nrequests, 2);
	cluster_stats_free(a.cs);
}

/* A closed connection gets no answer, now or with the next request. */
ATF_TC_WITHOUT_HEAD(left);
ATF_TC_BODY(left, tc)
{
	struct requester a;

	set_up(&a, 1U << 2);
	cluster_linkstats_request(a.cs, &clients[0]);
	cluster_linkstats_request(a.cs, &clients[1]);
	cluster_linkstats_request(a.cs, &clients[2]);
	cluster_linkstats_forget(a.cs, &clients[0]);
	cluster_linkstats_forget(a.cs, &clients[1]);
	answer(&a, 2, a.id, 10);
	answer(&a, 2, a.id, 10);
	ATF_CHECK_EQ(got[0] + got[1], 0);
	ATF_CHECK_EQ(got[2], 11);
	cluster_linkstats_request(a.cs, &clients[3]);
	cluster_stats_free(a.cs);
	ATF_CHECK_EQ(got[3], 0);
}

ATF_TC_WITHOUT_HEAD(side_by_side);
ATF_TC_BODY(side_by_side, tc)
{
	struct requester a, b;

	set_up(&a, 1U << 2);
	set_up(&b, 1U << 2);
	cluster_linkstats_request(a.cs, &clients[0]);
	cluster_linkstats_request(b.cs, &clients[1]);
	ATF_CHECK_EQ(a.id, b.id);
	answer(&b, 2, b.id, 10);
	ATF_CHECK_EQ(got[0], 0);
	ATF_CHECK_EQ(got[1], 11);
	cluster_stats_free(b.cs);
	answer(&a, 2, a.id, 20);
	ATF_CHECK_EQ(got[0], 21);
	cluster_stats_free(a.cs);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, summed);
	ATF_TP_ADD_TC(tp, alone);
	ATF_TP_ADD_TC(tp, one_request);
	ATF_TP_ADD_TC(tp, no_answer);
	ATF_TP_ADD_TC(tp, left);
	ATF_TP_ADD_TC(tp, side_by_side);
	return (atf_no_error());
}
