/*
 * counterpages_test: the counters of all workers: their sum, and what a new
 * start of a worker keeps.
 */
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "counterpages.h"
#include "counters.h"
#include "relay.h"

#define NWORKERS	3

static struct ipc_counters *pages[NWORKERS];	/* in the parent */

static struct relay *
new_worker(unsigned int n)
{
	struct relay *r;
	unsigned int i;
	int fd;

	ATF_REQUIRE((r = calloc(1, sizeof(*r))) != NULL);
	cluster_pages_init(r);
	r->conf.worker = n;
	r->conf.nworkers = NWORKERS;
	for (i = 0; i < NWORKERS; i++) {
		fd = i == n ? ipc_counters_share_write(pages[i]) :
		    ipc_counters_share_read(pages[i]);
		ATF_REQUIRE(fd != -1);
		ATF_REQUIRE_EQ(cluster_pages_map(r, i, i == n, fd), 0);
	}
	return (r);
}

static void
begin(void)
{
	unsigned int i;

	for (i = 0; i < NWORKERS; i++)
		ATF_REQUIRE((pages[i] = ipc_counters_new()) != NULL);
}

/* Each worker has the same sum, of what all have counted so far. */
ATF_TC_WITHOUT_HEAD(sum);
ATF_TC_BODY(sum, tc)
{
	struct relay *w[NWORKERS];
	struct relay_stats s;
	unsigned int i;

	begin();
	/* Workers that have not started yet do not count. */
	w[0] = new_worker(0);
	cluster_pages_sum(w[0], &s);
	ATF_CHECK_EQ(s.workers, 1);
	for (i = 1; i < NWORKERS; i++)
		w[i] = new_worker(i);
	for (i = 0; i < NWORKERS; i++) {
		w[i]->stats->accepts = 1ULL << (20 * i);
		w[i]->stats->connections = i + 1;
		w[i]->stats->queue_us = 1000 * i;
		/* Sessions count in the page, too. */
		w[i]->derp.stats->got_ping += 2;
	}
	for (i = 0; i < NWORKERS; i++) {
		cluster_pages_sum(w[i], &s);
		ATF_CHECK_EQ(s.accepts, 1 | 1 << 20 | 1ULL << 40);
		ATF_CHECK_EQ(s.connections, 6);
		ATF_CHECK_EQ(s.got_ping, 6);
		ATF_CHECK_EQ(s.queue_us, 1000);
		ATF_CHECK_EQ(s.workers, 3);
	}
}

/* Without pages a worker has its own counters. */
ATF_TC_WITHOUT_HEAD(alone);
ATF_TC_BODY(alone, tc)
{
	struct relay *r = calloc(1, sizeof(*r));
	struct relay_stats s;

	ATF_REQUIRE(r != NULL);
	cluster_pages_init(r);
	r->stats->accepts = 5;
	r->derp.stats->got_ping = 6;
	cluster_pages_sum(r, &s);
	ATF_CHECK_EQ(s.accepts, 5);
	ATF_CHECK_EQ(s.got_ping, 6);
	ATF_CHECK_EQ(s.workers, 1);
}

/* Counters of a worker that ended stay; its clients are gone. */
ATF_TC_WITHOUT_HEAD(restart);
ATF_TC_BODY(restart, tc)
{
	struct relay *first, *second;
	struct relay_stats s;

	begin();
	first = new_worker(0);
	second = new_worker(1);
	second->stats->accepts = 100;
	second->stats->connections = 7;
	second->stats->queue_us = 5000;
	second->stats->rtt[3] = 9;
	first->stats->accepts = 10;
	first->stats->connections = 1;
	first->stats->queue_us = 1000;
	cluster_pages_sum(first, &s);
	ATF_CHECK_EQ(s.connections, 8);
	ATF_CHECK_EQ(s.queue_us, 3000);

	ipc_counters_ended(pages[1]);
	cluster_pages_sum(first, &s);
	ATF_CHECK_EQ(s.accepts, 110);
	ATF_CHECK_EQ(s.rtt[3], 9);
	ATF_CHECK_EQ(s.connections, 1);
	ATF_CHECK_EQ(s.queue_us, 1000);

	second = new_worker(1);
	ATF_CHECK_EQ(second->stats->accepts++, 100);
	ATF_CHECK_EQ(second->stats->connections++, 0);
	cluster_pages_sum(first, &s);
	ATF_CHECK_EQ(s.accepts, 111);
	ATF_CHECK_EQ(s.rtt[3], 9);
	ATF_CHECK_EQ(s.connections, 2);
	ATF_CHECK_EQ(s.queue_us, 500);
}

/* A worker that was taken over may write anything: it is shown as it is. */
ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	struct relay *first, *second;
	struct relay_stats s;
	size_t i, len;
	char *text;

	begin();
	first = new_worker(0);
	second = new_worker(1);
	for (i = 0; i < sizeof(s) / sizeof(uint64_t); i++)
		((uint64_t *)(void *)second->stats)[i] = UINT64_MAX;
	first->stats->accepts = 10;
	cluster_pages_sum(first, &s);
	ATF_CHECK_EQ(s.accepts, 9);
	ATF_CHECK_EQ(s.workers, 2);
	ATF_REQUIRE_EQ(relay_stats_text(&s, 1, &text, &len), 0);
	free(text);
}

/* A page comes once. */
ATF_TC_WITHOUT_HEAD(twice);
ATF_TC_BODY(twice, tc)
{
	struct relay *r;
	int fd;

	begin();
	r = new_worker(0);
	ATF_REQUIRE((fd = ipc_counters_share_read(pages[0])) != -1);
	ATF_CHECK_EQ(cluster_pages_map(r, 0, 0, fd), -1);
	ATF_CHECK_EQ(errno, EINVAL);
	ATF_CHECK_EQ(fcntl(fd, F_GETFD), -1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sum);
	ATF_TP_ADD_TC(tp, alone);
	ATF_TP_ADD_TC(tp, restart);
	ATF_TP_ADD_TC(tp, hostile);
	ATF_TP_ADD_TC(tp, twice);
	return (atf_no_error());
}
