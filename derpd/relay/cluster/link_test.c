/*
 * link_test: the output that a worker keeps for another one that does not read.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "cluster.h"
#include "link.h"
#include "peers.h"
#include "pool.h"
#include "relay.h"
#include "testmem.h"

#define MIB	(1024 * 1024)
#define STUCK	2		/* the worker that does not read */
#define FINE	3
#define KERNEL	(1 * MIB)	/* more than a socket pair holds */

static struct relay	*r;
static struct ipc_chan	*parent;	/* its end */
static const uint8_t	 key[FRAME_KEY_LEN] = { 1 };

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

/* Open a link to that worker and return its other end. */
static int
linked(unsigned int worker)
{
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(cluster_link_open(r, sv[0], worker), 0);
	return (sv[1]);
}

static void
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
static size_t
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

/* Above 4 MiB packets are refused, notifications are not. */
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
	ATF_CHECK_MSG(n > 4 * MIB - 10000 - 100 * n / 1400 &&
	    n < 4 * MIB + KERNEL, "%zu bytes", n);
	ATF_CHECK_EQ(packets(FINE, 100000), 100800);
	memset(&c, 0, sizeof(c));
	c.r = r;
	cluster_link_active(&c);
	ATF_CHECK_EQ(c.session.pending_acks, 1U << STUCK | 1U << FINE);
}

/*
 * Above 32 MiB of notifications the worker counts as lost and logins do not
 * wait for it, but only from the next turn on.
 */
ATF_TC_WITHOUT_HEAD(news_bound);
ATF_TC_BODY(news_bound, tc)
{
	static const uint8_t addr[16];
	const size_t frame = FRAME_HDR_LEN + FRAME_KEY_LEN + 3 * 8;
	size_t n, before = base_test_resident(), now;
	struct relay_conn c, waits;
	struct ipc_msg m;
	int fd;

	set_up();
	linked(STUCK);
	fd = linked(FINE);
	cluster_peers_remote_add(r->peers, STUCK, key, 1, addr, 1, PEER_REGULAR,
	    1);
	memset(&c, 0, sizeof(c));
	memset(&waits, 0, sizeof(waits));
	c.r = waits.r = r;
	waits.state = CONN_UP;
	TAILQ_INSERT_TAIL(&r->conns, &waits, entry);
	cluster_link_active(&waits);
	ATF_CHECK_EQ(waits.session.pending_acks, 1U << STUCK | 1U << FINE);
	/* Drop the output of the other link, as if it was read. */
	for (n = 0; n < 128 * MIB; n += frame) {
		if (n % (1000 * frame) == 0) {
			close(fd);
			fd = linked(FINE);
		}
		cluster_link_active(&c);
		if ((c.session.pending_acks & 1U << STUCK) == 0)
			break;
	}
	ATF_CHECK_MSG(n > 31 * MIB && n < 32 * MIB + KERNEL, "%zu bytes", n);
	now = base_test_resident();
	/* Sanitizers keep freed memory. */
	ATF_CHECK_MSG(!POOL_SLABS || before == 0 || now < before + 60 * MIB,
	    "%zu before, %zu now", before, now);
	ATF_CHECK(c.session.pending_acks == 1U << FINE);
	ATF_CHECK(r->links.to[STUCK] != NULL && r->links.to[FINE] != NULL);
	ATF_CHECK_EQ(cluster_peers_conns(cluster_peers_find(r->peers, key)), 1);

	ATF_REQUIRE(event_base_loop(r->base, EVLOOP_NONBLOCK) != -1);
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
	close(fd);
	fd = linked(FINE);	/* all its acknowledgements have arrived */
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
	ATF_REQUIRE(event_base_loop(r->base, EVLOOP_NONBLOCK) != -1);
	ATF_CHECK(r->links.to[STUCK] == NULL && waits.output.is_dirty);
	relay_buf_free(&waits.session.pongs);
}

/* Read all pending bytes of the other end; return how many. */
static size_t
drain(int fd)
{
	char buf[65536];
	size_t n = 0;
	ssize_t k;

	while ((k = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		n += (size_t)k;
	return (n);
}

/* A worker that hangs delays logins for a moment, once. */
ATF_TC_WITHOUT_HEAD(slow);
ATF_TC_BODY(slow, tc)
{
	uint8_t ack[FRAME_HDR_LEN + FRAME_KEY_LEN + 16] = { 0 };
	struct relay_conn c;
	int fd;

	set_up();
	fd = linked(STUCK);
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
	ATF_CHECK(drain(fd) > 0);
	cluster_link_active(&c);
	ATF_CHECK_EQ(c.session.pending_acks, 0);
	cluster_link_add(&c);
	ATF_CHECK_EQ(c.session.pending_acks, 0);
	cluster_link_flush(r);
	ATF_CHECK(drain(fd) > 0);
	/* When it acknowledges, logins wait for it again. */
	net_frame_put_hdr(ack, MSG_LINK_ACK, sizeof(ack) - FRAME_HDR_LEN);
	ATF_REQUIRE_EQ(write(fd, ack, sizeof(ack)), (ssize_t)sizeof(ack));
	ATF_REQUIRE(event_base_loop(r->base, EVLOOP_ONCE) != -1);
	cluster_link_active(&c);
	ATF_CHECK_EQ(c.session.pending_acks, 1U << STUCK);
	/*
	 * A worker is slow if it acknowledges nothing, not if it has many to
	 * do.
	 */
	r->now_us += 1000000;
	ATF_REQUIRE_EQ(write(fd, ack, sizeof(ack)), (ssize_t)sizeof(ack));
	ATF_REQUIRE(event_base_loop(r->base, EVLOOP_ONCE) != -1);
	cluster_link_tick(r);
	ATF_CHECK_EQ(c.session.pending_acks, 1U << STUCK);
}

/* The parent replaces a worker that has ended without a request. */
ATF_TC_WITHOUT_HEAD(other_gone);
ATF_TC_BODY(other_gone, tc)
{
	int fd;

	set_up();
	fd = linked(STUCK);
	close(fd);
	ATF_REQUIRE(event_base_loop(r->base, EVLOOP_ONCE) != -1);
	ATF_CHECK(r->links.to[STUCK] == NULL);
	ATF_CHECK_EQ(r->links.unlinked, 0);
}

/* A malformed frame closes the link, and a new one is requested. */
ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	uint8_t frame[FRAME_HDR_LEN];
	int fd;

	set_up();
	fd = linked(STUCK);
	net_frame_put_hdr(frame, 99, 0);
	ATF_REQUIRE_EQ(write(fd, frame, sizeof(frame)),
	    (ssize_t)sizeof(frame));
	ATF_REQUIRE(event_base_loop(r->base, EVLOOP_ONCE) != -1);
	ATF_CHECK(r->links.to[STUCK] == NULL);
	ATF_CHECK_EQ(r->links.unlinked, 1U << STUCK);
}

/*
 * A worker that requests our counters in a loop gets them once a turn, for its
 * latest request.
 */
ATF_TC_WITHOUT_HEAD(counters_once);
ATF_TC_BODY(counters_once, tc)
{
	uint8_t ask[FRAME_HDR_LEN + 8] = { 0 }, buf[65536];
	const size_t answer = FRAME_HDR_LEN + 8 + 4 +
	    sizeof(struct relay_stats);
	unsigned int i;
	ssize_t n;
	int fd;

	set_up();
	fd = linked(STUCK);
	(void)drain(fd);
	for (i = 1; i <= 200; i++) {
		net_frame_put_hdr(ask, MSG_LINK_STATS_ASK, 8);
		ask[sizeof(ask) - 1] = (uint8_t)i;
		ATF_REQUIRE_EQ(write(fd, ask, sizeof(ask)),
		    (ssize_t)sizeof(ask));
	}
	ATF_REQUIRE(event_base_loop(r->base, EVLOOP_ONCE) != -1);
	cluster_link_flush(r);
	n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	ATF_REQUIRE_EQ(n, (ssize_t)answer);
	ATF_CHECK_EQ(buf[0], MSG_LINK_STATS);
	ATF_CHECK_EQ(buf[FRAME_HDR_LEN + 7], 200);
	cluster_link_flush(r);
	ATF_CHECK_EQ(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), -1);

	/* A truncated request is malformed. */
	net_frame_put_hdr(ask, MSG_LINK_STATS_ASK, 7);
	ATF_REQUIRE_EQ(write(fd, ask, sizeof(ask) - 1),
	    (ssize_t)sizeof(ask) - 1);
	ATF_REQUIRE(event_base_loop(r->base, EVLOOP_ONCE) != -1);
	ATF_CHECK(r->links.to[STUCK] == NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, packet_bound);
	ATF_TP_ADD_TC(tp, news_bound);
	ATF_TP_ADD_TC(tp, given_up);
	ATF_TP_ADD_TC(tp, slow);
	ATF_TP_ADD_TC(tp, other_gone);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, counters_once);
	return (atf_no_error());
}
