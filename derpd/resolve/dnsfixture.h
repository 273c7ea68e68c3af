/*
 * dnsfixture: a DNS server for tests, in a process of its own, over UDP and
 * TCP.  What it answers depends on the name.
 *
 *	two.test	192.0.2.1, 192.0.2.2 and 2001:db8::1
 *	big.test	192.0.2.1, over TCP alone
 *	empty.test	no address
 *	junk.test	bytes that are no answer
 *	mute.test	nothing
 *	others		no such name
 */
#ifndef DNSFIXTURE_H
#define DNSFIXTURE_H

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define DNS_HEAD	12

static pid_t	dns_pid;
static int	dns_port;

/* The first label of the query, as a string. */
static inline void
dns_label(const uint8_t *q, size_t len, char label[64])
{
	size_t n = len > DNS_HEAD ? q[DNS_HEAD] : 0;

	if (n > 63 || DNS_HEAD + 1 + n > len)
		n = 0;
	memcpy(label, q + DNS_HEAD + 1, n);
	label[n] = '\0';
}

/* Append a record of the name asked for. */
static inline size_t
dns_record(uint8_t *p, int type, const char *text)
{
	const uint8_t head[] = { 0xc0, DNS_HEAD, 0, (uint8_t)type, 0, 1, 0, 0,
	    0, 60, 0, type == 1 ? 4 : 16 };

	memcpy(p, head, sizeof(head));
	inet_pton(type == 1 ? AF_INET : AF_INET6, text, p + sizeof(head));
	return (sizeof(head) + (type == 1 ? 4 : 16));
}

/* Append the records of a name, of the type asked for; p[7] counts them. */
static inline size_t
dns_records(const char *label, int type, uint8_t *p, size_t n)
{
	if (type == 28 && strcmp(label, "two") == 0) {
		n += dns_record(p + n, 28, "2001:db8::1");
		p[7]++;
	}
	if (type != 1 || strcmp(label, "empty") == 0)
		return (n);
	n += dns_record(p + n, 1, "192.0.2.1");
	p[7]++;
	if (strcmp(label, "two") == 0) {
		n += dns_record(p + n, 1, "192.0.2.2");
		p[7]++;
	}
	return (n);
}

/* The answer to a query, in place; 0: none. */
static inline size_t
dns_answer(uint8_t *p, size_t len, int tcp)
{
	size_t end = DNS_HEAD;
	char label[64];

	dns_label(p, len, label);
	while (end < len && p[end] != 0)
		end += p[end] + 1U;
	end += 5;
	if (end > len || strcmp(label, "mute") == 0)
		return (0);
	if (strcmp(label, "junk") == 0) {
		memset(p + 2, 0xff, len - 2);
		return (len);
	}
	p[2] = 0x81;			/* a response; recursion desired */
	p[3] = 0x80;
	memset(p + 6, 0, 6);
	if (strcmp(label, "two") != 0 && strcmp(label, "big") != 0 &&
	    strcmp(label, "empty") != 0) {
		p[3] |= 3;
		return (end);
	}
	if (strcmp(label, "big") == 0 && !tcp) {
		p[2] |= 2;		/* truncated */
		return (end);
	}
	return (dns_records(label, p[end - 3], p, end));
}

static inline void
dns_tcp(int lfd)
{
	uint8_t buf[2 + 512];
	size_t n;
	int fd;

	if ((fd = accept(lfd, NULL, NULL)) == -1)
		return;
	while (recv(fd, buf, 2, MSG_WAITALL) == 2) {
		n = (size_t)buf[0] << 8 | buf[1];
		if (n > 256 ||
		    recv(fd, buf + 2, n, MSG_WAITALL) != (ssize_t)n ||
		    (n = dns_answer(buf + 2, n, 1)) == 0)
			break;
		buf[0] = (uint8_t)(n >> 8);
		buf[1] = (uint8_t)n;
		if (send(fd, buf, n + 2, MSG_NOSIGNAL) == -1)
			break;
	}
	close(fd);
}

static inline void
dns_serve(int ufd, int lfd)
{
	struct pollfd p[2] = { { ufd, POLLIN, 0 }, { lfd, POLLIN, 0 } };
	struct sockaddr_in from;
	uint8_t buf[512];
	socklen_t len;
	ssize_t n;
	size_t m;

	while (poll(p, 2, -1) > 0) {
		if (p[1].revents != 0)
			dns_tcp(lfd);
		if (p[0].revents == 0)
			continue;
		len = sizeof(from);
		n = recvfrom(ufd, buf, 256, 0, (struct sockaddr *)&from, &len);
		if (n > 0 && (m = dns_answer(buf, (size_t)n, 0)) > 0)
			(void)sendto(ufd, buf, m, 0, (struct sockaddr *)&from,
			    len);
	}
}

/* Start the server on 127.0.0.1, at dns_port. */
static inline void
dns_start(void)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int ufd, lfd, i;

	for (i = 0;; i++) {
		memset(&sin, 0, sizeof(sin));
		sin.sin_family = AF_INET;
		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		ATF_REQUIRE((ufd = socket(AF_INET, SOCK_DGRAM, 0)) != -1);
		ATF_REQUIRE((lfd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
		ATF_REQUIRE_EQ(0, bind(ufd, (struct sockaddr *)&sin, len));
		ATF_REQUIRE_EQ(0, getsockname(ufd, (struct sockaddr *)&sin,
		    &len));
		if (bind(lfd, (struct sockaddr *)&sin, len) == 0)
			break;
		ATF_REQUIRE(i < 100);
		close(ufd);
		close(lfd);
	}
	ATF_REQUIRE_EQ(0, listen(lfd, 5));
	dns_port = ntohs(sin.sin_port);
	ATF_REQUIRE((dns_pid = fork()) != -1);
	if (dns_pid == 0) {
		dns_serve(ufd, lfd);
		_exit(0);
	}
	close(ufd);
	close(lfd);
}

static inline void
dns_stop(void)
{
	kill(dns_pid, SIGKILL);
	waitpid(dns_pid, NULL, 0);
}

#endif
