/*
 * udp: datagrams received from the kernel's WireGuard; see udp.h.  Called by
 * carry.c; worker.c makes it.  Touches the given sockets and memory alone.
 *
 * The room of a datagram is the largest that exists, so that a large MTU needs
 * no setting; memory that no datagram reaches is never mapped.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mmsg.h"
#include "udp.h"

/*
 * The room of one datagram.  The number of cache lines in it is odd, because
 * rooms at a distance of a power of two share the few sets of one in the cache.
 */
#define ROOM	(65536 + 64)

#ifdef IP_PKTINFO
#define CONTROL_SIZE	CMSG_SPACE(sizeof(struct in_pktinfo))
#else
#define CONTROL_SIZE	CMSG_SPACE(sizeof(struct in_addr))
#endif

union in_control {
	struct cmsghdr	 align;
	uint8_t		 bytes[CONTROL_SIZE];
};

struct worker_udp {
	struct mmsghdr	 in[WORKER_UDP_BATCH];
	struct iovec	 iov[WORKER_UDP_BATCH];
	struct sockaddr_in from[WORKER_UDP_BATCH];
	union in_control	 control[WORKER_UDP_BATCH];
	uint8_t		 data[WORKER_UDP_BATCH][ROOM];
};

struct worker_udp *
worker_udp_new(void)
{
	struct worker_udp *u;
	struct msghdr *m;
	int i;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		return (NULL);
	for (i = 0; i < WORKER_UDP_BATCH; i++) {
		u->iov[i].iov_base = u->data[i];
		u->iov[i].iov_len = ROOM;
		m = &u->in[i].msg_hdr;
		m->msg_iov = &u->iov[i];
		m->msg_iovlen = 1;
		m->msg_name = &u->from[i];
		m->msg_control = u->control[i].bytes;
	}
	return (u);
}

void
worker_udp_free(struct worker_udp *u)
{
	free(u);
}

int
worker_udp_receive(struct worker_udp *u, int fd)
{
	int i, n;

	/* recvmmsg(2) has overwritten the sizes. */
	for (i = 0; i < WORKER_UDP_BATCH; i++) {
		u->in[i].msg_hdr.msg_namelen = sizeof(u->from[i]);
		u->in[i].msg_hdr.msg_controllen = CONTROL_SIZE;
	}
	do
		n = recvmmsg(fd, u->in, WORKER_UDP_BATCH, MSG_DONTWAIT, NULL);
	while (n == -1 && errno == EINTR);
	return (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : n);
}

/* Get the destination of a datagram.  Returns 0, or -1 when it is unknown. */
static int
get_destination(const struct msghdr *asked, uint8_t local[WORKER_UDP_ADDR])
{
	struct msghdr m = *asked;
	const struct cmsghdr *c;
#ifdef IP_PKTINFO
	struct in_pktinfo pi;
#endif

	for (c = CMSG_FIRSTHDR(&m); c != NULL;
	    c = CMSG_NXTHDR(&m, (struct cmsghdr *)(uintptr_t)c)) {
		if (c->cmsg_level != IPPROTO_IP)
			continue;
#ifdef IP_PKTINFO
		if (c->cmsg_type == IP_PKTINFO) {
			memcpy(&pi, CMSG_DATA(c), sizeof(pi));
			memcpy(local, &pi.ipi_addr, WORKER_UDP_ADDR);
			return (0);
		}
#elif defined(IP_RECVDSTADDR)
		if (c->cmsg_type == IP_RECVDSTADDR) {
			memcpy(local, CMSG_DATA(c), WORKER_UDP_ADDR);
			return (0);
		}
#endif
	}
	return (-1);
}

enum worker_udp_verdict
worker_udp_get(const struct worker_udp *u, int i, uint16_t port,
    struct worker_datagram *d)
{
	const struct msghdr *m = &u->in[i].msg_hdr;
	const struct sockaddr_in *from = &u->from[i];

	if (m->msg_namelen != sizeof(*from) || from->sin_family != AF_INET ||
	    from->sin_addr.s_addr != htonl(INADDR_LOOPBACK) ||
	    from->sin_port != htons(port))
		return (WORKER_UDP_FOREIGN);
	if (m->msg_flags & (MSG_TRUNC | MSG_CTRUNC) || u->in[i].msg_len == 0 ||
	    get_destination(m, d->local) == -1)
		return (WORKER_UDP_BROKEN);
	d->p = u->data[i];
	d->len = u->in[i].msg_len;
	return (WORKER_UDP_VALID);
}
