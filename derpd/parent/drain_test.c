/*
 * drain_test: a drain as the parent has it: who is told, when it is over, and
 * what another process learns that starts meanwhile.  The test plays fronts,
 * relay workers, stund and the clock.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ipcsend.h"
#include "messages.h"
#include "parentfixture.h"

#define NFRONTS	2
#define NRELAYS	2

static struct ipc_chan	*end_fronts[NFRONTS], *end_relays[NRELAYS], *end_stun;

/* The child runs; *end gets its end of the channel. */
static void
run(struct parent_proc *p, struct ipc_chan **end)
{
	static pid_t	 pid = PID;

	p->c.pid = pid++;
	*end = connect_child(p);
}

static void
begin(void)
{
	unsigned int	i;

	conf.relay.enabled = 1;
	conf.stun.enabled = conf.stun.always = 1;
	conf.stun.source_rate = conf.stun.source_burst = 1;
	d.nfronts = NFRONTS;
	d.nworkers = NRELAYS;
	d.nstuns = 1;
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	set_up_parent(no_wait, no_kill);
	for (i = 0; i < NFRONTS; i++)
		run(&d.fronts[i], &end_fronts[i]);
	for (i = 0; i < NRELAYS; i++)
		run(&d.relays[i], &end_relays[i]);
	run(&d.stuns[0], &end_stun);
}

/* The next message of that type to the child, in *m; others are skipped. */
static void
expect(struct parent_proc *p, struct ipc_chan *end, uint32_t type,
    struct ipc_msg *m)
{
	ATF_REQUIRE_EQ(0, ipc_chan_flush(p->c.chan, 1000));
	for (;;) {
		ATF_REQUIRE_MSG(ipc_chan_recv(end, m, 0) == 0, "no %s",
		    ipc_msg_name(type));
		if (m->type == type)
			return;
		ipc_msg_free(m);
	}
}

/* All are told: relay workers of this time; STUN is answered or not. */
static void
expect_all(uint32_t ms, int answers)
{
	struct ipc_msg_front_drain	 front;
	struct ipc_msg_relay_drain	 relay;
	struct ipc_msg_stun_answer	 stun;
	struct ipc_msg			 m;
	unsigned int			 i;

	for (i = 0; i < NFRONTS; i++) {
		expect(&d.fronts[i], end_fronts[i], MSG_FRONT_DRAIN, &m);
		ATF_REQUIRE_EQ(0, ipc_get_front_drain(&m.rd, &front));
		ATF_CHECK_EQ(ms != 0, front.on);
		ipc_msg_free(&m);
	}
	for (i = 0; i < NRELAYS; i++) {
		expect(&d.relays[i], end_relays[i], MSG_RELAY_DRAIN, &m);
		ATF_REQUIRE_EQ(0, ipc_get_relay_drain(&m.rd, &relay));
		ATF_CHECK_EQ(ms, relay.ms);
		ipc_msg_free(&m);
	}
	expect(&d.stuns[0], end_stun, MSG_STUN_ANSWER, &m);
	ATF_REQUIRE_EQ(0, ipc_get_stun_answer(&m.rd, &stun));
	ATF_CHECK_EQ(answers, stun.answer);
	ipc_msg_free(&m);
}

/* A relay worker says that it has so many clients. */
static void
left(unsigned int i, uint32_t n)
{
	const struct ipc_msg_relay_drained v = { n };
	struct parent_proc	*p = &d.relays[i];
	struct ipc_msg		 m;

	ATF_REQUIRE_EQ(0, ipc_send_relay_drained(end_relays[i], &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(end_relays[i], 1000));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(p->c.chan, &m, 1000));
	ATF_REQUIRE_EQ(0, parent_relays_message(p, &m));
	ipc_msg_free(&m);
}

/* The parent looks; it is over or not. */
static int
over(void)
{
	event_active(d.drain.ev, EV_TIMEOUT, 0);
	(void)event_base_loop(d.super.base, EVLOOP_NONBLOCK);
	return (d.super.stopping);
}

ATF_TC_WITHOUT_HEAD(told);
ATF_TC_BODY(told, tc)
{
	struct ipc_msg_relay_drain	 relay;
	struct ipc_msg			 m;

	begin();
	ATF_CHECK_STREQ("derpd does not drain", parent_drain(&d, 0));
	ATF_CHECK_EQ(0, parent_drain_send(&d.fronts[0]));
	ATF_CHECK_EQ(NULL, parent_drain(&d, 60000));
	expect_all(60000, 0);
	now_ms += 10000;
	ATF_CHECK_EQ(50, parent_drain_seconds(&d, now_ms));
	/* A worker that starts has the time that is left. */
	ATF_CHECK_EQ(0, parent_drain_send(&d.relays[1]));
	expect(&d.relays[1], end_relays[1], MSG_RELAY_DRAIN, &m);
	ATF_REQUIRE_EQ(0, ipc_get_relay_drain(&m.rd, &relay));
	ATF_CHECK_EQ(50000, relay.ms);
	ipc_msg_free(&m);
	now_ms += 51000;
	ATF_CHECK_EQ(0, parent_drain_send(&d.relays[1]));
	expect(&d.relays[1], end_relays[1], MSG_RELAY_DRAIN, &m);
	ATF_REQUIRE_EQ(0, ipc_get_relay_drain(&m.rd, &relay));
	ATF_CHECK_EQ(1, relay.ms);
	ipc_msg_free(&m);
	ATF_CHECK_EQ(0, parent_drain_send(&d.fronts[1]));
	expect(&d.fronts[1], end_fronts[1], MSG_FRONT_DRAIN, &m);
	ipc_msg_free(&m);
	/* Another time, from now on. */
	ATF_CHECK_EQ(NULL, parent_drain(&d, 5000));
	expect_all(5000, 0);
	ATF_CHECK_EQ(5, parent_drain_seconds(&d, now_ms));
	ATF_CHECK_EQ(NULL, parent_drain(&d, 0));
	expect_all(0, 1);
	ATF_CHECK(!event_pending(d.drain.ev, EV_TIMEOUT, NULL));
	d.nworkers = 0;
	ATF_CHECK(parent_drain(&d, 1000) != NULL);
}

ATF_TC_WITHOUT_HEAD(empty);
ATF_TC_BODY(empty, tc)
{
	begin();
	left(0, 0);		/* before a drain: nothing */
	ATF_CHECK_EQ(NULL, parent_drain(&d, 60000));
	left(1, 0);
	ATF_CHECK(!over());	/* one has said nothing */
	left(0, 2);
	ATF_CHECK_EQ(2, parent_drain_clients(&d));
	ATF_CHECK(!over());
	left(0, 0);
	/* Another start of a worker. */
	ATF_CHECK_EQ(0, parent_drain_send(&d.relays[0]));
	ATF_CHECK(!over());
	left(0, 0);
	ATF_CHECK(over());
}

ATF_TC_WITHOUT_HEAD(late);
ATF_TC_BODY(late, tc)
{
	begin();
	ATF_CHECK_EQ(NULL, parent_drain(&d, 60000));
	left(0, 1);
	now_ms += 60000;
	ATF_CHECK(!over());	/* they are just being told */
	now_ms += 2000;
	ATF_CHECK(over());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, told);
	ATF_TP_ADD_TC(tp, empty);
	ATF_TP_ADD_TC(tp, late);
	return (atf_no_error());
}
