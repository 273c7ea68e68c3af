/*
 * nodes_test: links to another node: how they begin, what goes over them, how
 * they end, and that they are no clients.
 */
#include "nodesfixture.h"

/* The node is asked for its clients; the link counts as a link alone. */
ATF_TC_WITHOUT_HEAD(begins);
ATF_TC_BODY(begins, tc)
{
	(void)tc;
	start();
	node = new_link(7);
	node_got(FRAME_WATCH_CONNS);
	node_got(0);
	ATF_CHECK_EQ(r->set.nconns, 1);
	ATF_CHECK_EQ(r->nodes.nconns, 1);
	ATF_CHECK_EQ(r->stats->node_up[NODE], 1);
	ATF_CHECK_EQ(r->stats->node_links[NODE], 1);
	ATF_CHECK_EQ(r->stats->connections, 0);
	ATF_CHECK_EQ(r->stats->clients, 0);
	mesh_silent();
	close(node);
	turns();
	ATF_CHECK_EQ(r->set.nconns, 0);
	ATF_CHECK_EQ(r->nodes.nconns, 0);
	ATF_CHECK_EQ(r->stats->node_up[NODE], 0);
	ATF_CHECK_EQ(r->stats->node_links[NODE], 1);
}

/* What came behind ServerInfo is handled. */
ATF_TC_WITHOUT_HEAD(behind);
ATF_TC_BODY(behind, tc)
{
	struct ipc_msg_mesh_link v;
	uint8_t ping[FRAME_HDR_LEN + FRAME_PING_LEN] = "....\0behind!";
	int sv[2];

	(void)tc;
	start();
	net_frame_put_hdr(ping, FRAME_PING, FRAME_PING_LEN);
	link_message(&v, 1);
	v.plain = ping;
	v.plain_len = sizeof(ping);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	hand_link(&v, sv[0]);
	node = sv[1];
	node_got(FRAME_WATCH_CONNS);
	node_got(FRAME_PONG);
}

/* Packets go out as ForwardPacket, disco first, and are counted. */
ATF_TC_WITHOUT_HEAD(forwards);
ATF_TC_BODY(forwards, tc)
{
	static const uint8_t disco[100] = "TS\xf0\x9f\x92\xac";
	uint8_t p[4096], both[2 * FRAME_KEY_LEN];
	unsigned int link;
	size_t n;

	(void)tc;
	start();
	node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	link = the_link()->node->link;
	ATF_CHECK_EQ(link / 2, NODE);
	ATF_CHECK_EQ(forward(link, 1, 2, "hello", 5), 0);
	ATF_CHECK_EQ(forward(link, 3, 4, "", 0), 0);
	ATF_CHECK_EQ(forward(link, 5, 6, disco, sizeof(disco)), 0);
	ATF_CHECK_EQ(forward(link ^ 1, 1, 2, "hello", 5), -1);
	ATF_CHECK_EQ(forward(2 * NODE + 2, 1, 2, "hello", 5), -1);
	ATF_REQUIRE_EQ(node_gets(p, sizeof(p), &n), FRAME_FORWARD_PACKET);
	ATF_CHECK_EQ(n, sizeof(both) + sizeof(disco));
	ATF_CHECK_EQ(p[0], 5);
	ATF_CHECK_EQ(p[FRAME_KEY_LEN], 6);
	ATF_REQUIRE_EQ(node_gets(p, sizeof(p), &n), FRAME_FORWARD_PACKET);
	memset(both, 1, FRAME_KEY_LEN);
	memset(both + FRAME_KEY_LEN, 2, FRAME_KEY_LEN);
	ATF_CHECK_EQ(n, sizeof(both) + 5);
	ATF_CHECK(memcmp(p, both, sizeof(both)) == 0);
	ATF_CHECK(memcmp(p + sizeof(both), "hello", 5) == 0);
	ATF_REQUIRE_EQ(node_gets(p, sizeof(p), &n), FRAME_FORWARD_PACKET);
	ATF_CHECK_EQ(n, sizeof(both));
	ATF_CHECK_EQ(r->stats->forwarded_out, 3);
	ATF_CHECK_EQ(r->stats->node_packets[NODE], 3);
	ATF_CHECK_EQ(r->stats->node_bytes[NODE], 105);
	ATF_CHECK_EQ(r->stats->packets_sent, 0);
	close(node);
	turns();
	ATF_CHECK_EQ(forward(link, 1, 2, "hello", 5), -1);
}

/* The largest packet passes. */
ATF_TC_WITHOUT_HEAD(largest);
ATF_TC_BODY(largest, tc)
{
	static uint8_t p[FRAME_MAX_PACKET], got[FRAME_MAX_PACKET + 64];
	size_t i, n;

	(void)tc;
	start();
	node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	for (i = 0; i < sizeof(p); i++)
		p[i] = (uint8_t)(i * 7);
	for (i = 0; i < 3; i++)
		ATF_CHECK_EQ(forward(the_link()->node->link, 1, 2, p,
		    sizeof(p)), 0);
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(node_gets(got, sizeof(got), &n),
		    FRAME_FORWARD_PACKET);
		ATF_REQUIRE_EQ(n, sizeof(p) + 2 * FRAME_KEY_LEN);
		ATF_CHECK(memcmp(got + 2 * FRAME_KEY_LEN, p, sizeof(p)) == 0);
	}
}

/* The queue of a link is that of four clients; the oldest packets go. */
ATF_TC_WITHOUT_HEAD(bounded);
ATF_TC_BODY(bounded, tc)
{
	uint8_t p[4096], i;
	size_t n;

	(void)tc;
	start();
	r->conf.queue_packets = 10;
	node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	for (i = 0; i < 50; i++)
		ATF_CHECK_EQ(forward(the_link()->node->link, i, 2, "12345", 5),
		    0);
	ATF_CHECK_EQ(r->stats->node_drops[NODE], 10);
	ATF_CHECK_EQ(r->stats->packets_dropped[DROP_QUEUE_HEAD][KIND_OTHER],
	    10);
	ATF_CHECK_EQ(r->stats->bytes_dropped[DROP_QUEUE_HEAD][KIND_OTHER], 50);
	for (i = 10; i < 50; i++) {
		ATF_REQUIRE_EQ(node_gets(p, sizeof(p), &n),
		    FRAME_FORWARD_PACKET);
		ATF_CHECK_EQ(p[0], i);
	}
	/* What waits when the link ends is lost. */
	ATF_CHECK_EQ(forward(the_link()->node->link, i, 2, "12345", 5), 0);
	nodes_link_end(the_link(), 0, "test");
	turns();
	ATF_CHECK_EQ(r->stats->node_drops[NODE], 11);
	ATF_CHECK_EQ(r->stats->bytes_dropped[DROP_GONE_DISCONNECTED]
	    [KIND_OTHER], 5);
}

/* ClosePeer goes out over the link that is meant. */
ATF_TC_WITHOUT_HEAD(closes_peer);
ATF_TC_BODY(closes_peer, tc)
{
	uint8_t p[FRAME_KEY_LEN], k[FRAME_KEY_LEN];
	size_t n;

	(void)tc;
	start();
	node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	memset(k, 9, sizeof(k));
	r->far_ops->close_peer(r, the_link()->node->link ^ 1, k);
	r->far_ops->close_peer(r, 0, k);
	node_got(0);
	r->far_ops->close_peer(r, the_link()->node->link, k);
	ATF_REQUIRE_EQ(node_gets(p, sizeof(p), &n), FRAME_CLOSE_PEER);
	ATF_CHECK(n == sizeof(k) && memcmp(p, k, n) == 0);
}

/* The node is pinged, and answered. */
ATF_TC_WITHOUT_HEAD(pings);
ATF_TC_BODY(pings, tc)
{
	uint8_t p[64];
	size_t n;

	(void)tc;
	start();
	node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	beats(1);
	ATF_REQUIRE_EQ(node_gets(p, sizeof(p), &n), FRAME_PING);
	ATF_CHECK_EQ(n, FRAME_PING_LEN);
	node_got(0);
	beats(1);
	node_got(FRAME_PING);
	node_says(FRAME_PING, "12345678", 8);
	ATF_REQUIRE_EQ(node_gets(p, sizeof(p), &n), FRAME_PONG);
	ATF_CHECK(n == 8 && memcmp(p, "12345678", 8) == 0);
	ATF_CHECK_EQ(r->stats->got_ping, 0);
}

/* Any frame is a sign of life; a node without one is lost. */
ATF_TC_WITHOUT_HEAD(silent);
ATF_TC_BODY(silent, tc)
{
	(void)tc;
	start();
	node = new_link(1);
	beats(4);
	node_says(FRAME_KEEP_ALIVE, NULL, 0);
	beats(4);
	node_says(0x7f, "whatever", 8);
	beats(4);
	mesh_silent();
	ATF_CHECK(the_link() != NULL);
	beats(1);
	mesh_lost(1, 0, "silent for 8 seconds");
	ATF_CHECK(the_link() == NULL);
	ATF_CHECK_EQ(r->set.nconns, 0);
}

/* The mesh process learns why a link has ended. */
ATF_TC_WITHOUT_HEAD(reasons);
ATF_TC_BODY(reasons, tc)
{
	(void)tc;
	start();
	node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	close(node);
	mesh_lost(1, 0, "another mesh key");
	node = new_link(2);
	node_got(FRAME_WATCH_CONNS);
	node_says(FRAME_KEEP_ALIVE, NULL, 0);
	close(node);
	mesh_lost(2, 0, "closed by the other side");
	node = new_link(3);
	beats(3);
	close(node);
	mesh_lost(3, 0, "");
	node = new_link(4);
	node_says(FRAME_RESTARTING, "12345678", 8);
	close(node);
	mesh_lost(4, 0, "restarts");
	node = new_link(5);
	node_says(FRAME_PEER_GONE, "short", 5);
	mesh_lost(5, 0, "malformed");
	node = new_link(6);
	r->far_ops->anew(r);
	mesh_lost(6, 1, "worker");
}

/* Which keys are at the node; not those of a link that has ended. */
ATF_TC_WITHOUT_HEAD(presence);
ATF_TC_BODY(presence, tc)
{
	uint8_t a[FRAME_KEY_LEN], b[FRAME_KEY_LEN];

	(void)tc;
	start();
	key_of(a, WORKER, 0);
	key_of(b, WORKER, 1);
	node = new_link(1);
	node_names(FRAME_PEER_PRESENT, a, 19);
	node_names(FRAME_PEER_PRESENT, b, 19);
	node_names(FRAME_PEER_PRESENT, r->conf.node_key, 19);
	ATF_CHECK_EQ(cluster_far_keys(r, NODE), 2);
	nodes_tick(r);
	ATF_CHECK_EQ(r->stats->node_keys[NODE], 2);
	node_names(FRAME_PEER_GONE, a, 1);
	ATF_CHECK_EQ(cluster_far_keys(r, NODE), 1);
	close(node);
	turns();
	turns();
	ATF_CHECK_EQ(cluster_far_keys(r, NODE), 0);
	nodes_tick(r);
	ATF_CHECK_EQ(r->stats->node_keys[NODE], 0);
}

/* A newer link replaces an older one, whose end is nobody's news. */
ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	unsigned int link;
	uint8_t k[FRAME_KEY_LEN];
	int old;

	(void)tc;
	start();
	key_of(k, WORKER, 0);
	old = node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	node_names(FRAME_PEER_PRESENT, k, 19);
	link = the_link()->node->link;
	node = new_link(2);
	ATF_CHECK_EQ(the_link()->node->link, link ^ 1);
	ATF_CHECK_EQ(cluster_far_keys(r, NODE), 0);
	ATF_CHECK_EQ(forward(link, 1, 2, "a", 1), -1);
	ATF_CHECK_EQ(forward(link ^ 1, 1, 2, "a", 1), 0);
	node_got(FRAME_WATCH_CONNS);
	node_got(FRAME_FORWARD_PACKET);
	ATF_CHECK_EQ(r->stats->node_up[NODE], 1);
	ATF_CHECK_EQ(r->stats->node_links[NODE], 2);
	ATF_CHECK_EQ(r->set.nconns, 1);
	mesh_silent();
	node = old;
	node_got(-1);
}

static void
mesh_ends(uint32_t number)
{
	struct ipc_msg_mesh_end v = { .number = number };

	ATF_REQUIRE_EQ(ipc_send_mesh_end(mesh, &v), 0);
	ATF_REQUIRE_EQ(ipc_chan_flush(mesh, 5000), 0);
	turns();
}

/* The mesh process can end its link, and no other. */
ATF_TC_WITHOUT_HEAD(ended);
ATF_TC_BODY(ended, tc)
{
	(void)tc;
	start();
	node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	mesh_ends(2);
	mesh_silent();
	ATF_CHECK(the_link() != NULL);
	mesh_ends(1);
	mesh_lost(1, 1, "ended it");
	node_got(-1);
	mesh_ends(1);
	mesh_silent();
}

/*
 * The link outlives its mesh process for some seconds; the next one has numbers
 * of its own.
 */
ATF_TC_WITHOUT_HEAD(orphan);
ATF_TC_BODY(orphan, tc)
{
	unsigned int i;
	int old;

	(void)tc;
	start();
	node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	ipc_chan_free(mesh);
	beats(1);
	node_got(FRAME_PING);
	ATF_CHECK_EQ(forward(the_link()->node->link, 1, 2, "a", 1), 0);
	node_got(FRAME_FORWARD_PACKET);
	connect_mesh();
	mesh_ends(1);
	ATF_CHECK(the_link() != NULL);
	old = node;
	node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	mesh_silent();
	close(old);
	turns();
	mesh_silent();
	/* The second one is not replaced. */
	ipc_chan_free(mesh);
	turns();
	connect_mesh();
	for (i = 0; i < 5; i++) {
		ATF_REQUIRE(the_link() != NULL);
		node_says(FRAME_KEEP_ALIVE, NULL, 0);
		beats(1);
	}
	ATF_CHECK(the_link() == NULL);
	mesh_silent();
}

static void
over_records(struct net_record_cache *cache, struct net_record *rec,
    uint8_t saved[NET_RECORD_SAVED], int client)
{
	const uint8_t a[32] = { 1 }, b[32] = { 2 };
	struct net_record ours;

	ATF_REQUIRE_EQ(net_record_begin(&ours, cache, 0x1301, a, b, 32, 0,
	    client), 0);
	ATF_REQUIRE_EQ(net_record_begin(rec, cache, 0x1301, b, a, 32, 0,
	    !client), 0);
	ATF_REQUIRE_EQ(net_record_save(&ours, saved), 0);
}

/* A link of our own records, as client. */
ATF_TC_WITHOUT_HEAD(records);
ATF_TC_BODY(records, tc)
{
	uint8_t saved[NET_RECORD_SAVED], buf[4096], ping[16];
	struct net_record_input in;
	struct ipc_msg_mesh_link v;
	struct net_record rec;
	struct iovec iov = { ping, FRAME_HDR_LEN + FRAME_PING_LEN };
	int s[2];
	ssize_t n;

	(void)tc;
	start();
	over_records(&r->set.records, &rec, saved, 1);
	link_message(&v, 1);
	v.proxied = 0;
	v.record = saved;
	v.record_len = sizeof(saved);
	memset(ping, 0, sizeof(ping));
	net_frame_put_hdr(ping, FRAME_PING, FRAME_PING_LEN);
	n = net_record_write(&rec, &iov, 1, iov.iov_len, buf);
	ATF_REQUIRE(n > 0);
	v.cipher = buf;		/* it came behind ServerInfo */
	v.cipher_len = (size_t)n;
	tcp_pair(s);
	hand_link(&v, s[0]);
	n = recv(s[1], buf, sizeof(buf), 0);
	ATF_REQUIRE(n > 0);
	ATF_REQUIRE_EQ(net_record_read(&rec, buf, (size_t)n, &in),
	    NET_RECORD_DATA);
	ATF_REQUIRE(in.len >= FRAME_HDR_LEN);
	ATF_CHECK_EQ(in.data[0], FRAME_WATCH_CONNS);
	if (in.len == FRAME_HDR_LEN) {	/* the Pong has a record of its own */
		if (in.used == (size_t)n) {
			turns();
			n = recv(s[1], buf, sizeof(buf), 0);
			in.used = 0;
		}
		ATF_REQUIRE_EQ(net_record_read(&rec, buf + in.used,
		    (size_t)n - in.used, &in), NET_RECORD_DATA);
		ATF_CHECK_EQ(in.data[0], FRAME_PONG);
	} else
		ATF_CHECK_EQ(in.data[FRAME_HDR_LEN], FRAME_PONG);
	ATF_CHECK(the_link() != NULL);
	/* A record that is none. */
	ATF_REQUIRE_EQ(write(s[1], "\x17\x03\x03\0\x20", 5), 5);
	ATF_REQUIRE_EQ(write(s[1], saved, 32), 32);
	mesh_lost(1, 0, "record");
	ATF_CHECK(the_link() == NULL);
}

/* A client logs in at the worker; return its end. */
static int
a_client(uint8_t number, int is_mesh)
{
	uint8_t ticket[IPC_TICKET_LEN], k[FRAME_KEY_LEN];
	struct ipc_msg_handover v;
	uint64_t cookie;
	int s[2];

	key_of(k, WORKER, number);
	make_ticket(ticket, WORKER, k, number, is_mesh);
	plain_message(&v, ticket);
	v.mesh = is_mesh;
	tcp_pair(s);
	hand_over(&v, s[0]);
	ATF_CHECK_EQ(asked(&cookie), cookie == 0 ? 0 : number);
	if (cookie != 0)
		answer(cookie, 1);
	return (s[1]);
}

/* A link takes no place of a client. */
ATF_TC_WITHOUT_HEAD(no_client);
ATF_TC_BODY(no_client, tc)
{
	(void)tc;
	start();
	node = new_link(1);
	r->conf.max_clients = 1;
	a_client(1, 0);
	ATF_CHECK_EQ(r->set.nconns, 2);
	a_client(2, 0);
	ATF_CHECK_EQ(r->set.nconns, 2);
}

/* A new rate of clients is told to clients. */
ATF_TC_WITHOUT_HEAD(no_rate);
ATF_TC_BODY(no_rate, tc)
{
	uint64_t cookie;

	(void)tc;
	start();
	node = new_link(1);
	node_got(FRAME_WATCH_CONNS);
	r->next_conf = r->conf;
	r->next_conf.client_rate = 1000;
	r->next_conf.client_burst = 2000;
	relay_newrate_commit(r);
	r->conf = r->next_conf;
	ATF_CHECK_EQ(asked_for(&cookie, NULL), 0);
	ATF_CHECK_EQ(cookie, 0);
	node_got(0);
	ATF_CHECK(the_link() != NULL);
}

/* A mesh peer with an old mesh key ends with a keep-alive. */
ATF_TC_WITHOUT_HEAD(old_key);
ATF_TC_BODY(old_key, tc)
{
	unsigned int i;

	(void)tc;
	start();
	a_client(1, 0);
	a_client(2, 1);
	ATF_REQUIRE_EQ(r->set.nconns, 2);
	for (i = 0; i < 70; i++)
		conn_tick(&r->set);
	turns();
	ATF_CHECK_EQ(r->set.nconns, 2);
	/* The same settings, then another key, a day ago. */
	r->configured = 1;
	r->next_conf = r->conf;
	nodes_commit(r);
	ATF_CHECK_EQ(r->nodes.keyage.n, 0);
	r->next_conf.mesh_key++;
	nodes_commit(r);
	ATF_REQUIRE_EQ(r->nodes.keyage.n, 1);
	r->nodes.keyage.changed[0] -= 24 * 60 * 60 * 1000000ULL;
	for (i = 0; i < 70; i++)
		conn_tick(&r->set);
	turns();
	ATF_REQUIRE_EQ(r->set.nconns, 1);
	ATF_CHECK(!relay_conn_of(TAILQ_FIRST(&r->set.conns))->session.mesh);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, begins);
	ATF_TP_ADD_TC(tp, behind);
	ATF_TP_ADD_TC(tp, forwards);
	ATF_TP_ADD_TC(tp, largest);
	ATF_TP_ADD_TC(tp, bounded);
	ATF_TP_ADD_TC(tp, closes_peer);
	ATF_TP_ADD_TC(tp, pings);
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, reasons);
	ATF_TP_ADD_TC(tp, presence);
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, ended);
	ATF_TP_ADD_TC(tp, orphan);
	ATF_TP_ADD_TC(tp, records);
	ATF_TP_ADD_TC(tp, no_client);
	ATF_TP_ADD_TC(tp, no_rate);
	ATF_TP_ADD_TC(tp, old_key);
	return (atf_no_error());
}
