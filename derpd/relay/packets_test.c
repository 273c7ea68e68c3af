/*
 * packets_test: packets and pongs for clients: their order among own frames,
 * how they are counted, and when a queue goes.
 */
#include <event2/event.h>

#include "peers.h"
#include "queue.h"
#include "relay.h"
#include "wirefixture.h"

static struct relay *
set_up(void)
{
	struct relay *r = relay_new(NULL);

	r->set.outputs.ops = &wire_ops;
	r->conf.queue_bytes = WIRE;
	r->conf.queue_packets = 100000;
	r->set.write_timeout = 2000;
	derp_queue_set_limit(&r->queues, 100 * MIB);
	wire_begin();
	return (r);
}

/* Create a logged-in client. */
static struct relay_conn *
client(struct relay *r)
{
	static const uint8_t addr[16];
	struct relay_conn *c;

	ATF_REQUIRE((c = relay_conn_new(r, -1, addr, 0)) != NULL);
	c->conn.state = CONN_UP;
	return (c);
}

/* Queue a packet of `n' bytes, each of them `fill'. */
static void
packet(struct relay_conn *c, uint8_t fill, size_t n)
{
	static const uint8_t src[FRAME_KEY_LEN] = { 's' };
	static uint8_t p[FRAME_MAX_PACKET];

	ATF_REQUIRE(n <= sizeof(p));
	memset(p, fill, n);
	relay_packets_put(c, src, p, n);
}

/* A pong is due. */
static void
ping(struct relay_conn *c)
{
	ATF_REQUIRE_EQ(conn_buf_add(&c->session.pongs, "12345678",
	    FRAME_PING_LEN), 0);
	conn_dirty(&c->conn);
}

/* Own frames before pongs before packets, all with one send. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r);

	packet(c, 1, 100);
	ping(c);
	ping(c);
	packet(c, 2, 0);
	own(&c->conn, 3, 50);
	ATF_CHECK_EQ(nsends, 0);		/* nothing before the flush */
	conn_output_flush(&r->set);
	ATF_CHECK_STREQ("oPPpp", wire_frames());
	ATF_CHECK_EQ(nsends, 1);
	ATF_CHECK_EQ(waits, 0);
	ATF_CHECK_EQ(r->stats->packets_sent, 2);
	ATF_CHECK_EQ(r->stats->sent_pong, 2);
	ATF_CHECK_EQ(c->session.tx_bytes, 100);
	conn_output_flush(&r->set);
	ATF_CHECK_EQ(nsends, 1);
}

/* The bytes of a pong and of a packet. */
ATF_TC_WITHOUT_HEAD(bytes);
ATF_TC_BODY(bytes, tc)
{
	static const uint8_t src[FRAME_KEY_LEN] = { 's' };
	struct relay *r = set_up();
	struct relay_conn *c = client(r);
	const uint8_t *p;

	ping(c);
	relay_packets_put(c, src, (const uint8_t *)"packet", 6);
	conn_output_flush(&r->set);
	ATF_CHECK_STREQ("Pp", wire_frames());
	ATF_CHECK(memcmp(wire + FRAME_HDR_LEN, "12345678", 8) == 0);
	p = wire + FRAME_PONG_SIZE + FRAME_HDR_LEN;
	ATF_CHECK(memcmp(p, src, sizeof(src)) == 0);
	ATF_CHECK(memcmp(p + sizeof(src), "packet", 6) == 0);
}

/* Own frames of several batches come before pongs, too. */
ATF_TC_WITHOUT_HEAD(long_own);
ATF_TC_BODY(long_own, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r);
	size_t i;

	packet(c, 1, 10);
	ping(c);
	for (i = 0; i < 300; i++)
		own(&c->conn, (uint8_t)i, 1000);
	conn_output_flush(&r->set);
	ATF_CHECK_EQ(strspn(wire_frames(), "o"), 300);
	ATF_CHECK_STREQ("Pp", wire_frames() + 300);
	for (i = 0; i < 300; i++)
		ATF_REQUIRE_EQ(wire[i * 1000 + 500], (uint8_t)i);
}

/* Small packets, many more than the pieces of a batch. */
ATF_TC_WITHOUT_HEAD(small);
ATF_TC_BODY(small, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r);
	unsigned int i;

	for (i = 0; i < 5000; i++)
		packet(c, 1, 0);
	conn_output_flush(&r->set);
	ATF_CHECK_EQ(strspn(wire_frames(), "p"), 5000);
	ATF_CHECK_EQ(r->stats->packets_sent, 5000);
	ATF_CHECK_EQ(r->batch.n, 0);
	ATF_CHECK_EQ(r->queues.memory, 0);
}

/* The queue is freed when its packets are written, unless CoDel has dropped. */
ATF_TC_WITHOUT_HEAD(idle);
ATF_TC_BODY(idle, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r);
	unsigned int i;

	ATF_CHECK(c->packets.queue == NULL);
	packet(c, 1, 100);
	ATF_CHECK(c->packets.queue != NULL);
	room = 0;
	conn_output_flush(&r->set);
	packet(c, 1, 100);
	conn_output_flush(&r->set);
	ATF_CHECK_MSG(c->packets.queue != NULL, "a packet waits");
	room = WIRE;
	conn_output_ready(&c->conn);
	conn_output_flush(&r->set);
	ATF_CHECK_STREQ("pp", wire_frames());
	ATF_CHECK(c->packets.queue == NULL);
	ATF_CHECK(conn_buf_memory(&c->conn.output.out) == 0);
	/* Packets that have waited for long. */
	r->conf.codel_target = 20;
	r->conf.codel_interval = 100;
	for (i = 0; i < 200; i++)
		packet(c, 1, 1400);
	in_kernel = r->set.notsent_lowat = 1000;
	c->conn.output.unsent = 1000;
	for (i = 0; i < 20; i++) {
		r->set.now_us += 100000;
		conn_output_ready(&c->conn);
		conn_output_flush(&r->set);
	}
	ATF_CHECK(c->session.drops > 0);
	ATF_CHECK_EQ(r->stats->packets_dropped[DROP_QUEUE_HEAD][KIND_OTHER],
	    c->session.drops);
	in_kernel = r->set.notsent_lowat = 0;
	conn_output_ready(&c->conn);
	conn_output_flush(&r->set);
	ATF_CHECK_EQ(derp_queue_packets(c->packets.queue), 0);
	ATF_CHECK_MSG(c->packets.queue != NULL, "CoDel has forgotten");
	r->set.now_us += 60000000;
	relay_packets_rest(c);
	ATF_CHECK(c->packets.queue == NULL);
}

/* Packets of a connection that ends are dropped and counted. */
ATF_TC_WITHOUT_HEAD(left_over);
ATF_TC_BODY(left_over, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r);
	uint64_t *dropped =
	    &r->stats->packets_dropped[DROP_GONE_DISCONNECTED][KIND_OTHER];

	room = 0;
	packet(c, 1, 100);
	conn_output_flush(&r->set);
	packet(c, 2, 100);
	packet(c, 3, 100);
	conn_close(&c->conn, "test");
	ATF_CHECK_EQ(*dropped, 0);
	packet(c, 4, 100);
	ATF_CHECK_EQ(*dropped, 1);
	conn_reap(&r->set);
	ATF_CHECK_EQ(*dropped, 3);
	ATF_CHECK_EQ(r->queues.memory, 0);
}

/* Packets for a client whose stream has ended are dropped, and counted. */
ATF_TC_WITHOUT_HEAD(drained);
ATF_TC_BODY(drained, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r);
	size_t n;

	own(&c->conn, 1, 100);
	conn_drain(&c->conn);
	conn_output_flush(&r->set);
	ATF_CHECK_EQ(shuts, 1);
	n = nwire;
	packet(c, 2, 10);
	conn_output_flush(&r->set);
	ATF_CHECK_EQ(nwire, n);
	ATF_CHECK(!c->conn.dead);
	ATF_CHECK_EQ(
	    r->stats->packets_dropped[DROP_GONE_DISCONNECTED][KIND_OTHER], 1);
}

/* Within a turn output is flushed when much is new, not before. */
ATF_TC_WITHOUT_HEAD(relief);
ATF_TC_BODY(relief, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r);
	size_t n;

	for (n = 0; n < 300 * 1024; n += 1400) {
		packet(c, 1, 1400);
		conn_output_relieve(&r->set);
		ATF_REQUIRE(nwire == 0 || n >= 255 * 1024);
	}
	ATF_CHECK(nwire > 256 * 1024);
}

/* Nothing is sent before ServerInfo; then the packets that waited. */
ATF_TC_WITHOUT_HEAD(held);
ATF_TC_BODY(held, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r);

	c->conn.state = CONN_SEAL;
	packet(c, 1, 100);
	own(&c->conn, 1, 100);
	conn_output_flush(&r->set);
	ATF_CHECK_EQ(nwire, 0);
	relay_conn_up(c);
	conn_output_flush(&r->set);
	ATF_CHECK_STREQ("op", wire_frames());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, bytes);
	ATF_TP_ADD_TC(tp, long_own);
	ATF_TP_ADD_TC(tp, small);
	ATF_TP_ADD_TC(tp, idle);
	ATF_TP_ADD_TC(tp, left_over);
	ATF_TP_ADD_TC(tp, drained);
	ATF_TP_ADD_TC(tp, relief);
	ATF_TP_ADD_TC(tp, held);
	return (atf_no_error());
}
