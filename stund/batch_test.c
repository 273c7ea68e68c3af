/*
 * batch_test: datagrams received and sent over real sockets.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#ifdef __linux__
#include <netinet/udp.h>
#endif
#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "testaddr.h"
#include "udpsock.h"

#define BOUND	10000		/* ms, for an expected event */

static struct sockaddr_storage server;	/* address of the server's socket */
static socklen_t server_len;

/* Make a socket like the server's; `server' becomes its address. */
static int
serve(int family, int wildcard)
{
	struct sockaddr_storage ss;
	socklen_t len = net_test_local(&ss, family, wildcard);
	int fd;

	fd = net_udp_socket((const struct sockaddr *)&ss, len, 0);
	if (fd == -1 && family == AF_INET6 &&
	    (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		atf_tc_skip("no IPv6 here");
	ATF_REQUIRE_MSG(fd != -1, "udp_socket: %s", strerror(errno));
	server_len = sizeof(server);
	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&server,
	    &server_len));
	if (family == AF_INET)
		((struct sockaddr_in *)&server)->sin_addr.s_addr =
		    htonl(INADDR_LOOPBACK);
	else
		((struct sockaddr_in6 *)&server)->sin6_addr =
		    in6addr_loopback;
	return (fd);
}

/* A connected client, so that it receives datagrams of `server' only. */
static int
client(void)
{
	int fd = socket(server.ss_family, SOCK_DGRAM, 0);

	ATF_REQUIRE(fd != -1);
	ATF_REQUIRE_EQ(0, connect(fd, (struct sockaddr *)&server,
	    server_len));
	return (fd);
}

static int
readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return (poll(&p, 1, BOUND) == 1);
}

static void
say(int fd, const char *text)
{
	ATF_REQUIRE_EQ((ssize_t)strlen(text), send(fd, text, strlen(text), 0));
}

/* The next datagram at `fd' is `text'. */
static void
hear(int fd, const char *text)
{
	char buf[BATCH_BYTES + 1];
	ssize_t n;

	ATF_REQUIRE_MSG(readable(fd), "waited in vain for \"%s\"", text);
	n = recv(fd, buf, sizeof(buf) - 1, 0);
	ATF_REQUIRE(n >= 0);
	buf[n] = '\0';
	ATF_CHECK_STREQ(text, buf);
}

static void
hear_nothing(int fd)
{
	char buf[BATCH_BYTES];

	ATF_CHECK_EQ(-1, recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	ATF_CHECK_EQ(EAGAIN, errno);
}

/* Receive `n' datagrams at once; loopback delivers them immediately. */
static void
take(struct stund_batch *b, int fd, int n)
{
	ATF_REQUIRE(readable(fd));
	ATF_REQUIRE_EQ(n, stund_batch_receive(b, fd));
}

/* Answer the datagram `i' with its own contents. */
static void
echo(struct stund_batch *b, int i)
{
	struct stund_datagram d;

	stund_batch_get(b, i, &d);
	ATF_REQUIRE(d.len > 0 && d.len <= STUN_MAX_REPLY);
	memcpy(stund_batch_room(b), d.p, d.len);
	stund_batch_answer(b, i, d.len);
}

static void
echo_all(struct stund_batch *b, int n)
{
	int i;

	for (i = 0; i < n; i++)
		echo(b, i);
}

static struct stund_batch *
new(void)
{
	struct stund_batch *b = stund_batch_new();

	ATF_REQUIRE(b != NULL);
	return (b);
}

/* The answer has the request's destination as source address. */
static void
check_one(int family, int wildcard)
{
	struct sockaddr_storage me;
	socklen_t len = sizeof(me);
	struct stund_batch *b = new();
	struct stund_datagram d;
	int fd = serve(family, wildcard), c = client();

	ATF_CHECK_EQ(0, stund_batch_receive(b, fd));
	say(c, "hello");
	take(b, fd, 1);
	stund_batch_get(b, 0, &d);
	ATF_CHECK_EQ(5, d.len);
	ATF_CHECK_EQ(0, memcmp(d.p, "hello", 5));
	ATF_REQUIRE_EQ(0, getsockname(c, (struct sockaddr *)&me, &len));
	ATF_CHECK_EQ(0, memcmp(d.from, &me, len));
	echo(b, 0);
	ATF_CHECK_EQ(0, stund_batch_send(b, fd));
	hear(c, "hello");
	/* Sent answers are not sent again. */
	ATF_CHECK_EQ(0, stund_batch_send(b, fd));
	hear_nothing(c);
	close(c);
	close(fd);
	stund_batch_free(b);
}

ATF_TC_WITHOUT_HEAD(ipv4);
ATF_TC_BODY(ipv4, tc)
{
	check_one(AF_INET, 0);
	check_one(AF_INET, 1);
}

ATF_TC_WITHOUT_HEAD(ipv6);
ATF_TC_BODY(ipv6, tc)
{
	check_one(AF_INET6, 0);
	check_one(AF_INET6, 1);
}

/* A wildcard socket, and another address of the loopback network. */
ATF_TC_WITHOUT_HEAD(address_asked);
ATF_TC_BODY(address_asked, tc)
{
	struct stund_batch *b = new();
	int fd = serve(AF_INET, 1), c[8];
	size_t i;

	for (i = 0; i < 8; i++) {
		((struct sockaddr_in *)&server)->sin_addr.s_addr =
		    htonl(INADDR_LOOPBACK + (uint32_t)i);
		c[i] = socket(AF_INET, SOCK_DGRAM, 0);
		ATF_REQUIRE(c[i] != -1);
		if (connect(c[i], (struct sockaddr *)&server,
		    server_len) == -1)
			atf_tc_skip("127.0.0.%zu is not ours here", i + 1);
		say(c[i], "hello");
	}
	take(b, fd, 8);
	echo_all(b, 8);
	ATF_CHECK_EQ(0, stund_batch_send(b, fd));
	for (i = 0; i < 8; i++)
		hear(c[i], "hello");
	stund_batch_free(b);
}

/* A full batch from one source, of several lengths; more datagrams wait. */
static void
check_full(int family)
{
	struct stund_batch *b = new();
	int fd = serve(family, 1), c = client();
	char text[STUN_MAX_REPLY + 1];
	int i, n, turn;

	for (i = 0; i < 2 * BATCH_SIZE; i++) {
		n = i % 3 == 0 ? 44 : 32;
		memset(text, 'a' + i % 26, (size_t)n);
		text[n] = '\0';
		say(c, text);
	}
	for (turn = 0; turn < 2; turn++) {
		take(b, fd, BATCH_SIZE);
		echo_all(b, BATCH_SIZE);
		ATF_CHECK_EQ(0, stund_batch_send(b, fd));
	}
	ATF_CHECK_EQ(0, stund_batch_receive(b, fd));
	/* Datagrams of one length keep their order; all are whole. */
	for (turn = 0, n = 0; turn < 2 * BATCH_SIZE; turn++) {
		ssize_t got;

		ATF_REQUIRE(readable(c));
		got = recv(c, text, sizeof(text), 0);
		ATF_REQUIRE(got == 44 || got == 32);
		for (i = 1; i < (int)got; i++)
			ATF_REQUIRE_EQ(text[0], text[i]);
		n += got == 44;
	}
	ATF_CHECK_EQ((2 * BATCH_SIZE + 2) / 3, n);
	hear_nothing(c);
	close(c);
	close(fd);
	stund_batch_free(b);
}

ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	check_full(AF_INET);
	check_full(AF_INET6);
}

/* Many sources send in turn: each gets its own answers, in order. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	struct stund_batch *b = new();
	int fd = serve(AF_INET, 0), c[BATCH_SIZE / 4];
	char text[3] = "..";
	int i, k;

	for (i = 0; i < BATCH_SIZE / 4; i++)
		c[i] = client();
	for (k = 0; k < 4; k++)
		for (i = 0; i < BATCH_SIZE / 4; i++) {
			text[0] = (char)('a' + i);
			text[1] = (char)('0' + k);
			say(c[i], text);
		}
	take(b, fd, BATCH_SIZE);
	echo_all(b, BATCH_SIZE);
	ATF_CHECK_EQ(0, stund_batch_send(b, fd));
	for (i = 0; i < BATCH_SIZE / 4; i++) {
		for (k = 0; k < 4; k++) {
			text[0] = (char)('a' + i);
			text[1] = (char)('0' + k);
			hear(c[i], text);
		}
		hear_nothing(c[i]);
	}
	stund_batch_free(b);
}

/* Some datagrams get no answer. */
ATF_TC_WITHOUT_HEAD(some);
ATF_TC_BODY(some, tc)
{
	struct stund_batch *b = new();
	int fd = serve(AF_INET, 0), c = client();

	say(c, "one");
	say(c, "two");
	say(c, "three");
	say(c, "four");
	take(b, fd, 4);
	echo(b, 1);
	echo(b, 3);
	ATF_CHECK_EQ(0, stund_batch_send(b, fd));
	hear(c, "two");
	hear(c, "four");
	hear_nothing(c);
	/* Unsent answers are discarded with the next batch. */
	say(c, "five");
	take(b, fd, 1);
	echo(b, 0);
	say(c, "six");
	take(b, fd, 1);
	ATF_CHECK_EQ(0, stund_batch_send(b, fd));
	hear_nothing(c);
	stund_batch_free(b);
}

ATF_TC_WITHOUT_HEAD(too_long);
ATF_TC_BODY(too_long, tc)
{
	struct stund_batch *b = new();
	struct stund_datagram d;
	int fd = serve(AF_INET, 0), c = client();
	char text[BATCH_BYTES + 2];

	memset(text, 'x', sizeof(text));
	text[BATCH_BYTES] = '\0';
	say(c, text);
	text[BATCH_BYTES] = 'x';
	text[BATCH_BYTES + 1] = '\0';
	say(c, text);
	say(c, "");
	take(b, fd, 3);
	stund_batch_get(b, 0, &d);
	ATF_CHECK_EQ(BATCH_BYTES, d.len);
	stund_batch_get(b, 1, &d);
	ATF_CHECK_EQ(0, d.len);
	stund_batch_get(b, 2, &d);
	ATF_CHECK_EQ(0, d.len);
	stund_batch_free(b);
}

/* Port 0 can't be answered: such a source is forged. */
static void
forge(struct stund_batch *b, int i)
{
	struct stund_datagram d;

	stund_batch_get(b, i, &d);
	((struct sockaddr_in *)(uintptr_t)d.from)->sin_port = 0;
}

/*
 * Of six answers three can't be sent, because two sources are forged: one
 * answer alone, and two as a group.  The other answers are sent, still as
 * groups.
 */
ATF_TC_WITHOUT_HEAD(not_held_up);
ATF_TC_BODY(not_held_up, tc)
{
	struct stund_batch *b = new();
	int fd = serve(AF_INET, 0), c[4], turn;
	size_t i;

	for (i = 0; i < 4; i++)
		c[i] = client();
	for (turn = 0; turn < 3; turn++) {
		say(c[0], "zero");
		say(c[1], "lost");
		say(c[2], "two");
		say(c[3], "forged");
		say(c[3], "forged");
		say(c[0], "five");
		take(b, fd, 6);
		forge(b, 1);
		forge(b, 3);
		forge(b, 4);
		echo_all(b, 6);
		ATF_CHECK_EQ(3, stund_batch_send(b, fd));
		hear(c[0], "zero");
		hear(c[0], "five");
		hear(c[2], "two");
		for (i = 0; i < 4; i++)
			hear_nothing(c[i]);
	}
	stund_batch_free(b);
}

#if defined(UDP_SEGMENT) && defined(UDP_GRO)
/*
 * Read `bytes' bytes from `fd', where a group of datagrams is received as one;
 * the number of system calls.
 */
static int
pieces(int fd, size_t bytes)
{
	char buf[BATCH_SIZE * STUN_MAX_REPLY];
	ssize_t n;
	int k;

	for (k = 0; bytes > 0; k++) {
		ATF_REQUIRE(readable(fd));
		n = recv(fd, buf, sizeof(buf), 0);
		ATF_REQUIRE(n > 0 && (size_t)n <= bytes);
		bytes -= (size_t)n;
	}
	return (k);
}

static int
client_of_groups(void)
{
	int c = client(), on = 1;

	if (setsockopt(c, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) == -1)
		atf_tc_skip("UDP_GRO: %s", strerror(errno));
	return (c);
}

/* Send `n' answers of 4 bytes to one source; in how many pieces they arrive. */
static int
in_pieces(struct stund_batch *b, int fd, int c, int n)
{
	int i;

	for (i = 0; i < n; i++)
		say(c, "ping");
	take(b, fd, n);
	echo_all(b, n);
	ATF_CHECK_EQ(0, stund_batch_send(b, fd));
	return (pieces(c, 4 * (size_t)n));
}

/* Answers to one source are sent as one group, also after a refused group. */
ATF_TC_WITHOUT_HEAD(as_one);
ATF_TC_BODY(as_one, tc)
{
	struct stund_batch *b = new();
	int fd = serve(AF_INET, 0), c = client_of_groups();

	ATF_CHECK_EQ(1, in_pieces(b, fd, c, 5));
	say(c, "ping");
	say(c, "ping");
	take(b, fd, 2);
	forge(b, 0);
	forge(b, 1);
	echo_all(b, 2);
	ATF_CHECK_EQ(2, stund_batch_send(b, fd));
	ATF_CHECK_EQ(1, in_pieces(b, fd, c, BATCH_SIZE));
	stund_batch_free(b);
}

/* Without UDP checksums groups are refused: send singly, losing none. */
ATF_TC_WITHOUT_HEAD(one_by_one);
ATF_TC_BODY(one_by_one, tc)
{
	struct stund_batch *b = new();
	int fd = serve(AF_INET, 0), c = client_of_groups(), on = 1;

	ATF_REQUIRE_EQ(0, setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &on,
	    sizeof(on)));
	ATF_CHECK_EQ(5, in_pieces(b, fd, c, 5));
	ATF_CHECK_EQ(BATCH_SIZE, in_pieces(b, fd, c, BATCH_SIZE));
	stund_batch_free(b);
}
#endif

ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	struct stund_batch *b = new();
	int fd = serve(AF_INET, 0), c = client();

	say(c, "hello");
	take(b, fd, 1);
	echo(b, 0);
	close(fd);
	ATF_CHECK_EQ(1, stund_batch_send(b, fd));
	ATF_CHECK_EQ(-1, stund_batch_receive(b, fd));
	ATF_CHECK_EQ(EBADF, errno);
	stund_batch_free(b);
	stund_batch_free(NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ipv4);
	ATF_TP_ADD_TC(tp, ipv6);
	ATF_TP_ADD_TC(tp, address_asked);
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, some);
	ATF_TP_ADD_TC(tp, too_long);
	ATF_TP_ADD_TC(tp, not_held_up);
#if defined(UDP_SEGMENT) && defined(UDP_GRO)
	ATF_TP_ADD_TC(tp, as_one);
	ATF_TP_ADD_TC(tp, one_by_one);
#endif
	ATF_TP_ADD_TC(tp, errors);

	return atf_no_error();
}
