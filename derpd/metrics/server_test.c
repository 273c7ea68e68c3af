/*
 * server_test: who is answered over connections of this machine, and who can't
 * keep others out.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server.h"

#define NOW	1000000		/* ms */
#define ROUNDS	5000		/* of the event loop, for each event */
#define REQUEST	"GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static struct event_base	*base;
static struct metrics_server	*server;
static in_port_t		 ports[2];	/* of both listeners */

static int
answer(void *arg, const struct net_http_head *h, int parsed, struct ipc_wr *w)
{
	(void)arg;
	(void)h;
	ATF_CHECK(parsed > 0);
	ipc_wr_bytes(w, "yes", 3);
	return (0);
}

static void
deny(void *arg, struct ipc_wr *w)
{
	(void)arg;
	ipc_wr_bytes(w, "no!", 3);
}

static const struct metrics_server_ops ops = { answer, deny };

/* At the listener of this number, these alone may ask. */
static void
allow(uint32_t number, const char *prefix)
{
	struct metrics_allowed a = { .number = number };

	ATF_REQUIRE_EQ(0, net_prefix_parse(&a.prefix, prefix));
	ATF_REQUIRE_EQ(0, metrics_server_allow(server, &a, 1));
}

static void
begin(void)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	unsigned int i;
	int fd;

	ATF_REQUIRE((base = event_base_new()) != NULL);
	ATF_REQUIRE((server = metrics_server_new(base, &ops, NULL)) != NULL);
	for (i = 0; i < 2; i++) {
		memset(&sin, 0, sizeof(sin));
		sin.sin_family = AF_INET;
		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
		ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&sin, len));
		ATF_REQUIRE_EQ(0, listen(fd, 1024));
		ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&sin,
		    &len));
		ports[i] = sin.sin_port;
		ATF_REQUIRE_EQ(0, metrics_server_listen(server, fd, i));
	}
	ATF_REQUIRE_EQ(0, metrics_server_begin(server));
}

static void
turn(void)
{
	ATF_REQUIRE(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK) !=
	    -1);
	(void)metrics_server_turn(server, NOW);
}

/* Connect to a listener. */
static int
client(unsigned int number)
{
	struct sockaddr_in sin;
	int fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = ports[number];
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, connect(fd, (struct sockaddr *)&sin, sizeof(sin)));
	return (fd);
}

/* Send a request, and check the answer. */
static void
ask(int fd, const char *wanted)
{
	char got[4] = "";
	ssize_t n = -1;
	int i;

	ATF_REQUIRE_EQ(sizeof(REQUEST) - 1, (size_t)send(fd, REQUEST,
	    sizeof(REQUEST) - 1, MSG_NOSIGNAL));
	for (i = 0; i < ROUNDS && n == -1; i++) {
		turn();
		n = recv(fd, got, 3, MSG_DONTWAIT);
	}
	ATF_CHECK_STREQ(wanted, got);
}

/* A connection that is open does not keep what a reload took away. */
ATF_TC_WITHOUT_HEAD(revoked);
ATF_TC_BODY(revoked, tc)
{
	int fd, early;

	begin();
	fd = client(0);
	ask(fd, "yes");
	ask(fd, "yes");
	early = client(0);
	turn();
	allow(0, "192.0.2.0/24");
	ask(fd, "no!");
	ask(early, "no!");
	/* And gets what a reload gives. */
	early = client(0);
	turn();
	allow(0, "127.0.0.0/8");
	ask(early, "yes");
	metrics_server_free(server);
}

/* However many come that may not ask: who may is answered. */
ATF_TC_WITHOUT_HEAD(crowd);
ATF_TC_BODY(crowd, tc)
{
	unsigned int i;
	int fd;

	begin();
	allow(0, "192.0.2.0/24");
	fd = client(1);
	turn();
	for (i = 0; i < 2 * METRICS_MAXCONNS; i++)
		(void)client(0);
	for (i = 0; i < 2 * METRICS_MAXCONNS; i++)
		turn();
	ATF_CHECK_EQ(METRICS_MAXCONNS, metrics_server_count(server));
	ask(fd, "yes");
	ask(client(1), "yes");
	metrics_server_free(server);
}

/* Those that may ask wait for each other, for a moment. */
ATF_TC_WITHOUT_HEAD(young);
ATF_TC_BODY(young, tc)
{
	unsigned int i;
	int fd;

	begin();
	fd = client(0);
	turn();
	for (i = 0; i < 2 * METRICS_MAXCONNS; i++)
		(void)client(1);
	for (i = 0; i < 2 * METRICS_MAXCONNS; i++)
		turn();
	ATF_CHECK_EQ(METRICS_MAXCONNS, metrics_server_count(server));
	ask(fd, "yes");
	metrics_server_free(server);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, revoked);
	ATF_TP_ADD_TC(tp, crowd);
	ATF_TP_ADD_TC(tp, young);
	return (atf_no_error());
}
