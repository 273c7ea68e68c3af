/*
 * outputfixture: for tests of output.c: clients, and a replacement for their
 * sockets, without TLS and event loop.
 */
#include <atf-c.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"
#include "frame.h"
#include "peers.h"
#include "relay.h"
#include "sent.h"

#define MIB	(1024 * 1024)
#define WIRE	(4 * MIB)

/* Bytes sent by the last connection that sent, and how many may be sent. */
static uint8_t		*wire;
static size_t		 nwire, nsends;
static size_t		 room;		/* bytes that are accepted, then */
static int		 error;		/* this error */
static unsigned int	 in_kernel, not_acked;
static int		 waits, ends, shuts, wait_fails;
static unsigned int	 deadline;

static int
fake_encrypt(struct relay_conn *c, const uint8_t *p, size_t n)
{
	return (relay_output_raw(c, p, n));
}

static ssize_t
fake_send(struct relay_conn *c, const void *p, size_t n)
{
	(void)c;
	nsends++;
	if (room == 0) {
		errno = error;
		return (-1);
	}
	if (n > room)
		n = room;
	ATF_REQUIRE(nwire + n <= WIRE);
	memcpy(wire + nwire, p, n);
	nwire += n;
	room -= n;
	in_kernel += (unsigned int)n;
	return ((ssize_t)n);
}

static unsigned int
fake_unsent(struct relay_conn *c)
{
	(void)c;
	return (in_kernel);
}

static unsigned int
fake_unacked(struct relay_conn *c)
{
	(void)c;
	return (not_acked);
}

static int
fake_owes(const struct relay_conn *c)
{
	(void)c;
	return (0);
}

static int
fake_wait(struct relay_conn *c, unsigned int ms)
{
	ATF_CHECK(!c->dead);
	waits++;
	deadline = ms;
	return (wait_fails ? -1 : 0);
}

static void
fake_end(struct relay_conn *c)
{
	ends++;
	ATF_CHECK_EQ(relay_output_raw(c, "END", 3), 0);
}

static int
fake_shut(struct relay_conn *c)
{
	ATF_CHECK_EQ(relay_buf_left(&c->output.out), 0);
	shuts++;
	return (0);
}

static const struct relay_output_ops fake = {
	.encrypt = fake_encrypt,
	.owes = fake_owes,
	.send = fake_send,
	.unsent = fake_unsent,
	.unacked = fake_unacked,
	.wait = fake_wait,
	.end = fake_end,
	.shut = fake_shut
};

static inline struct relay *
set_up(void)
{
	struct relay *r = calloc(1, sizeof(*r));
	int i;

	ATF_REQUIRE(r != NULL);
	TAILQ_INIT(&r->conns);
	TAILQ_INIT(&r->dead);
	TAILQ_INIT(&r->resumed);
	for (i = 0; i < WHEEL_SLOTS; i++)
		TAILQ_INIT(&r->wheel[i]);
	relay_outputs_init(&r->outputs, &fake);
	ATF_REQUIRE_EQ(cluster_init(r), 0);
	derp_pool_init(&r->pool);
	derp_queue_set_init(&r->queues, &r->pool, relay_output_dropped);
	r->now_us = 1000000;
	r->conf.queue_bytes = WIRE;
	r->conf.queue_packets = 100000;
	r->conf.write_timeout = 2000;
	if (wire == NULL)
		ATF_REQUIRE((wire = malloc(WIRE)) != NULL);
	nwire = nsends = 0;
	room = WIRE;
	error = EAGAIN;
	in_kernel = not_acked = 0;
	waits = ends = shuts = wait_fails = 0;
	return (r);
}

/* Create a logged-in client. */
static inline struct relay_conn *
client(struct relay *r, int mesh)
{
	struct relay_conn *c = calloc(1, sizeof(*c));

	ATF_REQUIRE(c != NULL);
	c->r = r;
	c->fd = -1;
	c->id = ++r->next_id;
	c->state = CONN_UP;
	c->session.mesh = mesh != 0;
	TAILQ_INSERT_TAIL(&r->conns, c, entry);
	return (c);
}

/* Free the output of a connection as relay_conn_reap() does. */
static inline void
drop(struct relay_conn *c)
{
	struct relay *r = c->r;

	if (c->dead)
		TAILQ_REMOVE(&r->dead, c, dead_link);
	if (c->output.is_dirty)
		TAILQ_REMOVE(&r->outputs.dirty, c, output.dirty);
	TAILQ_REMOVE(&r->conns, c, entry);
	relay_output_free(c, NULL, NULL);
	derp_free(&c->session);
	free(c);
}

static inline void
drop_all(struct relay *r)
{
	struct relay_conn *c;

	while ((c = TAILQ_FIRST(&r->conns)) != NULL)
		drop(c);
	ATF_CHECK_EQ(r->outputs.ctl_memory, 0);
	derp_sent_free(r->sent);
	cluster_peers_free(r->peers);
	free(r);
}

/* Send an own frame of `n' bytes with a payload of `fill'. */
static inline void
own(struct relay_conn *c, uint8_t fill, size_t n)
{
	uint8_t p[2000];

	ATF_REQUIRE(n >= FRAME_HDR_LEN && n <= sizeof(p));
	net_frame_put_hdr(p, FRAME_HEALTH, (uint32_t)(n - FRAME_HDR_LEN));
	memset(p + FRAME_HDR_LEN, fill, n - FRAME_HDR_LEN);
	relay_conn_send(c, p, n);
}
