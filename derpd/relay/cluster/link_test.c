/*
 * link_test: the output that a worker keeps for another one that does not read,
 * and the ends of links.
 */
#include "linkfixture.h"
#include "pool.h"
#include "testmem.h"

#define STUCK	OTHER		/* the worker that does not read */
#define FINE	THIRD
/* what a link holds at most beside what waits: a socket pair holds more */
#define HELD	(IPC_RING_LARGEST + 2 * MIB)

static struct ipc_chan	*parent;	/* its end */

static void
no_message(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	(void)m;
	(void)arg;
}

static void
no_end(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("the channel to the parent ended: %s", why);
}

/* Begin with a channel to the parent. */
static void
begin_with_parent(void)
{
	int sv[2];

	begin();
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	r->parent = ipc_chan_new(r->set.base, sv[0], ROLE_RELAY, ROLE_PARENT,
	    no_message, no_end, NULL);
	parent = ipc_chan_new(NULL, sv[1], ROLE_PARENT, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(r->parent != NULL && parent != NULL);
}

/* Send packets to that worker until one is dropped; return their bytes. */
static size_t
packets(unsigned int worker, size_t max)
{
	static const uint8_t p[1400];
	const uint8_t *key = key_of(worker, 0);
	uint64_t dropped = r->stats->packets_dropped[DROP_QUEUE_TAIL][1];
	size_t n;

	for (n = 0; n < max; n += sizeof(p)) {
		ATF_REQUIRE_EQ(cluster_link_packet(r, worker, NULL, key, key,
		    p, sizeof(p)), 0);
		if (r->stats->packets_dropped[DROP_QUEUE_TAIL][1] != dropped)
			break;
	}
	return (n);
}

/* Return the type of the first frame behind packets that `o' gets, 0 none. */
static uint32_t
news(struct other *o)
{
	uint32_t type = MSG_LINK_PACKET;
	unsigned int rounds;
	struct ipc_msg m;

	for (rounds = 0; type == MSG_LINK_PACKET && rounds < 10000; rounds++) {
		cluster_link_flush(r);
		type = hears(o, &m);
	}
	return (type);
}

/* Packets leave room in a ring for news. */
ATF_TC_WITHOUT_HEAD(packet_bound);
ATF_TC_BODY(packet_bound, tc)
{
	struct other *stuck, *fine;
	const uint8_t *key;
	size_t n;

	begin();
	stuck = linked(STUCK);
	fine = linked(FINE);
	key = key_of(WORKER, 0);
	ATF_CHECK_EQ(cluster_link_packet(r, 1, NULL, key, key, key, 1), -1);
	ATF_CHECK_EQ(cluster_link_packet(r, IPC_MAXWORKERS, NULL, key, key, key,
	    1), -1);
	n = packets(STUCK, 64 * MIB);
	ATF_CHECK_MSG(n > RING / 4 * 3 - 100000 && n < HELD, "%zu bytes", n);
	ATF_CHECK_EQ(packets(FINE, 100000), 100800);
	cluster_link_watch(r, 1);
	ATF_CHECK(news(stuck) == MSG_LINK_WATCH);
	ATF_CHECK(news(fine) == MSG_LINK_WATCH);
	ATF_CHECK_EQ(r->links.unlinked, 0);
}

/*
 * Above 1 MiB of news beyond the ring the worker counts as lost, but only from
 * the next turn on.
 */
ATF_TC_WITHOUT_HEAD(news_bound);
ATF_TC_BODY(news_bound, tc)
{
	const size_t frame = FRAME_KEY_LEN;
	size_t n, before = base_test_resident(), now;
	uint8_t gone[FRAME_PEER_GONE_SIZE];
	const uint8_t *key, *src;
	struct relay_conn *c;
	struct other *stuck, *fine;
	struct ipc_msg_server_unlinked lost;
	struct ipc_msg m;

	begin_with_parent();
	stuck = linked(STUCK);
	fine = linked(FINE);
	key = key_of(WORKER, 1);
	src = key_of(STUCK, 0);
	c = join(0, 0);
	SAY(stuck, PACKET, packet, src, c->session.key, "abc", 3);
	turn();
	for (n = 0; n < 64 * MIB; n += frame) {
		if (n % (1000 * frame) == 0) {
			cluster_link_flush(r);
			while (hears(fine, &m) != 0)
				;
		}
		cluster_link_gone(r, key, 1, 1);
		if (r->links.unlinked != 0)
			break;
	}
	ATF_CHECK_MSG(n > RING && n < HELD + IPC_RING_WAITING, "%zu bytes", n);
	now = base_test_resident();
	/* Sanitizers keep freed memory. */
	ATF_CHECK_MSG(!POOL_SLABS || before == 0 || now < before + 20 * MIB,
	    "%zu before, %zu now", before, now);
	ATF_CHECK(r->links.to[STUCK] != NULL && r->links.to[FINE] != NULL);
	net_frame_put_peer_gone(gone, src, PEER_GONE_DISCONNECTED);
	clients_get(gone, sizeof(gone));
	ATF_CHECK(r->links.to[STUCK] == NULL && r->links.to[FINE] != NULL);

	/* The parent gets requests for a new link until there is one. */
	cluster_link_tick(r);
	ATF_REQUIRE(event_base_loop(r->set.base, EVLOOP_NONBLOCK) != -1);
	ATF_REQUIRE_EQ(ipc_chan_recv(parent, &m, 5000), 0);
	ATF_REQUIRE_EQ(m.type, MSG_SERVER_UNLINKED);
	ATF_REQUIRE_EQ(ipc_get_server_unlinked(&m.rd, &lost), 0);
	ATF_CHECK_EQ(lost.links, 1U << STUCK);
	ATF_CHECK_EQ(lost.hands, 0);
	ipc_msg_free(&m);
	linked(STUCK);
	cluster_link_tick(r);
	ATF_REQUIRE(event_base_loop(r->set.base, EVLOOP_NONBLOCK) != -1);
	ATF_CHECK_EQ(ipc_chan_recv(parent, &m, 100), -1);
}

/* The parent replaces a worker that has closed its side without a request. */
ATF_TC_WITHOUT_HEAD(other_gone);
ATF_TC_BODY(other_gone, tc)
{
	begin();
	closed(linked(STUCK));
	turn();
	ATF_CHECK(r->links.to[STUCK] == NULL);
	ATF_CHECK_EQ(r->links.unlinked, 0);
}

/*
 * A worker that was killed closes nothing: the parent reports its end.  What it
 * sent before is handled first, and nothing is sent to it.
 */
ATF_TC_WITHOUT_HEAD(killed);
ATF_TC_BODY(killed, tc)
{
	const unsigned int total = 12000;
	uint8_t packet[2 * FRAME_KEY_LEN];
	const uint8_t *key;
	struct other *o;
	unsigned int i;

	begin();
	linked(FINE);
	ATF_CHECK_EQ(cluster_link_sleep(r), 1);
	cluster_link_ended(r, FINE);
	ATF_CHECK_EQ(cluster_link_sleep(r), 0);
	turn();
	ATF_CHECK(r->links.to[FINE] == NULL);
	o = linked(STUCK);
	memcpy(packet, key_of(STUCK, 0), FRAME_KEY_LEN);
	memcpy(packet + FRAME_KEY_LEN, key_of(WORKER, 0), FRAME_KEY_LEN);
	for (i = 0; i < total; i++)
		ATF_REQUIRE_EQ(ipc_ring_put(o->ring, IPC_RING_NEWS,
		    MSG_LINK_PACKET, packet, sizeof(packet), NULL, 0), 0);
	(void)ipc_ring_flush(o->ring);
	cluster_link_ended(r, STUCK);
	cluster_link_ended(r, FINE);
	key = key_of(STUCK, 0);
	ATF_CHECK_EQ(cluster_link_packet(r, STUCK, NULL, key, key, key, 1), 0);
	ATF_CHECK_EQ(r->stats->packets_dropped[DROP_QUEUE_TAIL][KIND_OTHER], 1);
	ATF_CHECK_EQ(cluster_link_sleep(r), 0);
	for (i = 0; i < 10 && r->links.to[STUCK] != NULL; i++)
		turn();
	ATF_CHECK(r->links.to[STUCK] == NULL);
	/* None of them had a destination. */
	ATF_CHECK_EQ(r->stats->packets_dropped[DROP_UNKNOWN_DEST][KIND_OTHER],
	    total);
	ATF_CHECK_EQ(r->links.unlinked, 0);
	ATF_CHECK_EQ(cluster_link_sleep(r), 1);
}

/* Frames wake a worker that sleeps, and it does not sleep beside others. */
ATF_TC_WITHOUT_HEAD(wakes);
ATF_TC_BODY(wakes, tc)
{
	const struct timeval limit = { 20, 0 };
	struct ipc_msg m;
	struct other *o;

	begin();
	o = linked(STUCK);
	linked(FINE);
	ATF_REQUIRE_EQ(cluster_link_sleep(r), 1);
	SAY(o, FLOOD, flood, 7, 0);
	ATF_REQUIRE_EQ(event_base_loopexit(r->set.base, &limit), 0);
	ATF_REQUIRE_EQ(event_base_loop(r->set.base, EVLOOP_ONCE), 0);
	ATF_CHECK(!event_base_got_exit(r->set.base));
	cluster_link_read(r);
	cluster_link_flush(r);
	ATF_CHECK_EQ(hears(o, &m), MSG_LINK_FLOODED);
	ATF_CHECK_EQ(hears(o, &m), 0);
}

/* Descriptors of a link come in order, for one worker. */
ATF_TC_WITHOUT_HEAD(parts);
ATF_TC_BODY(parts, tc)
{
	int ours[IPC_RING_MAXFDS], theirs[IPC_RING_MAXFDS];
	unsigned int i, round;

	begin();
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

	begin();
	o = linked(STUCK);
	sent(o, 99, NULL, 0);
	turn();
	ATF_CHECK(r->links.to[STUCK] == NULL);
	ATF_CHECK_EQ(r->links.unlinked, 1U << STUCK);
	/* A packet without its two keys. */
	o = linked(STUCK);
	sent(o, MSG_LINK_PACKET, key_of(STUCK, 0), FRAME_KEY_LEN);
	turn();
	ATF_CHECK(r->links.to[STUCK] == NULL);
}

/*
 * A worker that requests our keys in a loop gets them once a turn, for its
 * latest request.
 */
ATF_TC_WITHOUT_HEAD(floods_once);
ATF_TC_BODY(floods_once, tc)
{
	struct ipc_msg_link_flooded v;
	struct ipc_msg m;
	struct other *o;
	unsigned int i;

	begin();
	o = linked(STUCK);
	for (i = 1; i <= 200; i++)
		SAY(o, FLOOD, flood, i, 0);
	turn();
	ATF_REQUIRE_EQ(hears(o, &m), MSG_LINK_FLOODED);
	ATF_REQUIRE_EQ(ipc_get_link_flooded(&m.rd, &v), 0);
	ATF_CHECK_EQ(v.watcher, 200);
	cluster_link_flush(r);
	ATF_CHECK_EQ(hears(o, &m), 0);

	/* A truncated request is malformed. */
	sent(o, MSG_LINK_FLOOD, "\0\0\0\0\0\0\0\0\0\0", 11);
	turn();
	ATF_CHECK(r->links.to[STUCK] == NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, packet_bound);
	ATF_TP_ADD_TC(tp, news_bound);
	ATF_TP_ADD_TC(tp, other_gone);
	ATF_TP_ADD_TC(tp, killed);
	ATF_TP_ADD_TC(tp, wakes);
	ATF_TP_ADD_TC(tp, parts);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, floods_once);
	return (atf_no_error());
}
