/*
 * resolve_test: the resolve process in its sandbox: names that its parent asks
 * for, by libc, or by a DNS server over sockets of the parent.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "childpeer.h"
#include "dnsfixture.h"
#include "prefix.h"
#include "resolve.h"

static int	lends;		/* sockets are given */
static int	lent_tcp;	/* TCP sockets that were asked for */

/* Start the process, with a DNS server if `port' is not 0. */
static void
start(int port)
{
	static const uint8_t addr[IPC_ADDRLEN] = { [10] = 0xff, [11] = 0xff,
	    [12] = 127, [15] = 1 };
	struct ipc_msg_resolve_server server = { addr, (uint16_t)port };
	struct ipc_msg_resolve_conf conf = { .every = 3600 };

	child_fork(ROLE_RESOLVE, resolve_main, 0);
	ATF_REQUIRE_EQ(0, ipc_send_resolve_server(child, &server));
	ATF_REQUIRE_EQ(0, ipc_send_resolve_conf(child, &conf));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	child_is_ready();
	lends = 1;
}

static void
lend(struct ipc_msg *m)
{
	struct ipc_msg_resolve_lent v = { lends ? "" : "none are left" };
	struct ipc_msg_resolve_want want;
	int fd = -1;

	ATF_REQUIRE_EQ(0, ipc_get_resolve_want(&m->rd, &want));
	ATF_CHECK_EQ(0, want.ipv6);
	lent_tcp += want.tcp;
	if (lends)
		ATF_REQUIRE((fd = socket(AF_INET, (want.tcp ? SOCK_STREAM :
		    SOCK_DGRAM) | SOCK_NONBLOCK, 0)) != -1);
	ATF_REQUIRE_EQ(0, ipc_send_resolve_lent(child, &v, fd));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
}

static void
ask(const char *name)
{
	struct ipc_msg_resolve_ask v = { name };

	ATF_REQUIRE_EQ(0, ipc_send_resolve_ask(child, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
}

/* The next result: addresses, each with a blank behind it, or the reason. */
static const char *
answer(const char *name)
{
	static char text[IPC_WHYSIZE + 512];
	struct ipc_msg_resolve_result v;
	char one[NET_PREFIX_TEXT];
	struct ipc_msg m;
	uint32_t i;

	for (;;) {
		ATF_REQUIRE_EQ(0, ipc_chan_recv(child, &m, WAIT_MS));
		if (m.type != MSG_RESOLVE_WANT)
			break;
		lend(&m);
		ipc_msg_free(&m);
	}
	ATF_REQUIRE_EQ(MSG_RESOLVE_RESULT, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_resolve_result(&m.rd, &v));
	ATF_CHECK_STREQ(name, v.name);
	ATF_CHECK_EQ(v.naddrs == 0, v.why[0] != '\0');
	strlcpy(text, v.why, sizeof(text));
	for (i = 0; i < v.naddrs; i++) {
		net_prefix_address(v.addrs + i * IPC_ADDRLEN, one);
		strlcat(text, one, sizeof(text));
		strlcat(text, " ", sizeof(text));
	}
	ipc_msg_free(&m);
	return (text);
}

#define HAS(text, part)							\
	do {								\
		const char *has_ = text;				\
									\
		ATF_CHECK_MSG(strstr(has_, part) != NULL, "%s", has_);	\
	} while (0)

static const char *
asked(const char *name)
{
	ask(name);
	return (answer(name));
}

/* Skip the test case where no DNS server can be asked. */
static void
need_cares(void)
{
	const char *why = asked("two.test");

	if (strstr(why, "without libc-ares") != NULL)
		atf_tc_skip("%s", why);
}

ATF_TC_WITHOUT_HEAD(by_libc);
ATF_TC_BODY(by_libc, tc)
{
	const char *got;

	start(0);
	ask("localhost");
	ask("no-such-name.invalid");
	got = answer("localhost");
	ATF_CHECK_MSG(strstr(got, "127.0.0.1 ") != NULL || strstr(got,
	    "::1 ") != NULL, "%s", got);
	HAS(answer("no-such-name.invalid"), "can't resolve: ");
	child_stop();
}

ATF_TC_WITHOUT_HEAD(by_server);
ATF_TC_BODY(by_server, tc)
{
	const char *got;

	dns_start();
	start(dns_port);
	need_cares();
	got = asked("two.test");
	HAS(got, "192.0.2.1 ");
	HAS(got, "192.0.2.2 ");
	HAS(got, "2001:db8::1 ");
	ATF_CHECK_EQ(0, lent_tcp);
	ATF_CHECK_STREQ("192.0.2.1 ", asked("big.test"));
	ATF_CHECK(lent_tcp > 0);
	HAS(asked("other.test"), "127.0.0.1:");
	HAS(asked("empty.test"), "127.0.0.1:");
	HAS(asked("junk.test"), "127.0.0.1:");
	/* It is not in the hosts file of this server. */
	HAS(asked("none"), "127.0.0.1:");
	child_stop();
	dns_stop();
}

/* The process goes on when a server does not answer, and without sockets. */
ATF_TC_WITHOUT_HEAD(no_answer);
ATF_TC_BODY(no_answer, tc)
{
	dns_start();
	start(dns_port);
	need_cares();
	HAS(asked("mute.test"), "127.0.0.1:");
	lends = 0;
	HAS(asked("big.test"), "there is no socket");
	lends = 1;
	HAS(asked("two.test"), "192.0.2.2 ");
	child_stop();
	dns_stop();
}

/* Another server needs another process; the same one does not. */
ATF_TC_WITHOUT_HEAD(other_server);
ATF_TC_BODY(other_server, tc)
{
	static const uint8_t addr[IPC_ADDRLEN] = { [10] = 0xff, [11] = 0xff,
	    [12] = 127, [15] = 1 };
	struct ipc_msg_resolve_server server = { addr, 5353 };

	if (strcmp(sandbox_backend(), "null") == 0)
		atf_tc_skip("built without a sandbox");
	start(5353);
	ATF_REQUIRE_EQ(0, ipc_send_resolve_server(child, &server));
	lends = 0;
	(void)asked("two.test");
	server.port = 0;
	ATF_REQUIRE_EQ(0, ipc_send_resolve_server(child, &server));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	child_ends(0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, by_libc);
	ATF_TP_ADD_TC(tp, by_server);
	ATF_TP_ADD_TC(tp, no_answer);
	ATF_TP_ADD_TC(tp, other_server);
	return (atf_no_error());
}
