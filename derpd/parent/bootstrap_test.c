/*
 * bootstrap_test: results of the process resolve: what is kept, how many it may
 * give, and what a reload keeps.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <string.h>

#include "ipcsend.h"
#include "json_out.h"
#include "parent.h"
#include "results.h"

static struct parent	 d;
static struct conf	 conf;
static struct gram_name	 one = { .name = (char *)(uintptr_t)"one.test" };
static struct gram_name	 two = { .name = (char *)(uintptr_t)"two.test" };

static const uint8_t addrs[(IPC_DNS_MAXADDRS + 1) * IPC_ADDRLEN] = {
	[10] = 0xff, 0xff, 192, 0, 2, 1,
	[16] = 0x20, 0x01, 0x0d, 0xb8, [31] = 1
};

static void
begin(void)
{
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	TAILQ_INIT(&conf.dns.names);
	TAILQ_INIT(&conf.dns.unpublished);
	TAILQ_INSERT_TAIL(&conf.dns.names, &one, entry);
	TAILQ_INSERT_TAIL(&conf.dns.unpublished, &two, entry);
	conf.dns.enabled = 1;
	conf.dns.every = 600;
	d.conf = &conf;
	parent_dns_set(&d);
}

static int
result(const char *name, uint32_t n, const char *why, uint64_t now)
{
	struct ipc_msg_resolve_result v = { name, n, addrs, why };

	return (parent_dns_result(&d, &v, now));
}

/* The status has this text. */
static void
shows(const char *want)
{
	struct json_out o;
	struct ipc_wr w;

	ipc_wr_init(&w);
	json_out_init(&o, &w);
	json_out_object(&o, NULL);
	parent_dns_status(&d, &o);
	json_out_end(&o);
	ipc_wr_u8(&w, 0);
	ATF_REQUIRE(ipc_wr_ok(&w));
	ATF_CHECK_MSG(strstr((const char *)w.p, want) != NULL, "%s",
	    (const char *)w.p);
	ipc_wr_free(&w);
}

ATF_TC_WITHOUT_HEAD(kept);
ATF_TC_BODY(kept, tc)
{
	begin();
	shows("{\"name\":\"one.test\",\"published\":true,\"addresses\":[],"
	    "\"error\":\"\"}");
	ATF_CHECK_EQ(0, result("one.test", 0, "no answer", 1000));
	shows("\"addresses\":[],\"error\":\"no answer\"");
	ATF_CHECK_EQ(0, result("one.test", 2, "", 10000));
	shows("\"addresses\":[\"192.0.2.1\",\"2001:db8::1\"],\"resolved\":\"");
	shows("Z\",\"error\":\"\"}");
	/* A failure keeps them, and always has a reason. */
	ATF_CHECK_EQ(0, result("one.test", 0, "", 20000));
	shows("\"addresses\":[\"192.0.2.1\",\"2001:db8::1\"],\"resolved\":\"");
	shows("Z\",\"error\":\"it failed\"}");
	ATF_CHECK_EQ(0, result("one.test", 1, "", 30000));
	shows("\"addresses\":[\"192.0.2.1\"],\"resolved\":\"");
	shows("{\"name\":\"two.test\",\"published\":false,\"addresses\":[],"
	    "\"error\":\"\"}");
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	uint64_t now = 1000000;
	int i;

	begin();
	ATF_CHECK_EQ(-1, result("one.test", IPC_DNS_MAXADDRS + 1, "", now));
	ATF_CHECK_EQ(-1, result("none", IPC_DNS_MAXADDRS + 1, "", now));
	shows("\"addresses\":[]");
	/* Of a name that a reload has removed. */
	ATF_CHECK_EQ(0, result("old.test", 1, "", now));
	for (i = 0; i < PARENT_RESULTS_BURST; i++)
		ATF_REQUIRE_EQ(0, result("one.test", i & 1, "", now));
	ATF_CHECK_EQ(-1, result("one.test", 1, "", now));
	ATF_CHECK_EQ(0, result("two.test", 1, "", now));
	/* The least time between two look-ups of a name, 0.9 s. */
	for (i = 1; i < 1000; i++)
		ATF_REQUIRE_EQ(0, result("one.test", 1, "", now +
		    (uint64_t)i * 900));
}

ATF_TC_WITHOUT_HEAD(reload);
ATF_TC_BODY(reload, tc)
{
	begin();
	ATF_REQUIRE_EQ(0, result("one.test", 1, "", 1000));
	ATF_REQUIRE_EQ(0, result("two.test", 2, "", 1000));
	TAILQ_REMOVE(&conf.dns.names, &one, entry);
	TAILQ_REMOVE(&conf.dns.unpublished, &two, entry);
	TAILQ_INSERT_TAIL(&conf.dns.names, &two, entry);
	parent_dns_set(&d);
	ATF_CHECK_EQ(1, d.dns.n);
	shows("{\"bootstrap_dns\":[{\"name\":\"two.test\",\"published\":true,"
	    "\"addresses\":[\"192.0.2.1\",\"2001:db8::1\"]");
	/* One that comes again is not known any more. */
	TAILQ_INSERT_TAIL(&conf.dns.names, &one, entry);
	parent_dns_set(&d);
	shows("\"name\":\"one.test\",\"published\":true,\"addresses\":[]");
	conf.dns.enabled = 0;
	parent_dns_set(&d);
	ATF_CHECK_EQ(0, d.dns.n);
	shows("{}");
}

/* A front gets the names with what is known of them. */
ATF_TC_WITHOUT_HEAD(sent);
ATF_TC_BODY(sent, tc)
{
	struct parent_proc front = { .d = &d };
	struct ipc_msg_front_dns v;
	struct ipc_dns_name n;
	struct ipc_chan *other;
	struct ipc_msg m;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	front.c.chan = ipc_chan_new(NULL, sv[0], ROLE_PARENT, ROLE_FRONT, NULL,
	    NULL, NULL);
	other = ipc_chan_new(NULL, sv[1], ROLE_FRONT, ROLE_PARENT, NULL, NULL,
	    NULL);
	ATF_REQUIRE(front.c.chan != NULL && other != NULL);
	begin();
	ATF_REQUIRE_EQ(0, result("two.test", 2, "", 1000));
	ATF_REQUIRE_EQ(0, parent_dns_send(&front));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(front.c.chan, 1000));
	ATF_REQUIRE_EQ(0, ipc_chan_recv(other, &m, 1000));
	ATF_REQUIRE_EQ(MSG_FRONT_DNS, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_front_dns(&m.rd, &v));
	ATF_REQUIRE_EQ(2, v.nnames);
	ATF_REQUIRE_EQ(0, ipc_next_dns_name(&v.names_left, &n));
	ATF_CHECK_STREQ("one.test", n.name);
	ATF_CHECK(n.published && n.naddrs == 0);
	ATF_REQUIRE_EQ(0, ipc_next_dns_name(&v.names_left, &n));
	ATF_CHECK_STREQ("two.test", n.name);
	ATF_CHECK(!n.published && n.naddrs == 2);
	ATF_CHECK(memcmp(n.addrs, addrs, 2 * IPC_ADDRLEN) == 0);
	ipc_msg_free(&m);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, kept);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, reload);
	ATF_TP_ADD_TC(tp, sent);
	return (atf_no_error());
}
