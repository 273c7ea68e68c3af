/*
 * fakestun: see fakestun.h.  A process of its own, which ends by itself after a
 * minute.
 */
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "fakestun.h"
#include "testaddr.h"

/* Write a success response for `from' to the request `q'; its bytes. */
static size_t
answer(const uint8_t *q, const struct sockaddr *from, uint8_t *dst)
{
	static const uint8_t head[8] = { 1, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42 };
	uint8_t addr[16];
	const unsigned int port = net_address_get(from, addr) ^ 0x2112;
	const size_t n = net_address_is_ipv4(addr) ? 4 : 16;
	size_t i;

	memcpy(dst, head, sizeof(head));
	memcpy(dst + 8, q + 8, 12);
	dst[3] = (uint8_t)(8 + n);
	dst[20] = 0;
	dst[21] = 0x20;
	dst[22] = 0;
	dst[23] = (uint8_t)(4 + n);
	dst[24] = 0;
	dst[25] = n == 4 ? 1 : 2;
	dst[26] = (uint8_t)(port >> 8);
	dst[27] = (uint8_t)port;
	for (i = 0; i < n; i++)
		dst[28 + i] = addr[16 - n + i] ^ dst[4 + i];
	return (28 + n);
}

/* Is there to be an answer to the request of `len' bytes? */
static int
answers(enum net_fakestun_way way, size_t len, int count)
{
	switch (way) {
	case NET_FAKE_SILENT:
		return (0);
	case NET_FAKE_LOSSY:
		return (count > 2);
	case NET_FAKE_DERPER:
		return (len > 20);
	case NET_FAKE_BARE:
		return (len == 20);
	default:
		return (1);
	}
}

/* Change a good response of `len' bytes to what is wanted; its bytes. */
static size_t
change(enum net_fakestun_way way, uint8_t *p, size_t len)
{
	switch (way) {
	case NET_FAKE_OTHER_ID:
		p[8] ^= 1;
		return (len);
	case NET_FAKE_CUT:
		return (len - 4);
	case NET_FAKE_ERROR:
		memcpy(p, "\1\21\0\10", 4);
		memcpy(p + 20, "\0\11\0\4\0\0\4\0", 8);
		return (28);
	case NET_FAKE_TEXT:
		memcpy(p, "hello", 5);
		return (5);
	default:
		return (len);
	}
}

static void
serve(int fd, int other, enum net_fakestun_way way)
{
	struct sockaddr_storage from, said;
	socklen_t fromlen = sizeof(from);
	uint8_t q[1500], p[64];
	size_t len;
	ssize_t n;
	int count = 0;

	while ((n = recvfrom(fd, q, sizeof(q), 0, (struct sockaddr *)&from,
	    &fromlen)) != -1) {
		if (n < 20 || !answers(way, (size_t)n, ++count))
			continue;
		said = from;
		if (way == NET_FAKE_NAT)
			(void)net_test_address(&said, "10.9.8.7", 4711);
		len = change(way, p, answer(q, (struct sockaddr *)&said, p));
		if (way == NET_FAKE_THEN_GOOD)
			(void)sendto(fd, "hello", 5, 0,
			    (struct sockaddr *)&from, fromlen);
		(void)sendto(way == NET_FAKE_OTHER_PORT ? other : fd, p, len,
		    0, (struct sockaddr *)&from, fromlen);
		fromlen = sizeof(from);
	}
}

/* Start one at f->ss. */
static void
start(struct net_fakestun *f, enum net_fakestun_way way)
{
	const int fd = socket(f->ss.ss_family, SOCK_DGRAM, 0);
	const int other = socket(f->ss.ss_family, SOCK_DGRAM, 0);
	struct sockaddr_storage local;
	uint8_t addr[16];
	const socklen_t len = net_test_local(&local, f->ss.ss_family, 0);

	ATF_REQUIRE(fd != -1 && other != -1);
	ATF_REQUIRE_EQ(0, bind(other, (struct sockaddr *)&local, len));
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&f->ss, f->len));
	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&f->ss, &f->len));
	f->port = net_address_get((struct sockaddr *)&f->ss, addr);
	ATF_REQUIRE((f->pid = fork()) != -1);
	if (f->pid == 0) {
		(void)alarm(60);
		serve(fd, other, way);
		_exit(0);
	}
	(void)close(fd);
	(void)close(other);
}

void
net_fakestun_start(struct net_fakestun *f, int family,
    enum net_fakestun_way way)
{
	f->len = net_test_local(&f->ss, family, 0);
	start(f, way);
}

void
net_fakestun_start_at(struct net_fakestun *f, const char *addr,
    unsigned int port, enum net_fakestun_way way)
{
	(void)net_test_address(&f->ss, addr, (uint16_t)port);
	f->len = sizeof(struct sockaddr_in);
	start(f, way);
}

void
net_fakestun_stop(struct net_fakestun *f)
{
	(void)kill(f->pid, SIGKILL);
	(void)waitpid(f->pid, NULL, 0);
}
