/*
 * udpout: datagrams sent to the kernel's WireGuard; see udp.h.  Called by
 * carry.c; worker.c makes it.  Touches the given sockets and memory alone.
 *
 * Datagrams of one peer and one length become one message, which the kernel
 * cuts (UDP_SEGMENT); its last datagram may be shorter.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#ifdef __linux__
#include <netinet/udp.h>
#endif
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mmsg.h"
#include "udp.h"
#include "udpsock.h"

#define SIZE		128	/* datagrams of a batch */
#define CUT_MAX		64	/* datagrams of a message, of the kernel's
				   UDP_MAX_SEGMENTS */
#define LOOK_BACK	8	/* how many latest messages may get a datagram
				   more */

#if defined(UDP_SEGMENT) && !defined(SOL_UDP)
#define SOL_UDP		IPPROTO_UDP
#endif

#ifdef IP_PKTINFO
#define SOURCE_SPACE	CMSG_SPACE(sizeof(struct in_pktinfo))
#else
#define SOURCE_SPACE	CMSG_SPACE(sizeof(struct in_addr))
#endif
#define CONTROL_SIZE	(SOURCE_SPACE + CMSG_SPACE(sizeof(uint16_t)))

union out_control {
	struct cmsghdr	 align;
	uint8_t		 bytes[CONTROL_SIZE];
};

/* One message: datagrams `first' to `last', linked by `next'. */
struct message {
	uint8_t		 local[WORKER_UDP_ADDR];
	int		 first, last;
	unsigned int	 n;
	size_t		 cut;		/* bytes of each but the last */
	size_t		 bytes;
	int		 closed;	/* the last one is shorter */
};

struct worker_udpout {
	int		 fd;
	struct sockaddr_in to;
	int		 alone;		/* the kernel can't cut messages */
	unsigned int	 lost;
	int		 n, nruns;
	struct {
		const uint8_t	*p;
		size_t		 len;
		int		 next;
	} v[SIZE];
	struct message	 runs[SIZE];
	struct mmsghdr	 out[SIZE];
	struct iovec	 iov[SIZE];
	union out_control	 control[SIZE];
};

struct worker_udpout *
worker_udpout_new(void)
{
	struct worker_udpout *o;

	if ((o = calloc(1, sizeof(*o))) == NULL)
		return (NULL);
	o->fd = -1;
#ifndef UDP_SEGMENT
	o->alone = 1;
#endif
	return (o);
}

void
worker_udpout_free(struct worker_udpout *o)
{
	free(o);
}

void
worker_udpout_to(struct worker_udpout *o, int fd, uint16_t port)
{
	o->fd = fd;
	o->to.sin_family = AF_INET;
	o->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	o->to.sin_port = htons(port);
}

static void
put_source(struct msghdr *m, const uint8_t local[WORKER_UDP_ADDR])
{
#ifdef IP_PKTINFO
	struct in_pktinfo pi;

	memset(&pi, 0, sizeof(pi));
	memcpy(&pi.ipi_spec_dst, local, WORKER_UDP_ADDR);
	net_udp_control(m, IPPROTO_IP, IP_PKTINFO, &pi, sizeof(pi));
#elif defined(IP_SENDSRCADDR)
	net_udp_control(m, IPPROTO_IP, IP_SENDSRCADDR, local, WORKER_UDP_ADDR);
#endif
}

/* Make message `k' of the `n' datagrams at `iov'. */
static void
make_message(struct worker_udpout *o, int k, struct iovec *iov, unsigned int n)
{
	const struct message *g = &o->runs[k];
	struct msghdr *m = &o->out[k].msg_hdr;
#ifdef UDP_SEGMENT
	uint16_t cut = (uint16_t)g->cut;
#endif

	memset(m, 0, sizeof(*m));
	m->msg_name = &o->to;
	m->msg_namelen = sizeof(o->to);
	m->msg_iov = iov;
	m->msg_iovlen = n;
	m->msg_control = o->control[k].bytes;
	put_source(m, g->local);
#ifdef UDP_SEGMENT
	if (n > 1)
		net_udp_control(m, SOL_UDP, UDP_SEGMENT, &cut, sizeof(cut));
#endif
}

static void
make_all(struct worker_udpout *o)
{
	struct iovec *iov = o->iov;
	int i, k, n;

	for (k = 0; k < o->nruns; k++) {
		for (n = 0, i = o->runs[k].first; i != -1; i = o->v[i].next) {
			iov[n].iov_base = (void *)(uintptr_t)o->v[i].p;
			iov[n++].iov_len = o->v[i].len;
		}
		make_message(o, k, iov, (unsigned int)n);
		iov += n;
	}
}

/*
 * Send messages from `at' up to `end'.  Returns the first one that was not
 * sent, with errno.
 */
static int
send_some(struct worker_udpout *o, int at, int end)
{
	int n;

	while (at < end) {
		n = sendmmsg(o->fd, o->out + at, (unsigned int)(end - at),
		    MSG_DONTWAIT);
		if (n > 0)
			at += n;
		else if (errno != EINTR)
			break;
	}
	return (at);
}

/*
 * Send the datagrams of message `k' one by one, after the kernel refused it.
 * If it accepts one of them, it can't cut messages.
 */
static void
send_singly(struct worker_udpout *o, int k)
{
	struct iovec *iov = o->out[k].msg_hdr.msg_iov;
	unsigned int i, lost = 0, n = o->runs[k].n;

	for (i = 0; i < n; i++) {
		make_message(o, k, iov + i, 1);
		lost += send_some(o, k, k + 1) == k;
	}
	if (lost < n)
		o->alone = 1;
	o->lost += lost;
}

static void
send_all(struct worker_udpout *o)
{
	int at, end = o->nruns;

	make_all(o);
	/* Where sending stops, the first remaining message is refused. */
	for (at = send_some(o, 0, end); at < end;
	    at = send_some(o, at + 1, end)) {
		if (o->runs[at].n > 1 && (errno == EIO || errno == EINVAL))
			send_singly(o, at);
		else
			o->lost += o->runs[at].n;
	}
	o->n = o->nruns = 0;
}

/*
 * Find the latest message from this address, if a datagram of `len' bytes can
 * follow in it; NULL: it needs a message of its own.
 */
static struct message *
find_run(struct worker_udpout *o, const uint8_t local[WORKER_UDP_ADDR],
    size_t len)
{
	struct message *g;
	int k, end = o->nruns > LOOK_BACK ? o->nruns - LOOK_BACK : 0;

	for (k = o->nruns - 1; k >= end && !o->alone; k--) {
		g = &o->runs[k];
		if (memcmp(g->local, local, WORKER_UDP_ADDR) != 0)
			continue;
		return (!g->closed && g->n < CUT_MAX && len <= g->cut &&
		    g->bytes + len <= WORKER_UDP_MAX ? g : NULL);
	}
	return (NULL);
}

void
worker_udpout_add(struct worker_udpout *o,
    const uint8_t local[WORKER_UDP_ADDR], const uint8_t *p, size_t len)
{
	struct message *g;
	int i;

	if (o->n == SIZE)
		send_all(o);
	i = o->n++;
	o->v[i].p = p;
	o->v[i].len = len;
	o->v[i].next = -1;
	if ((g = find_run(o, local, len)) == NULL) {
		g = &o->runs[o->nruns++];
		memset(g, 0, sizeof(*g));
		memcpy(g->local, local, WORKER_UDP_ADDR);
		g->first = i;
		g->cut = len;
	} else
		o->v[g->last].next = i;
	g->last = i;
	g->n++;
	g->bytes += len;
	g->closed = len < g->cut;
}

unsigned int
worker_udpout_flush(struct worker_udpout *o)
{
	unsigned int lost;

	if (o->n > 0)
		send_all(o);
	lost = o->lost;
	o->lost = 0;
	return (lost);
}
