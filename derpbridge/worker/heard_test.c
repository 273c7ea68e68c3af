/*
 * heard_test: Tests of heard.c: when a peer's packets go to another node than
 * its own.
 */
#include <atf-c.h>
#include <string.h>

#include "messages.h"
#include "relays.h"
#include "workeriface.h"

#define N	3

static struct worker_iface	 iface;
static struct worker_relay	 relays[N];	/* the first is its own */
static struct worker_peer	 p;
static uint64_t			 now;

static void
begin(void)
{
	size_t i;

	memset(relays, 0, sizeof(relays));
	memset(&p, 0, sizeof(p));
	for (i = 0; i < N; i++) {
		relays[i].region = 901;
		relays[i].node.state = WORKER_NODE_UP;
	}
	now = 100000;
	p.iface = &iface;
	p.endpoint = IPC_ENDPOINT_RELAY;
	p.polled = 1;
	worker_heard_own(&p, &relays[0], now);
	p.relay = &relays[0];
	p.relay->used = 1;
}

/* A second with a packet from each relay, then a poll. */
static int
second(size_t own, size_t first, size_t other, uint64_t growth,
    enum ipc_endpoint endpoint)
{
	struct ipc_wg_stats v = { .rx = p.rx + growth, .endpoint = endpoint };
	const size_t n[N] = { own, first, other };
	size_t i;
	int news;

	for (i = 0; i < N; i++)
		if (n[i] > 0)
			worker_heard_packet(&p, &relays[i], n[i], now);
	now += 1000;
	news = worker_heard_poll(&p, &v, now);
	p.rx = v.rx;
	p.endpoint = endpoint;
	return (news);
}

#define SECOND(own, first, other, growth)				\
	second(own, first, other, growth, IPC_ENDPOINT_RELAY)

/* Where packets go, as relays.c has it. */
static struct worker_relay *
there(void)
{
	struct worker_relay *r = worker_heard_relay(&p, now);

	return (r != NULL ? r : p.own);
}

/* What WireGuard has authenticated counts, for a minute. */
ATF_TC_WITHOUT_HEAD(proved);
ATF_TC_BODY(proved, tc)
{
	begin();
	worker_heard_packet(&p, &relays[1], 148, now);
	ATF_CHECK_EQ(&relays[0], there());
	ATF_CHECK_EQ(1, SECOND(0, 0, 0, 148));
	ATF_CHECK_EQ(&relays[1], there());
	ATF_CHECK_EQ(0, SECOND(0, 0, 0, 0));
	ATF_CHECK_EQ(0, SECOND(0, 96, 0, 0));
	ATF_CHECK_EQ(0, SECOND(0, 0, 0, 96));
	ATF_CHECK_EQ(&relays[1], there());
	now += WORKER_HEARD_MS - 2000;
	ATF_CHECK_EQ(0, SECOND(0, 0, 0, 0));
	ATF_CHECK_EQ(1, SECOND(0, 0, 0, 0));
	ATF_CHECK_EQ(&relays[0], there());
}

/* Junk in the name of the peer does not, whatever else is received. */
ATF_TC_WITHOUT_HEAD(forged);
ATF_TC_BODY(forged, tc)
{
	begin();
	SECOND(0, 1000, 0, 0);
	ATF_CHECK_EQ(&relays[1], p.heard.relay);
	SECOND(0, 1000, 0, 0);
	ATF_CHECK_EQ(NULL, p.heard.relay);
	/* It is distrusted. */
	SECOND(0, 1000, 0, 0);
	ATF_CHECK_EQ(NULL, p.heard.relay);
	now += WORKER_HEARD_LIAR_MS;
	SECOND(0, 1000, 0, 0);
	ATF_CHECK_EQ(&relays[1], p.heard.relay);
	/* The peer's own relay brings what is authentic; or it comes
	   directly. */
	begin();
	SECOND(96, 0, 0, 0);
	now += WORKER_HEARD_SWITCH_MS;
	worker_heard_packet(&p, &relays[1], 32, now);
	SECOND(0, 0, 0, 96);
	ATF_CHECK_EQ(&relays[0], there());
	second(0, 32, 0, 960, IPC_ENDPOINT_DIRECT);
	ATF_CHECK_EQ(&relays[0], there());
	/* Another region. */
	begin();
	relays[1].region = 902;
	SECOND(0, 1000, 0, 1000);
	ATF_CHECK_EQ(&relays[0], there());
}

/* A node that was right, and then brings junk. */
ATF_TC_WITHOUT_HEAD(turned);
ATF_TC_BODY(turned, tc)
{
	begin();
	SECOND(0, 1000, 0, 1000);
	ATF_CHECK_EQ(&relays[1], there());
	ATF_CHECK_EQ(0, SECOND(0, 1000, 0, 0));
	ATF_CHECK_EQ(1, SECOND(0, 1000, 0, 0));
	ATF_CHECK_EQ(&relays[0], there());
}

/* The peer's own relay wins as soon as it is heard. */
ATF_TC_WITHOUT_HEAD(own);
ATF_TC_BODY(own, tc)
{
	begin();
	SECOND(0, 1000, 0, 1000);
	p.relay = there();
	relays[1].used = 1;
	relays[0].used = 0;
	worker_heard_packet(&p, &relays[0], 32, now);
	ATF_CHECK_EQ(&relays[0], p.relay);
	ATF_CHECK_EQ(1, relays[0].used);
	ATF_CHECK_EQ(0, relays[1].used);
	/* Not to and fro. */
	SECOND(0, 1000, 0, 1000);
	ATF_CHECK_EQ(&relays[0], there());
}

/* A flood of junk does not hide where the peer is. */
ATF_TC_WITHOUT_HEAD(flood);
ATF_TC_BODY(flood, tc)
{
	int i;

	begin();
	for (i = 0; i < 8; i++)
		SECOND(0, 50000, 1000, 1000);
	ATF_CHECK_EQ(&relays[2], there());
	/* One that begins later. */
	begin();
	for (i = 0; i < 3; i++)
		SECOND(0, 1000, 0, 1000);
	for (i = 0; i < 30; i++) {
		SECOND(0, 1000, 50000, 1000);
		ATF_CHECK_EQ(&relays[1], there());
	}
}

/* A node that was distrusted in error. */
ATF_TC_WITHOUT_HEAD(wronged);
ATF_TC_BODY(wronged, tc)
{
	begin();
	SECOND(0, 1000, 0, 0);
	SECOND(0, 1000, 0, 0);
	ATF_CHECK_EQ(NULL, p.heard.relay);
	SECOND(0, 1000, 0, 1000);
	SECOND(0, 1000, 0, 1000);
	ATF_CHECK_EQ(&relays[1], there());
}

/*
 * The first node of the order is back: the peer may still be at the second, but
 * that has to be shown.
 */
ATF_TC_WITHOUT_HEAD(back);
ATF_TC_BODY(back, tc)
{
	begin();
	SECOND(1000, 0, 0, 1000);
	worker_heard_own(&p, &relays[1], now);
	ATF_CHECK_EQ(&relays[0], there());
	SECOND(0, 1000, 0, 1000);
	ATF_CHECK_EQ(&relays[1], there());
	worker_heard_own(&p, &relays[0], now);
	ATF_CHECK_EQ(&relays[1], there());
	now += WORKER_HEARD_GRACE_MS;
	ATF_CHECK_EQ(&relays[0], there());
}

/* Relays that go. */
ATF_TC_WITHOUT_HEAD(gone);
ATF_TC_BODY(gone, tc)
{
	begin();
	SECOND(0, 1000, 0, 1000);
	relays[1].node.state = WORKER_NODE_WAITING;
	ATF_CHECK_EQ(&relays[0], there());
	relays[1].node.state = WORKER_NODE_UP;
	ATF_CHECK_EQ(&relays[1], there());
	relays[1].leave_at = now;
	ATF_CHECK_EQ(&relays[0], there());
	relays[1].leave_at = 0;
	ATF_CHECK_EQ(0, worker_heard_gone(&p, &relays[2]));
	ATF_CHECK_EQ(1, worker_heard_gone(&p, &relays[1]));
	ATF_CHECK_EQ(&relays[0], there());
	SECOND(0, 1000, 0, 0);
	SECOND(0, 1000, 0, 0);
	ATF_CHECK_EQ(&relays[1], p.heard.liars[0].relay);
	worker_heard_forget(&p, &relays[1]);
	ATF_CHECK_EQ(NULL, p.heard.liars[0].relay);
	worker_heard_forget(&p, &relays[0]);
	ATF_CHECK_EQ(NULL, there());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, proved);
	ATF_TP_ADD_TC(tp, forged);
	ATF_TP_ADD_TC(tp, turned);
	ATF_TP_ADD_TC(tp, own);
	ATF_TP_ADD_TC(tp, flood);
	ATF_TP_ADD_TC(tp, wronged);
	ATF_TP_ADD_TC(tp, back);
	ATF_TP_ADD_TC(tp, gone);
	return (atf_no_error());
}
