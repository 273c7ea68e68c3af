/*
 * way_test: how the fetch process reaches servers, in its sandbox: with
 * addresses and sockets of its parent, and through a proxy.
 */
#include <sys/stat.h>
#include <atf-c.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "childpeer.h"
#include "fetch.h"
#include "prefix.h"
#include "tlspeer.h"

#define ONE	{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", 0, BYE }
#define ID	5

static struct made		 cert;
static struct peer_server	 peer;

static void
serve(void)
{
	static const struct scene scenes[] = { ONE, ONE };

	make_cert(&cert, "localhost", "DNS:localhost", -DAY, DAY);
	atf_utils_create_file("ca.pem", "%s", cert.cert);
	peer_start(&peer, &cert, scenes, 2);
}

/* Send settings: one source at the server. */
static void
configure(uint32_t id)
{
	char url[128], dir[PATH_MAX], ca[PATH_MAX + 16];
	struct ipc_source one = { .id = id, .url = url, .every = 3600,
	    .body = 1, .cafile = ca };
	struct ipc_msg_fetch_conf v = { .nsources = 1, .sources = &one };

	snprintf(url, sizeof(url), "https://localhost:%d/map", peer.port);
	ATF_REQUIRE(getcwd(dir, sizeof(dir)) != NULL);
	snprintf(ca, sizeof(ca), "%s/ca.pem", dir);
	ATF_REQUIRE_EQ(0, ipc_send_fetch_conf(child, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
}

/* Start the process with this way and its settings. */
static void
start(int lent, const char *proxy)
{
	struct ipc_msg_fetch_way v = { lent, proxy };

	child_fork(ROLE_FETCH, mapd_fetch_main, 0);
	ATF_REQUIRE_EQ(0, ipc_send_fetch_way(child, &v));
	configure(ID);
	child_is_ready();
}

static void
receive(struct ipc_msg *m, uint32_t type)
{
	ATF_REQUIRE_EQ(0, ipc_chan_recv(child, m, WAIT_MS));
	ATF_REQUIRE_EQ_MSG(type, m->type, "%s", ipc_msg_name(m->type));
}

/* It asks for the addresses of the host; answer with these, "" for none. */
static void
addresses(const char *a, const char *b, const char *why)
{
	struct ipc_msg_fetch_addrs v = { .why = why };
	struct ipc_msg_fetch_want_addrs want;
	uint8_t list[2 * IPC_ADDRLEN];
	struct net_prefix p;
	struct ipc_msg m;

	receive(&m, MSG_FETCH_WANT_ADDRS);
	ATF_REQUIRE_EQ(0, ipc_get_fetch_want_addrs(&m.rd, &want));
	ATF_CHECK_STREQ("localhost", want.name);
	v.name = want.name;
	v.addrs = list;
	for (; *a != '\0'; a = b, b = "") {
		ATF_REQUIRE_EQ(0, net_prefix_parse(&p, a));
		memcpy(list + v.naddrs++ * IPC_ADDRLEN, p.addr, IPC_ADDRLEN);
	}
	ATF_REQUIRE_EQ(0, ipc_send_fetch_addrs(child, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	ipc_msg_free(&m);
}

/* It asks for a socket; give it, or none if `why' is not "". */
static void
lend(int ipv6, const char *why)
{
	struct ipc_msg_fetch_lent v = { why };
	struct ipc_msg_fetch_want want;
	struct ipc_msg m;
	int fd = -1;

	receive(&m, MSG_FETCH_WANT);
	ATF_REQUIRE_EQ(0, ipc_get_fetch_want(&m.rd, &want));
	ATF_CHECK_EQ(ipv6, want.ipv6);
	ipc_msg_free(&m);
	if (*why == '\0')
		ATF_REQUIRE((fd = socket(ipv6 ? AF_INET6 : AF_INET,
		    SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, ipc_send_fetch_lent(child, &v, fd));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
}

static void
result(uint32_t id, enum ipc_fetch_result what, const char *part)
{
	struct ipc_msg_fetch_result v;
	struct ipc_msg m;

	receive(&m, MSG_FETCH_RESULT);
	ATF_REQUIRE_EQ(0, ipc_get_fetch_result(&m.rd, &v));
	ATF_CHECK_EQ_MSG(what, v.what, "%s", v.why);
	ATF_CHECK_EQ(id, v.id);
	HAS(v.why, part);
	ipc_msg_free(&m);
}

/* Nothing listens at the first address. */
ATF_TC_WITHOUT_HEAD(lent);
ATF_TC_BODY(lent, tc)
{
	serve();
	start(1, "");
	addresses("127.0.0.9", "127.0.0.1", "");
	lend(0, "");
	lend(0, "");
	result(ID, FETCH_NEW, "");
	child_stop();
	peer_stop(&peer);
}

ATF_TC_WITHOUT_HEAD(none);
ATF_TC_BODY(none, tc)
{
	serve();
	start(1, "");
	addresses("", "", "there is no such name");
	result(ID, FETCH_FAILED, "there is no such name");
	configure(ID);
	addresses("2001:db8::1", "127.0.0.1", "");
	lend(1, "no descriptors are left");
	lend(0, "the interface is gone");
	result(ID, FETCH_FAILED, "the interface is gone");
	child_stop();
	peer_stop(&peer);
}

/* Settings that come while it waits for the parent. */
ATF_TC_WITHOUT_HEAD(settings);
ATF_TC_BODY(settings, tc)
{
	static const uint8_t list[IPC_ADDRLEN] = { [10] = 0xff, [11] = 0xff,
	    [12] = 127, [15] = 1 };
	struct ipc_msg_fetch_addrs v = { "localhost", 1, list, "" };
	struct ipc_msg m;

	serve();
	start(1, "");
	receive(&m, MSG_FETCH_WANT_ADDRS);
	ipc_msg_free(&m);
	configure(ID);
	configure(ID + 1);
	ATF_REQUIRE_EQ(0, ipc_send_fetch_addrs(child, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
	lend(0, "");
	/* The one before is gone: its result is, too. */
	addresses("127.0.0.1", "", "");
	lend(0, "");
	result(ID + 1, FETCH_NEW, "");
	child_stop();
	peer_stop(&peer);
}

/* A proxy */

static pid_t	proxy_pid;

/* Copy bytes both ways until one end is closed. */
static void
pump(int a, int b)
{
	struct pollfd p[2] = { { a, POLLIN, 0 }, { b, POLLIN, 0 } };
	char buf[4096];
	ssize_t n;
	int i;

	while (poll(p, 2, WAIT_MS) > 0)
		for (i = 0; i < 2; i++) {
			if (p[i].revents == 0)
				continue;
			if ((n = read(p[i].fd, buf, sizeof(buf))) <= 0 ||
			    write(p[!i].fd, buf, (size_t)n) != n)
				return;
		}
}

/* Serve one client: `say' is the answer; pump if `on'. */
static void
be_proxy(int lfd, const char *say, int on)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	char buf[2048], want[128];
	size_t n = 0;
	int fd, to;

	snprintf(want, sizeof(want), "CONNECT localhost:%d HTTP/1.1\r\n",
	    peer.port);
	if ((fd = accept(lfd, NULL, NULL)) == -1)
		_exit(1);
	memset(buf, 0, sizeof(buf));
	while (strstr(buf, "\r\n\r\n") == NULL && n < sizeof(buf) - 1 &&
	    read(fd, buf + n, 1) == 1)
		n++;
	if (strncmp(buf, want, strlen(want)) != 0 ||
	    strstr(buf, "Basic dTpw\r\n") == NULL)
		_exit(2);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)peer.port);
	if (write(fd, say, strlen(say)) == -1 || !on)
		_exit(3);
	if ((to = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(to, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		_exit(4);
	pump(fd, to);
	_exit(0);
}

/* Start a proxy; its URL. */
static const char *
proxy(const char *say, int on)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	static char url[64];
	int fd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&sin, sizeof(sin)));
	ATF_REQUIRE_EQ(0, listen(fd, 1));
	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	ATF_REQUIRE((proxy_pid = fork()) != -1);
	if (proxy_pid == 0)
		be_proxy(fd, say, on);
	close(fd);
	snprintf(url, sizeof(url), "http://u:p@127.0.0.1:%d",
	    ntohs(sin.sin_port));
	return (url);
}

static void
proxy_ends(int status)
{
	int st;

	ATF_REQUIRE_EQ(proxy_pid, waitpid(proxy_pid, &st, 0));
	ATF_CHECK_EQ(status, WEXITSTATUS(st));
}

ATF_TC_WITHOUT_HEAD(through_proxy);
ATF_TC_BODY(through_proxy, tc)
{
	serve();
	start(0, proxy("HTTP/1.1 200 OK\r\nVia: x\r\n\r\n", 1));
	result(ID, FETCH_NEW, "");
	child_stop();
	proxy_ends(0);
	/* With sockets of the parent; the proxy's host is an address. */
	start(1, proxy("HTTP/1.1 200 OK\r\n\r\n", 1));
	lend(0, "");
	result(ID, FETCH_NEW, "");
	child_stop();
	proxy_ends(0);
	peer_stop(&peer);
}

ATF_TC_WITHOUT_HEAD(proxy_refuses);
ATF_TC_BODY(proxy_refuses, tc)
{
	serve();
	start(0, proxy("HTTP/1.1 407 No\r\n\r\n", 0));
	result(ID, FETCH_FAILED, "407 (it wants a login)");
	child_stop();
	proxy_ends(3);
	start(0, proxy("HTTP/1.1 200 OK\r\n", 0));
	result(ID, FETCH_FAILED, "the proxy closed the connection");
	child_stop();
	proxy_ends(3);
	start(0, proxy("SSH-2.0-x\r\n\r\n", 0));
	result(ID, FETCH_FAILED, "not HTTP");
	child_stop();
	proxy_ends(3);
	peer_stop(&peer);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, lent);
	ATF_TP_ADD_TC(tp, none);
	ATF_TP_ADD_TC(tp, settings);
	ATF_TP_ADD_TC(tp, through_proxy);
	ATF_TP_ADD_TC(tp, proxy_refuses);
	return (atf_no_error());
}
