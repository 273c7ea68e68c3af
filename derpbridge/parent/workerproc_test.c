/*
 * workerproc_test: what the worker gets and may ask for, the channels between
 * the children, and the status that derpctl gets.
 */
#include <sys/socket.h>
#include <errno.h>

#include "bridgesetfixture.h"
#include "bridgetalk.h"

#define KEY	"HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="
#define IFACE	"interface \"wg0\" { region nearest idle 60 peers all " \
		"peer \"" KEY "\" name \"laptop\" region 902 }\n"

/* The settings of the interface; `fd' 1: they come with the socket. */
static void
wants_iface(struct ipc_chan *end, int fd)
{
	struct ipc_msg_worker_iface v;
	struct ipc_bridge_peer peer;
	struct ipc_rd left;
	struct ipc_msg m;

	next_message(&d.worker, end, MSG_WORKER_IFACE, &m);
	ATF_REQUIRE_EQ(0, ipc_get_worker_iface(&m.rd, &v));
	ATF_CHECK_EQ(fd, m.fd != -1);
	ATF_CHECK_STREQ("wg0", v.name);
	ATF_CHECK_EQ(d.ifaces[0].port, v.port);
	ATF_CHECK_EQ(IPC_REGION_NEAREST, v.policy);
	ATF_CHECK_EQ(60, v.idle);
	ATF_CHECK(v.all);
	ATF_REQUIRE_EQ(1, v.npeers);
	left = v.peers_left;
	ATF_REQUIRE_EQ(0, ipc_next_bridge_peer(&left, &peer));
	ATF_CHECK_STREQ("laptop", peer.name);
	ATF_CHECK_EQ(IPC_REGION_FIXED, peer.policy);
	ATF_CHECK_EQ(902, peer.region);
	ATF_CHECK(!peer.inherit);
	ipc_msg_free(&m);
}

ATF_TC_WITHOUT_HEAD(settings);
ATF_TC_BODY(settings, tc)
{
	struct ipc_msg_worker_conf v;
	struct ipc_chan *end;
	struct ipc_msg m;
	int i;

	begin(TOP IFACE "proxy \"http://127.0.0.1:3128\"\n");
	end = runs(&d.worker);
	/* A worker that was started, then a reload: the socket comes once. */
	for (i = 1; i >= 0; i--) {
		ATF_REQUIRE_EQ(0, bridge_worker_configure(&d, i));
		wants_iface(end, i);
		next_message(&d.worker, end, MSG_WORKER_CONF, &m);
		ATF_REQUIRE_EQ(0, ipc_get_worker_conf(&m.rd, &v));
		ATF_CHECK_EQ(1, v.ifaces);
		ATF_CHECK_STREQ("http://127.0.0.1:3128", v.proxy);
		ATF_CHECK(!v.dry);
		ipc_msg_free(&m);
	}
	/* A reload has made another socket. */
	d.ifaces[0].unsent = 1;
	ATF_REQUIRE_EQ(0, bridge_worker_configure(&d, 0));
	wants_iface(end, 1);
}

/* Ask for a TCP socket.  Returns 1 when it comes, 0 when a reason comes. */
static int
asks_tcp(struct ipc_chan *end, uint32_t iface)
{
	struct ipc_msg_worker_want_tcp want = { 5, iface, 0, 1 };
	struct ipc_msg_worker_tcp v;
	struct ipc_msg m;
	int got;

	ATF_REQUIRE_EQ(0, ipc_send_worker_want_tcp(end, &want));
	ATF_REQUIRE_EQ(0, handled(&d.worker, end, bridge_worker_message));
	next_message(&d.worker, end, MSG_WORKER_TCP, &m);
	ATF_REQUIRE_EQ(0, ipc_get_worker_tcp(&m.rd, &v));
	ATF_CHECK_EQ(5, v.cookie);
	got = m.fd != -1;
	ATF_CHECK_EQ(got, v.why[0] == '\0');
	ipc_msg_free(&m);
	return (got);
}

/* Sockets are lent, but not without bound. */
ATF_TC_WITHOUT_HEAD(sockets);
ATF_TC_BODY(sockets, tc)
{
	struct ipc_chan *end;
	int i;

	begin(TOP IFACE);
	end = runs(&d.worker);
	ATF_CHECK_EQ(1, asks_tcp(end, 0));
	ATF_CHECK_EQ(0, asks_tcp(end, 1));
	for (i = 0; i < 2000 && asks_tcp(end, 0); i++)
		continue;
	ATF_CHECK_EQ(999, i);
	now_ms += 10000;
	ATF_CHECK_EQ(1, asks_tcp(end, 0));
}

/* Connections have the mark of the device, whatever the worker says. */
ATF_TC_WITHOUT_HEAD(marks);
ATF_TC_BODY(marks, tc)
{
#ifdef SO_MARK
	struct ipc_msg_worker_want_tcp want = { 5, 0, 9, 0 };
	socklen_t len = sizeof(int);
	struct ipc_chan *end;
	struct ipc_msg m;
	int i, mark;

	begin(TOP IFACE);
	end = runs(&d.worker);
	for (i = 0; i < 2; i++) {
		ATF_REQUIRE_EQ(0, ipc_send_worker_want_tcp(end, &want));
		ATF_REQUIRE_EQ(0, handled(&d.worker, end,
		    bridge_worker_message));
		next_message(&d.worker, end, MSG_WORKER_TCP, &m);
		if (i == 0) {
			/* Netlink has not told the mark. */
			ATF_CHECK_EQ(-1, m.fd);
			bridge_lend_mark(&d, 0, 7);
		} else if (geteuid() == 0) {
			ATF_REQUIRE(m.fd != -1);
			ATF_REQUIRE_EQ(0, getsockopt(m.fd, SOL_SOCKET, SO_MARK,
			    &mark, &len));
			ATF_CHECK_EQ(7, mark);
		}
		ipc_msg_free(&m);
	}
#else
	atf_tc_skip("this system has no marks");
#endif
}

/* Take the channel that the child gets with this message. */
static int
gets_chan(struct bridge_child *p, struct ipc_chan *end, uint32_t type)
{
	struct ipc_msg m;
	int fd;

	next_message(p, end, type, &m);
	ATF_REQUIRE(m.fd != -1);
	fd = m.fd;
	m.fd = -1;
	ipc_msg_free(&m);
	return (fd);
}

/* The two are the ends of one pair. */
static void
check_pair(int a, int b)
{
	char byte = 0;

	ATF_REQUIRE_EQ(1, write(a, "x", 1));
	ATF_REQUIRE_EQ(1, read(b, &byte, 1));
	ATF_CHECK_EQ('x', byte);
	close(a);
	ATF_CHECK_EQ(0, read(b, &byte, 1));	/* the parent has no copy */
	close(b);
}

ATF_TC_WITHOUT_HEAD(channels);
ATF_TC_BODY(channels, tc)
{
	struct ipc_msg_worker_chanless v = { 1, 0 };
	struct ipc_chan *netlink, *keys, *worker;
	int a, b;

	begin(TOP IFACE);
	/* Alone, there is nobody to talk to. */
	netlink = runs(&d.netlink);
	ATF_REQUIRE_EQ(0, bridge_connect(&d.netlink));
	no_message(&d.netlink, netlink);
	keys = runs(&d.keys);
	ATF_REQUIRE_EQ(0, bridge_connect(&d.keys));
	a = gets_chan(&d.netlink, netlink, MSG_NETLINK_KEYS);
	b = gets_chan(&d.keys, keys, MSG_WGKEYS_NETLINK);
	check_pair(a, b);
	worker = runs(&d.worker);
	ATF_REQUIRE_EQ(0, bridge_connect(&d.worker));
	a = gets_chan(&d.netlink, netlink, MSG_NETLINK_WORKER);
	b = gets_chan(&d.worker, worker, MSG_WORKER_NETLINK);
	check_pair(a, b);
	a = gets_chan(&d.keys, keys, MSG_WGKEYS_WORKER);
	b = gets_chan(&d.worker, worker, MSG_WORKER_KEYS);
	check_pair(a, b);
	no_message(&d.netlink, netlink);
	/* A request is served, but not at once after another one. */
	ATF_REQUIRE_EQ(0, ipc_send_worker_chanless(worker, &v));
	ATF_CHECK_EQ(0, handled(&d.worker, worker, bridge_worker_message));
	no_message(&d.worker, worker);
	now_ms += 1000;
	ATF_REQUIRE_EQ(0, ipc_send_worker_chanless(worker, &v));
	ATF_CHECK_EQ(0, handled(&d.worker, worker, bridge_worker_message));
	close(gets_chan(&d.worker, worker, MSG_WORKER_NETLINK));
}

/* The next message to derpctl. */
static void
to_ctl(struct ipc_chan *ctl, struct ipc_msg *m)
{
	int i;

	for (i = 0; i < 100 && ipc_chan_poll(ctl) == 0; i++)
		ATF_REQUIRE(event_base_loop(d.super.base, EVLOOP_ONCE |
		    (i < 10 ? EVLOOP_NONBLOCK : 0)) != -1);
	ATF_REQUIRE_EQ(0, ipc_chan_recv(ctl, m, WAIT_MS));
}

/* The next part of the answer to derpctl, appended to `text'. */
static void
next_text(struct ipc_chan *ctl, char *text, size_t size)
{
	struct ipc_msg_ctl_text v;
	struct ipc_msg m;
	size_t n = strlen(text);

	to_ctl(ctl, &m);
	ATF_REQUIRE_EQ(MSG_CTL_TEXT, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_ctl_text(&m.rd, &v));
	ATF_REQUIRE(n + v.len < size);
	memcpy(text + n, v.text, v.len);
	text[n + v.len] = '\0';
	ipc_msg_free(&m);
}

/* The end of the answer.  Returns 1 when it is a success. */
static int
done(struct ipc_chan *ctl)
{
	struct ipc_msg_ctl_done v;
	struct ipc_msg m;
	int ok;

	to_ctl(ctl, &m);
	ATF_REQUIRE_EQ(MSG_CTL_DONE, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_ctl_done(&m.rd, &v));
	ok = v.ok;
	ipc_msg_free(&m);
	return (ok);
}

/* derpctl asks. */
static void
ask(struct ipc_chan *ctl)
{
	ATF_REQUIRE_EQ(0, ipc_send_ctl_bridge(ctl));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(ctl, WAIT_MS));
	ATF_REQUIRE(event_base_loop(d.super.base, EVLOOP_ONCE) != -1);
}

/* The worker's status becomes a part of one document. */
ATF_TC_WITHOUT_HEAD(status);
ATF_TC_BODY(status, tc)
{
	struct ipc_msg_worker_text part = { 0, 0, "{\"a\":", 5 };
	struct ipc_msg_worker_query q;
	struct ipc_chan *worker, *ctl;
	char text[8192] = "", conf[2048], dir[512];
	struct ipc_msg m;
	int sv[2];

	ATF_REQUIRE(getcwd(dir, sizeof(dir)) != NULL);
	snprintf(conf, sizeof(conf), "control \"%s/c.sock\"\n" TOP IFACE,
	    dir);
	begin(conf);
	ATF_REQUIRE_EQ(0, bridge_control_open(&d));
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	super_talk_start(&d.talks, sv[0]);
	ctl = ipc_chan_new(NULL, sv[1], ROLE_CTL, ROLE_PARENT, NULL, NULL,
	    NULL);
	/* Without a worker. */
	ask(ctl);
	next_text(ctl, text, sizeof(text));
	ATF_CHECK_EQ(1, done(ctl));
	ATF_CHECK(strstr(text, "},\"worker\":{\"interfaces\":[]}}") != NULL);
	text[0] = '\0';
	worker = runs(&d.worker);
	ask(ctl);
	next_message(&d.worker, worker, MSG_WORKER_QUERY, &m);
	ATF_REQUIRE_EQ(0, ipc_get_worker_query(&m.rd, &q));
	part.request = q.request;
	ipc_msg_free(&m);
	next_text(ctl, text, sizeof(text));
	ATF_REQUIRE_EQ(0, ipc_send_worker_text(worker, &part));
	ATF_CHECK_EQ(0, handled(&d.worker, worker, bridge_worker_message));
	next_text(ctl, text, sizeof(text));
	part.last = 1;
	part.text = "1}";
	part.len = 2;
	ATF_REQUIRE_EQ(0, ipc_send_worker_text(worker, &part));
	ATF_CHECK_EQ(0, handled(&d.worker, worker, bridge_worker_message));
	next_text(ctl, text, sizeof(text));
	next_text(ctl, text, sizeof(text));
	ATF_CHECK_EQ(1, done(ctl));
	ATF_CHECK_EQ(0, strncmp(text, "{\"daemon\":{\"version\":", 21));
	ATF_CHECK(strstr(text, "},\"worker\":{\"a\":1}}") != NULL);
	/* What comes too late is ignored. */
	ATF_REQUIRE_EQ(0, ipc_send_worker_text(worker, &part));
	ATF_CHECK_EQ(0, handled(&d.worker, worker, bridge_worker_message));
	/* The worker dies. */
	text[0] = '\0';
	ask(ctl);
	next_text(ctl, text, sizeof(text));
	bridge_control_worker_gone(&d);
	ATF_CHECK_EQ(0, done(ctl));
	bridge_control_close(&d);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, settings);
	ATF_TP_ADD_TC(tp, sockets);
	ATF_TP_ADD_TC(tp, marks);
	ATF_TP_ADD_TC(tp, channels);
	ATF_TP_ADD_TC(tp, status);
	return (atf_no_error());
}
