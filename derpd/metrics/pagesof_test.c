/*
 * pagesof_test: the counters of each process, their sums, and the last hour.
 */
#include <atf-c.h>
#include <errno.h>
#include <string.h>

#include "counters.h"
#include "pagesof.h"
#include "samples.h"
#include "statspage.h"

static struct metrics_pages pages;
static struct metrics_view view;

/* A page that is mapped here; the writer's counters. */
static struct conn_stats *
page(enum ipc_counters_kind kind, unsigned int number,
    struct conn_statspage *own, struct ipc_counters **made)
{
	struct conn_stats *s;

	ATF_REQUIRE((*made = ipc_counters_new()) != NULL);
	s = conn_statspage_map(own, ipc_counters_share_write(*made));
	ATF_REQUIRE(s != NULL);
	ATF_REQUIRE_EQ(0, metrics_pages_map(&pages, kind, number,
	    ipc_counters_share_read(*made)));
	return (s);
}

ATF_TC_WITHOUT_HEAD(sums);
ATF_TC_BODY(sums, tc)
{
	static struct conn_statspage own[3];
	struct ipc_counters *made[3];
	struct conn_stats *front, *relay0, *relay2;

	front = page(IPC_COUNTERS_FRONT, 0, &own[0], &made[0]);
	relay0 = page(IPC_COUNTERS_RELAY, 0, &own[1], &made[1]);
	relay2 = page(IPC_COUNTERS_RELAY, 2, &own[2], &made[2]);
	front->accepts = 3;
	relay0->clients = 5;
	relay2->clients = 6;
	relay0->bytes_sent = 100;
	relay2->bytes_sent = 10;
	relay0->queue_us = 100;
	relay2->queue_us = 300;
	metrics_pages_read(&pages, &view);
	ATF_CHECK_EQ(1, view.nfronts);
	ATF_CHECK_EQ(3, view.nrelays);
	ATF_CHECK_EQ(0, view.nstuns);
	ATF_CHECK(!view.relays[1].known);
	ATF_CHECK(view.relays[2].known && view.relays[2].runs);
	ATF_CHECK_EQ(11, view.sum.clients);
	ATF_CHECK_EQ(110, view.sum.bytes_sent);
	ATF_CHECK_EQ(3, view.sum.accepts);
	/* Fronts have no queue. */
	ATF_CHECK_EQ(200, view.sum.queue_us);
	/* One has ended: its counters stay, its clients do not. */
	ipc_counters_ended(made[2]);
	metrics_pages_read(&pages, &view);
	ATF_CHECK(view.relays[2].known && !view.relays[2].runs);
	ATF_CHECK_EQ(5, view.sum.clients);
	ATF_CHECK_EQ(110, view.sum.bytes_sent);
	ATF_CHECK_EQ(100, view.sum.queue_us);
	/* A second page of one process. */
	ATF_CHECK_EQ(-1, metrics_pages_map(&pages, IPC_COUNTERS_RELAY, 2,
	    ipc_counters_share_read(made[0])));
	ATF_CHECK_EQ(EINVAL, errno);
}

ATF_TC_WITHOUT_HEAD(hour);
ATF_TC_BODY(hour, tc)
{
	static struct metrics_samples s;
	size_t i;

	ATF_CHECK(metrics_sample_at(&s, 0) == NULL);
	for (i = 1; i <= METRICS_SAMPLES + 2; i++) {
		view.now_ms = i * 10000;
		view.sum.bytes_received = i;
		view.sum.packets_dropped[1][0] = i;
		view.sum.packets_dropped[2][1] = 1;
		metrics_samples_take(&s, &view);
	}
	ATF_CHECK_EQ(3, metrics_sample_at(&s, 0)->rx_bytes);
	ATF_CHECK_EQ(4, metrics_sample_at(&s, 0)->drops);
	ATF_CHECK_EQ(METRICS_SAMPLES + 2, metrics_sample_at(&s,
	    METRICS_SAMPLES - 1)->rx_bytes);
	ATF_CHECK(metrics_sample_at(&s, METRICS_SAMPLES) == NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sums);
	ATF_TP_ADD_TC(tp, hour);
	return (atf_no_error());
}
