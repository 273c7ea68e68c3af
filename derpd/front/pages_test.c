/*
 * pages_test: the counters of all fronts and relay workers: their sum, and what
 * a new start of one keeps.
 */
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "counters.h"
#include "front.h"
#include "pages.h"
#include "statspage.h"

#define NFRONTS		2	/* with the first numbers */
#define NSERVERS	4
#define RELAY		2	/* the first relay worker */

static struct ipc_counters *pages[NSERVERS];	/* in the parent */
static struct conn_stats *own[NSERVERS];	/* of each server */

/* Server `n' starts, with its page to write. */
static void
start(unsigned int n)
{
	struct conn_statspage *p = calloc(1, sizeof(*p));
	int fd = ipc_counters_share_write(pages[n]);

	ATF_REQUIRE(p != NULL && fd != -1);
	ATF_REQUIRE((own[n] = conn_statspage_map(p, fd)) != NULL);
}

static void
begin(void)
{
	unsigned int i;

	for (i = 0; i < NSERVERS; i++)
		ATF_REQUIRE((pages[i] = ipc_counters_new()) != NULL);
}

/* A front that is server `n' and has the pages of the others. */
static struct front *
new_front(unsigned int n)
{
	struct front *f;
	unsigned int i;
	int fd;

	ATF_REQUIRE((f = calloc(1, sizeof(*f))) != NULL);
	start(n);
	f->set.stats = own[n];
	f->conf.nfronts = NFRONTS;
	f->conf.nworkers = NSERVERS - NFRONTS;
	f->conf.max_clients = 1000;
	for (i = 0; i < NSERVERS; i++) {
		if (i == n)
			continue;
		ATF_REQUIRE((fd = ipc_counters_share_read(pages[i])) != -1);
		ATF_REQUIRE_EQ(front_pages_map(f, i, fd), 0);
	}
	return (f);
}

/*
 * Each front has the same sum, of what all have counted so far; the average is
 * that of relay workers.
 */
ATF_TC_WITHOUT_HEAD(sum);
ATF_TC_BODY(sum, tc)
{
	struct front *f[NFRONTS];
	struct conn_stats s;
	unsigned int i;

	begin();
	/* Servers that have not started yet do not count. */
	f[0] = new_front(0);
	front_pages_sum(f[0], &s);
	ATF_CHECK_EQ(s.workers, 0);
	f[1] = new_front(1);
	start(2);
	start(3);
	for (i = 0; i < NSERVERS; i++) {
		own[i]->accepts = 1ULL << (20 * i);
		own[i]->connections = i + 1;
		own[i]->queue_us = 1000 * i;
	}
	for (i = 0; i < NFRONTS; i++) {
		front_pages_sum(f[i], &s);
		ATF_CHECK_EQ(s.accepts, 1 | 1 << 20 | 1ULL << 40 | 1ULL << 60);
		ATF_CHECK_EQ(s.connections, 10);
		ATF_CHECK_EQ(s.queue_us, 2500);
		ATF_CHECK_EQ(s.workers, 2);
	}
}

/* The clients of all relay workers that run. */
ATF_TC_WITHOUT_HEAD(clients);
ATF_TC_BODY(clients, tc)
{
	struct front *f;

	begin();
	f = new_front(0);
	ATF_CHECK_EQ(front_pages_clients(f), 0);
	start(RELAY);
	start(RELAY + 1);
	own[RELAY]->connections = 5;
	own[RELAY + 1]->connections = 7;
	ATF_CHECK_EQ(front_pages_clients(f), 12);
	ATF_CHECK_EQ(front_pages_clients_of(f, 0), 5);
	ATF_CHECK_EQ(front_pages_clients_of(f, 1), 7);
	ipc_counters_ended(pages[RELAY]);
	ATF_CHECK_EQ(front_pages_clients(f), 7);
	start(RELAY);
	ATF_CHECK_EQ(front_pages_clients(f), 7);
	own[RELAY]->connections++;
	ATF_CHECK_EQ(front_pages_clients(f), 8);
	ATF_CHECK_EQ(front_pages_clients_of(f, IPC_MAXWORKERS), 0);
	ATF_CHECK_EQ(front_pages_clients_of(f, FRONT_PAGES), 0);
}

/*
 * What decides whether clients are accepted: of a front that was taken over
 * nothing, of a relay worker its own share.
 */
ATF_TC_WITHOUT_HEAD(hostile_clients);
ATF_TC_BODY(hostile_clients, tc)
{
	struct front *f;

	begin();
	f = new_front(0);
	start(1);
	start(RELAY);
	start(RELAY + 1);
	own[0]->connections = 3;
	own[1]->connections = 1000;		/* a front */
	ATF_CHECK_EQ(front_pages_clients(f), 0);
	own[1]->connections = -500ULL;
	own[RELAY]->connections = 500;
	ATF_CHECK_EQ(front_pages_clients(f), 500);
	own[RELAY + 1]->connections = -500ULL;	/* a relay worker */
	ATF_CHECK_EQ(front_pages_clients(f), 1500);
	own[RELAY + 1]->connections = 1001;
	ATF_CHECK_EQ(front_pages_clients(f), 1500);
	f->conf.max_clients = 0;
	ATF_CHECK_EQ(front_pages_clients(f), 0);
}

/* Without pages a front has its own counters. */
ATF_TC_WITHOUT_HEAD(alone);
ATF_TC_BODY(alone, tc)
{
	struct front *f = front_new(NULL);
	struct conn_stats s;

	f->set.stats->accepts = 5;
	f->set.stats->got_ping = 6;
	front_pages_sum(f, &s);
	ATF_CHECK_EQ(s.accepts, 5);
	ATF_CHECK_EQ(s.got_ping, 6);
	ATF_CHECK_EQ(s.workers, 0);
	ATF_CHECK_EQ(front_pages_clients(f), 0);
}

/* Counters of a server that ended stay; its clients are gone. */
ATF_TC_WITHOUT_HEAD(restart);
ATF_TC_BODY(restart, tc)
{
	struct conn_stats s;
	struct front *f;

	begin();
	f = new_front(0);
	start(RELAY);
	start(RELAY + 1);
	own[RELAY]->accepts = 100;
	own[RELAY]->connections = 7;
	own[RELAY]->queue_us = 5000;
	own[RELAY]->rtt[3] = 9;
	own[RELAY + 1]->accepts = 10;
	own[RELAY + 1]->connections = 1;
	own[RELAY + 1]->queue_us = 1000;
	front_pages_sum(f, &s);
	ATF_CHECK_EQ(s.connections, 8);
	ATF_CHECK_EQ(s.queue_us, 3000);

	ipc_counters_ended(pages[RELAY]);
	front_pages_sum(f, &s);
	ATF_CHECK_EQ(s.accepts, 110);
	ATF_CHECK_EQ(s.rtt[3], 9);
	ATF_CHECK_EQ(s.connections, 1);
	ATF_CHECK_EQ(s.queue_us, 1000);

	start(RELAY);
	ATF_CHECK_EQ(own[RELAY]->accepts++, 100);
	ATF_CHECK_EQ(own[RELAY]->connections++, 0);
	front_pages_sum(f, &s);
	ATF_CHECK_EQ(s.accepts, 111);
	ATF_CHECK_EQ(s.rtt[3], 9);
	ATF_CHECK_EQ(s.connections, 2);
	ATF_CHECK_EQ(s.queue_us, 500);
}

/* A server that was taken over may write anything: it is shown as it is. */
ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	struct conn_stats s;
	struct front *f;
	size_t i, len;
	char *text;

	begin();
	f = new_front(0);
	start(1);
	start(RELAY);
	for (i = 0; i < sizeof(s) / sizeof(uint64_t); i++) {
		((uint64_t *)(void *)own[1])[i] = UINT64_MAX;
		((uint64_t *)(void *)own[RELAY])[i] = UINT64_MAX;
	}
	own[0]->accepts = 10;
	front_pages_sum(f, &s);
	ATF_CHECK_EQ(s.accepts, 8);
	ATF_CHECK_EQ(s.workers, 1);
	ATF_REQUIRE_EQ(conn_stats_text(&s, 1, &text, &len), 0);
	free(text);
}

/* A page comes once. */
ATF_TC_WITHOUT_HEAD(twice);
ATF_TC_BODY(twice, tc)
{
	struct conn_statspage p = { .page = NULL };
	struct conn_stats *first;
	struct front *f;
	int fd;

	begin();
	f = new_front(0);
	ATF_REQUIRE((fd = ipc_counters_share_read(pages[1])) != -1);
	ATF_CHECK_EQ(front_pages_map(f, 1, fd), -1);
	ATF_CHECK_EQ(errno, EINVAL);
	ATF_CHECK_EQ(fcntl(fd, F_GETFD), -1);
	ATF_REQUIRE((fd = ipc_counters_share_write(pages[2])) != -1);
	ATF_REQUIRE((first = conn_statspage_map(&p, fd)) != NULL);
	first->accepts = 3;
	ATF_REQUIRE((fd = ipc_counters_share_write(pages[1])) != -1);
	ATF_CHECK(conn_statspage_map(&p, fd) == NULL);
	ATF_CHECK_EQ(errno, EINVAL);
	ATF_CHECK_EQ(fcntl(fd, F_GETFD), -1);
	ATF_CHECK_EQ(first->accepts, 3);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, sum);
	ATF_TP_ADD_TC(tp, clients);
	ATF_TP_ADD_TC(tp, hostile_clients);
	ATF_TP_ADD_TC(tp, alone);
	ATF_TP_ADD_TC(tp, restart);
	ATF_TP_ADD_TC(tp, hostile);
	ATF_TP_ADD_TC(tp, twice);
	return (atf_no_error());
}
