/*
 * bridgenames_test: addresses of names for the worker and for fetch, and the
 * sockets that resolve and fetch get.
 */
#include <sys/socket.h>

#include "bridgesetfixture.h"

#define IFACE	"interface \"wg0\" { fwmark none }\n"

static struct ipc_chan	*worker, *fetch, *resolve;

static void
start(const char *text)
{
	begin(text);
	worker = runs(&d.worker);
	fetch = runs(&d.fetch);
	resolve = runs(&d.resolve);
}

/* resolve must be asked for this name. */
static void
asked(const char *name)
{
	struct ipc_msg_resolve_ask v;
	struct ipc_msg m;

	next_message(&d.resolve, resolve, MSG_RESOLVE_ASK, &m);
	ATF_REQUIRE_EQ(0, ipc_get_resolve_ask(&m.rd, &v));
	ATF_CHECK_STREQ(name, v.name);
	ipc_msg_free(&m);
}

/* The answer of resolve: `n' addresses that begin with `first', or none. */
static int
answers(const char *name, uint32_t n, uint8_t first)
{
	static uint8_t list[(IPC_DNS_MAXADDRS + 1) * IPC_ADDRLEN];
	struct ipc_msg_resolve_result v = { name, n, list,
	    n == 0 ? "no such name" : "" };

	memset(list, first, sizeof(list));
	ATF_REQUIRE_EQ(0, ipc_send_resolve_result(resolve, &v));
	return (handled(&d.resolve, resolve, bridge_resolve_message));
}

/* The worker gets so many addresses of a name, or why there is none. */
static void
worker_gets(const char *name, uint32_t n, uint8_t first)
{
	struct ipc_msg_worker_addrs v;
	struct ipc_msg m;

	next_message(&d.worker, worker, MSG_WORKER_ADDRS, &m);
	ATF_REQUIRE_EQ(0, ipc_get_worker_addrs(&m.rd, &v));
	ATF_CHECK_STREQ(name, v.name);
	ATF_CHECK_EQ(n, v.naddrs);
	ATF_CHECK_EQ(n == 0, v.why[0] != '\0');
	if (v.naddrs > 0)
		ATF_CHECK_EQ(first, v.addrs[0]);
	ipc_msg_free(&m);
}

static void
fetch_gets(const char *name, uint32_t n)
{
	struct ipc_msg_fetch_addrs v;
	struct ipc_msg m;

	next_message(&d.fetch, fetch, MSG_FETCH_ADDRS, &m);
	ATF_REQUIRE_EQ(0, ipc_get_fetch_addrs(&m.rd, &v));
	ATF_CHECK_STREQ(name, v.name);
	ATF_CHECK_EQ(n, v.naddrs);
	ipc_msg_free(&m);
}

ATF_TC_WITHOUT_HEAD(names);
ATF_TC_BODY(names, tc)
{
	start(TOP IFACE);
	/* Two ask, resolve is asked once, both are answered. */
	ATF_CHECK_EQ(0, bridge_names_want(&d.worker, "a.test"));
	ATF_CHECK_EQ(0, bridge_names_want(&d.fetch, "a.test"));
	asked("a.test");
	no_message(&d.resolve, resolve);
	ATF_CHECK_EQ(0, answers("a.test", 2, 7));
	worker_gets("a.test", 2, 7);
	fetch_gets("a.test", 2);
	/* What is fresh is not asked for again. */
	ATF_CHECK_EQ(0, bridge_names_want(&d.worker, "a.test"));
	worker_gets("a.test", 2, 7);
	no_message(&d.resolve, resolve);
	no_message(&d.fetch, fetch);
	/* Later it is; the old addresses count while the DNS fails. */
	now_ms += BRIDGE_FRESH_MS;
	ATF_CHECK_EQ(0, bridge_names_want(&d.worker, "a.test"));
	asked("a.test");
	ATF_CHECK_EQ(0, answers("a.test", 0, 0));
	worker_gets("a.test", 2, 7);
	ATF_CHECK_EQ(0, bridge_names_want(&d.worker, "b.test"));
	asked("b.test");
	ATF_CHECK_EQ(0, answers("b.test", 0, 0));
	worker_gets("b.test", 0, 0);
}

/* Another resolve is asked again; answers that nobody wants are dropped. */
ATF_TC_WITHOUT_HEAD(restarted);
ATF_TC_BODY(restarted, tc)
{
	struct ipc_msg m;

	start(TOP IFACE);
	ATF_CHECK_EQ(0, answers("a.test", 1, 7));
	no_message(&d.worker, worker);
	ATF_CHECK_EQ(0, bridge_names_want(&d.worker, "a.test"));
	asked("a.test");
	ATF_CHECK_EQ(-1, answers("a.test", IPC_DNS_MAXADDRS + 1, 7));
	d.names.v[0].asked = 1;
	resolve = runs(&d.resolve);
	ATF_REQUIRE_EQ(0, bridge_resolve_settings(&d.resolve));
	next_message(&d.resolve, resolve, MSG_RESOLVE_SERVER, &m);
	ipc_msg_free(&m);
	next_message(&d.resolve, resolve, MSG_RESOLVE_CONF, &m);
	ipc_msg_free(&m);
	asked("a.test");
	ATF_CHECK_EQ(0, answers("a.test", 1, 9));
	worker_gets("a.test", 1, 9);
}

/* More names than there is room for: the oldest gives way. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	char name[32];
	int i;

	start(TOP IFACE);
	for (i = 0; i <= BRIDGE_MAXNAMES; i++) {
		snprintf(name, sizeof(name), "n%d.test", i);
		now_ms++;
		ATF_REQUIRE_EQ(0, bridge_names_want(&d.worker, name));
		asked(name);
	}
	worker_gets("n0.test", 0, 0);
	ATF_CHECK_EQ(0, answers("n0.test", 1, 7));
	no_message(&d.worker, worker);
	ATF_CHECK_EQ(0, answers(name, 1, 7));
	worker_gets(name, 1, 7);
	ATF_CHECK_EQ(-1, bridge_names_want(&d.worker, ""));
}

ATF_TC_WITHOUT_HEAD(server);
ATF_TC_BODY(server, tc)
{
	struct ipc_msg_resolve_server v;
	struct ipc_msg m;

	start(TOP IFACE "dns server 192.0.2.53 port 5353\n");
	ATF_REQUIRE_EQ(0, bridge_resolve_configure(&d.resolve));
	next_message(&d.resolve, resolve, MSG_RESOLVE_SERVER, &m);
	ATF_REQUIRE_EQ(0, ipc_get_resolve_server(&m.rd, &v));
	ATF_CHECK_EQ(5353, v.port);
	ATF_CHECK_EQ(192, v.addr[12]);
	ATF_CHECK_EQ(53, v.addr[15]);
	ipc_msg_free(&m);
}

/* The mark of a socket; 0: none. */
static uint32_t
mark_of(int fd)
{
	uint32_t mark = 0;
#ifdef SO_MARK
	socklen_t len = sizeof(mark);

	ATF_REQUIRE_EQ(0, getsockopt(fd, SOL_SOCKET, SO_MARK, &mark, &len));
#else
	(void)fd;
#endif
	return (mark);
}

/* More sockets than a resolver needs: there are none for a while. */
ATF_TC_WITHOUT_HEAD(too_many);
ATF_TC_BODY(too_many, tc)
{
	struct ipc_msg_resolve_want want = { 0, 0 };
	struct ipc_msg_resolve_lent v;
	struct ipc_msg m;
	int i, got = 1;

	start(TOP IFACE);
	for (i = 0; i < 10000 && got; i++) {
		ATF_REQUIRE_EQ(0, ipc_send_resolve_want(resolve, &want));
		ATF_REQUIRE_EQ(0, handled(&d.resolve, resolve,
		    bridge_resolve_message));
		next_message(&d.resolve, resolve, MSG_RESOLVE_LENT, &m);
		ATF_REQUIRE_EQ(0, ipc_get_resolve_lent(&m.rd, &v));
		got = m.fd != -1;
		ATF_CHECK_EQ(got, v.why[0] == '\0');
		ipc_msg_free(&m);
	}
	ATF_CHECK_EQ(2001, i);
}

/* resolve asks for a socket; it must come with this mark. */
static void
lends(int tcp, uint32_t mark)
{
	struct ipc_msg_resolve_want want = { 0, tcp };
	socklen_t len = sizeof(int);
	struct ipc_msg m;
	int type;

	ATF_REQUIRE_EQ(0, ipc_send_resolve_want(resolve, &want));
	ATF_REQUIRE_EQ(0, handled(&d.resolve, resolve,
	    bridge_resolve_message));
	next_message(&d.resolve, resolve, MSG_RESOLVE_LENT, &m);
	ATF_REQUIRE(m.fd != -1);
	ATF_CHECK_EQ(mark, mark_of(m.fd));
	ATF_REQUIRE_EQ(0, getsockopt(m.fd, SOL_SOCKET, SO_TYPE, &type, &len));
	ATF_CHECK_EQ(tcp ? SOCK_STREAM : SOCK_DGRAM, type);
	ipc_msg_free(&m);
}

ATF_TC_WITHOUT_HEAD(sockets);
ATF_TC_BODY(sockets, tc)
{
	struct ipc_msg_fetch_want want = { 1 };
	struct ipc_msg m;

	start(TOP IFACE);
	lends(0, 0);
	lends(1, 0);
	ATF_REQUIRE_EQ(0, ipc_send_fetch_want(fetch, &want));
	ATF_REQUIRE_EQ(0, handled(&d.fetch, fetch, bridge_fetch_message));
	next_message(&d.fetch, fetch, MSG_FETCH_LENT, &m);
	ATF_CHECK(m.fd != -1);
	ipc_msg_free(&m);
}

/* The marks of the settings and of devices. */
ATF_TC_WITHOUT_HEAD(marks);
ATF_TC_BODY(marks, tc)
{
	if (geteuid() != 0)
		atf_tc_skip("a mark needs root");
	start(TOP "interface \"wg0\" { fwmark none }\n"
	    "interface \"wg1\" { fwmark device }\n"
	    "interface \"wg2\" { fwmark 77 }\n");
	ATF_CHECK(!bridge_lend_ready(&d));
	lends(0, 77);
	bridge_lend_mark(&d, 0, 5);
	ATF_CHECK(!bridge_lend_ready(&d));
	d.super.stopping = 1;		/* no child is started here */
	bridge_lend_mark(&d, 1, 51820);
	ATF_CHECK(bridge_lend_ready(&d));
	lends(0, 51820);
	lends(1, 51820);
	bridge_lend_mark(&d, 1, 0);
	lends(1, 77);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, names);
	ATF_TP_ADD_TC(tp, restarted);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, server);
	ATF_TP_ADD_TC(tp, sockets);
	ATF_TP_ADD_TC(tp, marks);
	ATF_TP_ADD_TC(tp, too_many);
	return (atf_no_error());
}
