/*
 * serverlife_test: the connections of derpd-metrics: their number, deadlines
 * and sizes, and who may ask.  The clock is the test's.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <atf-c.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server.h"

static struct event_base *base;
static struct metrics_server *server;
static struct sockaddr_in addr;
static uint64_t now_ms = 1000;
static size_t size = 5;		/* of the answer */
static unsigned int answers;

static int
answer(void *arg, const struct net_http_head *h, int parsed, struct ipc_wr *w)
{
	char *p;

	(void)arg;
	answers++;
	if (parsed < 0) {
		ipc_wr_bytes(w, "bad", 3);
		return (1);
	}
	ATF_REQUIRE((p = calloc(1, size)) != NULL);
	memset(p, 'x', size);
	ipc_wr_bytes(w, p, size);
	free(p);
	return (!h->keepalive);
}

static void
deny(void *arg, struct ipc_wr *w)
{
	(void)arg;
	ipc_wr_bytes(w, "no", 2);
}

static void
begin(void)
{
	static const struct metrics_server_ops ops = { answer, deny };
	socklen_t len = sizeof(addr);
	int fd, on = 1;

	ATF_REQUIRE((base = event_base_new()) != NULL);
	ATF_REQUIRE((server = metrics_server_new(base, &ops, NULL)) != NULL);
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	/* As the parent sets it: what was answered is there at once. */
	ATF_REQUIRE_EQ(0, setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
	    sizeof(on)));
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	ATF_REQUIRE_EQ(0, listen(fd, 256));
	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&addr, &len));
	ATF_REQUIRE_EQ(0, metrics_server_listen(server, fd, 3));
	ATF_REQUIRE_EQ(0, metrics_server_begin(server));
	(void)metrics_server_turn(server, now_ms);
}

/* Some turns at this time. */
static void
turns(void)
{
	int i;

	for (i = 0; i < 20; i++) {
		(void)event_base_loop(base, EVLOOP_ONCE |
		    EVLOOP_NONBLOCK);
		(void)metrics_server_turn(server, now_ms);
	}
}

static int
dial(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ATF_REQUIRE(fd != -1);
	ATF_REQUIRE_EQ(0, connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	return (fd);
}

static void
say(int fd, const char *text)
{
	ATF_REQUIRE_EQ((ssize_t)strlen(text), send(fd, text, strlen(text),
	    MSG_NOSIGNAL));
	turns();
}

/* What came: bytes, 0 the end, -1 nothing. */
static ssize_t
got(int fd, char *dst, size_t n)
{
	ssize_t rv = recv(fd, dst, n - 1, 0);

	dst[rv > 0 ? rv : 0] = '\0';
	return (rv);
}

/* 1 if the server has closed it. */
static int
closed(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, MSG_PEEK);

	return (n == 0 || (n == -1 && errno == ECONNRESET));
}

#define REQUEST	"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

ATF_TC_WITHOUT_HEAD(requests);
ATF_TC_BODY(requests, tc)
{
	char buf[64];
	int fd;

	begin();
	fd = dial();
	turns();
	say(fd, "GET / HTTP/1.1\r\nHo");
	ATF_CHECK_EQ(-1, got(fd, buf, sizeof(buf)));
	say(fd, "st: x\r\n\r\n");
	ATF_CHECK_EQ(5, got(fd, buf, sizeof(buf)));
	/* Two at once, and one more that closes. */
	say(fd, REQUEST REQUEST);
	ATF_CHECK_EQ(10, got(fd, buf, sizeof(buf)));
	say(fd, "GET / HTTP/1.0\r\n\r\n" REQUEST);
	ATF_CHECK_EQ(5, got(fd, buf, sizeof(buf)));
	ATF_CHECK_EQ(4, answers);
	/* It is closed when the client does not. */
	ATF_CHECK(!closed(fd));
	now_ms += METRICS_DRAIN_MS;
	turns();
	ATF_CHECK(closed(fd));
	ATF_CHECK_EQ(0, metrics_server_count(server));
	/* A client that closes behind its request is answered. */
	fd = dial();
	turns();
	ATF_REQUIRE_EQ((ssize_t)strlen(REQUEST), send(fd, REQUEST,
	    strlen(REQUEST), 0));
	ATF_REQUIRE_EQ(0, shutdown(fd, SHUT_WR));
	turns();
	ATF_CHECK_EQ(5, got(fd, buf, sizeof(buf)));
	ATF_CHECK(closed(fd));
	metrics_server_free(server);
}

ATF_TC_WITHOUT_HEAD(heads);
ATF_TC_BODY(heads, tc)
{
	char buf[64], x[METRICS_MAXHEAD + 1];
	int fd;

	begin();
	memset(x, 'x', sizeof(x) - 1);
	x[sizeof(x) - 1] = '\0';
	fd = dial();
	turns();
	say(fd, "GET / HTTP/1.1\r\nX: ");
	say(fd, x);
	ATF_CHECK_EQ(3, got(fd, buf, sizeof(buf)));
	/* What comes behind it is discarded. */
	say(fd, x);
	ATF_CHECK_EQ(1, answers);
	now_ms += METRICS_DRAIN_MS;
	turns();
	ATF_CHECK(closed(fd));
	metrics_server_free(server);
}

ATF_TC_WITHOUT_HEAD(deadlines);
ATF_TC_BODY(deadlines, tc)
{
	int fd, idle;

	begin();
	fd = dial();
	turns();
	now_ms += METRICS_IDLE_MS - 1;
	say(fd, "GET /");
	ATF_CHECK(!closed(fd));
	now_ms++;
	turns();
	ATF_CHECK(closed(fd));
	/* Between two requests the time begins anew. */
	idle = dial();
	turns();
	now_ms += METRICS_IDLE_MS - 1;
	say(idle, REQUEST);
	now_ms += METRICS_IDLE_MS - 1;
	say(idle, REQUEST);
	ATF_CHECK_EQ(2, answers);
	/* An answer that stands still. */
	size = 8 * 1024 * 1024;
	say(idle, REQUEST);
	now_ms += METRICS_IDLE_MS - 1;
	turns();
	ATF_CHECK_EQ(1, metrics_server_count(server));
	now_ms++;
	turns();
	ATF_CHECK_EQ(0, metrics_server_count(server));
	metrics_server_free(server);
}

/* The oldest gives way, but not one that came just now. */
ATF_TC_WITHOUT_HEAD(crowd);
ATF_TC_BODY(crowd, tc)
{
	int fds[METRICS_MAXCONNS + 1], late, i;
	char buf[64];

	begin();
	for (i = 0; i < METRICS_MAXCONNS; i++) {
		fds[i] = dial();
		turns();
		now_ms++;
	}
	ATF_CHECK_EQ(METRICS_MAXCONNS, metrics_server_count(server));
	now_ms = 1000 + METRICS_YOUNG_MS - 1;
	turns();
	late = dial();
	turns();
	ATF_CHECK(!closed(fds[0]));
	ATF_CHECK_EQ(METRICS_MAXCONNS, metrics_server_count(server));
	/* Its request makes the first one young again. */
	now_ms = 1000 + METRICS_YOUNG_MS;
	say(fds[0], REQUEST);
	now_ms++;
	usleep(60000);		/* accept goes on after 50 ms */
	turns();
	ATF_CHECK(!closed(fds[0]) || got(fds[0], buf, sizeof(buf)) == 5);
	ATF_CHECK(closed(fds[1]));
	ATF_CHECK_EQ(METRICS_MAXCONNS, metrics_server_count(server));
	say(late, REQUEST);
	ATF_CHECK_EQ(5, got(late, buf, sizeof(buf)));
	metrics_server_free(server);
}

/* All answers that wait are bounded. */
ATF_TC_WITHOUT_HEAD(memory);
ATF_TC_BODY(memory, tc)
{
	int fds[4], i, ended = 0;

	begin();
	size = METRICS_MAXWAIT / 2;
	for (i = 0; i < 4; i++) {
		fds[i] = dial();
		turns();
		say(fds[i], REQUEST);
	}
	for (i = 0; i < 4; i++)
		ended += i >= (int)metrics_server_count(server);
	ATF_CHECK_MSG(ended > 0, "all %u wait", metrics_server_count(server));
	metrics_server_free(server);
}

ATF_TC_WITHOUT_HEAD(allowed);
ATF_TC_BODY(allowed, tc)
{
	static const uint8_t local[16] = { [10] = 0xff, 0xff, 127, 0, 0, 1 },
	    local6[16] = { [15] = 1 }, far[16] = { [10] = 0xff, 0xff, 192, 0,
	    2, 1 }, far6[16] = { 0x20, 1, [15] = 1 };
	struct metrics_allowed v[2];
	char buf[64];
	int fd;

	begin();
	ATF_CHECK(metrics_server_may(server, 3, local));
	ATF_CHECK(metrics_server_may(server, 3, local6));
	ATF_CHECK(!metrics_server_may(server, 3, far));
	ATF_CHECK(!metrics_server_may(server, 3, far6));
	v[0].number = 3;
	v[1].number = 4;
	ATF_REQUIRE_EQ(0, net_prefix_parse(&v[0].prefix, "192.0.2.0/24"));
	ATF_REQUIRE_EQ(0, net_prefix_parse(&v[1].prefix, "2001::/16"));
	ATF_REQUIRE_EQ(0, metrics_server_allow(server, v, 2));
	ATF_CHECK(!metrics_server_may(server, 3, local));
	ATF_CHECK(metrics_server_may(server, 3, far));
	ATF_CHECK(!metrics_server_may(server, 3, far6));
	ATF_CHECK(metrics_server_may(server, 4, far6));
	ATF_CHECK(metrics_server_may(server, 5, local));
	/* Who may not ask is not read. */
	fd = dial();
	turns();
	ATF_CHECK_EQ(-1, got(fd, buf, sizeof(buf)));
	say(fd, "\r\nGET");
	ATF_CHECK_EQ(2, got(fd, buf, sizeof(buf)));
	say(fd, REQUEST);
	ATF_CHECK_EQ(0, answers);
	now_ms += METRICS_DRAIN_MS;
	turns();
	ATF_CHECK(closed(fd));
	metrics_server_free(server);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, requests);
	ATF_TP_ADD_TC(tp, heads);
	ATF_TP_ADD_TC(tp, deadlines);
	ATF_TP_ADD_TC(tp, crowd);
	ATF_TP_ADD_TC(tp, memory);
	ATF_TP_ADD_TC(tp, allowed);
	return (atf_no_error());
}
