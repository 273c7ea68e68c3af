/* Tests for beat.c: who is read at intervals, and who at once. */
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "relay.h"

#define MS		1000U

static struct relay	*r;
static struct relay_conn *c;
static int		 peer;		/* the client's socket */
static unsigned int	 reads;		/* reported by the event loop */

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	reads++;
	event_del(&c->conn.ev_read);
}

/* A client that is logged in. */
static void
set_up(void)
{
	int s[2];

	r = calloc(1, sizeof(*r));
	c = calloc(1, sizeof(*c));
	ATF_REQUIRE(r != NULL && c != NULL);
	ATF_REQUIRE((r->set.base = event_base_new()) != NULL);
	ATF_REQUIRE_EQ(0, relay_beat_init(r));
	relay_conn_init(r);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	peer = s[1];
	c->r = r;
	c->conn.set = &r->set;
	c->conn.fd = s[0];
	c->conn.plain = 1;
	c->conn.state = CONN_UP;
	ATF_REQUIRE_EQ(0, event_assign(&c->conn.ev_read, r->set.base,
	    c->conn.fd, EV_READ | EV_PERSIST, readable, NULL));
	ATF_REQUIRE_EQ(0, event_add(&c->conn.ev_read, NULL));
	r->set.now_us = 10000 * MS;
	/* Nothing is known of the time before: the first window is void. */
	relay_beat_note(c, 1);
}

/* For `ms' milliseconds, `n' packets each come in one read after `us'. */
static void
stream(unsigned int ms, unsigned int us, unsigned int n)
{
	uint64_t end = r->set.now_us + ms * MS;

	while (r->set.now_us < end) {
		r->set.now_us += us;
		c->session.rx_packets += n;
		relay_beat_note(c, n > 0);
	}
}

/* Return 1 if the event loop reports the client's input, else 0. */
static int
reported(void)
{
	reads = 0;
	ATF_REQUIRE_EQ(1, write(peer, "", 1));
	ATF_REQUIRE(event_base_loop(r->set.base, EVLOOP_NONBLOCK) != -1);
	return (reads > 0);
}

ATF_TC_WITHOUT_HEAD(steady);
ATF_TC_BODY(steady, tc)
{
	(void)tc;
	set_up();
	stream(25, 100, 1);
	ATF_CHECK(c->pace.on);
	ATF_CHECK_EQ(1, r->beat.n);
	/* Every interval finds one or two. */
	stream(3000, 300, 3);
	ATF_CHECK(c->pace.on);
}

ATF_TC_WITHOUT_HEAD(few);
ATF_TC_BODY(few, tc)
{
	(void)tc;
	set_up();
	stream(3000, 200, 1);	/* 5000 a second */
	ATF_CHECK(!c->pace.on);
	ATF_CHECK(reported());
}

/* A client whose reads find many packets gains nothing. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	(void)tc;
	set_up();
	stream(3000, 200, 20);
	ATF_CHECK(!c->pace.on);
}

/* Packets of a second do not count as those of a window. */
ATF_TC_WITHOUT_HEAD(rests);
ATF_TC_BODY(rests, tc)
{
	(void)tc;
	set_up();
	stream(19, 100, 1);
	r->set.now_us += 1000 * MS;
	stream(19, 100, 1);
	ATF_CHECK(!c->pace.on);
}

/* A client that waits for each answer is slowed for a window a second. */
ATF_TC_WITHOUT_HEAD(lockstep);
ATF_TC_BODY(lockstep, tc)
{
	unsigned int i, slowed = 0;

	(void)tc;
	set_up();
	for (i = 0; i < 3000; i++) {
		stream(1, c->pace.on ? 150 : 50, 1);
		slowed += c->pace.on;
	}
	ATF_CHECK_MSG(slowed > 30 && slowed < 100, "%u ms of 3000", slowed);
}

ATF_TC_WITHOUT_HEAD(silent);
ATF_TC_BODY(silent, tc)
{
	(void)tc;
	set_up();
	stream(25, 100, 1);
	stream(60, 300, 3);
	ATF_REQUIRE(c->pace.on);
	stream(50, 150, 0);
	ATF_CHECK(!c->pace.on);
	ATF_CHECK_EQ(0, r->beat.n);
	ATF_CHECK(reported());
}

/* It is read by the interval, not by the event loop. */
ATF_TC_WITHOUT_HEAD(interval);
ATF_TC_BODY(interval, tc)
{
	(void)tc;
	set_up();
	stream(25, 100, 1);
	ATF_REQUIRE(c->pace.on);
	ATF_REQUIRE_EQ(0, close(peer));
	ATF_REQUIRE(event_base_loop(r->set.base, EVLOOP_ONCE) != -1);
	ATF_CHECK(c->conn.dead);	/* the end of the stream was read */
	ATF_CHECK_EQ(0, reads);
}

ATF_TC_WITHOUT_HEAD(paused);
ATF_TC_BODY(paused, tc)
{
	(void)tc;
	set_up();
	stream(25, 100, 1);
	ATF_REQUIRE(c->pace.on);
	conn_pause(&c->conn, PAUSE_RATE);
	ATF_CHECK(!c->pace.on);
	ATF_CHECK_EQ(0, r->beat.n);
	ATF_CHECK(!reported());
	/* The timer ends with the last one. */
	ATF_REQUIRE(event_base_loop(r->set.base, EVLOOP_ONCE) != -1);
	ATF_CHECK_EQ(0, event_base_get_num_events(r->set.base,
	    EVENT_BASE_COUNT_ACTIVE));
	conn_resume(&c->conn, PAUSE_RATE);
	conn_work(&r->set);
	ATF_CHECK(reported());
}

/* Four workers on one CPU: the intervals are longer, fewer packets do. */
ATF_TC_WITHOUT_HEAD(shared);
ATF_TC_BODY(shared, tc)
{
	(void)tc;
	set_up();
	r->beat.cpus = 1;
	relay_beat_share(r, 4);
	ATF_CHECK_EQ(600, r->beat.us);
	stream(25, 400, 1);	/* 2500 a second */
	ATF_CHECK(c->pace.on);
	relay_beat_share(r, 64);
	ATF_CHECK_EQ(600, r->beat.us);
	r->beat.cpus = 4;
	relay_beat_share(r, 4);
	ATF_CHECK_EQ(150, r->beat.us);
}

/*
 * For `ms' milliseconds another worker shows an entry after each `us', which
 * wakes this one unless it reads at intervals.
 */
static void
entries(unsigned int ms, unsigned int us)
{
	uint64_t end = r->set.now_us + ms * MS;

	while (r->set.now_us < end) {
		r->set.now_us += us;
		r->beat.links.entries++;
		r->beat.links.wakes += !r->beat.links.on;
		relay_beat_links(r);
	}
}

ATF_TC_WITHOUT_HEAD(links);
ATF_TC_BODY(links, tc)
{
	(void)tc;
	set_up();
	r->beat.cpus = 1;
	relay_beat_share(r, 4);
	relay_beat_links(r);	/* begins a window */
	entries(25, 100);
	ATF_CHECK(r->beat.links.on);
	/* The timer ends the sleep, and goes on. */
	ATF_REQUIRE(event_base_loop(r->set.base, EVLOOP_ONCE) != -1);
	ATF_REQUIRE(event_base_loop(r->set.base, EVLOOP_ONCE) != -1);
	entries(500, 400);
	ATF_CHECK(r->beat.links.on);
	entries(50, 2000);
	ATF_CHECK(!r->beat.links.on);
}

ATF_TC_WITHOUT_HEAD(links_own_cpu);
ATF_TC_BODY(links_own_cpu, tc)
{
	(void)tc;
	set_up();
	r->beat.cpus = 4;
	relay_beat_share(r, 4);
	relay_beat_links(r);
	entries(500, 100);
	ATF_CHECK(!r->beat.links.on);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, steady);
	ATF_TP_ADD_TC(tp, few);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, rests);
	ATF_TP_ADD_TC(tp, lockstep);
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, interval);
	ATF_TP_ADD_TC(tp, paused);
	ATF_TP_ADD_TC(tp, shared);
	ATF_TP_ADD_TC(tp, links);
	ATF_TP_ADD_TC(tp, links_own_cpu);
	return (atf_no_error());
}
