/*
 * linkfar_test: keys at other nodes of the region: the way of a packet to them
 * over the workers, when a key is gone, and what a worker does not believe of
 * another one.  Of the links to nodes, this worker has numbers 0, 1, 8, 9 and
 * so on, OTHER has 4, 5, 12, 13, and THIRD has 6, 7, 14, 15.
 */
#include "linkfixture.h"

#define OURS	8
#define THEIRS	4
#define THIRDS	14

static uint8_t	disco[100] = { 0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac };

/* Compare what our node gets with one line; keys are `src' and `dst'. */
static void
node_gets(unsigned int far, const uint8_t *src, const uint8_t *dst,
    const char *packet)
{
	char want[200];

	snprintf(want, sizeof(want), "%u: %u-%u %s\n", far, number_of(src),
	    number_of(dst), packet);
	nodes_get(want);
}

static void
node_closes(unsigned int far, const uint8_t *key)
{
	char want[200];

	snprintf(want, sizeof(want), "%u: close %u\n", far, number_of(key));
	nodes_get(want);
}

/* A client of this worker sends a packet. */
static int
packet(struct relay_conn *c, const uint8_t *dst, const char *p)
{
	return (r->derp.ops->packet(&c->session, dst, c->session.key,
	    (const uint8_t *)p, strlen(p)));
}

/* The next frame is a LINK_GONE. */
static void
hears_gone(struct other *o, const uint8_t *key, int local, int region)
{
	struct ipc_msg_link_gone v;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(hears(o, &m), MSG_LINK_GONE);
	ATF_REQUIRE_EQ(ipc_get_link_gone(&m.rd, &v), 0);
	ATF_CHECK_EQ(memcmp(v.key, key, FRAME_KEY_LEN), 0);
	ATF_CHECK_EQ(v.local, local);
	ATF_CHECK_EQ(v.region, region);
}

static void
hears_far(struct other *o, unsigned int far, const uint8_t *key, int here)
{
	struct ipc_msg_link_far v;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(hears(o, &m), MSG_LINK_FAR);
	ATF_REQUIRE_EQ(ipc_get_link_far(&m.rd, &v), 0);
	ATF_CHECK_EQ(v.link, far);
	ATF_CHECK_EQ(memcmp(v.key, key, FRAME_KEY_LEN), 0);
	ATF_CHECK_EQ(v.here, here);
}

static void
hears_nothing(struct other *o)
{
	struct ipc_msg m;

	ATF_CHECK_EQ(hears(o, &m), 0);
}

/* A packet to a key of our own link, or of another worker's. */
ATF_TC_WITHOUT_HEAD(packet_out);
ATF_TC_BODY(packet_out, tc)
{
	const uint8_t *dst;
	struct ipc_msg_link_via v;
	struct relay_conn *c, *twin;
	struct ipc_msg m;
	struct other *fd;

	begin();
	dst = key_of(WORKER, 5);
	fd = linked(OTHER);
	c = join(0, 0);
	ATF_CHECK_EQ(packet(c, dst, "abc"), -1);
	cluster_far_present(r, OURS, dst);
	SAY(fd, FAR, far, THEIRS, dst, 1);
	turn();
	ATF_CHECK_EQ(packet(c, dst, "abc"), 0);
	node_gets(OURS, c->session.key, dst, "abc");
	/* The other worker's client: here, and at another node. */
	SAY(fd, PACKET, packet, key_of(OTHER, 0), dst, "def", 3);
	turn();
	node_gets(OURS, key_of(OTHER, 0), dst, "def");
	hears_nothing(fd);
	cluster_far_gone(r, OURS, dst);
	ATF_CHECK_EQ(packet(c, dst, "ghi"), 0);
	end_turn();
	ATF_REQUIRE_EQ(hears(fd, &m), MSG_LINK_VIA);
	ATF_REQUIRE_EQ(ipc_get_link_via(&m.rd, &v), 0);
	ATF_CHECK_EQ(v.link, THEIRS);
	ATF_CHECK_EQ(memcmp(v.source, c->session.key, FRAME_KEY_LEN), 0);
	ATF_CHECK_EQ(memcmp(v.destination, dst, FRAME_KEY_LEN), 0);
	ATF_CHECK(v.len == 3 && memcmp(v.packet, "ghi", 3) == 0);
	/* One that has a connection here is at home. */
	twin = client(r, dst, 0);
	ATF_CHECK_EQ(packet(c, dst, "jkl"), 0);
	ATF_CHECK_EQ(derp_queue_packets(twin->packets.queue), 1);
	end_turn();
	hears_nothing(fd);
	leave(twin);
	end_turn();
	hears_gone(fd, dst, 1, 0);
	ATF_CHECK_EQ(packet(c, dst, "mno"), 0);
	end_turn();
	ATF_CHECK_EQ(hears(fd, &m), MSG_LINK_VIA);
	/* The last node has lost it. */
	SAY(fd, FAR, far, THEIRS, dst, 0);
	turn();
	hears_gone(fd, dst, 0, 1);
	ATF_CHECK_EQ(packet(c, dst, "pqr"), -1);
	nodes_get("");
	ATF_CHECK_EQ(r->stats->link_refused, 0);
}

/* What a mesh peer forwarded is not forwarded again. */
ATF_TC_WITHOUT_HEAD(once);
ATF_TC_BODY(once, tc)
{
	struct relay_conn *mesh;
	const uint8_t *dst;
	struct other *fd;
	struct ipc_msg m;

	begin();
	fd = linked(OTHER);
	mesh = join(0, 1);
	dst = key_of(WORKER, 5);
	cluster_far_present(r, OURS, dst);
	ATF_CHECK_EQ(r->derp.ops->packet(&mesh->session, dst, key_of(OTHER, 3),
	    disco, sizeof(disco)), -1);
	SAY(fd, FORWARD, forward, key_of(OTHER, 0), key_of(THIRD, 3), dst,
	    disco, sizeof(disco));
	turn();
	ATF_CHECK_EQ(hears(fd, &m), MSG_LINK_NOT_HERE);
	nodes_get("");
	ATF_CHECK_EQ(r->stats->packets_dropped[DROP_UNKNOWN_DEST_ON_FWD][0], 1);
}

/* A packet for our node, from the worker that owns its destination. */
ATF_TC_WITHOUT_HEAD(packet_in);
ATF_TC_BODY(packet_in, tc)
{
	struct other *fd;

	begin();
	fd = linked(OTHER);
	SAY(fd, VIA, via, OURS, key_of(THIRD, 1), key_of(OTHER, 2), "abc", 3);
	turn();
	node_gets(OURS, key_of(THIRD, 1), key_of(OTHER, 2), "abc");
	/* The link has ended meanwhile. */
	no_node = 1ULL << OURS;
	SAY(fd, VIA, via, OURS, key_of(THIRD, 1), key_of(OTHER, 2), disco,
	    sizeof(disco));
	turn();
	nodes_get("");
	ATF_CHECK_EQ(r->stats->packets_dropped[DROP_UNKNOWN_DEST][0], 1);
	ATF_CHECK_EQ(r->stats->link_refused, 0);
}

/* A worker that does not read loses packets, and no more. */
ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	static const uint8_t big[IPC_MAXPACKET];
	const uint64_t *dropped;
	struct relay_conn *c;
	const uint8_t *dst;
	struct ipc_msg m;
	struct other *fd;
	unsigned int i;

	begin();
	dropped = r->stats->packets_dropped[DROP_QUEUE_TAIL];
	fd = linked(OTHER);
	c = join(0, 0);
	dst = key_of(WORKER, 5);
	SAY(fd, FAR, far, THEIRS, dst, 1);
	turn();
	for (i = 0; dropped[KIND_OTHER] == 0; i++) {
		ATF_REQUIRE(i < 100);
		ATF_CHECK_EQ(r->derp.ops->packet(&c->session, dst,
		    c->session.key, big, sizeof(big)), 0);
	}
	end_turn();
	ATF_CHECK(r->links.to[OTHER] != NULL);
	while (hears(fd, &m) != 0)
		ATF_CHECK_EQ(m.type, MSG_LINK_VIA);
	turn();
	ATF_CHECK_EQ(packet(c, dst, "abc"), 0);
	end_turn();
	ATF_CHECK_EQ(hears(fd, &m), MSG_LINK_VIA);
}

/* The owners of keys hear what our node says. */
ATF_TC_WITHOUT_HEAD(claims_out);
ATF_TC_BODY(claims_out, tc)
{
	struct ipc_msg_link_far_lost v;
	struct other *fd, *third;
	struct ipc_msg m;

	begin();
	fd = linked(OTHER);
	third = linked(THIRD);
	cluster_far_present(r, OURS, key_of(OTHER, 0));
	cluster_far_present(r, OURS, key_of(WORKER, 0));
	cluster_far_present(r, OURS + 1, key_of(WORKER, 1));
	cluster_far_gone(r, OURS, key_of(OTHER, 1));
	end_turn();
	hears_far(fd, OURS, key_of(OTHER, 0), 1);
	hears_far(fd, OURS, key_of(OTHER, 1), 0);
	hears_nothing(fd);
	hears_nothing(third);
	ATF_CHECK_EQ(cluster_far_keys(r, OURS / 2), 2);
	ATF_CHECK_EQ(r->stats->far_keys, 2);
	ATF_CHECK_EQ(r->stats->region_keys, 2);
	(void)join(0, 0);
	(void)join(2, 0);
	end_turn();
	ATF_CHECK_EQ(r->stats->far_keys, 1);
	ATF_CHECK_EQ(r->stats->clients, 2);
	ATF_CHECK_EQ(r->stats->region_keys, 3);
	cluster_far_lost(r, OURS);
	ATF_CHECK_EQ(cluster_far_keys(r, OURS / 2), 1);
	end_turn();
	ATF_REQUIRE_EQ(hears(fd, &m), MSG_LINK_FAR_LOST);
	ATF_REQUIRE_EQ(ipc_get_link_far_lost(&m.rd, &v), 0);
	ATF_CHECK_EQ(v.link, OURS);
	ATF_CHECK_EQ(hears(third, &m), MSG_LINK_FAR_LOST);
	hears_nothing(third);		/* key 0 has a client */
	ATF_CHECK_EQ(r->stats->multi_created, 0);
}

/* Gone from the region: no client and no node has the key. */
ATF_TC_WITHOUT_HEAD(gone);
ATF_TC_BODY(gone, tc)
{
	uint8_t frame[FRAME_PEER_GONE_SIZE];
	struct relay_conn *c, *mesh, *watcher, *a;
	const uint8_t *key;
	struct other *fd;
	struct ipc_msg m;

	begin();
	fd = linked(OTHER);
	c = join(0, 0);
	mesh = join(1, 1);
	key = key_of(WORKER, 4);
	net_frame_put_peer_gone(frame, key, PEER_GONE_DISCONNECTED);
	/* Heard of from another node, which then loses it. */
	cluster_far_present(r, OURS, key);
	ATF_CHECK_EQ(r->derp.ops->packet(&mesh->session, c->session.key, key,
	    disco, sizeof(disco)), 0);
	turn();
	cluster_far_gone(r, OURS, key);
	clients_get(frame, sizeof(frame));
	hears_gone(fd, key, 0, 1);
	/* A client of ours, whose key a node has too: two end, one counts. */
	a = client(r, key, 0);
	cluster_far_present(r, OURS, key);
	ATF_CHECK_EQ(packet(a, c->session.key, "abc"), 0);
	turn();
	leave(a);
	clients_get("", 0);
	hears_gone(fd, key, 1, 0);
	cluster_far_lost(r, OURS);
	clients_get(frame, sizeof(frame));
	ATF_CHECK_EQ(hears(fd, &m), MSG_LINK_FAR_LOST);
	hears_gone(fd, key, 0, 1);
	/* The node goes first. */
	a = client(r, key, 0);
	cluster_far_present(r, OURS + 1, key);
	ATF_CHECK_EQ(packet(a, c->session.key, "abc"), 0);
	turn();
	cluster_far_lost(r, OURS + 1);
	clients_get("", 0);
	ATF_CHECK_EQ(hears(fd, &m), MSG_LINK_FAR_LOST);
	/* Watchers hear of clients alone. */
	watcher = join(2, 1);
	cluster_watch_begin(watcher);
	turn();
	leave(a);
	turn();
	ATF_CHECK_EQ(nwire, 2 * sizeof(frame));
	cluster_far_present(r, OURS, key);
	cluster_far_gone(r, OURS, key);
	clients_get("", 0);
}

/* Keys of a lost link of another worker are gone by and by. */
ATF_TC_WITHOUT_HEAD(link_lost);
ATF_TC_BODY(link_lost, tc)
{
	static uint8_t keys[2000][FRAME_KEY_LEN];
	unsigned int i, turns, told = 0;
	struct other *fd, *third;
	struct relay_conn *c;
	struct ipc_msg m;

	begin();
	fd = linked(OTHER);
	third = linked(THIRD);
	c = join(0, 0);
	for (i = 0; i < 2000; i++) {
		memcpy(keys[i], key_of(WORKER, i + 1), FRAME_KEY_LEN);
		SAY(fd, FAR, far, THEIRS, keys[i], 1);
	}
	turn();
	ATF_CHECK_EQ(r->stats->far_keys, 2000);
	SAY(third, FAR, far, THIRDS, keys[1999], 1);
	turn();
	ATF_CHECK_EQ(r->stats->multi_created, 1);
	SAY(fd, FAR_LOST, far_lost, THEIRS);
	for (turns = 0; r->stats->far_keys > 1; turns++) {
		ATF_REQUIRE(turns < 10);
		turn();
		ATF_CHECK_EQ(packet(c, keys[1500], "abc"), -1);
		ATF_CHECK_EQ(packet(c, keys[1999], "abc"), 0);
		ATF_CHECK(r->stats->far_keys == 1 || !cluster_link_sleep(r) ||
		    cluster_far_more(r));
	}
	ATF_CHECK_MSG(turns >= 4, "%u turns", turns);
	while (hears(third, &m) == MSG_LINK_GONE || m.type == MSG_LINK_VIA)
		told += m.type == MSG_LINK_GONE;
	ATF_CHECK_EQ(told, 1999);
	ATF_CHECK_EQ(r->stats->multi_deleted, 1);
	ATF_CHECK_EQ(r->stats->link_refused, 0);
}

/*
 * Another worker has ended: its links with it; and ours are made anew when the
 * next one is there, which knows nothing of them.
 */
ATF_TC_WITHOUT_HEAD(worker_lost);
ATF_TC_BODY(worker_lost, tc)
{
	struct other *fd, *third;
	struct relay_conn *c;

	begin();
	fd = linked(OTHER);
	third = linked(THIRD);
	c = join(0, 0);
	SAY(fd, FAR, far, THEIRS, key_of(WORKER, 1), 1);
	SAY(fd, FAR, far, THEIRS + 1, key_of(WORKER, 2), 1);
	SAY(third, FAR, far, THIRDS, key_of(WORKER, 3), 1);
	cluster_far_present(r, OURS, key_of(WORKER, 4));
	turn();
	ATF_CHECK_EQ(r->stats->far_keys, 4);
	closed(fd);
	turn();
	ATF_CHECK_EQ(r->stats->far_keys, 2);
	ATF_CHECK_EQ(packet(c, key_of(WORKER, 1), "abc"), -1);
	ATF_CHECK_EQ(packet(c, key_of(WORKER, 3), "abc"), 0);
	nodes_get("");
	fd = linked(OTHER);
	nodes_get("anew\n");
	/* Nothing was missed at this one. */
	(void)linked(1);
	nodes_get("");
	closed(fd);
	turn();
	cluster_far_present(r, OURS, key_of(OTHER, 1));
	fd = linked(OTHER);
	nodes_get("anew\n");
	hears_nothing(fd);
}

/* A claim that no worker was there for is made up for. */
ATF_TC_WITHOUT_HEAD(missed);
ATF_TC_BODY(missed, tc)
{
	struct other *fd;

	begin();
	cluster_far_present(r, OURS, key_of(THIRD, 1));
	(void)linked(OTHER);
	nodes_get("");
	fd = linked(THIRD);
	nodes_get("anew\n");
	hears_nothing(fd);
}

/* The operator kicks a key: it is closed at every node that has it. */
ATF_TC_WITHOUT_HEAD(kick);
ATF_TC_BODY(kick, tc)
{
	struct ipc_msg_link_far_close v;
	struct relay_conn *c;
	const uint8_t *key;
	struct ipc_msg m;
	struct other *fd;

	begin();
	fd = linked(OTHER);
	key = key_of(WORKER, 0);
	relay_admit_kick(r, key);
	c = client(r, key, 0);
	cluster_far_present(r, OURS, key);
	SAY(fd, FAR, far, THEIRS, key, 1);
	turn();
	relay_admit_kick(r, key);
	relay_admit_kick(r, key_of(OTHER, 0));
	ATF_CHECK_EQ(c->conn.state, CONN_DRAIN);
	node_closes(OURS, key);
	end_turn();
	ATF_REQUIRE_EQ(hears(fd, &m), MSG_LINK_FAR_CLOSE);
	ATF_REQUIRE_EQ(ipc_get_link_far_close(&m.rd, &v), 0);
	ATF_CHECK_EQ(v.link, THEIRS);
	ATF_CHECK_EQ(memcmp(v.key, key, FRAME_KEY_LEN), 0);
	/* And at ours, for another worker. */
	SAY(fd, FAR_CLOSE, far_close, OURS, key_of(OTHER, 1));
	turn();
	node_closes(OURS, key_of(OTHER, 1));
	ATF_CHECK_EQ(r->stats->link_refused, 0);
}

/* In a hold nothing follows the mark, and what is dropped is counted. */
ATF_TC_WITHOUT_HEAD(mark);
ATF_TC_BODY(mark, tc)
{
	const uint8_t *key, *src;
	struct relay_conn *c;
	struct ipc_msg m;
	struct other *fd;
	uint64_t *dropped;

	begin();
	dropped = r->stats->packets_dropped[DROP_QUEUE_TAIL];
	fd = linked(OTHER);
	c = join(0, 0);
	key = key_of(WORKER, 5);
	src = key_of(OTHER, 0);
	SAY(fd, FAR, far, THEIRS, key, 1);
	turn();
	cluster_link_mark(r, 7);
	end_turn();
	ATF_REQUIRE_EQ(hears(fd, &m), MSG_LINK_MARK);
	ATF_CHECK_EQ(packet(c, key, "abc"), 0);
	SAY(fd, PACKET, packet, src, key, "defg", 4);
	relay_admit_kick(r, key);
	SAY(fd, PACKET, packet, src, key_of(WORKER, 6), disco, sizeof(disco));
	turn();
	end_turn();
	hears_nothing(fd);
	ATF_CHECK_EQ(dropped[KIND_OTHER], 2);
	/* The hold was for nothing. */
	cluster_link_go_on(r);
	ATF_CHECK_EQ(packet(c, key, "abc"), 0);
	end_turn();
	ATF_CHECK_EQ(hears(fd, &m), MSG_LINK_VIA);
	SAY(fd, PACKET, packet, src, key_of(WORKER, 6), disco, sizeof(disco));
	turn();
	end_turn();
	ATF_CHECK_EQ(hears(fd, &m), MSG_LINK_NOT_HERE);
	hears_nothing(fd);
	ATF_CHECK_EQ(dropped[KIND_OTHER], 2);
}

/* Links and keys that are not the sender's, or not ours. */
ATF_TC_WITHOUT_HEAD(not_believed);
ATF_TC_BODY(not_believed, tc)
{
	const uint8_t *ours, *theirs, *thirds;
	struct relay_conn *c;
	struct other *fd;

	begin();
	fd = linked(OTHER);
	c = join(0, 0);
	ours = key_of(WORKER, 1);
	theirs = key_of(OTHER, 1);
	thirds = key_of(THIRD, 1);
	cluster_far_present(r, OURS, ours);
	/* A link of ours, or of the third worker. */
	SAY(fd, FAR, far, OURS, ours, 1);
	SAY(fd, FAR, far, OURS, ours, 0);
	SAY(fd, FAR, far, THIRDS, ours, 1);
	SAY(fd, FAR_LOST, far_lost, OURS);
	SAY(fd, FAR_LOST, far_lost, THIRDS);
	SAY(fd, VIA, via, THEIRS, theirs, theirs, "abc", 3);
	SAY(fd, VIA, via, THIRDS, theirs, theirs, "abc", 3);
	SAY(fd, FAR_CLOSE, far_close, THEIRS, theirs);
	/* A key that is not ours, or not theirs. */
	SAY(fd, FAR, far, THEIRS, theirs, 1);
	SAY(fd, FAR, far, THEIRS, thirds, 1);
	SAY(fd, VIA, via, OURS, theirs, ours, "abc", 3);
	SAY(fd, VIA, via, OURS, theirs, thirds, "abc", 3);
	SAY(fd, FAR_CLOSE, far_close, OURS, ours);
	SAY(fd, FAR_CLOSE, far_close, OURS, thirds);
	turn();
	ATF_CHECK_EQ(r->stats->link_refused, 14);
	nodes_get("");
	ATF_CHECK_EQ(r->stats->far_keys, 1);
	ATF_CHECK_EQ(packet(c, ours, "abc"), 0);
	node_gets(OURS, c->session.key, ours, "abc");
	/* A gone key that neither is, nor was, is nothing. */
	SAY(fd, GONE, gone, theirs, 0, 0);
	clients_get("", 0);
	ATF_CHECK_EQ(r->stats->link_refused, 14);
	ATF_CHECK(r->links.to[OTHER] != NULL);
}

/* Without a mesh key there are no other nodes. */
ATF_TC_WITHOUT_HEAD(no_mesh);
ATF_TC_BODY(no_mesh, tc)
{
	struct other *fd;

	begin();
	fd = linked(OTHER);
	r->has_mesh = 0;
	SAY(fd, FAR, far, THEIRS, key_of(WORKER, 1), 1);
	SAY(fd, FAR_LOST, far_lost, THEIRS);
	SAY(fd, VIA, via, OURS, key_of(OTHER, 1), key_of(OTHER, 2), "abc", 3);
	SAY(fd, FAR_CLOSE, far_close, OURS, key_of(OTHER, 1));
	turn();
	ATF_CHECK_EQ(r->stats->link_refused, 4);
	ATF_CHECK_EQ(r->stats->far_keys, 0);
	nodes_get("");
	/* The other worker has a new key in force, this one not yet. */
	r->staged = 1;
	r->next_conf.mesh = 1;
	SAY(fd, FAR, far, THEIRS, key_of(WORKER, 1), 1);
	turn();
	ATF_CHECK_EQ(r->stats->link_refused, 4);
	ATF_CHECK_EQ(r->stats->far_keys, 1);
}

/* A link that there is not, a message that is cut or too long. */
static void
is_malformed(enum ipc_msg_type type, const void *p, size_t n)
{
	struct other *fd = linked(OTHER);

	sent(fd, (uint8_t)type, p, n);
	turn();
	ATF_CHECK_MSG(r->links.to[OTHER] == NULL, "type %d, %zu bytes", type,
	    n);
	closed(fd);
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	static uint8_t huge[LINK_VIA_HEAD + IPC_MAXPACKET + 1];
	uint8_t far[4 + FRAME_KEY_LEN + 1] = { 0 };

	begin();
	is_malformed(MSG_LINK_VIA, huge, sizeof(huge));
	is_malformed(MSG_LINK_VIA, huge, LINK_VIA_HEAD - 1);
	is_malformed(MSG_LINK_FAR, far, sizeof(far) - 1);
	is_malformed(MSG_LINK_FAR_LOST, far, 5);
	is_malformed(MSG_LINK_FAR_CLOSE, far, 4);
	far[sizeof(far) - 1] = 2;
	is_malformed(MSG_LINK_FAR, far, sizeof(far));
	far[sizeof(far) - 1] = 1;
	far[3] = huge[3] = FAR_LINKS;
	is_malformed(MSG_LINK_FAR, far, sizeof(far));
	is_malformed(MSG_LINK_FAR_LOST, far, 4);
	is_malformed(MSG_LINK_FAR_CLOSE, far, 4 + FRAME_KEY_LEN);
	is_malformed(MSG_LINK_VIA, huge, LINK_VIA_HEAD + 3);
}

/* The most that a worker may say does no harm. */
ATF_TC_WITHOUT_HEAD(floods);
ATF_TC_BODY(floods, tc)
{
	unsigned int i, k;
	struct other *fd;

	begin();
	fd = linked(OTHER);
	for (i = 0; i < 300; i++) {
		for (k = 0; k < 4; k++) {
			SAY(fd, FAR, far, THEIRS + k % 2, key_of(WORKER, k),
			    i % 3 != 0);
			SAY(fd, FAR_LOST, far_lost, THEIRS + i % 2);
			SAY(fd, VIA, via, OURS, key_of(THIRD, k),
			    key_of(OTHER, k), disco, 0);
		}
		turn();
		to_nodes[0] = '\0';
		room = WIRE;
		in_kernel = 0;
	}
	SAY(fd, FAR_LOST, far_lost, THEIRS);
	SAY(fd, FAR_LOST, far_lost, THEIRS + 1);
	turn();
	turn();
	ATF_CHECK_EQ(r->stats->far_keys, 0);
	ATF_CHECK(r->links.to[OTHER] != NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, packet_out);
	ATF_TP_ADD_TC(tp, once);
	ATF_TP_ADD_TC(tp, packet_in);
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, claims_out);
	ATF_TP_ADD_TC(tp, gone);
	ATF_TP_ADD_TC(tp, link_lost);
	ATF_TP_ADD_TC(tp, worker_lost);
	ATF_TP_ADD_TC(tp, missed);
	ATF_TP_ADD_TC(tp, kick);
	ATF_TP_ADD_TC(tp, mark);
	ATF_TP_ADD_TC(tp, not_believed);
	ATF_TP_ADD_TC(tp, no_mesh);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, floods);
	return (atf_no_error());
}
