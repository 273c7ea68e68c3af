/*
 * udp_test: datagrams between the worker and a socket that stands for the
 * kernel's WireGuard.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testaddr.h"
#include "udp.h"
#include "udpsock.h"

#define BOUND	10000		/* ms, for an expected event */

static const uint8_t peer_a[4] = { 127, 128, 0, 7 };
static const uint8_t peer_b[4] = { 127, 200, 1, 2 };

/* Our socket and the kernel's, with their ports. */
struct two_ends {
	int	 ours, kernel;
	uint16_t ours_port, kernel_port;
};

static uint16_t
port_of(int fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	return (ntohs(sin.sin_port));
}

static int
bound(in_addr_t addr)
{
	struct sockaddr_in sin;
	int fd, size = 4 * 1024 * 1024;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(addr);
	ATF_REQUIRE((fd = socket(AF_INET, SOCK_DGRAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&sin, sizeof(sin)));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return (fd);
}

static struct two_ends
begin(void)
{
	struct sockaddr_storage ss;
	socklen_t len = net_test_local(&ss, AF_INET, 1);
	struct two_ends p;

	p.ours = net_udp_socket((const struct sockaddr *)&ss, len, 0);
	ATF_REQUIRE(p.ours != -1);
	p.kernel = bound(INADDR_LOOPBACK);
	p.ours_port = port_of(p.ours);
	p.kernel_port = port_of(p.kernel);
	return (p);
}

static void
end(struct two_ends *p)
{
	close(p->ours);
	close(p->kernel);
}

static void
wait_for(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	ATF_REQUIRE_MSG(poll(&pfd, 1, BOUND) == 1, "waited in vain");
}

/* `fd' sends a datagram to the peer's address. */
static void
say(int fd, const struct two_ends *p, const uint8_t local[4], const void *data,
    size_t len)
{
	struct sockaddr_in sin;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	memcpy(&sin.sin_addr, local, 4);
	sin.sin_port = htons(p->ours_port);
	if (sendto(fd, data, len, 0, (struct sockaddr *)&sin,
	    sizeof(sin)) != (ssize_t)len)
		atf_tc_skip("can't send within 127.0.0.0/8: %s",
		    strerror(errno));
}

static struct worker_udp *
batch(void)
{
	struct worker_udp *u = worker_udp_new();

	ATF_REQUIRE(u != NULL);
	return (u);
}

static struct worker_udpout *
batch_out(const struct two_ends *p)
{
	struct worker_udpout *o = worker_udpout_new();

	ATF_REQUIRE(o != NULL);
	worker_udpout_to(o, p->ours, p->kernel_port);
	return (o);
}

/* The next datagram at the kernel's socket comes from `local'. */
static void
hear(const struct two_ends *p, const uint8_t local[4], const void *data,
    size_t len)
{
	static uint8_t buf[65536];
	struct sockaddr_in from;
	socklen_t fromlen = sizeof(from);
	ssize_t n;

	wait_for(p->kernel);
	n = recvfrom(p->kernel, buf, sizeof(buf), 0,
	    (struct sockaddr *)&from, &fromlen);
	ATF_REQUIRE_EQ((ssize_t)len, n);
	ATF_CHECK_EQ(0, memcmp(buf, data, len));
	ATF_CHECK_EQ(0, memcmp(&from.sin_addr, local, 4));
	ATF_CHECK_EQ(p->ours_port, ntohs(from.sin_port));
}

static void
hear_nothing(const struct two_ends *p)
{
	uint8_t c;

	ATF_CHECK_EQ(-1, recv(p->kernel, &c, 1, MSG_DONTWAIT));
	ATF_CHECK_EQ(EAGAIN, errno);
}

ATF_TC_WITHOUT_HEAD(peers_by_address);
ATF_TC_BODY(peers_by_address, tc)
{
	struct two_ends p = begin();
	struct worker_udp *u = batch();
	struct worker_datagram d;

	ATF_CHECK_EQ(0, worker_udp_receive(u, p.ours));
	say(p.kernel, &p, peer_a, "one", 3);
	say(p.kernel, &p, peer_b, "three", 5);
	wait_for(p.ours);
	ATF_REQUIRE_EQ(2, worker_udp_receive(u, p.ours));
	ATF_REQUIRE_EQ(WORKER_UDP_VALID,
	    worker_udp_get(u, 0, p.kernel_port, &d));
	ATF_CHECK_EQ(3, d.len);
	ATF_CHECK_EQ(0, memcmp(d.p, "one", 3));
	ATF_CHECK_EQ(0, memcmp(d.local, peer_a, 4));
	ATF_REQUIRE_EQ(WORKER_UDP_VALID,
	    worker_udp_get(u, 1, p.kernel_port, &d));
	ATF_CHECK_EQ(5, d.len);
	ATF_CHECK_EQ(0, memcmp(d.p, "three", 5));
	ATF_CHECK_EQ(0, memcmp(d.local, peer_b, 4));
	ATF_CHECK_EQ(0, worker_udp_receive(u, p.ours));
	worker_udp_free(u);
	end(&p);
}

/* Another port, or another address with the port of the kernel. */
ATF_TC_WITHOUT_HEAD(foreign);
ATF_TC_BODY(foreign, tc)
{
	struct two_ends p = begin();
	struct worker_udp *u = batch();
	struct worker_datagram d;
	struct sockaddr_in sin;
	int port = bound(INADDR_LOOPBACK), addr;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	sin.sin_port = htons(p.kernel_port);
	ATF_REQUIRE((addr = socket(AF_INET, SOCK_DGRAM, 0)) != -1);
	if (bind(addr, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		atf_tc_skip("127.0.0.2 can't be used: %s", strerror(errno));
	say(port, &p, peer_a, "x", 1);
	say(addr, &p, peer_a, "x", 1);
	wait_for(p.ours);
	ATF_REQUIRE_EQ(2, worker_udp_receive(u, p.ours));
	ATF_CHECK_EQ(WORKER_UDP_FOREIGN,
	    worker_udp_get(u, 0, p.kernel_port, &d));
	ATF_CHECK_EQ(WORKER_UDP_FOREIGN,
	    worker_udp_get(u, 1, p.kernel_port, &d));
	/* Without a listen port nothing is valid. */
	ATF_CHECK_EQ(WORKER_UDP_FOREIGN, worker_udp_get(u, 0, 0, &d));
	worker_udp_free(u);
	close(port);
	close(addr);
	end(&p);
}

ATF_TC_WITHOUT_HEAD(sizes);
ATF_TC_BODY(sizes, tc)
{
	static uint8_t data[WORKER_UDP_MAX];
	struct two_ends p = begin();
	struct worker_udp *u = batch();
	struct worker_udpout *o = batch_out(&p);
	struct worker_datagram d;

	memset(data, 'j', sizeof(data));
	say(p.kernel, &p, peer_a, data, sizeof(data));
	say(p.kernel, &p, peer_a, data, 0);
	wait_for(p.ours);
	ATF_REQUIRE_EQ(2, worker_udp_receive(u, p.ours));
	ATF_REQUIRE_EQ(WORKER_UDP_VALID,
	    worker_udp_get(u, 0, p.kernel_port, &d));
	ATF_CHECK_EQ(sizeof(data), d.len);
	ATF_CHECK_EQ(WORKER_UDP_BROKEN,
	    worker_udp_get(u, 1, p.kernel_port, &d));
	worker_udpout_add(o, peer_a, data, sizeof(data));
	worker_udpout_add(o, peer_a, data, 1);
	ATF_CHECK_EQ(0, worker_udpout_flush(o));
	hear(&p, peer_a, data, sizeof(data));
	hear(&p, peer_a, data, 1);
	worker_udp_free(u);
	worker_udpout_free(o);
	end(&p);
}

/*
 * Runs of one size, shorter and longer datagrams, of two peers: all arrive
 * whole, from the right address, those of one peer in order.
 */
ATF_TC_WITHOUT_HEAD(runs);
ATF_TC_BODY(runs, tc)
{
	static const size_t lens[] = { 1452, 1452, 1452, 96, 1452, 96, 96,
	    1452, 1453, 32, 148, 148, 1400 };
	static uint8_t data[400][1500];
	struct two_ends p = begin();
	struct worker_udpout *o = batch_out(&p);
	uint8_t buf[2048];
	struct sockaddr_in from;
	socklen_t fromlen;
	size_t next[2] = { 0, 1 }, i, k;
	ssize_t n;

	for (i = 0; i < 400; i++) {
		memset(data[i], (int)(i & 0xff), sizeof(data[i]));
		memcpy(data[i], &i, sizeof(i));
		worker_udpout_add(o, i % 2 == 0 ? peer_a : peer_b, data[i],
		    lens[i / 2 % 13]);
		/* What the socket of the test has room for. */
		if (i % 40 != 39)
			continue;
		ATF_CHECK_EQ(0, worker_udpout_flush(o));
		for (k = 0; k < 40; k++) {
			size_t which, from_b;

			wait_for(p.kernel);
			fromlen = sizeof(from);
			n = recvfrom(p.kernel, buf, sizeof(buf), 0,
			    (struct sockaddr *)&from, &fromlen);
			ATF_REQUIRE(n >= (ssize_t)sizeof(which));
			memcpy(&which, buf, sizeof(which));
			from_b = memcmp(&from.sin_addr, peer_b, 4) == 0;
			ATF_REQUIRE_EQ(next[from_b], which);
			next[from_b] += 2;
			ATF_CHECK_EQ(lens[which / 2 % 13], (size_t)n);
			ATF_CHECK_EQ(0, memcmp(buf, data[which], (size_t)n));
		}
	}
	hear_nothing(&p);
	worker_udpout_free(o);
	end(&p);
}

/* More datagrams than a batch has room for, of more peers than are compared. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	struct two_ends p = begin();
	struct worker_udpout *o = batch_out(&p);
	uint8_t local[4] = { 127, 130, 0, 0 }, data[300];
	unsigned int i;

	for (i = 0; i < sizeof(data); i++) {
		data[i] = (uint8_t)i;
		local[3] = (uint8_t)(i % 100);
		worker_udpout_add(o, local, data + i, 1);
	}
	ATF_CHECK_EQ(0, worker_udpout_flush(o));
	for (i = 0; i < sizeof(data); i++) {
		local[3] = (uint8_t)(i % 100);
		hear(&p, local, data + i, 1);
	}
	ATF_CHECK_EQ(0, worker_udpout_flush(o));
	hear_nothing(&p);
	worker_udpout_free(o);
	end(&p);
}

/* What can't be sent costs nothing else, and is counted. */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const uint8_t foreign[4] = { 192, 0, 2, 1 };
	struct two_ends p = begin();
	struct worker_udpout *o = batch_out(&p);

	worker_udpout_add(o, peer_a, (const uint8_t *)"one", 3);
	worker_udpout_add(o, foreign, (const uint8_t *)"two", 3);
	worker_udpout_add(o, foreign, (const uint8_t *)"six", 3);
	worker_udpout_add(o, peer_b, (const uint8_t *)"three", 5);
	ATF_CHECK_EQ(2, worker_udpout_flush(o));
	hear(&p, peer_a, "one", 3);
	hear(&p, peer_b, "three", 5);
	/* Still cut by the kernel, or one by one: nobody can tell. */
	worker_udpout_add(o, peer_a, (const uint8_t *)"one", 3);
	worker_udpout_add(o, peer_a, (const uint8_t *)"two", 3);
	ATF_CHECK_EQ(0, worker_udpout_flush(o));
	hear(&p, peer_a, "one", 3);
	hear(&p, peer_a, "two", 3);
	worker_udpout_free(o);
	end(&p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, peers_by_address);
	ATF_TP_ADD_TC(tp, foreign);
	ATF_TP_ADD_TC(tp, sizes);
	ATF_TP_ADD_TC(tp, runs);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, refused);
	return (atf_no_error());
}
