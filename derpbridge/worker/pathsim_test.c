/*
 * pathsim_test: Two simulated hosts with WireGuard and bridges (fakepair.h):
 * how long until traffic goes on, how often endpoints are set, and where they
 * are in the end.
 */
#include <atf-c.h>
#include <stdio.h>

#include "fakepair.h"

#define SECOND	1000
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)

static struct fakepair pair;
static struct fakepair_host *const a = &pair.host[0], *const b = &pair.host[1];

/* Begin with a bridge at `a', and the other host; 5 pings a second from `a'. */
static void
begin(enum fakepair_kind other)
{
	fakepair_init(&pair, FAKEPAIR_BRIDGE, other, 7);
	fakepair_program(&pair, 0, 200, 100, 1);
	fakepair_run(&pair, MINUTE);
	ATF_CHECK(a->got > 298 && b->got > 298);
	ATF_CHECK_EQ(0, a->orders);
	fakepair_count(&pair);
}

static void
stop_programs(void)
{
	fakepair_program(&pair, 0, 0, 0, 0);
	fakepair_program(&pair, 1, 0, 0, 0);
}

/* No order, no switch, no move of the endpoint at `a' since the last count. */
static void
check_calm(void)
{
	ATF_CHECK_EQ(0, a->orders);
	ATF_CHECK_EQ(0, a->switches);
	ATF_CHECK_EQ(0, a->wg.moves);
	ATF_CHECK_EQ(WORKER_PATH_DIRECT, a->path.state);
	ATF_CHECK_EQ(IPC_ENDPOINT_DIRECT, a->wg.endpoint);
}

static void
check_direct(const struct fakepair_host *h)
{
	ATF_CHECK_EQ(WORKER_PATH_DIRECT, h->path.state);
	ATF_CHECK_EQ(IPC_ENDPOINT_DIRECT, h->wg.endpoint);
}

/* What works is left alone, whoever is idle and however long. */
ATF_TC_WITHOUT_HEAD(calm);
ATF_TC_BODY(calm, tc)
{
	static const unsigned int keepalives[] = { 0, 1, 25, 3600 };
	unsigned int i, kind;

	for (kind = FAKEPAIR_PLAIN; kind <= FAKEPAIR_AGENT; kind++)
		for (i = 0; i < 4; i++) {
			begin(kind);
			a->wg.keepalive = a->wg.persistent = keepalives[i];
			fakepair_run(&pair, 10 * MINUTE);
			stop_programs();
			fakepair_run(&pair, 2 * HOUR);
			fakepair_program(&pair, 1, 60 * SECOND, 100, 1);
			fakepair_run(&pair, HOUR);
			check_calm();
		}
}

/* One way alone: the passive keepalives are all that comes back. */
ATF_TC_WITHOUT_HEAD(calm_one_way);
ATF_TC_BODY(calm_one_way, tc)
{
	unsigned int every;

	for (every = 10; every <= 20 * SECOND; every = every * 3 + 10) {
		begin(FAKEPAIR_BRIDGE);
		fakepair_program(&pair, 0, every, 1200, 0);
		fakepair_run(&pair, HOUR);
		check_calm();
		fakepair_program(&pair, 0, 0, 0, 0);
		fakepair_program(&pair, 1, every, 1200, 0);
		fakepair_run(&pair, HOUR);
		check_calm();
	}
}

/* UDP is blocked, and passes again. */
ATF_TC_WITHOUT_HEAD(blocked);
ATF_TC_BODY(blocked, tc)
{
	begin(FAKEPAIR_BRIDGE);
	fakepair_udp(&pair, 0);
	fakepair_run(&pair, MINUTE);
	ATF_CHECK_MSG(a->gap < 16 * SECOND, "%d", (int)a->gap);
	ATF_CHECK_EQ(IPC_ENDPOINT_RELAY, a->wg.endpoint);
	ATF_CHECK_EQ(IPC_ENDPOINT_RELAY, b->wg.endpoint);

	/* Tries cost little, and are few. */
	fakepair_count(&pair);
	fakepair_run(&pair, HOUR);
	ATF_CHECK_MSG(a->gap < 5 * SECOND, "%d", (int)a->gap);
	ATF_CHECK(a->got > a->sent * 97 / 100);
	ATF_CHECK(a->orders < 40 && b->orders < 40);

	fakepair_count(&pair);
	fakepair_udp(&pair, 1);
	fakepair_run(&pair, 10 * MINUTE);
	ATF_CHECK_MSG(a->gap < 5 * SECOND, "%d", (int)a->gap);
	check_direct(a);
	check_direct(b);
	fakepair_count(&pair);
	fakepair_run(&pair, HOUR);
	check_calm();
}

/* The same with an agent, which uses the relay all the time. */
ATF_TC_WITHOUT_HEAD(blocked_agent);
ATF_TC_BODY(blocked_agent, tc)
{
	begin(FAKEPAIR_AGENT);
	fakepair_program(&pair, 1, 200, 100, 1);
	fakepair_run(&pair, MINUTE);
	fakepair_count(&pair);
	fakepair_udp(&pair, 0);
	fakepair_run(&pair, MINUTE);
	ATF_CHECK_MSG(a->gap < 5 * SECOND, "%d", (int)a->gap);
	ATF_CHECK_EQ(IPC_ENDPOINT_RELAY, a->wg.endpoint);

	fakepair_run(&pair, HOUR);
	fakepair_count(&pair);
	fakepair_udp(&pair, 1);
	fakepair_run(&pair, 5 * SECOND);
	check_direct(a);
	ATF_CHECK_MSG(a->gap <= SECOND, "%d", (int)a->gap);
	fakepair_count(&pair);
	fakepair_run(&pair, HOUR);
	check_calm();
}

/* An agent's copies do not move the endpoint, though some overtake. */
ATF_TC_WITHOUT_HEAD(agent_copies);
ATF_TC_BODY(agent_copies, tc)
{
	begin(FAKEPAIR_AGENT);
	pair.relay_ms = 30;
	pair.jitter_ms = 60;
	pair.loss = 2;
	fakepair_program(&pair, 1, 100, 600, 1);
	fakepair_run(&pair, HOUR);
	check_calm();
	ATF_CHECK(a->dropped > a->got * 9 / 10);

	/* Pauses of more than 3 seconds are when they may. */
	fakepair_program(&pair, 0, 7 * SECOND, 600, 1);
	fakepair_program(&pair, 1, 11 * SECOND, 600, 1);
	fakepair_run(&pair, HOUR);
	ATF_CHECK(a->lines < 80);
	ATF_CHECK(a->got > 800);
}

/* One direction fails: both ends come to the relay. */
ATF_TC_WITHOUT_HEAD(one_direction);
ATF_TC_BODY(one_direction, tc)
{
	int dead, from;

	for (dead = 0; dead < 2; dead++)
		for (from = 0; from < 2; from++) {
			begin(FAKEPAIR_BRIDGE);
			stop_programs();
			fakepair_program(&pair, from, 200, 100, 1);
			pair.direct[dead] = 0;
			fakepair_run(&pair, MINUTE);
			ATF_CHECK_MSG(pair.host[from].gap < 20 * SECOND,
			    "%d %d: %d", dead, from,
			    (int)pair.host[from].gap);
			fakepair_count(&pair);
			fakepair_run(&pair, HOUR);
			ATF_CHECK_MSG(pair.host[from].gap < 8 * SECOND,
			    "%d %d: %d", dead, from,
			    (int)pair.host[from].gap);
			ATF_CHECK(a->orders < 60 && b->orders < 60);
			fakepair_udp(&pair, 1);
			fakepair_run(&pair, 10 * MINUTE);
			check_direct(a);
			check_direct(b);
		}
}

/* An agent's packets do not come directly any more. */
ATF_TC_WITHOUT_HEAD(agent_direction);
ATF_TC_BODY(agent_direction, tc)
{
	begin(FAKEPAIR_AGENT);
	pair.direct[1] = 0;
	fakepair_run(&pair, MINUTE);
	ATF_CHECK_MSG(a->gap < 5 * SECOND, "%d", (int)a->gap);
	fakepair_count(&pair);
	fakepair_run(&pair, HOUR);
	ATF_CHECK(a->got > a->sent * 97 / 100);
}

/*
 * It hears nothing that is sent directly, and its packets move the endpoint
 * back all the time: some pings pass, and there is no flood of lines.
 */
ATF_TC_WITHOUT_HEAD(agent_unheard);
ATF_TC_BODY(agent_unheard, tc)
{
	begin(FAKEPAIR_AGENT);
	pair.direct[0] = 0;
	fakepair_run(&pair, 10 * MINUTE);
	ATF_CHECK(a->got > a->sent / 10);
	ATF_CHECK(a->lines < 20);
	fakepair_udp(&pair, 1);
	fakepair_run(&pair, 6 * MINUTE);
	check_direct(a);

	/* Its own data hide its initiations until its session has ended. */
	fakepair_program(&pair, 1, 200, 100, 0);
	fakepair_run(&pair, MINUTE);
	pair.direct[0] = 0;
	fakepair_run(&pair, 10 * MINUTE);
	fakepair_count(&pair);
	fakepair_run(&pair, 10 * MINUTE);
	ATF_CHECK_MSG(b->got > 300, "%d", (int)b->got);
}

/* A peer that has no relay goes away, and comes back. */
ATF_TC_WITHOUT_HEAD(plain_peer);
ATF_TC_BODY(plain_peer, tc)
{
	begin(FAKEPAIR_PLAIN);
	fakepair_udp(&pair, 0);
	fakepair_run(&pair, HOUR);
	ATF_CHECK(a->lines < 80);
	fakepair_count(&pair);
	fakepair_udp(&pair, 1);
	fakepair_run(&pair, MINUTE);
	ATF_CHECK_MSG(a->gap < 20 * SECOND, "%d", (int)a->gap);
	check_direct(a);

	/* With nothing to be sent, the endpoint rests where it was. */
	fakepair_udp(&pair, 0);
	fakepair_run(&pair, MINUTE);
	stop_programs();
	fakepair_run(&pair, 5 * MINUTE);
	check_direct(a);
}

/* Handshakes alone: there never was a session. */
ATF_TC_WITHOUT_HEAD(no_session);
ATF_TC_BODY(no_session, tc)
{
	fakepair_init(&pair, FAKEPAIR_BRIDGE, FAKEPAIR_BRIDGE, 7);
	fakepair_udp(&pair, 0);
	fakepair_run(&pair, 3 * SECOND);
	fakepair_count(&pair);
	fakepair_program(&pair, 0, SECOND, 100, 1);
	fakepair_run(&pair, 30 * SECOND);
	ATF_CHECK_MSG(a->got_at != 0 && a->gap < 12 * SECOND, "%d",
	    (int)a->gap);
	ATF_CHECK(a->path.state != WORKER_PATH_DIRECT);
}

/* No endpoint: the relay at once, until the peer comes directly. */
ATF_TC_WITHOUT_HEAD(no_endpoint);
ATF_TC_BODY(no_endpoint, tc)
{
	fakepair_init(&pair, FAKEPAIR_BRIDGE, FAKEPAIR_BRIDGE, 7);
	a->wg.endpoint = b->wg.endpoint = IPC_ENDPOINT_NONE;
	a->remembered = b->remembered = 0;
	fakepair_program(&pair, 0, SECOND, 100, 1);
	fakepair_run(&pair, 20 * SECOND);
	ATF_CHECK_MSG(a->gap < 7 * SECOND, "%d", (int)a->gap);
	fakepair_count(&pair);
	fakepair_run(&pair, HOUR);
	ATF_CHECK_MSG(a->gap <= 2 * SECOND, "%d", (int)a->gap);
	ATF_CHECK_EQ(0, a->orders);

	/* One end is told the other's address by hand, between two pings. */
	fakepair_run(&pair, 500);
	a->wg.endpoint = IPC_ENDPOINT_DIRECT;
	fakepair_run(&pair, MINUTE);
	check_direct(a);
	check_direct(b);
}

/* No route to the endpoint: the kernel counts nothing, though it is due. */
ATF_TC_WITHOUT_HEAD(no_route);
ATF_TC_BODY(no_route, tc)
{
	begin(FAKEPAIR_BRIDGE);
	a->wg.keepalive = 25;
	fakepair_run(&pair, MINUTE);
	a->wg.unroutable = 1;
	pair.direct[1] = 0;
	fakepair_count(&pair);
	fakepair_run(&pair, 2 * MINUTE);
	ATF_CHECK_EQ(WORKER_PATH_RELAYED, a->path.state);
	ATF_CHECK_MSG(a->gap < MINUTE, "%d", (int)a->gap);
}

/* The bridge is started anew while the peer is relayed. */
ATF_TC_WITHOUT_HEAD(restart);
ATF_TC_BODY(restart, tc)
{
	begin(FAKEPAIR_BRIDGE);
	fakepair_udp(&pair, 0);
	fakepair_run(&pair, 5 * MINUTE);
	fakepair_count(&pair);
	fakepair_restart(&pair, 0);
	fakepair_run(&pair, 5 * SECOND);
	ATF_CHECK_EQ(WORKER_PATH_RELAYED, a->path.state);
	ATF_CHECK_EQ(WORKER_PATH_FOUND, a->path.reason);
	ATF_CHECK_EQ(0, a->orders);
	ATF_CHECK_MSG(a->gap < 4 * SECOND, "%d", (int)a->gap);

	/* Not there for a while, and the machine was suspended. */
	a->stopped = 1;
	fakepair_run(&pair, MINUTE);
	a->stopped = 0;
	fakepair_count(&pair);
	fakepair_run(&pair, 20 * SECOND);
	ATF_CHECK(a->got > 0);
	fakepair_udp(&pair, 1);
	fakepair_run(&pair, 10 * MINUTE);
	check_direct(a);
	check_direct(b);
}

/* The relay fails while the direct path is dead, or after it was healed. */
ATF_TC_WITHOUT_HEAD(relay_fails);
ATF_TC_BODY(relay_fails, tc)
{
	begin(FAKEPAIR_BRIDGE);
	fakepair_udp(&pair, 0);
	fakepair_run(&pair, 5 * MINUTE);
	pair.relay[0] = pair.relay[1] = 0;
	fakepair_run(&pair, 5 * MINUTE);
	fakepair_count(&pair);
	fakepair_udp(&pair, 1);
	fakepair_run(&pair, MINUTE);
	ATF_CHECK_MSG(a->gap < 20 * SECOND, "%d", (int)a->gap);
	check_direct(a);
	fakepair_count(&pair);
	fakepair_run(&pair, HOUR);
	check_calm();
}

/* Another program sets the endpoint again and again. */
ATF_TC_WITHOUT_HEAD(other_program);
ATF_TC_BODY(other_program, tc)
{
	enum ipc_endpoints e;

	for (e = IPC_ENDPOINTS_RESPECT; e <= IPC_ENDPOINTS_ASSERT; e++) {
		begin(FAKEPAIR_BRIDGE);
		a->policy.endpoints = e;
		fakepair_udp(&pair, 0);
		fakepair_run(&pair, 5 * MINUTE);
		fakepair_count(&pair);
		a->tool_every = 30 * SECOND;
		fakepair_run(&pair, HOUR);
		ATF_CHECK_MSG(a->gap < 5 * SECOND, "%d", (int)a->gap);
		ATF_CHECK(a->got > a->sent * 9 / 10);
		fakepair_udp(&pair, 1);
		fakepair_run(&pair, 10 * MINUTE);
		check_direct(a);
		fakepair_count(&pair);
		fakepair_run(&pair, HOUR);
		check_calm();
	}
}

/* An idle peer: what another program has set stays. */
ATF_TC_WITHOUT_HEAD(other_program_idle);
ATF_TC_BODY(other_program_idle, tc)
{
	begin(FAKEPAIR_BRIDGE);
	fakepair_udp(&pair, 0);
	fakepair_run(&pair, MINUTE);
	stop_programs();
	fakepair_run(&pair, MINUTE);
	a->wg.endpoint = IPC_ENDPOINT_DIRECT;
	fakepair_run(&pair, 10 * SECOND);
	check_direct(a);

	a->policy.endpoints = IPC_ENDPOINTS_ASSERT;
	fakepair_program(&pair, 0, 200, 100, 1);
	fakepair_run(&pair, MINUTE);
	stop_programs();
	fakepair_run(&pair, MINUTE);
	ATF_CHECK_EQ(IPC_ENDPOINT_RELAY, a->wg.endpoint);
	a->wg.endpoint = IPC_ENDPOINT_DIRECT;
	fakepair_run(&pair, 3 * SECOND);
	ATF_CHECK_EQ(IPC_ENDPOINT_RELAY, a->wg.endpoint);
}

/* A relay that sends junk neither moves anything nor hides what is dead. */
ATF_TC_WITHOUT_HEAD(junk);
ATF_TC_BODY(junk, tc)
{
	begin(FAKEPAIR_BRIDGE);
	pair.junk_every = 10;
	fakepair_run(&pair, HOUR);
	check_calm();
	stop_programs();
	fakepair_run(&pair, HOUR);
	check_calm();
	fakepair_udp(&pair, 0);
	fakepair_program(&pair, 0, 200, 100, 1);
	fakepair_count(&pair);
	fakepair_run(&pair, MINUTE);
	ATF_CHECK_MSG(a->gap < 20 * SECOND, "%d", (int)a->gap);
	ATF_CHECK_EQ(IPC_ENDPOINT_RELAY, a->wg.endpoint);
	fakepair_udp(&pair, 1);
	fakepair_run(&pair, 10 * MINUTE);
	check_direct(a);
}

/*
 * A relay that lies and delivers nothing can't take away a direct path that
 * works, by forged begins of handshakes.
 */
ATF_TC_WITHOUT_HEAD(forged);
ATF_TC_BODY(forged, tc)
{
	begin(FAKEPAIR_BRIDGE);
	pair.relay[0] = pair.relay[1] = 0;
	pair.forged_every = 5 * SECOND;
	fakepair_run(&pair, HOUR);
	check_calm();
	stop_programs();
	fakepair_run(&pair, HOUR);
	check_calm();
}

/* "direct never": the relay, whatever the peer does. */
ATF_TC_WITHOUT_HEAD(never);
ATF_TC_BODY(never, tc)
{
	begin(FAKEPAIR_AGENT);
	a->policy.direct = IPC_DIRECT_NEVER;
	fakepair_run(&pair, 3 * SECOND);
	ATF_CHECK_EQ(WORKER_PATH_RELAYED, a->path.state);
	ATF_CHECK_EQ(WORKER_PATH_POLICY, a->path.reason);
	fakepair_udp(&pair, 0);
	fakepair_count(&pair);
	fakepair_run(&pair, 10 * MINUTE);
	ATF_CHECK_EQ(0, a->orders);
	ATF_CHECK_EQ(0, a->dropped);
	a->wg.endpoint = IPC_ENDPOINT_DIRECT;
	fakepair_run(&pair, 2 * SECOND);
	ATF_CHECK_EQ(IPC_ENDPOINT_RELAY, a->wg.endpoint);
	ATF_CHECK_EQ(0, a->switches);

	a->policy.direct = IPC_DIRECT_AUTO;
	fakepair_udp(&pair, 1);
	fakepair_run(&pair, 6 * MINUTE);
	check_direct(a);
}

/* "dry run": an opinion, and no order. */
ATF_TC_WITHOUT_HEAD(dry);
ATF_TC_BODY(dry, tc)
{
	begin(FAKEPAIR_BRIDGE);
	a->policy.dry = 1;
	fakepair_udp(&pair, 0);
	b->stopped = 1;
	fakepair_run(&pair, 5 * MINUTE);
	ATF_CHECK_EQ(WORKER_PATH_RELAYED, a->path.state);
	ATF_CHECK_EQ(1, a->switches);
	fakepair_udp(&pair, 1);
	fakepair_run(&pair, MINUTE);
	ATF_CHECK_EQ(WORKER_PATH_DIRECT, a->path.state);
	ATF_CHECK_EQ(2, a->switches);
	ATF_CHECK_EQ(0, a->orders);
}

/* Orders that are not carried out are given again, and do no harm. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	begin(FAKEPAIR_BRIDGE);
	a->refuses = 1;
	b->stopped = 1;
	fakepair_udp(&pair, 0);
	fakepair_run(&pair, 5 * MINUTE);
	ATF_CHECK(a->orders > 20 && a->orders < 200);
	a->refuses = b->stopped = 0;
	fakepair_count(&pair);
	fakepair_run(&pair, MINUTE);
	ATF_CHECK(a->got > a->sent / 2);
	a->refuses = 1;
	fakepair_udp(&pair, 1);
	fakepair_run(&pair, 10 * MINUTE);
	ATF_CHECK(a->got > 0);
}

/* A change of the host's network leads to a try. */
ATF_TC_WITHOUT_HEAD(hurry);
ATF_TC_BODY(hurry, tc)
{
	begin(FAKEPAIR_BRIDGE);
	fakepair_udp(&pair, 0);
	fakepair_run(&pair, HOUR);
	fakepair_udp(&pair, 1);
	worker_path_hurry(&a->path, pair.now);
	fakepair_run(&pair, 5 * SECOND);
	check_direct(a);
	check_direct(b);
}

/* Whatever happened before: a path that works is found. */
static void
disturb(void)
{
	uint32_t i, who, n = 6;

	while (n-- > 0) {
		who = fakepair_random(&pair, 2);
		for (i = 0; i < 2; i++)
			fakepair_program(&pair, (int)i,
			    fakepair_random(&pair, 3) == 0 ? 0 :
			    100 + fakepair_random(&pair, who == i ? 2000 :
			    20000), 40 + fakepair_random(&pair, 1200),
			    fakepair_random(&pair, 4) > 0);
		pair.direct[0] = fakepair_random(&pair, 2) > 0;
		pair.direct[1] = fakepair_random(&pair, 2) > 0;
		pair.relay[0] = pair.relay[1] =
		    fakepair_random(&pair, 4) > 0;
		if (fakepair_random(&pair, 4) == 0)
			fakepair_restart(&pair, (int)who);
		fakepair_run(&pair, (5 + fakepair_random(&pair, 400)) *
		    SECOND);
	}
}

static void
begin_random(uint32_t seed)
{
	int i;

	fakepair_init(&pair, FAKEPAIR_BRIDGE,
	    seed % 3 == 0 ? FAKEPAIR_AGENT : FAKEPAIR_BRIDGE, seed * 7919);
	for (i = 0; i < 2; i++) {
		pair.host[i].policy.endpoints = fakepair_random(&pair, 2) ?
		    IPC_ENDPOINTS_ASSERT : IPC_ENDPOINTS_RESPECT;
		pair.host[i].wg.keepalive = fakepair_random(&pair, 2) * 25;
	}
	pair.jitter_ms = fakepair_random(&pair, 3) * 30;
	pair.loss = fakepair_random(&pair, 3);
	pair.relay_ms = 10 + fakepair_random(&pair, 80);
	pair.direct_ms = 5 + fakepair_random(&pair, 60);
}

ATF_TC_WITHOUT_HEAD(soak);
ATF_TC_BODY(soak, tc)
{
	uint32_t seed, works;

	for (seed = 1; seed <= 400; seed++) {
		begin_random(seed);
		disturb();
		works = fakepair_random(&pair, 3);
		fakepair_udp(&pair, works != 1);
		pair.relay[0] = pair.relay[1] = works != 2;
		pair.loss = 0;
		stop_programs();
		fakepair_program(&pair, (int)fakepair_random(&pair, 2), 200,
		    100, 1);
		fakepair_run(&pair, 40 * SECOND);
		fakepair_count(&pair);
		fakepair_run(&pair, MINUTE);
		ATF_CHECK_MSG(a->got > 240 && a->gap < 5 * SECOND,
		    "seed %u: %d, gap %d ms", seed, (int)a->got,
		    (int)a->gap);
		if (works != 0)
			continue;
		fakepair_run(&pair, 10 * MINUTE);
		fakepair_count(&pair);
		fakepair_run(&pair, MINUTE);
		check_calm();
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, calm);
	ATF_TP_ADD_TC(tp, calm_one_way);
	ATF_TP_ADD_TC(tp, blocked);
	ATF_TP_ADD_TC(tp, blocked_agent);
	ATF_TP_ADD_TC(tp, agent_copies);
	ATF_TP_ADD_TC(tp, one_direction);
	ATF_TP_ADD_TC(tp, agent_direction);
	ATF_TP_ADD_TC(tp, agent_unheard);
	ATF_TP_ADD_TC(tp, plain_peer);
	ATF_TP_ADD_TC(tp, no_session);
	ATF_TP_ADD_TC(tp, no_endpoint);
	ATF_TP_ADD_TC(tp, no_route);
	ATF_TP_ADD_TC(tp, restart);
	ATF_TP_ADD_TC(tp, relay_fails);
	ATF_TP_ADD_TC(tp, other_program);
	ATF_TP_ADD_TC(tp, other_program_idle);
	ATF_TP_ADD_TC(tp, junk);
	ATF_TP_ADD_TC(tp, forged);
	ATF_TP_ADD_TC(tp, never);
	ATF_TP_ADD_TC(tp, dry);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, hurry);
	ATF_TP_ADD_TC(tp, soak);
	return (atf_no_error());
}
