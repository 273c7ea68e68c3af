/*
 * movelink_test: links to other nodes move: what came over them is known, what
 * waits is sent, and a hostile old worker's are refused.  The test plays the
 * node and the mesh process.
 */
#include "far.h"
#include "movefixture.h"
#include "nodes.h"

#define NODE	1		/* number of the node at the old worker */
#define LINK	(2 * NODE + 1)	/* its first link */
#define NUMBER	9		/* of MESH_LINK */

static struct move_side old, new;
static struct move_peer node;
static struct ipc_chan *liar;		/* the end of a hostile old worker */
static uint8_t node_key[FRAME_KEY_LEN] = { 0x77 };

/* The old worker has a link to the node; the new one has this number for it. */
static struct relay_conn *
begin(uint8_t there)
{
	struct nodes_link *l = calloc(1, sizeof(*l));
	const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, [12] = 10 };
	const uint8_t up[32] = { 1 }, down[32] = { 2 };
	struct relay_conn *c;
	int v[2];

	a_worker(&old, 0, 1, 1);
	a_worker(&new, 0, 1, 2);
	new.r->has_mesh = 1;
	memset(nodes_there, IPC_NONODE, sizeof(nodes_there));
	nodes_there[NODE] = there;
	memset(&node, 0, sizeof(node));
	tcp_pair(v);
	node.fd = v[1];
	ATF_REQUIRE((node.plain = malloc(PLAIN_MAX)) != NULL && l != NULL);
	ATF_REQUIRE((c = relay_conn_new(old.r, v[0], addr, 443)) != NULL);
	memcpy(c->session.key, node_key, FRAME_KEY_LEN);
	net_record_cache_init(&node.cache, net_aead_best(), 10);
	ATF_REQUIRE((node.rec = net_record_new(&node.cache)) != NULL);
	ATF_REQUIRE((c->conn.rec = net_record_new(&old.r->set.records)) !=
	    NULL);
	ATF_REQUIRE_EQ(net_record_begin(c->conn.rec, &old.r->set.records,
	    0x1301, up, down, 32, 0, 1), 0);
	ATF_REQUIRE_EQ(net_record_begin(node.rec, &node.cache, 0x1301, down,
	    up, 32, 0, 0), 0);
	l->number = NUMBER;
	nodes_link_begin(c, &old.r->nodes.of[NODE], l);
	return (c);
}

/* The next frame that the node gets must be of that type; its payload. */
static const uint8_t *
gets(struct move_side *s, uint8_t want)
{
	const uint8_t *b = NULL;
	uint32_t n;
	uint8_t type;

	get_all(s, &node);
	type = next_frame(&node, &b, &n);
	ATF_REQUIRE_EQ_MSG(type, want, "%s", type == 0 ? "silence" :
	    net_frame_name(type));
	return (b);
}

static size_t
present(uint8_t *p, const uint8_t *key)
{
	net_frame_put_hdr(p, FRAME_PEER_PRESENT, FRAME_KEY_LEN);
	memcpy(p + FRAME_HDR_LEN, key, FRAME_KEY_LEN);
	return (FRAME_HDR_LEN + FRAME_KEY_LEN);
}

/* A packet goes out over that link. */
static int
forward(struct move_side *s, unsigned int link)
{
	static const uint8_t src[FRAME_KEY_LEN] = { 5 }, dst[FRAME_KEY_LEN] =
	    { 6 };

	return (s->r->far_ops->forward(s->r, link, src, dst,
	    (const uint8_t *)"text", 4));
}

/* All moves.  The mask of the nodes whose links have come. */
static uint32_t
move(void)
{
	struct ipc_msg_relay_took v;
	struct ipc_msg m;
	uint32_t sessions;

	connect_move(&old, &new);
	move_go(old.r);
	while (moved(&old, &sessions) == -1)
		turns(&new);
	turns(&new);
	ATF_REQUIRE_EQ(ipc_chan_recv(new.parent, &m, 0), 0);
	ATF_REQUIRE_EQ(m.type, MSG_RELAY_TOOK);
	ATF_REQUIRE_EQ(ipc_get_relay_took(&m.rd, &v), 0);
	ATF_REQUIRE_MSG(v.ok, "%s", v.why);
	ipc_msg_free(&m);
	return (v.links);
}

/* What a mesh process hears of the link first: its number, 0: there is none. */
static uint32_t
hello(unsigned int at, uint32_t *end)
{
	struct ipc_msg_mesh_hello v;
	struct ipc_chan *mesh;
	struct ipc_msg m;
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(nodes_open(new.r, sv[0], at), 0);
	mesh = ipc_chan_new(NULL, sv[1], ROLE_MESH, ROLE_RELAY, NULL, NULL,
	    NULL);
	turns(&new);
	ATF_REQUIRE_EQ(ipc_chan_recv(mesh, &m, 0), 0);
	ATF_REQUIRE_EQ(m.type, MSG_MESH_HELLO);
	ATF_REQUIRE_EQ(ipc_get_mesh_hello(&m.rd, &v), 0);
	ATF_CHECK_EQ(v.up, v.number != 0);
	if (v.up) {
		ATF_CHECK_EQ(v.port, 443);
		ATF_CHECK_EQ(v.addr[12], 10);
		ATF_CHECK_EQ(memcmp(v.server_key, node_key, FRAME_KEY_LEN), 0);
	}
	*end = v.end;
	ipc_msg_free(&m);
	return (v.number);
}

/* Cut anywhere, in records and frames; packets wait; nobody else writes. */
ATF_TC_WITHOUT_HEAD(goes_on);
ATF_TC_BODY(goes_on, tc)
{
	static const size_t cuts[] = { 1, FRAME_HDR_LEN - 1, FRAME_HDR_LEN,
	    FRAME_HDR_LEN + 1, FRAME_HDR_LEN + FRAME_KEY_LEN - 1 };
	uint8_t p[4 * (FRAME_HDR_LEN + FRAME_KEY_LEN)], wire[1024];
	uint8_t key[2][FRAME_KEY_LEN];
	size_t i, cut, n, k;
	uint32_t end;

	(void)tc;
	for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		cut = cuts[i];
		begin(NODE);
		gets(&old, FRAME_WATCH_CONNS);
		key_of(&old, key[0], 1);
		key_of(&old, key[1], 2);
		n = present(p, key[0]);
		n += present(p + n, key[1]);
		/* The first frame and a part of the second one, */
		put(&node, p, n / 2 + cut);
		/* and a part of a record. */
		k = seal(&node, p + n / 2 + cut, n / 2 - cut, wire);
		put_wire(&node, wire, cut % k);
		turns(&old);
		ATF_REQUIRE(cluster_far_has(old.r, key[0]));
		ATF_REQUIRE(!cluster_far_has(old.r, key[1]));
		ATF_REQUIRE_EQ(forward(&old, LINK), 0);
		old.r->far_ops->close_peer(old.r, LINK, key[0]);
		ATF_CHECK_EQ(move(), 1U << NODE);
		ATF_CHECK(cluster_far_has(new.r, key[0]));
		/* Nothing is touched before the commit. */
		ATF_CHECK_EQ(new.r->stats->node_up[NODE], 0);
		gets(&new, 0);
		commit(&old, &new);
		ATF_CHECK_EQ(new.r->stats->node_up[NODE], 1);
		gets(&new, FRAME_CLOSE_PEER);
		ATF_CHECK_EQ(memcmp(gets(&new, FRAME_FORWARD_PACKET) +
		    2 * FRAME_KEY_LEN, "text", 4), 0);
		put_wire(&node, wire + cut % k, k - cut % k);
		turns(&new);
		ATF_CHECK(cluster_far_has(new.r, key[1]));
		ATF_CHECK_EQ(forward(&new, LINK), 0);
		gets(&new, FRAME_FORWARD_PACKET);
		ATF_CHECK_EQ(hello(NODE, &end), NUMBER);
		ATF_CHECK_EQ(end, 0);
		/* Once: a mesh process that starts later dials. */
		ATF_CHECK_EQ(hello(NODE, &end), 0);
	}
}

/* A large frame that is skipped ends where it ends. */
ATF_TC_WITHOUT_HEAD(skips);
ATF_TC_BODY(skips, tc)
{
	uint8_t p[FRAME_HDR_LEN + 1000] = { 0 }, key[FRAME_KEY_LEN];
	size_t n;

	(void)tc;
	begin(NODE);
	net_frame_put_hdr(p, FRAME_RECV_PACKET, 1000);
	put(&node, p, 400);
	turns(&old);
	ATF_CHECK_EQ(move(), 1U << NODE);
	commit(&old, &new);
	put(&node, p + 400, sizeof(p) - 400);
	key_of(&new, key, 1);
	n = present(p, key);
	put(&node, p, n);
	/* Who sends much is read after a while. */
	gets(&new, FRAME_WATCH_CONNS);
	ATF_CHECK(cluster_far_has(new.r, key));
}

/* The number of the node is another one there. */
ATF_TC_WITHOUT_HEAD(renumbered);
ATF_TC_BODY(renumbered, tc)
{
	uint8_t p[FRAME_HDR_LEN + FRAME_KEY_LEN], key[FRAME_KEY_LEN];
	uint32_t end;

	(void)tc;
	begin(4);
	key_of(&old, key, 1);
	put(&node, p, present(p, key));
	turns(&old);
	ATF_CHECK_EQ(move(), 1U << 4);
	commit(&old, &new);
	gets(&new, FRAME_WATCH_CONNS);
	ATF_CHECK(cluster_far_has(new.r, key));
	ATF_CHECK_EQ(cluster_far_keys(new.r, 4), 1);
	ATF_CHECK_EQ(forward(&new, LINK), -1);
	ATF_CHECK_EQ(forward(&new, 2 * 4 + 1), 0);
	gets(&new, FRAME_FORWARD_PACKET);
	ATF_CHECK_EQ(hello(NODE, &end), 0);
	ATF_CHECK_EQ(hello(4, &end), NUMBER);
	/* Its end is noticed: the key is gone. */
	close(node.fd);
	turns(&new);
	ATF_CHECK(new.r->nodes.of[4].c == NULL);
	ATF_CHECK(!cluster_far_has(new.r, key));
}

/* A node that is not there any more: its keys are lost. */
ATF_TC_WITHOUT_HEAD(no_node);
ATF_TC_BODY(no_node, tc)
{
	uint8_t p[FRAME_HDR_LEN + FRAME_KEY_LEN], key[FRAME_KEY_LEN];

	(void)tc;
	begin(IPC_NONODE);
	key_of(&old, key, 1);
	put(&node, p, present(p, key));
	turns(&old);
	ATF_CHECK(cluster_far_has(old.r, key));
	ATF_CHECK_EQ(move(), 0);
	commit(&old, &new);
	ATF_CHECK(!cluster_far_has(new.r, key));
	ATF_CHECK(TAILQ_EMPTY(&new.r->set.conns));
}

/* The old worker goes on: the new one has touched nothing. */
ATF_TC_WITHOUT_HEAD(kept);
ATF_TC_BODY(kept, tc)
{
	(void)tc;
	begin(NODE);
	gets(&old, FRAME_WATCH_CONNS);
	ATF_REQUIRE_EQ(forward(&old, LINK), 0);
	ATF_CHECK_EQ(move(), 1U << NODE);
	move_stop(old.r);
	turns(&new);
	ATF_CHECK(TAILQ_EMPTY(&new.r->set.conns));
	ATF_CHECK(new.r->nodes.of[NODE].c == NULL);
	gets(&old, FRAME_FORWARD_PACKET);
}

/* The mesh key has changed: the link ends in a day, as its process is told. */
ATF_TC_WITHOUT_HEAD(old_key);
ATF_TC_BODY(old_key, tc)
{
	uint32_t end;

	(void)tc;
	begin(NODE);
	nodes_keyage_changed(&old.r->nodes.keyage, old.r->set.now_us + 1);
	ATF_CHECK_EQ(move(), 1U << NODE);
	commit(&old, &new);
	ATF_CHECK_EQ(hello(NODE, &end), NUMBER);
	ATF_CHECK(end > 86390 && end <= 86402);
}

/* Not all that the node had said has come: the link ends. */
ATF_TC_WITHOUT_HEAD(lost);
ATF_TC_BODY(lost, tc)
{
	uint8_t p[FRAME_HDR_LEN + FRAME_KEY_LEN], key[FRAME_KEY_LEN];
	uint32_t end;

	(void)tc;
	begin(NODE);
	key_of(&old, key, 1);
	put(&node, p, present(p, key));
	turns(&old);
	ATF_CHECK_EQ(move(), 1U << NODE);
	ATF_CHECK(cluster_far_has(new.r, key));
	lost_links = 1U << NODE;
	commit(&old, &new);
	ATF_CHECK(new.r->nodes.of[NODE].c == NULL);
	ATF_CHECK(!cluster_far_has(new.r, key));
	ATF_CHECK_EQ(hello(NODE, &end), 0);
}

/* Another worker has missed what came over it: it is to be made anew. */
ATF_TC_WITHOUT_HEAD(missed);
ATF_TC_BODY(missed, tc)
{
	(void)tc;
	begin(NODE);
	old.r->far.missed = 2;
	ATF_CHECK_EQ(move(), 0);
}

/* It ends at the old worker while it goes over: nothing is missing. */
ATF_TC_WITHOUT_HEAD(ends_meanwhile);
ATF_TC_BODY(ends_meanwhile, tc)
{
	static const uint8_t text[60000], a[FRAME_KEY_LEN] = { 5 };
	const unsigned int all = 60;
	struct relay_conn *c = begin(NODE);
	const uint8_t *b;
	unsigned int i;
	uint32_t n;

	(void)tc;
	for (i = 0; i < all; i++)
		ATF_REQUIRE_EQ(old.r->far_ops->forward(old.r, LINK, a, a, text,
		    sizeof(text)), 0);
	connect_move(&old, &new);
	move_go(old.r);
	held_turns(&old);
	ATF_REQUIRE(old.r->move.out->at.step != 0);
	conn_close(&c->conn, "test");
	while (moved(&old, &n) == -1)
		turns(&new);
	turns(&new);
	commit(&old, &new);
	gets(&new, FRAME_WATCH_CONNS);
	for (i = 0; i < all; i++)
		ATF_REQUIRE_EQ_MSG(next_frame(&node, &b, &n),
		    FRAME_FORWARD_PACKET, "%u", i);
}

/* No mesh process takes it: it ends. */
ATF_TC_WITHOUT_HEAD(orphan);
ATF_TC_BODY(orphan, tc)
{
	unsigned int i;

	(void)tc;
	begin(NODE);
	ATF_CHECK_EQ(move(), 1U << NODE);
	commit(&old, &new);
	for (i = 0; i < 20 && new.r->nodes.of[NODE].c != NULL; i++) {
		uint8_t p[FRAME_HDR_LEN];

		net_frame_put_hdr(p, FRAME_KEEP_ALIVE, 0);
		put(&node, p, sizeof(p));
		conn_tick(&new.r->set);
		turns(&new);
	}
	ATF_CHECK(i > 5 && i < 20);
}

/* A hostile old worker */

static uint8_t saved[NET_RECORD_SAVED];

/* Records of a client, or of a server. */
static void
records(int client)
{
	const uint8_t up[32] = { 1 }, down[32] = { 2 };
	struct net_record rec;

	ATF_REQUIRE_EQ(net_record_begin(&rec, &new.r->set.records, 0x1301, up,
	    down, 32, 0, client), 0);
	ATF_REQUIRE_EQ(net_record_save(&rec, saved), 0);
}

/* Begin a stream, and make a message that is in order. */
static void
lie(struct ipc_msg_move_link *v)
{
	static const uint8_t secret[IPC_SLOT_SECRETLEN] = { 9 };
	static const uint8_t addr[16] = { 1 };
	const struct ipc_msg_relay_move_from from = { .nworkers = 1,
	    .slot_secret = secret, .links = 1U << 2 | 1U << 3 | 1U << 4 };
	struct ipc_msg_move_begin b = { IPC_MOVE_VERSION };
	int sv[2];

	a_worker(&new, 0, 2, 2);
	new.r->has_mesh = 1;
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(move_from_message(new.r, &from, &sv[0]), 0);
	liar = ipc_chan_new(NULL, sv[1], ROLE_RELAY, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(liar != NULL);
	ATF_REQUIRE_EQ(ipc_send_move_begin(liar, &b), 0);
	records(1);
	memset(v, 0, sizeof(*v));
	v->link = 4;
	v->key = node_key;
	v->addr = addr;
	v->record = saved;
	v->record_len = sizeof(saved);
	v->part = v->health = (const uint8_t *)"";
}

static void
say(const struct ipc_msg_move_link *v)
{
	int s[2];

	tcp_pair(s);
	ATF_REQUIRE_EQ(ipc_send_move_link(liar, v, s[0]), 0);
	(void)ipc_chan_flush(liar, 5000);
	turns(&new);
}

/* It is refused for that reason, and nothing is left. */
static void
refused(const struct ipc_msg_move_link *v, const char *want)
{
	char why[IPC_WHYSIZE] = "";
	uint32_t sessions;

	say(v);
	ATF_REQUIRE_EQ_MSG(took(&new, &sessions, why), 0, "not: %s", want);
	ATF_CHECK_MSG(strstr(why, want) != NULL, "%s, not: %s", why, want);
	turns(&new);
	ATF_CHECK(TAILQ_EMPTY(&new.r->set.conns));
	ATF_CHECK_EQ(new.r->nodes.nconns, 0);
}

ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	uint8_t part[2 * NODES_TEXT] = { 0 }, own[FRAME_KEY_LEN];
	struct ipc_msg_move_link v;

	(void)tc;
	lie(&v);
	v.link = FAR_LINKS;
	refused(&v, "of another worker");
	lie(&v);
	v.link = 6;
	refused(&v, "of another worker");
	lie(&v);
	v.link = 0;		/* this one was not the old worker's */
	refused(&v, "of another worker");
	lie(&v);
	new.r->has_mesh = 0;
	refused(&v, "without a mesh key");
	lie(&v);
	say(&v);
	v.link = 5;
	refused(&v, "second link");
	lie(&v);
	v.record_len = 0;
	refused(&v, "without TLS");
	lie(&v);
	records(0);
	refused(&v, "records of a server");
	lie(&v);
	memset(own, 0, sizeof(own));
	v.key = own;		/* this worker's in these tests */
	refused(&v, "to itself");
	lie(&v);
	v.health = part;
	v.health_len = NODES_TEXT + 1;
	refused(&v, "too long a text");
	/* A whole frame, one that is too long, and one of too few bytes. */
	net_frame_put_hdr(part, FRAME_HEALTH, 3);
	lie(&v);
	v.part = part;
	v.part_len = FRAME_HDR_LEN + 3;
	refused(&v, "partial frame");
	net_frame_put_hdr(part, FRAME_HEALTH, sizeof(part) - FRAME_HDR_LEN);
	lie(&v);
	v.part = part;
	v.part_len = sizeof(part) - 1;
	refused(&v, "partial frame");
	net_frame_put_hdr(part, FRAME_PEER_GONE, 3);
	lie(&v);
	v.part = part;
	v.part_len = FRAME_HDR_LEN;
	refused(&v, "partial frame");
	lie(&v);
	v.skip = FRAME_MAX_SERVER + 1;
	refused(&v, "partial frame");
	lie(&v);
	v.part = part;
	v.part_len = v.skip = 1;
	refused(&v, "partial frame");
}

/* A link has no frames of clients. */
ATF_TC_WITHOUT_HEAD(hostile_bytes);
ATF_TC_BODY(hostile_bytes, tc)
{
	struct ipc_msg_move_bytes b = { .what = IPC_MOVE_PART, .n = 1,
	    .p = (const uint8_t *)"x" };
	struct ipc_msg_move_packet k = { .n = FRAME_HDR_LEN + FRAME_KEY_LEN };
	uint8_t p[FRAME_HDR_LEN + FRAME_KEY_LEN] = { 0 };
	struct ipc_msg_move_link v;
	char why[IPC_WHYSIZE];
	uint32_t sessions;

	(void)tc;
	for (b.what = IPC_MOVE_PART; b.what <= IPC_MOVE_PONGS; b.what++) {
		lie(&v);
		say(&v);
		ATF_REQUIRE_EQ(ipc_send_move_bytes(liar, &b), 0);
		(void)ipc_chan_flush(liar, 5000);
		ATF_CHECK_EQ(took(&new, &sessions, why), 0);
	}
	net_frame_put_hdr(p, FRAME_RECV_PACKET, FRAME_KEY_LEN);
	k.p = p;
	lie(&v);
	say(&v);
	ATF_REQUIRE_EQ(ipc_send_move_packet(liar, &k), 0);
	(void)ipc_chan_flush(liar, 5000);
	ATF_CHECK_EQ(took(&new, &sessions, why), 0);
	turns(&new);
	ATF_CHECK(TAILQ_EMPTY(&new.r->set.conns));
}

/* A stream that is cut behind a link: the link does not count as come. */
ATF_TC_WITHOUT_HEAD(cut);
ATF_TC_BODY(cut, tc)
{
	struct ipc_msg_relay_took took_v;
	struct ipc_msg_move_link v;
	struct ipc_msg m;

	(void)tc;
	lie(&v);
	say(&v);
	ipc_chan_free(liar);
	turns(&new);
	ATF_REQUIRE_EQ(ipc_chan_recv(new.parent, &m, 0), 0);
	ATF_REQUIRE_EQ(m.type, MSG_RELAY_TOOK);
	ATF_REQUIRE_EQ(ipc_get_relay_took(&m.rd, &took_v), 0);
	ATF_CHECK_EQ(took_v.links, 0);
	ATF_CHECK(!took_v.ok);
	ipc_msg_free(&m);
	turns(&new);
	ATF_CHECK(new.r->nodes.of[2].c == NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, goes_on);
	ATF_TP_ADD_TC(tp, skips);
	ATF_TP_ADD_TC(tp, renumbered);
	ATF_TP_ADD_TC(tp, no_node);
	ATF_TP_ADD_TC(tp, kept);
	ATF_TP_ADD_TC(tp, old_key);
	ATF_TP_ADD_TC(tp, lost);
	ATF_TP_ADD_TC(tp, missed);
	ATF_TP_ADD_TC(tp, ends_meanwhile);
	ATF_TP_ADD_TC(tp, orphan);
	ATF_TP_ADD_TC(tp, cut);
	ATF_TP_ADD_TC(tp, hostile);
	ATF_TP_ADD_TC(tp, hostile_bytes);
	return (atf_no_error());
}
