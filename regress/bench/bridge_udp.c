/*
 * bridge_udp: an end with a UDP socket.  As WireGuard it sends from 127.0.0.1
 * to the endpoint of each peer; as an application, in a network namespace, to
 * the other end of a tunnel.  Called by bridge_end.c and bridge_uapi.c.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridgeload.h"

#define RELAYED		0x7f800000u	/* 127.128.0.0/9 */
#define RELAYED_BITS	23
#define APPLICATION_PORT 7777
#define BUFFER		(16 << 20)	/* bytes of the socket's buffers */

struct bridge_udp {
	unsigned int	 n;		/* queued */
	struct mmsghdr	 out[BRIDGE_BATCH], in[BRIDGE_BATCH];
	struct iovec	 outv[BRIDGE_BATCH], inv[BRIDGE_BATCH];
	struct sockaddr_in to[BRIDGE_BATCH], from[BRIDGE_BATCH];
	uint8_t		 outp[BRIDGE_BATCH][BRIDGE_ROOM];
	uint8_t		 inp[BRIDGE_BATCH][BRIDGE_ROOM];
	uint32_t	 who[1u << RELAYED_BITS]; /* peer + 1 by address */
};

int
bridge_udp_relayed(const struct sockaddr_in *sin)
{
	return (sin->sin_family == AF_INET &&
	    ntohl(sin->sin_addr.s_addr) >> RELAYED_BITS ==
	    RELAYED >> RELAYED_BITS);
}

int
bridge_udp_parse(const char *s, struct sockaddr_in *sin)
{
	char addr[INET_ADDRSTRLEN];
	const char *colon = strchr(s, ':');

	if (colon == NULL || (size_t)(colon - s) >= sizeof(addr))
		return (-1);
	memcpy(addr, s, (size_t)(colon - s));
	addr[colon - s] = '\0';
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_port = htons((uint16_t)atoi(colon + 1));
	return (inet_pton(AF_INET, addr, &sin->sin_addr) == 1 ? 0 : -1);
}

void
bridge_udp_moved(struct bridge_end *e, unsigned int peer)
{
	const struct sockaddr_in *to = &e->peers[peer].to;

	if (bridge_udp_relayed(to))
		e->udp->who[ntohl(to->sin_addr.s_addr) &
		    ((1u << RELAYED_BITS) - 1)] = peer + 1;
}

static void
prepare(struct bridge_end *e)
{
	struct bridge_udp *u;
	int i;

	if ((e->udp = u = calloc(1, sizeof(*u))) == NULL ||
	    (e->peers = calloc(e->npeers, sizeof(*e->peers))) == NULL)
		err(1, "memory");
	for (i = 0; i < BRIDGE_BATCH; i++) {
		u->outv[i].iov_base = u->outp[i];
		u->inv[i].iov_base = u->inp[i];
		u->inv[i].iov_len = BRIDGE_ROOM;
		u->out[i].msg_hdr.msg_iov = &u->outv[i];
		u->in[i].msg_hdr.msg_iov = &u->inv[i];
		u->out[i].msg_hdr.msg_iovlen = 1;
		u->in[i].msg_hdr.msg_iovlen = 1;
		u->out[i].msg_hdr.msg_name = &u->to[i];
		u->out[i].msg_hdr.msg_namelen = sizeof(u->to[i]);
		u->in[i].msg_hdr.msg_name = &u->from[i];
	}
}

static void
open_socket(struct bridge_end *e, struct sockaddr_in *sin)
{
	int size = BUFFER;

	if ((e->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)) == -1 ||
	    bind(e->fd, (struct sockaddr *)sin, sizeof(*sin)) == -1)
		err(1, "a UDP socket at %s", inet_ntoa(sin->sin_addr));
	/* More than ordinary users may have. */
	(void)setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size));
	(void)setsockopt(e->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size,
	    sizeof(size));
}

void
bridge_udp_wireguard(struct bridge_end *e, const char *to)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	uint8_t sk[KEYLEN];
	unsigned int i;

	prepare(e);
	for (i = 0; i < e->npeers; i++)
		bridge_key(i + 1, e->peers[i].pk, sk);
	if (to != NULL && bridge_udp_parse(to, &e->peers[0].to) == -1)
		errx(1, "no address and port: %s", to);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	open_socket(e, &sin);
}

static int
open_ns(const char *path)
{
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "the network namespace %s", path);
	return (fd);
}

static void
enter(int fd)
{
	if (setns(fd, CLONE_NEWNET) == -1)
		err(1, "a network namespace");
	close(fd);
}

void
bridge_udp_application(struct bridge_end *e, const char *ns)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(APPLICATION_PORT) };
	char path[128];
	int own = open_ns("/proc/self/ns/net");

	prepare(e);
	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	enter(open_ns(path));
	sin.sin_addr.s_addr = htonl(0x0a4d0001 + (uint32_t)e->number);
	open_socket(e, &sin);
	enter(own);
	sin.sin_addr.s_addr = htonl(0x0a4d0002 - (uint32_t)e->number);
	e->peers[0].to = sin;
}

void
bridge_udp_send(struct bridge_end *e, unsigned int peer, const uint8_t *p,
    size_t n)
{
	struct bridge_udp *u = e->udp;
	struct bridge_peer *to = &e->peers[peer];

	if (u->n == BRIDGE_BATCH)
		bridge_udp_flush(e);
	memcpy(u->outp[u->n], p, n);
	u->outv[u->n].iov_len = n;
	u->to[u->n++] = to->to;
	to->tx += n;
}

void
bridge_udp_flush(struct bridge_end *e)
{
	struct bridge_udp *u = e->udp;
	unsigned int at = 0;
	int n;

	while (at < u->n) {
		n = sendmmsg(e->fd, u->out + at, u->n - at, 0);
		if (n == -1 && errno != EINTR)
			break;		/* lost, as with UDP */
		at += n == -1 ? 0 : (unsigned int)n;
	}
	u->n = 0;
}

static void
take(struct bridge_end *e, int i)
{
	const struct sockaddr_in *from = &e->udp->from[i];
	size_t n = e->udp->in[i].msg_len;
	unsigned int peer = 0;

	if (bridge_udp_relayed(from)) {
		peer = e->udp->who[ntohl(from->sin_addr.s_addr) &
		    ((1u << RELAYED_BITS) - 1)];
		if (peer-- == 0) {
			e->wrong++;
			return;
		}
	}
	e->peers[peer].rx += n;
	bridge_count(e, peer, e->udp->inp[i], n);
}

void
bridge_udp_receive(struct bridge_end *e)
{
	struct bridge_udp *u = e->udp;
	int i, n;

	for (i = 0; i < BRIDGE_BATCH; i++)
		u->in[i].msg_hdr.msg_namelen = sizeof(u->from[i]);
	n = recvmmsg(e->fd, u->in, BRIDGE_BATCH, MSG_DONTWAIT, NULL);
	for (i = 0; i < n; i++)
		take(e, i);
}
