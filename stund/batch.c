/*
 * batch: see batch.h.  Called by stund.c.
 *
 * Several answers to one source, as in a flood, pass through the kernel's
 * network code as one message where the kernel can split them afterwards
 * (UDP_SEGMENT of Linux): most of an answer's cost is in that code.
 */
#include <sys/socket.h>
#include <sys/uio.h>
#include <netinet/in.h>
#ifdef __linux__
#include <netinet/udp.h>
#endif
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "mmsg.h"
#include "udpsock.h"

/* The larger of both kinds; each datagram carries one of them. */
#define CONTROL_SIZE	CMSG_SPACE(sizeof(struct in6_pktinfo))
#define OUT_CONTROL_SIZE (CONTROL_SIZE + CMSG_SPACE(sizeof(uint16_t)))

/* How many answers are searched for the same destination. */
#define LOOK_BACK	8

/* An answer and its destination. */
struct answer {
	const struct msghdr *asked;	/* the request's header */
	size_t		 len;
	int		 next;		/* next answer of the group, -1: none */
};

/* Answers of the same length to one source. */
struct group {
	int		 first, last;	/* indices of answers */
	unsigned int	 n;
};

struct stund_batch {
	struct mmsghdr	 in[BATCH_SIZE];
	struct iovec	 in_iov[BATCH_SIZE];
	struct sockaddr_storage from[BATCH_SIZE];
	union {
		struct cmsghdr	 align;
		uint8_t		 bytes[CONTROL_SIZE];
	} control[BATCH_SIZE];
	struct answer	 answers[BATCH_SIZE];
	uint8_t		 replies[BATCH_SIZE][STUN_MAX_REPLY];
	int		 nanswers;
	struct group	 groups[BATCH_SIZE];
	int		 ngroups;
	int		 alone;		/* can't be split: send one by one */
	struct mmsghdr	 out[BATCH_SIZE];
	struct iovec	 out_iov[BATCH_SIZE];
	union {
		struct cmsghdr	 align;
		uint8_t		 bytes[OUT_CONTROL_SIZE];
	} out_control[BATCH_SIZE];
	uint8_t		 data[BATCH_SIZE][BATCH_BYTES];
};

struct stund_batch *
stund_batch_new(void)
{
	struct stund_batch *b;
	int i;

	if ((b = calloc(1, sizeof(*b))) == NULL)
		return (NULL);
#ifndef UDP_SEGMENT
	b->alone = 1;
#endif
	for (i = 0; i < BATCH_SIZE; i++) {
		b->in_iov[i].iov_base = b->data[i];
		b->in_iov[i].iov_len = BATCH_BYTES;
		b->in[i].msg_hdr.msg_iov = &b->in_iov[i];
		b->in[i].msg_hdr.msg_iovlen = 1;
		b->in[i].msg_hdr.msg_name = &b->from[i];
		b->in[i].msg_hdr.msg_control = b->control[i].bytes;
	}
	return (b);
}

void
stund_batch_free(struct stund_batch *b)
{
	free(b);
}

int
stund_batch_receive(struct stund_batch *b, int fd)
{
	int i, n;

	/* recvmmsg(2) has overwritten the sizes. */
	for (i = 0; i < BATCH_SIZE; i++) {
		b->in[i].msg_hdr.msg_namelen = sizeof(b->from[i]);
		b->in[i].msg_hdr.msg_controllen = CONTROL_SIZE;
	}
	b->nanswers = 0;
	do
		n = recvmmsg(fd, b->in, BATCH_SIZE, MSG_DONTWAIT, NULL);
	while (n == -1 && errno == EINTR);
	return (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : n);
}

void
stund_batch_get(const struct stund_batch *b, int i, struct stund_datagram *d)
{
	d->p = b->data[i];
	d->len = b->in[i].msg_hdr.msg_flags & MSG_TRUNC ? 0 : b->in[i].msg_len;
	d->from = (const struct sockaddr *)&b->from[i];
}

uint8_t *
stund_batch_room(struct stund_batch *b)
{
	return (b->replies[b->nanswers]);
}

void
stund_batch_answer(struct stund_batch *b, int i, size_t len)
{
	struct answer *a = &b->answers[b->nanswers++];

	a->asked = &b->in[i].msg_hdr;
	a->len = len;
	a->next = -1;
}

/* Returns 1 when two answers can go in one group, else 0. */
static int
alike(const struct answer *a, const struct answer *b)
{
	return (a->len == b->len &&
	    a->asked->msg_namelen == b->asked->msg_namelen &&
	    a->asked->msg_controllen == b->asked->msg_controllen &&
	    memcmp(a->asked->msg_name, b->asked->msg_name,
	    a->asked->msg_namelen) == 0 &&
	    memcmp(a->asked->msg_control, b->asked->msg_control,
	    a->asked->msg_controllen) == 0);
}

/* Add an answer to a group with the same destination, or begin a new group. */
static void
group(struct stund_batch *b, int i)
{
	struct group *g;
	int k, end = b->ngroups > LOOK_BACK ? b->ngroups - LOOK_BACK : 0;

	for (k = b->ngroups - 1; k >= end && !b->alone; k--) {
		g = &b->groups[k];
		if (!alike(&b->answers[g->first], &b->answers[i]))
			continue;
		b->answers[g->last].next = i;
		g->last = i;
		g->n++;
		return;
	}
	g = &b->groups[b->ngroups++];
	g->first = g->last = i;
	g->n = 1;
}

/* Send an answer from the address at which its request arrived. */
static void
put_source(struct msghdr *m, const struct msghdr *asked)
{
	struct msghdr in = *asked;
	const struct cmsghdr *c;
#ifdef IP_PKTINFO
	struct in_pktinfo pi;
#endif

	for (c = CMSG_FIRSTHDR(&in); c != NULL;
	    c = CMSG_NXTHDR(&in, (struct cmsghdr *)(uintptr_t)c)) {
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			net_udp_control(m, IPPROTO_IPV6, IPV6_PKTINFO,
			    CMSG_DATA(c), sizeof(struct in6_pktinfo));
			return;
		}
		if (c->cmsg_level != IPPROTO_IP)
			continue;
#ifdef IP_PKTINFO
		if (c->cmsg_type == IP_PKTINFO) {
			/* ipi_spec_dst: the local address of the request. */
			memcpy(&pi, CMSG_DATA(c), sizeof(pi));
			pi.ipi_addr.s_addr = INADDR_ANY;
			net_udp_control(m, IPPROTO_IP, IP_PKTINFO, &pi,
			    sizeof(pi));
			return;
		}
#elif defined(IP_SENDSRCADDR)
		if (c->cmsg_type == IP_RECVDSTADDR) {
			net_udp_control(m, IPPROTO_IP, IP_SENDSRCADDR,
			    CMSG_DATA(c), sizeof(struct in_addr));
			return;
		}
#endif
	}
}

/* Set the size at which the kernel splits a group. */
static void
put_cut(struct msghdr *m, size_t len)
{
#ifdef UDP_SEGMENT
	uint16_t size = (uint16_t)len;

	net_udp_control(m, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size));
#else
	(void)m;
	(void)len;
#endif
}

/* Make the message of the `n' answers of group `k' at `iov'. */
static void
make_message(struct stund_batch *b, int k, struct iovec *iov, unsigned int n)
{
	const struct answer *first = &b->answers[b->groups[k].first];
	struct msghdr *m = &b->out[k].msg_hdr;

	memset(m, 0, sizeof(*m));
	m->msg_name = first->asked->msg_name;
	m->msg_namelen = first->asked->msg_namelen;
	m->msg_iov = iov;
	m->msg_iovlen = n;
	m->msg_control = b->out_control[k].bytes;
	put_source(m, first->asked);
	if (n > 1)
		put_cut(m, first->len);
	if (m->msg_controllen == 0)
		m->msg_control = NULL;
}

/* Make the message of group `k' with its answers collected at `iov'. */
static void
make_out(struct stund_batch *b, int k, struct iovec *iov)
{
	const struct group *g = &b->groups[k];
	int i, n = 0;

	for (i = g->first; i != -1; i = b->answers[i].next) {
		iov[n].iov_base = b->replies[i];
		iov[n++].iov_len = b->answers[i].len;
	}
	make_message(b, k, iov, g->n);
}

static void
make_all(struct stund_batch *b)
{
	unsigned int used = 0;
	int i, k;

	b->ngroups = 0;
	for (i = 0; i < b->nanswers; i++) {
		b->answers[i].next = -1;
		group(b, i);
	}
	for (k = 0; k < b->ngroups; k++) {
		make_out(b, k, b->out_iov + used);
		used += b->groups[k].n;
	}
}

/*
 * Send messages from `at' up to `end'.  Returns the first one that was not
 * sent, with errno.
 */
static int
send_some(struct stund_batch *b, int fd, int at, int end)
{
	int n;

	while (at < end) {
		n = sendmmsg(fd, b->out + at, (unsigned int)(end - at),
		    MSG_DONTWAIT);
		if (n > 0)
			at += n;
		else if (errno != EINTR)
			break;
	}
	return (at);
}

/*
 * Send the answers of group `k' one by one, after the kernel refused them as a
 * group.  Returns how many it refuses.  If it accepts one, it can't split, at
 * least on this route, and splitting is disabled; otherwise the source was
 * forged.
 */
static int
send_singly(struct stund_batch *b, int fd, int k)
{
	struct iovec *iov = b->out[k].msg_hdr.msg_iov;
	int i, lost = 0, n = (int)b->groups[k].n;

	for (i = 0; i < n; i++) {
		make_message(b, k, iov + i, 1);
		lost += send_some(b, fd, k, k + 1) == k;
	}
	if (lost < n)
		b->alone = 1;
	return (lost);
}

int
stund_batch_send(struct stund_batch *b, int fd)
{
	int at, end, lost = 0;

	make_all(b);
	end = b->ngroups;
	/* Where sending stops, the first remaining message is refused. */
	for (at = send_some(b, fd, 0, end); at < end;
	    at = send_some(b, fd, at + 1, end)) {
		if (b->groups[at].n > 1 && (errno == EIO || errno == EINVAL))
			lost += send_singly(b, fd, at);
		else
			lost += (int)b->groups[at].n;
	}
	b->nanswers = 0;
	return (lost);
}
