/*
 * sessionrate_test: every byte of a client is charged to the client's rate, and
 * to that of its group.
 */
#include "group.h"
#include "sessionfixture.h"

/* Every byte of a client is charged, whatever it is. */
ATF_TC_WITHOUT_HEAD(rate);
ATF_TC_BODY(rate, tc)
{
	const uint64_t mib = 1024 * 1024;

	set_up();
	conf.client_rate = 100000;
	conf.client_burst = 1000;
	add(FRAME_SEND_PACKET, "d", 963);	/* 1000 bytes of frame */
	feed(stream, len);
	ATF_CHECK_EQ(waited, 0);
	feed(stream, FRAME_HDR_LEN);		/* the length is known */
	ATF_CHECK_MSG(waited >= 10000 && waited < 12000, "%llu",
	    (unsigned long long)waited);
	feed(stream + FRAME_HDR_LEN, len - FRAME_HDR_LEN);
	ATF_CHECK(waited < 12000);

	/* A skipped frame: 1 MiB of 4 GiB arrived. */
	set_up();
	conf.client_rate = 100000;
	conf.client_burst = 1000;
	add_header(0x77, 0xffffffff);
	feed(stream, len);
	ATF_CHECK_EQ(waited, 0);		/* none of it arrived yet */
	len = 0;
	add_bytes(0, mib);
	feed(stream, len);
	ATF_CHECK_MSG(waited >= (mib - 1000) * 10 &&
	    waited < (mib + 1000) * 10, "%llu", (unsigned long long)waited);

	/* Without a limit there is no wait, nor for mesh peers. */
	set_up();
	add_header(0x77, 0xffffffff);
	add_bytes(0, mib);
	feed(stream, len);
	ATF_CHECK_EQ(waited, 0);
	set_up();
	conf.client_rate = conf.client_burst = 1000;
	s.mesh = 1;
	add_header(0x77, 0xffffffff);
	add_bytes(0, mib);
	feed(stream, len);
	ATF_CHECK_EQ(waited, 0);
}

static void
on_resume(struct derp_session *d)
{
	ATF_CHECK(d == &s);
	call("resume\n");
}

static void
on_used(void *arg, uint32_t id, uint64_t bytes, int wants)
{
	(void)arg;
	(void)wants;
	call("used %u %llu\n", id, (unsigned long long)bytes);
}

static void
on_wake(void *arg, uint64_t us)
{
	(void)arg;
	ATF_CHECK(us > 0);
}

/* The same bytes are charged to the client's group. */
ATF_TC_WITHOUT_HEAD(group);
ATF_TC_BODY(group, tc)
{
	static const struct derp_group_ops gops = { on_hold, on_resume, on_used,
	    on_wake };
	struct derp_groups *gs;

	set_up();
	ATF_REQUIRE((gs = derp_groups_new(&gops, NULL, &now)) != NULL);
	derp_groups_channel(gs, 1);
	ATF_REQUIRE_EQ(0, derp_groups_grant(gs, &s, 7, 1000, 2000, "a"));
	add(FRAME_SEND_PACKET, "d", 963);	/* 1000 bytes of frame */
	add(FRAME_SEND_PACKET, "d", 963);
	feed(stream, len);
	ATF_CHECK(strstr(calls, "hold") == NULL);
	expect(calls);
	add_header(0x77, 0xffffffff);
	feed(stream + 2000, len - 2000);
	expect("hold\n");
	add_bytes(0, 500);
	feed(stream + 2005, 500);
	expect("hold\n");
	ATF_CHECK_EQ(waited, 0);
	derp_groups_leave(gs, &s);
	expect("resume\n");
	now += SECOND;
	derp_groups_run(gs);
	expect("used 7 2505\n");
	derp_groups_free(gs);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, rate);
	ATF_TP_ADD_TC(tp, group);
	return (atf_no_error());
}
