/*
 * stunask_test: Tests of asking a STUN server, against servers that answer in
 * other ways.
 */
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <unistd.h>

#include "address.h"
#include "fakestun.h"
#include "stream.h"
#include "stunask.h"

static struct net_fakestun	fake;
static struct net_stun_result	r;

/* Ask a server of this way, at most `ms' milliseconds; the outcome. */
static enum net_stun_outcome
ask(enum net_fakestun_way way, enum net_stun_style style, int ms)
{
	struct net_stun_query q = { .style = style, .tries = NET_STUN_TRIES,
	    .wait_ms = 1000, .to = (struct sockaddr *)&fake.ss,
	    .until = net_stream_until(ms) };

	net_fakestun_start(&fake, AF_INET, way);
	q.len = fake.len;
	net_stun_ask(&q, &r);
	net_fakestun_stop(&fake);
	return (r.outcome);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	uint8_t addr[16];

	ATF_REQUIRE_EQ(NET_STUN_ANSWERED, ask(NET_FAKE_GOOD,
	    NET_STUN_TAILSCALE, 10000));
	ATF_CHECK(r.rtt_us > 0);
	ATF_CHECK(r.answer.port != 0);
	(void)net_address_get((struct sockaddr *)&r.local, addr);
	ATF_CHECK_EQ(0, memcmp(addr, r.answer.addr, 16));
	ATF_CHECK_EQ(NET_STUN_ANSWERED, ask(NET_FAKE_GOOD, NET_STUN_BARE,
	    10000));
}

/* Lost datagrams are no reason to give up. */
ATF_TC_WITHOUT_HEAD(lossy);
ATF_TC_BODY(lossy, tc)
{
	ATF_CHECK_EQ(NET_STUN_ANSWERED, ask(NET_FAKE_LOSSY,
	    NET_STUN_TAILSCALE, 10000));
}

ATF_TC_WITHOUT_HEAD(silent);
ATF_TC_BODY(silent, tc)
{
	ATF_CHECK_EQ(NET_STUN_SILENT, ask(NET_FAKE_SILENT,
	    NET_STUN_TAILSCALE, 300));
	ATF_CHECK_EQ(0, r.error);
	ATF_CHECK_EQ(NET_STUN_SILENT, ask(NET_FAKE_DERPER, NET_STUN_BARE,
	    300));
	ATF_CHECK_EQ(NET_STUN_SILENT, ask(NET_FAKE_BARE, NET_STUN_TAILSCALE,
	    300));
}

/* The host refuses: nobody has the port. */
ATF_TC_WITHOUT_HEAD(closed);
ATF_TC_BODY(closed, tc)
{
	struct net_stun_query q = { .tries = 2, .wait_ms = 1000,
	    .to = (struct sockaddr *)&fake.ss,
	    .until = net_stream_until(10000) };

	net_fakestun_start(&fake, AF_INET, NET_FAKE_GOOD);
	net_fakestun_stop(&fake);
	q.len = fake.len;
	net_stun_ask(&q, &r);
	ATF_CHECK_EQ(NET_STUN_CLOSED, r.outcome);
	ATF_CHECK_EQ(ECONNREFUSED, r.error);
}

ATF_TC_WITHOUT_HEAD(elsewhere);
ATF_TC_BODY(elsewhere, tc)
{
	uint8_t addr[16];
	uint16_t port;

	ATF_CHECK_EQ(NET_STUN_ELSEWHERE, ask(NET_FAKE_OTHER_PORT,
	    NET_STUN_TAILSCALE, 300));
	port = net_address_get((struct sockaddr *)&r.source, addr);
	ATF_CHECK(port != 0 && port != fake.port);
	ATF_CHECK_EQ(127, addr[12]);
}

ATF_TC_WITHOUT_HEAD(garbled);
ATF_TC_BODY(garbled, tc)
{
	ATF_CHECK_EQ(NET_STUN_GARBLED, ask(NET_FAKE_OTHER_ID,
	    NET_STUN_TAILSCALE, 100));
	ATF_CHECK_STREQ("it has another transaction ID", r.answer.why);
	ATF_CHECK_EQ(NET_STUN_GARBLED, ask(NET_FAKE_CUT,
	    NET_STUN_TAILSCALE, 100));
	ATF_CHECK_STREQ("it is cut short", r.answer.why);
	ATF_CHECK_EQ(NET_STUN_GARBLED, ask(NET_FAKE_TEXT,
	    NET_STUN_TAILSCALE, 100));
	ATF_CHECK_STREQ("it is no STUN message", r.answer.why);
	ATF_CHECK_EQ(NET_STUN_REFUSED, ask(NET_FAKE_ERROR,
	    NET_STUN_TAILSCALE, 100));
	ATF_CHECK_EQ(400, r.answer.code);
	/* A good answer counts for more than a bad one before it. */
	ATF_CHECK_EQ(NET_STUN_ANSWERED, ask(NET_FAKE_THEN_GOOD,
	    NET_STUN_TAILSCALE, 10000));
}

/* What this machine can't send is not the server's fault. */
ATF_TC_WITHOUT_HEAD(local);
ATF_TC_BODY(local, tc)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(9) };
	struct sockaddr_in from = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(0xc0000201) };
	struct net_stun_query q = { .tries = 1, .wait_ms = 100,
	    .to = (struct sockaddr *)&to, .len = sizeof(to),
	    .from = (struct sockaddr *)&from, .from_len = sizeof(from),
	    .until = net_stream_until(10000) };

	net_stun_ask(&q, &r);
	ATF_CHECK_EQ(NET_STUN_LOCAL, r.outcome);
	ATF_CHECK_EQ(EADDRNOTAVAIL, r.error);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, lossy);
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, closed);
	ATF_TP_ADD_TC(tp, elsewhere);
	ATF_TP_ADD_TC(tp, garbled);
	ATF_TP_ADD_TC(tp, local);
	return (atf_no_error());
}
