/*
 * outputfixture: for tests of output.c: connections whose owner has packets of
 * one size for them, without TLS and event loop.
 */
#ifndef OUTPUTFIXTURE_H
#define OUTPUTFIXTURE_H

#include <event2/event.h>

#include "records.h"
#include "wirefixture.h"

#define PACKET	1437		/* bytes of a packet's frame */

/* A connection and the number of its packets. */
struct output_client {
	struct conn	 conn;		/* the first member */
	size_t		 packets;
	int		 is_held, is_over;
};

static struct conn_stats stats;
static int		 ends;

static inline struct output_client *
client_of(struct conn *c)
{
	return ((struct output_client *)(void *)c);
}

static void
fake_end(struct conn *c)
{
	ends++;
	ATF_CHECK_EQ(conn_output_raw(c, "END", 3), 0);
}

static int
fake_pending(const struct conn *c)
{
	return (((const struct output_client *)(const void *)c)->packets > 0);
}

static size_t
fake_gather(struct conn *c, size_t n, size_t max)
{
	static uint8_t p[PACKET];
	struct output_client *k = client_of(c);

	net_frame_put_hdr(p, FRAME_RECV_PACKET, PACKET - FRAME_HDR_LEN);
	while (n < max && k->packets > 0) {
		conn_output_piece(c->set, p, PACKET);
		k->packets--;
		n += PACKET;
	}
	return (n);
}

static int
fake_held(const struct conn *c)
{
	return (((const struct output_client *)(const void *)c)->is_held);
}

static int
fake_over(const struct conn *c)
{
	return (((const struct output_client *)(const void *)c)->is_over);
}

static void
fake_expired(struct conn *c)
{
	conn_close(c, "timed out");
}

static void
fake_leave(struct conn *c)
{
	(void)c;
}

static void
fake_free(struct conn *c)
{
	conn_end(c);
	free(client_of(c));
}

static const struct conn_ops fake = {
	.encrypt = conn_records_write,
	.encrypt_pieces = conn_records_write_pieces,
	.end = fake_end,
	.pending = fake_pending,
	.gather = fake_gather,
	.held = fake_held,
	.over = fake_over,
	.expired = fake_expired,
	.leave = fake_leave,
	.free = fake_free
};

static inline struct conn_set *
set_up(void)
{
	struct conn_set *s = calloc(1, sizeof(*s));

	ATF_REQUIRE(s != NULL);
	ATF_REQUIRE((s->base = event_base_new()) != NULL);
	memset(&stats, 0, sizeof(stats));
	conn_set_init(s, &fake, &wire_ops, &stats, 16, NULL);
	s->write_timeout = 2000;
	wire_begin();
	ends = 0;
	return (s);
}

/* Create a connection; one that is patient may be behind. */
static inline struct conn *
client(struct conn_set *s, int patient)
{
	static const uint8_t addr[16];
	struct output_client *k = calloc(1, sizeof(*k));

	ATF_REQUIRE(k != NULL);
	conn_begin(s, &k->conn, -1, addr, 0);
	k->conn.state = CONN_UP;
	k->conn.patient = patient != 0;
	conn_add(&k->conn);
	return (&k->conn);
}

/* Its owner has `n' more packets for the connection. */
static inline void
packets(struct conn *c, size_t n)
{
	client_of(c)->packets += n;
	conn_dirty(c);
}

/* End a connection. */
static inline void
drop(struct conn *c)
{
	conn_close(c, "test");
	conn_reap(c->set);
}

static inline void
drop_all(struct conn_set *s)
{
	struct conn *c;

	TAILQ_FOREACH(c, &s->conns, entry)
		conn_close(c, "test");
	conn_reap(s);
	ATF_CHECK(TAILQ_EMPTY(&s->conns));
	ATF_CHECK_EQ(s->outputs.ctl_memory, 0);
	net_record_cache_free(&s->records);
	event_base_free(s->base);
	free(s);
}

#endif
