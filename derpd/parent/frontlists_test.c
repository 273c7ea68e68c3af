/*
 * frontlists_test: pages of the list of clients for fronts: what relay workers
 * are asked, what the fronts get, and how often.  The test plays the fronts and
 * the workers.
 */
#include <sys/socket.h>
#include <event2/event.h>
#include <poll.h>

#include "conf_fixture.h"
#include "ipcsend.h"
#include "parent.h"

#define NRELAYS	2
#define NFRONTS	3

static struct parent d;
static struct ipc_chan *front[NFRONTS], *relay[NRELAYS];	/* their ends */
static uint64_t now;		/* the clock, ms */

static uint64_t
test_clock(void)
{
	return (now);
}

static const struct super_system ops = { .clock = test_clock };

static void
unexpected(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("%s", ipc_msg_name(m->type));
}

static void
gone(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("%s", why);
}

/* The process runs and is ready; the test has the other end of its channel. */
static struct ipc_chan *
run(struct parent_proc *p)
{
	struct ipc_chan *c;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	p->c.chan = ipc_chan_new(d.super.base, sv[0], ROLE_PARENT, p->c.role,
	    unexpected, gone, NULL);
	c = ipc_chan_new(NULL, sv[1], p->c.role, ROLE_PARENT, NULL, NULL, NULL);
	ATF_REQUIRE(p->c.chan != NULL && c != NULL);
	p->c.ready = 1;
	return (c);
}

static void
begin(void)
{
	unsigned int i;

	d.conf = good(NAME CERT RELAY);
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	d.nworkers = NRELAYS;
	d.nfronts = NFRONTS;
	parent_procs_set_up(&d);
	d.super.system = &ops;
	now = 1000;
	for (i = 0; i < NRELAYS; i++)
		relay[i] = run(&d.relays[i]);
	for (i = 0; i < NFRONTS; i++)
		front[i] = run(&d.fronts[i]);
}

static void
turn(void)
{
	ATF_REQUIRE(event_base_loop(d.super.base, EVLOOP_NONBLOCK) != -1);
}

/* A message of a process, handled by the parent. */
static int
handle(struct parent_proc *p, uint32_t type, struct ipc_wr *w)
{
	struct ipc_msg m = { .type = type, .fd = -1 };
	int rv;

	ATF_REQUIRE(ipc_wr_ok(w));
	ipc_rd_init(&m.rd, w->p, w->len);
	rv = p->c.role == ROLE_FRONT ? parent_fronts_message(p, &m) :
	    parent_relays_message(p, &m);
	ipc_wr_free(w);
	turn();
	return (rv);
}

static void
request(unsigned int n, uint32_t id, uint32_t limit)
{
	struct ipc_msg_front_list v = { .id = id, .query.limit = limit };
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_front_list(&w, &v);
	ATF_REQUIRE_EQ(0, handle(&d.fronts[n], MSG_FRONT_LIST, &w));
}

/* The request that worker `n' has received; 0: none. */
static uint32_t
requested(unsigned int n, uint32_t limit)
{
	struct ipc_msg_relay_list v;
	struct ipc_msg m;

	turn();
	if (ipc_chan_recv(relay[n], &m, 0) == -1)
		return (0);
	ATF_REQUIRE_EQ(m.type, MSG_RELAY_LIST);
	ATF_REQUIRE_EQ(0, ipc_get_relay_list(&m.rd, &v));
	ATF_CHECK_EQ(v.query.limit, limit);
	ipc_msg_free(&m);
	return (v.request);
}

static int
row(unsigned int n, uint32_t id, uint64_t number)
{
	static struct ipc_msg_relay_listed v;
	struct ipc_wr w;

	v.request = id;
	v.row.number = number;
	ipc_wr_init(&w);
	ipc_put_relay_listed(&w, &v);
	return (handle(&d.relays[n], MSG_RELAY_LISTED, &w));
}

static void
end(unsigned int n, uint32_t id, uint64_t count)
{
	struct ipc_msg_relay_list_end v = { id, 1, count, count * 10,
	    count * 100 };
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_put_relay_list_end(&w, &v);
	ATF_REQUIRE_EQ(0, handle(&d.relays[n], MSG_RELAY_LIST_END, &w));
}

/* The front gets this row next. */
static void
gets(unsigned int n, uint32_t id, uint64_t number)
{
	struct ipc_msg_front_listed v;
	struct ipc_msg m;

	turn();
	ATF_REQUIRE_EQ(0, ipc_chan_recv(front[n], &m, 1000));
	ATF_REQUIRE_EQ(m.type, MSG_FRONT_LISTED);
	ATF_REQUIRE_EQ(0, ipc_get_front_listed(&m.rd, &v));
	ATF_CHECK_EQ(v.id, id);
	ATF_CHECK_EQ(v.row.number, number);
	ipc_msg_free(&m);
}

/* It gets the end next, with the sum of these counts. */
static void
ends(unsigned int n, uint32_t id, int whole, uint64_t count)
{
	struct ipc_msg_front_list_end v;
	struct ipc_msg m;

	turn();
	ATF_REQUIRE_EQ(0, ipc_chan_recv(front[n], &m, 1000));
	ATF_REQUIRE_EQ(m.type, MSG_FRONT_LIST_END);
	ATF_REQUIRE_EQ(0, ipc_get_front_list_end(&m.rd, &v));
	ATF_CHECK_EQ(v.id, id);
	ATF_CHECK_EQ(v.whole, whole);
	ATF_CHECK_EQ(v.conns, count);
	ATF_CHECK_EQ(v.keys, count * 10);
	ATF_CHECK_EQ(v.past, count * 100);
	ipc_msg_free(&m);
}

static void
gets_nothing(unsigned int n)
{
	struct ipc_msg m;

	turn();
	ATF_CHECK_EQ(-1, ipc_chan_recv(front[n], &m, 0));
}

/* Wait until the workers are asked again; return the request. */
static uint32_t
asked_later(uint32_t limit)
{
	uint32_t id = 0;
	int i;

	for (i = 0; i < 1000 && id == 0; i++) {
		poll(NULL, 0, 10);
		id = requested(0, limit);
	}
	ATF_REQUIRE_EQ(id, requested(1, limit));
	return (id);
}

ATF_TC_WITHOUT_HEAD(page);
ATF_TC_BODY(page, tc)
{
	uint32_t id;

	begin();
	request(1, 77, 5);
	id = requested(0, 5);
	ATF_REQUIRE(id != 0);
	ATF_CHECK_EQ(id, requested(1, 5));
	ATF_CHECK_EQ(0, row(0, id, 100));
	end(0, id, 1);
	ATF_CHECK_EQ(0, row(0, id, 101));	/* behind its end */
	ATF_CHECK_EQ(0, row(1, id + 1, 102));	/* not what was asked */
	ATF_CHECK_EQ(0, row(1, id, 103));
	end(1, id, 2);
	gets(1, 77, 100);
	gets(1, 77, 103);
	ends(1, 77, 1, 3);
	gets_nothing(1);
	gets_nothing(0);
}

/* A worker may report no more than a page. */
ATF_TC_WITHOUT_HEAD(too_many);
ATF_TC_BODY(too_many, tc)
{
	uint32_t id;

	begin();
	request(0, 1, 2);
	id = requested(0, 2);
	ATF_CHECK_EQ(0, row(0, id, 1));
	ATF_CHECK_EQ(0, row(0, id, 2));
	ATF_CHECK_EQ(-1, row(0, id, 3));
	ATF_CHECK_EQ(0, row(1, id, 4));
}

/* One at a time, with rests, and each front in its turn. */
ATF_TC_WITHOUT_HEAD(turns);
ATF_TC_BODY(turns, tc)
{
	uint32_t id;

	begin();
	request(2, 1, 1);
	id = requested(0, 1);
	ATF_REQUIRE(id != 0);
	(void)requested(1, 1);
	request(0, 2, 2);
	request(1, 3, 3);
	ATF_CHECK_EQ(0, requested(0, 2));
	end(0, id, 0);
	end(1, id, 0);
	ends(2, 1, 1, 0);
	/* The same front again, while the workers rest. */
	request(2, 4, 4);
	ATF_CHECK_EQ(0, requested(0, 2));
	id = asked_later(2);
	end(0, id, 0);
	end(1, id, 0);
	ends(0, 2, 1, 0);
	request(0, 5, 5);
	id = asked_later(3);
	end(0, id, 0);
	end(1, id, 0);
	ends(1, 3, 1, 0);
	id = asked_later(4);
	end(0, id, 0);
	end(1, id, 0);
	ends(2, 4, 1, 0);
	(void)asked_later(5);
}

/* A slow page is followed by a longer rest. */
ATF_TC_WITHOUT_HEAD(rests);
ATF_TC_BODY(rests, tc)
{
	struct timeval left, tv;
	uint32_t id;

	begin();
	request(0, 1, 1);
	id = requested(0, 1);
	now += 2000;
	end(0, id, 0);
	end(1, id, 0);
	ATF_REQUIRE(evtimer_pending(d.frontlists.ev, &left));
	evutil_gettimeofday(&tv, NULL);
	evutil_timersub(&left, &tv, &left);
	ATF_CHECK(left.tv_sec >= 5 && left.tv_sec <= 6);
}

/* A newer request of a front replaces the one under way. */
ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	uint32_t id;

	begin();
	request(0, 1, 1);
	id = requested(0, 1);
	(void)requested(1, 1);
	ATF_CHECK_EQ(0, row(0, id, 10));
	gets(0, 1, 10);
	request(0, 2, 2);
	ATF_CHECK_EQ(0, row(1, id, 11));
	end(0, id, 0);
	end(1, id, 0);
	gets_nothing(0);
	id = asked_later(2);
	end(0, id, 0);
	end(1, id, 0);
	ends(0, 2, 1, 0);
}

/* Who dies is not waited for; the next front gets nothing of the last one's. */
ATF_TC_WITHOUT_HEAD(deaths);
ATF_TC_BODY(deaths, tc)
{
	uint32_t id;

	begin();
	request(0, 1, 1);
	id = requested(0, 1);
	(void)requested(1, 1);
	end(0, id, 1);
	parent_frontlists_relay_gone(&d, 1);
	ends(0, 1, 0, 1);
	request(0, 2, 2);
	request(1, 3, 3);
	parent_frontlists_front_gone(&d, 1);
	id = asked_later(2);
	parent_frontlists_front_gone(&d, 0);
	end(0, id, 0);
	end(1, id, 0);
	gets_nothing(0);
	/* Without workers there is an end at once. */
	d.relays[0].c.ready = d.relays[1].c.ready = 0;
	request(2, 9, 1);
	poll(NULL, 0, 300);
	ends(2, 9, 0, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, page);
	ATF_TP_ADD_TC(tp, too_many);
	ATF_TP_ADD_TC(tp, turns);
	ATF_TP_ADD_TC(tp, rests);
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, deaths);
	return (atf_no_error());
}
