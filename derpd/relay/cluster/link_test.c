/*
 * link_test: the output that a worker keeps for another one that does not read.
 */
#include <atf-c.h>
#include <unistd.h>

#include "linkfixture.h"
#include "pool.h"
#include "testmem.h"

/* what a link holds at most beside what waits: a socket pair holds more */
#define HELD	(IPC_RING_LARGEST + 2 * MIB)

/* Packets leave room in a ring for notifications. */
ATF_TC_WITHOUT_HEAD(packet_bound);
ATF_TC_BODY(packet_bound, tc)
{
	struct relay_conn c;
	size_t n;

	set_up();
	linked(STUCK);
	linked(FINE);
	ATF_CHECK_EQ(cluster_link_packet(r, 5, key, key, key, 1), -1);
	n = packets(STUCK, 64 * MIB);
	ATF_CHECK_MSG(n > RING / 4 * 3 - 100000 && n < HELD, "%zu bytes", n);
	ATF_CHECK_EQ(packets(FINE, 100000), 100800);
	memset(&c, 0, sizeof(c));
	c.r = r;
	cluster_link_active(&c);
	ATF_CHECK_EQ(c.session.pending_acks, 1U << STUCK | 1U << FINE);
}

/*
 * Above 1 MiB of notifications beyond the ring the worker counts as lost and
 * logins do not wait for it, but only from the next turn on.
 */
ATF_TC_WITHOUT_HEAD(news_bound);
ATF_TC_BODY(news_bound, tc)
{
	static const uint8_t addr[16];
	const size_t frame = FRAME_KEY_LEN + 3 * 8;
	size_t n, before = base_test_resident(), now;
	struct relay_conn c, waits;
	struct other *fine;
	struct ipc_msg m;

	set_up();
	linked(STUCK);
	fine = linked(FINE);
	cluster_peers_remote_add(r->peers, STUCK, key, 1, addr, 1, PEER_REGULAR,
	    1);
	memset(&c, 0, sizeof(c));
	memset(&waits, 0, sizeof(waits));
	c.r = waits.r = r;
	waits.state = CONN_UP;
	TAILQ_INSERT_TAIL(&r->conns, &waits, entry);
	cluster_link_active(&waits);
	ATF_CHECK_EQ(waits.session.pending_acks, 1U << STUCK | 1U << FINE);
	for (n = 0; n < 64 * MIB; n += frame) {
		if (n % (1000 * frame) == 0) {
			cluster_link_flush(r);
			(void)drain(fine);
		}
		cluster_link_active(&c);
		if ((c.session.pending_acks & 1U << STUCK) == 0)
			break;
	}
	ATF_CHECK_MSG(n > RING && n < HELD + IPC_RING_WAITING, "%zu bytes", n);
	now = base_test_resident();
	/* Sanitizers keep freed memory. */
	ATF_CHECK_MSG(!POOL_SLABS || before == 0 || now < before + 20 * MIB,
	    "%zu before, %zu now", before, now);
	ATF_CHECK(c.session.pending_acks == 1U << FINE);
	ATF_CHECK(r->links.to[STUCK] != NULL && r->links.to[FINE] != NULL);
	ATF_CHECK_EQ(cluster_peers_conns(cluster_peers_find(r->peers, key)), 1);

	turn();
	ATF_CHECK(r->links.to[STUCK] == NULL && r->links.to[FINE] != NULL);
	ATF_CHECK_EQ(cluster_peers_conns(cluster_peers_find(r->peers, key)), 0);
	ATF_CHECK_EQ(waits.session.pending_acks & 1U << STUCK, 0);
	ATF_CHECK_EQ(packets(STUCK, 1), 0);

	/* The parent gets requests for a new link until there is one. */
	cluster_link_tick(r);
	ATF_REQUIRE(event_base_loop(r->base, EVLOOP_NONBLOCK) != -1);
	ATF_REQUIRE_EQ(ipc_chan_recv(parent, &m, 5000), 0);
	ATF_CHECK_EQ(m.type, MSG_RELAY_UNLINKED);
	ATF_CHECK_EQ(ipc_rd_u64(&m.rd), 1U << STUCK);
	ipc_msg_free(&m);
	linked(STUCK);
	cluster_link_tick(r);
	ATF_REQUIRE(event_base_loop(r->base, EVLOOP_NONBLOCK) != -1);
	ATF_CHECK_EQ(ipc_chan_recv(parent, &m, 100), -1);
	closed(fine);
	linked(FINE);		/* all its acknowledgements have arrived */
	cluster_link_active(&c);
	ATF_CHECK_EQ(c.session.pending_acks, 1U << STUCK | 1U << FINE);
}

/*
 * A login continues when the link to the worker that it waits for is closed,
 * even if there is a notification about it before the link is lost.
 */
ATF_TC_WITHOUT_HEAD(given_up);
ATF_TC_BODY(given_up, tc)
{
	struct relay_conn c, waits;

	set_up();
	linked(STUCK);
	memset(&c, 0, sizeof(c));
	memset(&waits, 0, sizeof(waits));
	c.r = waits.r = r;
	waits.state = CONN_UP;
	ATF_REQUIRE_EQ(relay_buf_add(&waits.session.pongs, "12345678", 8), 0);
	TAILQ_INSERT_TAIL(&r->conns, &waits, entry);
	cluster_link_add(&waits);
	ATF_REQUIRE_EQ(waits.session.pending_acks, 1U << STUCK);
	do
		cluster_link_active(&c);
	while (c.session.pending_acks != 0);
	cluster_link_active(&waits);
	ATF_REQUIRE_EQ(waits.session.pending_acks, 0);
	ATF_CHECK(waits.output.is_dirty);
	turn();
	ATF_CHECK(r->links.to[STUCK] == NULL && waits.output.is_dirty);
	relay_buf_free(&waits.session.pongs);
}

/* A worker that hangs delays logins for a moment, once. */
ATF_TC_WITHOUT_HEAD(slow);
ATF_TC_BODY(slow, tc)
{
	static const uint8_t ack[FRAME_KEY_LEN + 16];
	struct relay_conn c;
	struct other *o;

	set_up();
	o = linked(STUCK);
	memset(&c, 0, sizeof(c));
	c.r = r;
	c.state = CONN_UP;
	TAILQ_INSERT_TAIL(&r->conns, &c, entry);
	cluster_link_add(&c);
	ATF_CHECK_EQ(c.session.pending_acks, 1U << STUCK);
	r->now_us += 1000000;
	cluster_link_tick(r);
	ATF_CHECK_EQ(c.session.pending_acks, 1U << STUCK);
	r->now_us += 1000000;
	cluster_link_tick(r);
	ATF_CHECK_EQ(c.session.pending_acks, 0);
	/* It still gets notifications, and logins do not wait for it. */
	cluster_link_flush(r);
	ATF_CHECK(drain(o) > 0);
	cluster_link_active(&c);
	ATF_CHECK_EQ(c.session.pending_acks, 0);
	cluster_link_add(&c);
	ATF_CHECK_EQ(c.session.pending_acks, 0);
	cluster_link_flush(r);
	ATF_CHECK(drain(o) > 0);
	/* When it acknowledges, logins wait for it again. */
	sent(o, MSG_LINK_ACK, ack, sizeof(ack));
	turn();
	cluster_link_active(&c);
	ATF_CHECK_EQ(c.session.pending_acks, 1U << STUCK);
	/*
	 * A worker is slow if it acknowledges nothing, not if it has many to
	 * do.
	 */
	r->now_us += 1000000;
	sent(o, MSG_LINK_ACK, ack, sizeof(ack));
	turn();
	cluster_link_tick(r);
	ATF_CHECK_EQ(c.session.pending_acks, 1U << STUCK);
}

/* The parent replaces a worker that has closed its side without a request. */
ATF_TC_WITHOUT_HEAD(other_gone);
ATF_TC_BODY(other_gone, tc)
{
	set_up();
	closed(linked(STUCK));
	turn();
	ATF_CHECK(r->links.to[STUCK] == NULL);
	ATF_CHECK_EQ(r->links.unlinked, 0);
}

static struct cluster_peer *
remote(unsigned int worker)
{
	static const uint8_t addr[16];

	cluster_peers_remote_add(r->peers, worker, key, 1, addr, 1,
	    PEER_REGULAR, 1);
	return (cluster_peers_find(r->peers, key));
}

/*
 * A worker that was killed closes nothing: the parent reports its end.  What it
 * sent before is handled first, and nothing is sent to it.
 */
ATF_TC_WITHOUT_HEAD(killed);
ATF_TC_BODY(killed, tc)
{
	static const uint8_t packet[2 * FRAME_KEY_LEN];
	const unsigned int total = 12000;
	struct relay_conn c;
	struct other *o;
	unsigned int i;

	set_up();
	linked(FINE);
	ATF_CHECK_EQ(cluster_link_sleep(r), 1);
	cluster_link_ended(r, FINE);
	ATF_CHECK_EQ(cluster_link_sleep(r), 0);
	turn();
	ATF_CHECK(r->links.to[FINE] == NULL);
	o = linked(STUCK);
	ATF_REQUIRE(remote(STUCK) != NULL);
	for (i = 0; i < total; i++)
		ATF_REQUIRE_EQ(ipc_ring_put(o->ring, IPC_RING_NEWS,
		    MSG_LINK_PACKET, packet, sizeof(packet), NULL, 0), 0);
	(void)ipc_ring_flush(o->ring);
	memset(&c, 0, sizeof(c));
	c.r = r;
	c.state = CONN_UP;
	TAILQ_INSERT_TAIL(&r->conns, &c, entry);
	cluster_link_add(&c);
	ATF_REQUIRE_EQ(c.session.pending_acks, 1U << STUCK);
	cluster_link_ended(r, STUCK);
	cluster_link_ended(r, FINE);
	ATF_CHECK_EQ(packets(STUCK, 1), 0);
	ATF_CHECK_EQ(cluster_link_sleep(r), 0);
	for (i = 0; i < 10 && r->links.to[STUCK] != NULL; i++)
		turn();
	ATF_CHECK(r->links.to[STUCK] == NULL);
	/* None of them had a destination. */
	ATF_CHECK_EQ(r->stats.packets_dropped[DROP_GONE_DISCONNECTED]
	    [KIND_OTHER], total);
	ATF_CHECK_EQ(r->links.unlinked, 0);
	ATF_CHECK_EQ(c.session.pending_acks, 0);
	ATF_CHECK_EQ(cluster_peers_conns(cluster_peers_find(r->peers, key)), 0);
	ATF_CHECK_EQ(cluster_link_sleep(r), 1);
}

/* Frames wake a worker that sleeps, and it does not sleep beside others. */
ATF_TC_WITHOUT_HEAD(wakes);
ATF_TC_BODY(wakes, tc)
{
	const struct timeval limit = { 20, 0 };
	struct other *o;

	set_up();
	o = linked(STUCK);
	linked(FINE);
	ATF_REQUIRE_EQ(cluster_link_sleep(r), 1);
	sent(o, MSG_LINK_STATS_ASK, "\0\0\0\0\0\0\0\7", 8);
	ATF_REQUIRE_EQ(event_base_loopexit(r->base, &limit), 0);
	ATF_REQUIRE_EQ(event_base_loop(r->base, EVLOOP_ONCE), 0);
	ATF_CHECK(!event_base_got_exit(r->base));
	cluster_link_read(r);
	cluster_link_flush(r);
	ATF_CHECK_EQ(drain(o), 1);
	ATF_CHECK_EQ(o->type, MSG_LINK_STATS);
}

/* Descriptors of a link come in order, for one worker. */
ATF_TC_WITHOUT_HEAD(parts);
ATF_TC_BODY(parts, tc)
{
	int ours[IPC_RING_MAXFDS], theirs[IPC_RING_MAXFDS];
	unsigned int i, round;

	set_up();
	for (round = 0; round < 2; round++) {
		ATF_REQUIRE_EQ(ipc_ring_make(RING, ours, theirs), 0);
		for (i = 0; i < ipc_ring_nfds(); i++) {
			ATF_CHECK(r->links.to[FINE] == NULL || round == 1);
			ATF_REQUIRE_EQ(cluster_link_part(r, FINE, i, ours[i]),
			    0);
		}
		ATF_CHECK(r->links.to[FINE] != NULL);
	}
	ATF_CHECK_EQ(cluster_link_part(r, FINE, 1, theirs[0]), -1);
	ATF_REQUIRE_EQ(ipc_ring_make(RING, ours, theirs), 0);
	if (ipc_ring_nfds() == 1)
		return;
	ATF_CHECK_EQ(cluster_link_part(r, STUCK, 0, ours[0]), 0);
	ATF_CHECK_EQ(cluster_link_part(r, FINE, 1, ours[1]), -1);
	ATF_CHECK_EQ(cluster_link_part(r, STUCK, 2, ours[2]), -1);
	ATF_CHECK(r->links.to[STUCK] == NULL);
}

/* A malformed frame closes the link, and a new one is requested. */
ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	struct other *o;

	set_up();
	o = linked(STUCK);
	sent(o, 99, NULL, 0);
	turn();
	ATF_CHECK(r->links.to[STUCK] == NULL);
	ATF_CHECK_EQ(r->links.unlinked, 1U << STUCK);
	/* A packet without its two keys. */
	o = linked(STUCK);
	sent(o, MSG_LINK_PACKET, key, sizeof(key));
	turn();
	ATF_CHECK(r->links.to[STUCK] == NULL);
}

/*
 * A worker that requests our counters in a loop gets them once a turn, for its
 * latest request.
 */
ATF_TC_WITHOUT_HEAD(counters_once);
ATF_TC_BODY(counters_once, tc)
{
	uint8_t ask[8] = { 0 };
	struct other *o;
	unsigned int i;

	set_up();
	o = linked(STUCK);
	for (i = 1; i <= 200; i++) {
		ask[7] = (uint8_t)i;
		sent(o, MSG_LINK_STATS_ASK, ask, sizeof(ask));
	}
	turn();
	cluster_link_flush(r);
	ATF_CHECK_EQ(drain(o), 1);
	ATF_CHECK_EQ(o->type, MSG_LINK_STATS);
	ATF_CHECK_EQ(o->len, 8 + 4 + sizeof(struct relay_stats));
	ATF_CHECK_EQ(o->last[7], 200);
	cluster_link_flush(r);
	ATF_CHECK_EQ(drain(o), 0);

	/* A truncated request is malformed. */
	sent(o, MSG_LINK_STATS_ASK, ask, sizeof(ask) - 1);
	turn();
	ATF_CHECK(r->links.to[STUCK] == NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, packet_bound);
	ATF_TP_ADD_TC(tp, news_bound);
	ATF_TP_ADD_TC(tp, given_up);
	ATF_TP_ADD_TC(tp, slow);
	ATF_TP_ADD_TC(tp, other_gone);
	ATF_TP_ADD_TC(tp, killed);
	ATF_TP_ADD_TC(tp, wakes);
	ATF_TP_ADD_TC(tp, parts);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, counters_once);
	return (atf_no_error());
}
