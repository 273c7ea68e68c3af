/*
 * linkfixture: shared by the tests of links: a worker, and the other sides of
 * its links.
 */
#ifndef LINKFIXTURE_H
#define LINKFIXTURE_H

#include <sys/socket.h>
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "cluster.h"
#include "link.h"
#include "peers.h"
#include "relay.h"

#define MIB	(1024 * 1024)
#define RING	(1 * MIB)	/* bytes of a ring of these tests */
#define STUCK	2		/* the worker that does not read */
#define FINE	3

static struct relay	*r;
static struct ipc_chan	*parent;	/* its end */
static const uint8_t	 key[FRAME_KEY_LEN] = { 1 };

static inline void
no_message(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	(void)m;
	(void)arg;
}

static inline void
no_end(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("the channel to the parent ended: %s", why);
}

/* The other worker's side of a link. */
struct other {
	struct ipc_ring	*ring;
	unsigned int	 n;		/* frames */
	uint8_t		 type;		/* of the last one */
	uint8_t		 last[65536];
	size_t		 len;
};

static inline int
received(void *arg, uint8_t type, const uint8_t *p, size_t n)
{
	struct other *o = arg;

	ATF_REQUIRE(n <= sizeof(o->last));
	o->n++;
	o->type = type;
	o->len = n;
	memcpy(o->last, p, n);
	return (0);
}

/* Open a link to that worker and return its side. */
static inline struct other *
linked(unsigned int worker)
{
	int ours[IPC_RING_MAXFDS], theirs[IPC_RING_MAXFDS];
	struct other *o;

	ATF_REQUIRE((o = calloc(1, sizeof(*o))) != NULL);
	ATF_REQUIRE_EQ(ipc_ring_make(RING, ours, theirs), 0);
	ATF_REQUIRE_EQ(cluster_link_open(r, ours, worker), 0);
	o->ring = ipc_ring_open(theirs, MSG_LINK_PACKET, received, o);
	ATF_REQUIRE(o->ring != NULL);
	return (o);
}

static inline void
closed(struct other *o)
{
	ipc_ring_free(o->ring);
	free(o);
}

/* Send a frame as the other worker, and have it handled. */
static inline void
sent(struct other *o, uint8_t type, const void *p, size_t n)
{
	ATF_REQUIRE_EQ(ipc_ring_put(o->ring, IPC_RING_NEWS, type, p, n, NULL,
	    0), 0);
	ATF_REQUIRE_EQ(ipc_ring_flush(o->ring), 0);
}

/* A turn of the worker; it never sleeps. */
static inline void
turn(void)
{
	(void)cluster_link_sleep(r);
	ATF_REQUIRE(event_base_loop(r->base, EVLOOP_ONCE |
	    EVLOOP_NONBLOCK) != -1);
	cluster_link_read(r);
}

/* Receive all frames of the worker as the other one; return how many. */
static inline unsigned int
drain(struct other *o)
{
	unsigned int before = o->n;

	ipc_ring_woken(o->ring);
	while (ipc_ring_read(o->ring, MIB) == IPC_RING_MORE)
		;
	return (o->n - before);
}

static inline void
set_up(void)
{
	int sv[2];

	ATF_REQUIRE((r = calloc(1, sizeof(*r))) != NULL);
	TAILQ_INIT(&r->conns);
	relay_outputs_init(&r->outputs, &relay_output_sock);
	LIST_INIT(&r->watchers);
	r->now_us = base_clock_us();
	ATF_REQUIRE((r->base = event_base_new()) != NULL);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	r->parent = ipc_chan_new(r->base, sv[0], ROLE_RELAY, ROLE_PARENT,
	    no_message, no_end, NULL);
	parent = ipc_chan_new(NULL, sv[1], ROLE_PARENT, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(r->parent != NULL && parent != NULL);
	ATF_REQUIRE_EQ(0, cluster_init(r));
}

/* Send packets to that worker until one is refused; return their bytes. */
static inline size_t
packets(unsigned int worker, size_t max)
{
	static const uint8_t p[1400];
	size_t n;

	for (n = 0; n < max; n += sizeof(p))
		if (cluster_link_packet(r, worker, key, key, p,
		    sizeof(p)) == -1)
			break;
	return (n);
}

#endif
