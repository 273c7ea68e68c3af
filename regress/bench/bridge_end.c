/*
 * bridge_end: the two ends between which packets go, and the wait for them.
 * Called by bridge_stream.c and bridge_other.c.
 */
#include <err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridgeload.h"

#define UAPI_FDS	8
#define READY_SECS	60
#define WIREGUARD	32		/* bytes that WireGuard adds */
#define MTU		1420
#define INNER		28		/* IP and UDP of an application */

static struct pollfd *fds;

static void
open_end(struct bridge_load *l, struct bridge_end *e, const char *ns)
{
	e->fd = -1;
	e->npeers = l->peers;
	e->nclients = l->clients;
	if (ns != NULL)
		bridge_udp_application(e, ns);
	else if (e->number == 0 && (l->uapi != NULL || l->to != NULL)) {
		bridge_udp_wireguard(e, l->to);
		if (l->uapi != NULL)
			e->uapi = bridge_uapi_new(e, l->uapi);
	} else
		bridge_derp_open(l, e);
}

void
bridge_open(struct bridge_load *l)
{
	l->ends[1].number = 1;
	open_end(l, &l->ends[0], l->near_ns);
	open_end(l, &l->ends[1], l->far_ns);
	fds = calloc(UAPI_FDS + 2 * (1 + (size_t)l->clients), sizeof(*fds));
	if (fds == NULL)
		err(1, "memory");
}

/* The bytes at the socket of an IP packet of l->size bytes. */
static size_t
length(const struct bridge_load *l)
{
	size_t n = (size_t)l->size;

	if (l->near_ns != NULL)
		return (n - INNER);
	if (n <= MTU && (n = (n + 15) / 16 * 16) > MTU)
		n = MTU;
	return (n + WIREGUARD);
}

void
bridge_send(struct bridge_load *l, struct bridge_end *e, unsigned int peer)
{
	static uint8_t buf[BRIDGE_ROOM];
	struct bridge_packet p = { .type = { 4 }, .peer = peer,
	    .from = (uint32_t)e->number, .seq = ++e->sent, .when = now() };

	memcpy(buf, &p, sizeof(p));
	if (e->fd == -1)
		bridge_derp_send(e, peer, buf, length(l));
	else if (e->peers[peer].to.sin_family == AF_INET)
		bridge_udp_send(e, peer, buf, length(l));
}

void
bridge_flush(struct bridge_end *e)
{
	if (e->fd == -1)
		bridge_derp_flush(e);
	else
		bridge_udp_flush(e);
}

void
bridge_count(struct bridge_end *e, unsigned int peer, const uint8_t *buf,
    size_t n)
{
	struct bridge_packet p;

	if (n < sizeof(p)) {
		e->wrong++;
		return;
	}
	memcpy(&p, buf, sizeof(p));
	e->rcvd++;
	if (p.peer != peer || p.from != 1 - (uint32_t)e->number)
		e->wrong++;
	else if (e->got != NULL)
		e->got(e, peer);
}

static int
poll_end(const struct bridge_end *e, struct pollfd *v)
{
	unsigned int i;
	int n = 0;

	if (e->uapi != NULL)
		n += bridge_uapi_poll(e->uapi, v);
	if (e->fd != -1) {
		v[n].fd = e->fd;
		v[n++].events = POLLIN;
		return (n);
	}
	for (i = 0; i < e->nclients; i++, n++) {
		v[n].fd = e->conns[i].fd;
		v[n].events = POLLIN;
		if (e->conns[i].outlen > 0)
			v[n].events |= POLLOUT;
	}
	return (n);
}

static void
handle_end(struct bridge_end *e, const struct pollfd *v)
{
	unsigned int i;

	if (e->uapi != NULL) {
		bridge_uapi_handle(e->uapi);
		v += UAPI_FDS;
	}
	if (e->fd != -1) {
		if (v->revents != 0)
			bridge_udp_receive(e);
		return;
	}
	for (i = 0; i < e->nclients; i++, v++)
		if (v->revents & (POLLIN | POLLHUP | POLLERR))
			bridge_derp_receive(e, i);
}

void
bridge_wait(struct bridge_load *l, double secs)
{
	struct timespec ts;
	int n;

	secs = secs < 0 ? 0 : secs;
	ts.tv_sec = (time_t)secs;
	ts.tv_nsec = (long)((secs - (double)ts.tv_sec) * 1e9);
	n = poll_end(&l->ends[0], fds);
	if (ppoll(fds, (nfds_t)(n + poll_end(&l->ends[1], fds + n)), &ts,
	    NULL) == -1)
		err(1, "ppoll");
	handle_end(&l->ends[0], fds);
	handle_end(&l->ends[1], fds + n);
	bridge_flush(&l->ends[0]);
	bridge_flush(&l->ends[1]);
}

static char *reached;			/* by peer */
static unsigned int nreached;

static void
note_reached(struct bridge_end *e, unsigned int peer)
{
	(void)e;
	if (!reached[peer])
		nreached++;
	reached[peer] = 1;
}

void
bridge_ready(struct bridge_load *l)
{
	double end = now() + READY_SECS, again = 0;
	unsigned int i;

	if ((reached = calloc(l->peers, 1)) == NULL)
		err(1, "memory");
	nreached = 0;
	l->ends[1].got = note_reached;
	while (nreached < l->clients) {
		if (now() > end)
			errx(1, "%u of %u peers were reached in %d s",
			    nreached, l->clients, READY_SECS);
		if (now() > again) {
			again = now() + 0.5;
			for (i = 0; i < l->clients; i++)
				if (!reached[i])
					bridge_send(l, &l->ends[0], i);
		}
		bridge_wait(l, 0.05);
	}
	l->ends[1].got = NULL;
	free(reached);
}
