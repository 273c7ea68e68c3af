/*
 * stunload: send STUN binding requests as clients send them (SOFTWARE and
 * FINGERPRINT, RFC 8489) and count the answers.
 *
 *	stunload [-j] [-d secs] [-n sources] [-P pid] [-r pps] host port
 *
 * -j      junk of the same length instead
 * -n n    from n addresses of the loopback network in turn, 1 to 64; for a
 *         server at 127.0.0.1
 * -P pid  sum the CPU time of that process and its descendants
 * -r pps  packets a second; the default is no limit
 *
 * Prints one line of key=value.  For Linux: sendmmsg and /proc.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <arpa/inet.h>
#include <err.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

#define BATCH		64
#define REQUEST_LEN	40
#define ANSWER_LEN	256
#define ANSWER_MIN	32
#define FINGERPRINT_XOR	0x5354554eU

struct batch {
	struct mmsghdr	 msgs[BATCH];
	struct iovec	 iov[BATCH];
	uint8_t		 data[BATCH][ANSWER_LEN];
	union {
		struct cmsghdr	 align;
		uint8_t		 bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control[BATCH];
	unsigned int	 n;		/* messages */
};

struct count {
	uint64_t	 sent, good, bad;
	unsigned int	 len;		/* of the last answer */
};

static uint32_t
crc32(const uint8_t *p, size_t n)
{
	uint32_t	c = 0xffffffff;
	int		k;

	for (; n > 0; n--) {
		c ^= *p++;
		for (k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xedb88320U : c >> 1;
	}
	return (~c);
}

static void
make_request(uint8_t m[REQUEST_LEN])
{
	static const uint8_t head[] = { 0, 1, 0, 20, 0x21, 0x12, 0xa4, 0x42 };
	uint32_t	 f;

	memcpy(m, head, sizeof(head));
	arc4random_buf(m + 8, 12);		/* transaction */
	memcpy(m + 20, "\x80\x22\0\x08tailnode", 12);
	f = crc32(m, 32) ^ FINGERPRINT_XOR;
	memcpy(m + 32, "\x80\x28\0\x04", 4);
	be32_put(m + 36, f);
}

static void
batch_init(struct batch *b, size_t len)
{
	int	i;

	memset(b, 0, sizeof(*b));
	b->n = BATCH;
	for (i = 0; i < BATCH; i++) {
		b->iov[i].iov_base = b->data[i];
		b->iov[i].iov_len = len;
		b->msgs[i].msg_hdr.msg_iov = &b->iov[i];
		b->msgs[i].msg_hdr.msg_iovlen = 1;
	}
}

/*
 * Each message is sent to that address from the next of `n' addresses,
 * 127.0.0.1 and following.
 */
static void
spread(struct batch *b, int n, struct sockaddr_storage *to, socklen_t tolen)
{
	struct msghdr	*m;
	struct cmsghdr	*c;
	struct in_pktinfo *pi;
	int		 i;

	for (i = 0; i < BATCH; i++) {
		m = &b->msgs[i].msg_hdr;
		m->msg_name = to;
		m->msg_namelen = tolen;
		m->msg_control = b->control[i].bytes;
		m->msg_controllen = sizeof(b->control[i].bytes);
		c = CMSG_FIRSTHDR(m);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(*pi));
		pi = (struct in_pktinfo *)CMSG_DATA(c);
		pi->ipi_spec_dst.s_addr = htonl(INADDR_LOOPBACK +
		    (uint32_t)(i % n));
	}
}

/*
 * All requests in one message, which the kernel splits: the load must not cost
 * more than the server.
 */
static void
join(struct batch *b)
{
	struct msghdr	*m = &b->msgs[0].msg_hdr;
	struct cmsghdr	*c;
	uint16_t	 size = REQUEST_LEN;

	b->n = 1;
	m->msg_iovlen = BATCH;
	m->msg_control = b->control[0].bytes;
	m->msg_controllen = CMSG_SPACE(sizeof(size));
	c = CMSG_FIRSTHDR(m);
	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(c), &size, sizeof(size));
}

/* Receive all available answers. */
static void
receive(int fd, struct batch *b, struct count *c)
{
	int	i, n;

	do {
		n = recvmmsg(fd, b->msgs, BATCH, MSG_DONTWAIT, NULL);
		for (i = 0; i < n; i++) {
			c->len = b->msgs[i].msg_len;
			/* binding success response */
			if (c->len >= ANSWER_MIN && b->data[i][0] == 1 &&
			    b->data[i][1] == 1)
				c->good++;
			else
				c->bad++;
		}
	} while (n == BATCH);
}

/*
 * A socket for requests, whose destination *to is set: connected, unless the
 * requests have several sources.
 */
static int
dial(const char *host, const char *port, int sources,
    struct sockaddr_storage *to, socklen_t *tolen)
{
	struct addrinfo	 hints = { .ai_socktype = SOCK_DGRAM }, *ai;
	int		 e, fd, size = 8 << 20;

	if ((e = getaddrinfo(host, port, &hints, &ai)) != 0)
		errx(1, "%s port %s: %s", host, port, gai_strerror(e));
	if ((fd = socket(ai->ai_family, SOCK_DGRAM, 0)) == -1)
		err(1, "socket");
	/* The system's limit does not apply to root. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size)) == -1 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == -1)
		warn("a large receive buffer");
	if (sources == 1 && connect(fd, ai->ai_addr, ai->ai_addrlen) == -1)
		err(1, "%s port %s", host, port);
	if (sources > 1 && ai->ai_family != AF_INET)
		errx(1, "%s: several sources want 127.0.0.1", host);
	memcpy(to, ai->ai_addr, ai->ai_addrlen);
	*tolen = ai->ai_addrlen;
	freeaddrinfo(ai);
	return (fd);
}

static void
make_requests(struct batch *req, int junk)
{
	int	i;

	batch_init(req, REQUEST_LEN);
	for (i = 0; i < BATCH; i++)
		if (junk)
			arc4random_buf(req->data[i], REQUEST_LEN);
		else
			make_request(req->data[i]);
}

static void
run(int fd, double secs, double rate, struct batch *req, struct count *c)
{
	static struct batch answer;
	struct pollfd	 p = { fd, POLLIN, 0 };
	double		 start = now(), t;
	int		 n;

	batch_init(&answer, ANSWER_LEN);
	while ((t = now() - start) < secs) {
		if (rate <= 0 || (double)c->sent < t * rate) {
			n = sendmmsg(fd, req->msgs, req->n, MSG_DONTWAIT);
			if (n > 0)
				c->sent += (uint64_t)n * BATCH / req->n;
		} else
			(void)poll(&p, 1, 1);
		receive(fd, &answer, c);
	}
	usleep(200000);		/* answers still under way */
	receive(fd, &answer, c);
}

static double
positive(const char *s)
{
	char	*end;
	double	 v;

	v = strtod(s, &end);
	if (end == s || *end != '\0' || !(v > 0 && v <= 1e9))
		errx(2, "%s: not a number above 0", s);
	return (v);
}

int
main(int argc, char *argv[])
{
	struct batch	*req;
	struct sockaddr_storage to;
	struct count	 c = { 0, 0, 0, 0 };
	struct usage	 before, after;
	const char	*why;
	double		 cpu, rate = 0, secs = 4;
	pid_t		 pid = 0;
	socklen_t	 tolen;
	int		 ch, fd, junk = 0, sources = 1;

	while ((ch = getopt(argc, argv, "d:jn:P:r:")) != -1)
		switch (ch) {
		case 'd': secs = positive(optarg); break;
		case 'j': junk = 1; break;
		case 'n':
			sources = (int)strtonum(optarg, 1, BATCH, &why);
			if (why != NULL)
				errx(2, "%s: not 1 to %d sources", optarg,
				    BATCH);
			break;
		case 'P':
			pid = (pid_t)strtonum(optarg, 1, 1 << 22, &why);
			if (why != NULL)
				errx(2, "%s: not a process id", optarg);
			break;
		case 'r': rate = positive(optarg); break;
		default: optind = argc;
		}
	if (argc - optind != 2)
		errx(2, "usage: stunload [-j] [-d secs] [-n sources] "
		    "[-P pid] [-r pps] host port");
	fd = dial(argv[optind], argv[optind + 1], sources, &to, &tolen);
	if ((req = calloc(1, sizeof(*req))) == NULL)
		err(1, "memory");
	make_requests(req, junk);
	if (sources > 1)
		spread(req, sources, &to, tolen);
	else
		join(req);
	usage_of(pid, &before);
	run(fd, secs, rate, req, &c);
	usage_of(pid, &after);
	cpu = after.cpu - before.cpu;
	printf("mode=stun tx_pps=%.0f rx_pps=%.0f answered=%.4f bad=%llu "
	    "reply_len=%u cpu_util=%.2f cpu_us_per_req=%.2f\n",
	    (double)c.sent / secs, (double)c.good / secs,
	    c.sent == 0 ? 0 : (double)c.good / (double)c.sent,
	    (unsigned long long)c.bad, c.len, cpu / secs,
	    c.good == 0 ? 0 : cpu * 1e6 / (double)c.good);
	return (0);
}
