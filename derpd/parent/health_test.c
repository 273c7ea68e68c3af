/*
 * health_test: results of the health process: what they do to STUN, and how
 * many it may give.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>

#include "ipcsend.h"
#include "parent.h"
#include "results.h"

static struct parent	 d;
static struct conf	 conf;

static int
result(int ok, uint64_t now)
{
	struct ipc_msg_health_result v = { ok, ok ? "" : "no answer" };

	return (parent_health_result(&d, &v, now));
}

static void
begin(void)
{
	TAILQ_INIT(&conf.certs);
	conf.relay.enabled = conf.stun.enabled = 1;
	d.conf = &conf;
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
}

/* One failure may be chance, two are not. */
ATF_TC_WITHOUT_HEAD(state);
ATF_TC_BODY(state, tc)
{
	uint64_t now = 1000000;

	begin();
	ATF_CHECK_EQ(0, result(1, now));
	ATF_CHECK(d.well.ok && d.well.known);
	ATF_CHECK_EQ(0, result(0, now += 1000));
	ATF_CHECK(d.well.ok);
	ATF_CHECK_STREQ("no answer", d.well.why);
	ATF_CHECK_EQ(0, result(0, now += 1000));
	ATF_CHECK(!d.well.ok);
	ATF_CHECK_EQ(0, result(1, now += 1000));
	ATF_CHECK(d.well.ok);
	ATF_CHECK_STREQ("", d.well.why);
	/* Of no interest any more. */
	conf.stun.always = 1;
	ATF_CHECK_EQ(0, result(0, now += 1000));
	ATF_CHECK_STREQ("", d.well.why);
}

/* A flood would fill the log, and the channels of stund. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	uint64_t now = 1000000;
	int i;

	begin();
	for (i = 0; i < PARENT_RESULTS_BURST; i++)
		ATF_REQUIRE_EQ_MSG(0, result(i & 1, now), "result %d", i);
	ATF_CHECK_EQ(-1, result(1, now));
	ATF_CHECK_EQ(-1, result(1, now + 999));
	for (i = 1; i < 1000; i++)
		ATF_REQUIRE_EQ(0, result(1, now + (uint64_t)i * 1000));
}

/* Each probe at once may bring one more. */
ATF_TC_WITHOUT_HEAD(at_once);
ATF_TC_BODY(at_once, tc)
{
	int i, sv[2];

	begin();
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	d.health.c.chan = ipc_chan_new(NULL, sv[0], ROLE_PARENT, ROLE_HEALTH,
	    NULL, NULL, NULL);
	ATF_REQUIRE(d.health.c.chan != NULL);
	for (i = 0; i < PARENT_RESULTS_BURST; i++)
		ATF_REQUIRE_EQ(0, result(1, 0));
	for (i = 0; i < 100; i++) {
		parent_health_now(&d);
		ATF_REQUIRE_EQ_MSG(0, result(1, 0), "time %d", i);
	}
	ATF_CHECK_EQ(-1, result(1, 0));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, state);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, at_once);
	return (atf_no_error());
}
