/*
 * linkmsg_test: what workers tell each other, and what a worker does not
 * believe of another one.
 */
#include "linkfixture.h"

static uint8_t	disco[100] = { 0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac };
static const uint8_t addr[16] = { [15] = 9 };

/* A packet of a client goes to the owner of its destination. */
ATF_TC_WITHOUT_HEAD(packet_out);
ATF_TC_BODY(packet_out, tc)
{
	struct ipc_msg_link_packet v;
	struct ipc_msg_link_forward f;
	struct relay_conn *c, *mesh;
	struct ipc_msg m;
	struct other *fd, *third;

	begin();
	fd = linked(OTHER);
	third = linked(THIRD);
	c = join(0, 0);
	mesh = join(1, 1);
	ATF_CHECK_EQ(r->derp.ops->packet(&c->session, key_of(OTHER, 0),
	    c->session.key, disco, 5), 0);
	ATF_CHECK_EQ(r->derp.ops->packet(&mesh->session, key_of(OTHER, 1),
	    key_of(THIRD, 0), disco, 6), 0);
	end_turn();
	ATF_REQUIRE_EQ(hears(fd, &m), MSG_LINK_PACKET);
	ATF_REQUIRE_EQ(ipc_get_link_packet(&m.rd, &v), 0);
	ATF_CHECK_EQ(memcmp(v.source, c->session.key, 32), 0);
	ATF_CHECK_EQ(memcmp(v.destination, key_of(OTHER, 0), 32), 0);
	ATF_CHECK(v.len == 5 && memcmp(v.packet, disco, 5) == 0);
	ATF_REQUIRE_EQ(hears(fd, &m), MSG_LINK_FORWARD);
	ATF_REQUIRE_EQ(ipc_get_link_forward(&m.rd, &f), 0);
	ATF_CHECK_EQ(memcmp(f.mesh, mesh->session.key, 32), 0);
	ATF_CHECK_EQ(memcmp(f.source, key_of(THIRD, 0), 32), 0);
	ATF_CHECK_EQ(memcmp(f.destination, key_of(OTHER, 1), 32), 0);
	ATF_CHECK_EQ(f.len, 6);
	ATF_CHECK_EQ(hears(fd, &m), 0);
	ATF_CHECK_EQ(hears(third, &m), 0);
	/* The owner is lost: its clients are not here. */
	ATF_CHECK_EQ(r->derp.ops->packet(&c->session, key_of(1, 0),
	    c->session.key, disco, 5), -1);
	ATF_CHECK_EQ(r->derp.ops->packet(&c->session, key_of(WORKER, 9),
	    c->session.key, disco, 5), -1);
}

/* A packet of another worker's client, and PeerGone when that leaves. */
ATF_TC_WITHOUT_HEAD(packet_in);
ATF_TC_BODY(packet_in, tc)
{
	uint8_t want[FRAME_HDR_LEN + FRAME_KEY_LEN + 3], none[] = "";
	uint8_t gone[FRAME_PEER_GONE_SIZE], both[sizeof(want) + sizeof(gone)];
	struct relay_conn *c;
	const uint8_t *src;
	struct other *fd;

	begin();
	fd = linked(OTHER);
	c = join(0, 0);
	src = key_of(OTHER, 0);
	net_frame_put_hdr(want, FRAME_RECV_PACKET, FRAME_KEY_LEN + 3);
	memcpy(want + FRAME_HDR_LEN, src, FRAME_KEY_LEN);
	memcpy(want + FRAME_HDR_LEN + FRAME_KEY_LEN, "abc", 3);
	net_frame_put_peer_gone(gone, src, PEER_GONE_DISCONNECTED);
	memcpy(both, want, sizeof(want));
	memcpy(both + sizeof(want), gone, sizeof(gone));
	SAY(fd, PACKET, packet, src, c->session.key, "abc", 3);
	clients_get(want, sizeof(want));
	SAY(fd, GONE, gone, src, 1, 1);
	clients_get(gone, sizeof(gone));
	SAY(fd, GONE, gone, src, 1, 1);
	clients_get(none, 0);
	/* In one turn: the packet counts. */
	SAY(fd, PACKET, packet, src, c->session.key, "abc", 3);
	SAY(fd, GONE, gone, src, 1, 1);
	clients_get(both, sizeof(both));
	/* Of a source at another node, which then leaves the region. */
	SAY(fd, FORWARD, forward, key_of(OTHER, 1), src, c->session.key, "abc",
	    3);
	clients_get(want, sizeof(want));
	SAY(fd, GONE, gone, src, 1, 0);
	clients_get(none, 0);
	SAY(fd, GONE, gone, src, 0, 1);
	clients_get(gone, sizeof(gone));
	ATF_CHECK_EQ(r->stats->link_refused, 0);
	ATF_CHECK_EQ(r->stats->gone_disconnected, 3);
}

/* The sender of a disco packet is told that its destination is not here. */
ATF_TC_WITHOUT_HEAD(not_here_out);
ATF_TC_BODY(not_here_out, tc)
{
	struct ipc_msg_link_not_here v;
	const uint8_t *src, *dst, *mesh;
	struct ipc_msg m;
	unsigned int i;
	struct other *fd;

	begin();
	fd = linked(OTHER);
	src = key_of(OTHER, 0);
	mesh = key_of(OTHER, 1);
	dst = key_of(WORKER, 0);
	SAY(fd, PACKET, packet, src, dst, "abc", 3);
	turn();
	ATF_CHECK_EQ(hears(fd, &m), 0);
	for (i = 0; i < 10; i++)
		SAY(fd, PACKET, packet, src, dst, disco, sizeof(disco));
	turn();
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(hears(fd, &m), MSG_LINK_NOT_HERE);
		ATF_REQUIRE_EQ(ipc_get_link_not_here(&m.rd, &v), 0);
		ATF_CHECK_EQ(memcmp(v.source, src, 32), 0);
		ATF_CHECK_EQ(memcmp(v.destination, dst, 32), 0);
	}
	ATF_CHECK_EQ(hears(fd, &m), 0);
	ATF_CHECK_EQ(r->stats->packets_dropped[DROP_UNKNOWN_DEST][0], 10);
	ATF_CHECK_EQ(r->stats->packets_dropped[DROP_UNKNOWN_DEST][1], 1);
	/* One that was forwarded: the mesh peer is told. */
	SAY(fd, FORWARD, forward, mesh, key_of(1, 0), dst, disco,
	    sizeof(disco));
	turn();
	ATF_REQUIRE_EQ(hears(fd, &m), MSG_LINK_NOT_HERE);
	ATF_REQUIRE_EQ(ipc_get_link_not_here(&m.rd, &v), 0);
	ATF_CHECK_EQ(memcmp(v.source, mesh, 32), 0);
	ATF_CHECK_EQ(r->stats->packets_dropped[DROP_UNKNOWN_DEST_ON_FWD][0], 1);
	ATF_CHECK_EQ(r->stats->link_refused, 0);
}

/* "Not here" reaches the client, within the limit of its own. */
ATF_TC_WITHOUT_HEAD(not_here_in);
ATF_TC_BODY(not_here_in, tc)
{
	uint8_t want[3 * FRAME_PEER_GONE_SIZE];
	struct relay_conn *c;
	unsigned int i;
	struct other *fd;

	begin();
	fd = linked(OTHER);
	c = join(0, 0);
	for (i = 0; i < 3; i++)
		net_frame_put_peer_gone(want + i * FRAME_PEER_GONE_SIZE,
		    key_of(OTHER, 0), PEER_GONE_NOT_HERE);
	for (i = 0; i < 10; i++)
		SAY(fd, NOT_HERE, not_here, c->session.key, key_of(OTHER, 0));
	clients_get(want, sizeof(want));
	ATF_CHECK_EQ(r->stats->gone_not_here, 3);
	SAY(fd, NOT_HERE, not_here, key_of(WORKER, 5), key_of(OTHER, 0));
	clients_get(want, 0);			/* the client has left */
	ATF_CHECK_EQ(r->stats->link_refused, 0);
}

/* All workers are told of a key that leaves, and of one that comes if asked. */
ATF_TC_WITHOUT_HEAD(news);
ATF_TC_BODY(news, tc)
{
	struct ipc_msg_link_present p;
	struct ipc_msg_link_gone g;
	struct relay_conn *c, *twin;
	struct ipc_msg m;
	struct other *fd, *third;

	begin();
	fd = linked(OTHER);
	third = linked(THIRD);
	SAY(fd, WATCH, watch, 1);
	turn();
	c = join(0, 0);
	twin = join(0, 0);
	end_turn();
	ATF_REQUIRE_EQ(hears(fd, &m), MSG_LINK_PRESENT);
	ATF_REQUIRE_EQ(ipc_get_link_present(&m.rd, &p), 0);
	ATF_CHECK(p.watcher == 0 && memcmp(p.key, c->session.key, 32) == 0);
	ATF_CHECK_EQ(hears(fd, &m), MSG_LINK_PRESENT);
	ATF_CHECK_EQ(hears(fd, &m), 0);
	ATF_CHECK_EQ(hears(third, &m), 0);
	leave(c);
	end_turn();
	ATF_CHECK_EQ(hears(fd, &m), 0);
	leave(twin);
	end_turn();
	ATF_REQUIRE_EQ(hears(fd, &m), MSG_LINK_GONE);
	ATF_REQUIRE_EQ(ipc_get_link_gone(&m.rd, &g), 0);
	ATF_CHECK_EQ(memcmp(g.key, key_of(WORKER, 0), 32), 0);
	ATF_CHECK(g.local && g.region);
	ATF_CHECK_EQ(hears(third, &m), MSG_LINK_GONE);
	SAY(fd, WATCH, watch, 0);
	turn();
	(void)join(0, 0);
	end_turn();
	ATF_CHECK_EQ(hears(fd, &m), 0);
}

/* Another worker's watcher pulls our keys, a piece a turn. */
ATF_TC_WITHOUT_HEAD(flood_out);
ATF_TC_BODY(flood_out, tc)
{
	const unsigned int n = 1500;
	struct ipc_msg_link_present p;
	struct ipc_msg_link_flooded f = { 0, 0 };
	unsigned int i, total = 0, piece;
	struct ipc_msg m;
	struct other *fd;

	begin();
	for (i = 0; i < n; i++)
		(void)join(i, 0);
	fd = linked(OTHER);
	while (f.slot < IPC_SLOTS) {
		/* Asked twice in a turn: answered once. */
		SAY(fd, FLOOD, flood, 76, 0);
		SAY(fd, FLOOD, flood, 77, f.slot);
		turn();
		for (piece = 0; hears(fd, &m) == MSG_LINK_PRESENT; piece++) {
			ATF_REQUIRE_EQ(ipc_get_link_present(&m.rd, &p), 0);
			ATF_CHECK_EQ(p.watcher, 77);
		}
		total += piece;
		ATF_CHECK_MSG(piece <= 600, "%u", piece);
		ATF_REQUIRE_EQ(m.type, MSG_LINK_FLOODED);
		ATF_REQUIRE_EQ(ipc_get_link_flooded(&m.rd, &f), 0);
		ATF_CHECK_EQ(f.watcher, 77);
		ATF_CHECK_EQ(hears(fd, &m), 0);
	}
	ATF_CHECK_EQ(total, n);
}

/* Our watcher pulls another worker's keys. */
ATF_TC_WITHOUT_HEAD(flood_in);
ATF_TC_BODY(flood_in, tc)
{
	uint8_t want[FRAME_PEER_PRESENT_SIZE], gone[FRAME_PEER_GONE_SIZE];
	struct ipc_msg_link_flood f;
	struct relay_conn *w, *w2;
	struct ipc_msg m;
	struct other *fd;

	begin();
	fd = linked(OTHER);
	w = join(0, 1);
	w2 = join(1, 1);
	cluster_watch_begin(w);
	cluster_watch_begin(w2);
	end_turn();
	ATF_CHECK_EQ(hears(fd, &m), MSG_LINK_WATCH);
	ATF_REQUIRE_EQ(hears(fd, &m), MSG_LINK_FLOOD);
	ATF_REQUIRE_EQ(ipc_get_link_flood(&m.rd, &f), 0);
	ATF_CHECK(f.watcher == w2->conn.id && f.slot == 0);
	/* One request at a time. */
	ATF_CHECK_EQ(hears(fd, &m), 0);
	net_frame_put_peer_present(want, key_of(OTHER, 0), addr, 7, 1);
	net_frame_put_peer_gone(gone, key_of(OTHER, 0), PEER_GONE_DISCONNECTED);
	SAY(fd, PRESENT, present, f.watcher, key_of(OTHER, 0), addr, 7, 1);
	clients_get(want, sizeof(want));
	SAY(fd, FLOODED, flooded, f.watcher, IPC_SLOTS);
	clients_get(want, 0);
	SAY(fd, GONE, gone, key_of(OTHER, 0), 1, 1);
	clients_get(gone, sizeof(gone));	/* w2 alone */
	ATF_REQUIRE_EQ(hears(fd, &m), MSG_LINK_FLOOD);
	ATF_REQUIRE_EQ(ipc_get_link_flood(&m.rd, &f), 0);
	ATF_CHECK(f.watcher == w->conn.id && f.slot == 0);
	ATF_CHECK_EQ(r->stats->link_refused, 0);
	/* Not asked for: another watcher, or none. */
	SAY(fd, PRESENT, present, w2->conn.id, key_of(OTHER, 0), addr, 7, 1);
	SAY(fd, FLOODED, flooded, w2->conn.id, 5);
	SAY(fd, FLOODED, flooded, 0, 5);
	clients_get(want, 0);
	ATF_CHECK_EQ(r->stats->link_refused, 3);
	/* The watcher has left, which the other one hears. */
	net_frame_put_peer_gone(gone, w->session.key, PEER_GONE_DISCONNECTED);
	leave(w);
	SAY(fd, FLOODED, flooded, f.watcher, 5);
	clients_get(gone, sizeof(gone));
	ATF_CHECK_EQ(hears(fd, &m), MSG_LINK_GONE);
	leave(w2);
	end_turn();
	ATF_CHECK_EQ(hears(fd, &m), MSG_LINK_WATCH);
	ATF_CHECK_EQ(r->stats->link_refused, 3);
}

/* A worker is not believed about keys that it does not own. */
ATF_TC_WITHOUT_HEAD(wrong_owner);
ATF_TC_BODY(wrong_owner, tc)
{
	struct relay_conn *c, *w;
	const uint8_t *theirs, *thirds;
	struct ipc_msg m;
	struct other *fd;

	begin();
	fd = linked(OTHER);
	c = join(0, 0);
	w = join(1, 1);
	cluster_watch_begin(w);
	end_turn();
	while (hears(fd, &m) != 0)
		continue;
	SAY(fd, FLOODED, flooded, w->conn.id, IPC_SLOTS);
	turn();
	theirs = key_of(OTHER, 0);
	thirds = key_of(THIRD, 0);
	ATF_CHECK_EQ(r->stats->link_refused, 0);
	SAY(fd, PACKET, packet, thirds, c->session.key, "abc", 3);
	SAY(fd, PACKET, packet, w->session.key, c->session.key, "abc", 3);
	SAY(fd, PACKET, packet, theirs, thirds, disco, sizeof(disco));
	SAY(fd, FORWARD, forward, thirds, theirs, c->session.key, "abc", 3);
	SAY(fd, FORWARD, forward, theirs, thirds, thirds, "abc", 3);
	SAY(fd, NOT_HERE, not_here, c->session.key, thirds);
	SAY(fd, NOT_HERE, not_here, thirds, theirs);
	SAY(fd, GONE, gone, thirds, 1, 1);
	SAY(fd, GONE, gone, c->session.key, 1, 1);
	SAY(fd, CLOSE, close, thirds);
	SAY(fd, CLOSE, close, theirs);
	SAY(fd, PRESENT, present, 0, thirds, addr, 7, 1);
	SAY(fd, PRESENT, present, 0, c->session.key, addr, 7, 1);
	clients_get("", 0);
	ATF_CHECK_EQ(r->stats->link_refused, 13);
	ATF_CHECK(!c->conn.dead && !w->conn.dead && r->links.to[OTHER] != NULL);
	ATF_CHECK_EQ(hears(fd, &m), 0);
	SAY(fd, CLOSE, close, c->session.key);
	turn();
	ATF_CHECK(c->conn.dead && !w->conn.dead);
}

/* Without a mesh key no other worker can have a mesh peer. */
ATF_TC_WITHOUT_HEAD(no_mesh);
ATF_TC_BODY(no_mesh, tc)
{
	struct relay_conn *c;
	const uint8_t *mesh;
	struct other *fd;

	begin();
	fd = linked(OTHER);
	c = join(0, 0);
	mesh = key_of(OTHER, 0);
	r->has_mesh = 0;
	SAY(fd, FORWARD, forward, mesh, key_of(THIRD, 0), c->session.key,
	    "abc", 3);
	SAY(fd, CLOSE, close, c->session.key);
	clients_get("", 0);
	ATF_CHECK_EQ(r->stats->link_refused, 2);
	ATF_CHECK(!c->conn.dead);
}

/* What a worker may send at most does no harm. */
ATF_TC_WITHOUT_HEAD(floods);
ATF_TC_BODY(floods, tc)
{
	static const uint8_t huge[2 * FRAME_KEY_LEN + IPC_MAXPACKET + 1];
	static uint8_t big[IPC_MAXPACKET];
	struct relay_conn *c;
	const uint8_t *src;
	unsigned int i;
	struct other *fd;

	begin();
	r->conf.queue_packets = 100;
	fd = linked(OTHER);
	c = join(0, 0);
	room = 0;			/* the client does not read */
	src = key_of(OTHER, 0);
	for (i = 0; i < 300; i++) {
		SAY(fd, PACKET, packet, src, c->session.key, big, sizeof(big));
		turn();
	}
	ATF_CHECK(derp_queue_packets(c->packets.queue) <= 100);
	for (i = 0; i < 300; i++) {
		SAY(fd, PACKET, packet, key_of(OTHER, i), c->session.key, "a",
		    1);
		SAY(fd, GONE, gone, key_of(OTHER, i), 1, 1);
		SAY(fd, FLOOD, flood, i, 0);
		turn();
	}
	ATF_CHECK(!c->conn.dead && r->links.to[OTHER] != NULL);
	/* Too large a packet is malformed. */
	sent(fd, MSG_LINK_PACKET, huge, sizeof(huge));
	turn();
	ATF_CHECK(r->links.to[OTHER] == NULL);
}

/*
 * A worker is lost: those who heard from its clients are told, and watchers are
 * closed.
 */
ATF_TC_WITHOUT_HEAD(lost);
ATF_TC_BODY(lost, tc)
{
	uint8_t gone[FRAME_PEER_GONE_SIZE];
	struct relay_conn *c, *w;
	const uint8_t *src, *other;
	struct other *fd, *third;

	begin();
	fd = linked(OTHER);
	third = linked(THIRD);
	c = join(0, 0);
	src = key_of(OTHER, 0);
	other = key_of(THIRD, 0);
	net_frame_put_peer_gone(gone, src, PEER_GONE_DISCONNECTED);
	SAY(fd, PACKET, packet, src, c->session.key, "abc", 3);
	SAY(third, PACKET, packet, other, c->session.key, "abc", 3);
	turn();
	closed(fd);
	clients_get(gone, sizeof(gone));
	ATF_CHECK_EQ(r->links.unlinked, 0);
	net_frame_put_peer_gone(gone, other, PEER_GONE_DISCONNECTED);
	w = join(1, 1);
	cluster_watch_begin(w);
	turn();
	ATF_CHECK(!w->conn.dead);
	closed(third);
	clients_get(gone, sizeof(gone));
	ATF_CHECK(w->conn.dead && !c->conn.dead);
}

/* A page with wild numbers: such keys have no owner. */
ATF_TC_WITHOUT_HEAD(damaged);
ATF_TC_BODY(damaged, tc)
{
	struct relay_conn *c;
	const uint8_t *dst;
	struct other *fd;

	begin();
	fd = linked(OTHER);
	c = join(0, 0);
	dst = key_of(THIRD, 0);
	memset(r->owners.recent, 0, sizeof(r->owners.recent));
	r->conf.nworkers = 3;		/* THIRD is out of range */
	ATF_CHECK_EQ(cluster_owner(r, dst), IPC_MAXWORKERS);
	ATF_CHECK_EQ(r->derp.ops->packet(&c->session, dst, c->session.key,
	    disco, 5), -1);
	r->derp.ops->close_peer(&c->session, dst);
	SAY(fd, GONE, gone, dst, 1, 1);
	clients_get("", 0);
	ATF_CHECK_EQ(r->stats->link_refused, 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, packet_out);
	ATF_TP_ADD_TC(tp, packet_in);
	ATF_TP_ADD_TC(tp, not_here_out);
	ATF_TP_ADD_TC(tp, not_here_in);
	ATF_TP_ADD_TC(tp, news);
	ATF_TP_ADD_TC(tp, flood_out);
	ATF_TP_ADD_TC(tp, flood_in);
	ATF_TP_ADD_TC(tp, wrong_owner);
	ATF_TP_ADD_TC(tp, no_mesh);
	ATF_TP_ADD_TC(tp, floods);
	ATF_TP_ADD_TC(tp, lost);
	ATF_TP_ADD_TC(tp, damaged);
	return (atf_no_error());
}
