/*
 * movecluster_test: what a session has in common with others moves with it: who
 * heard from whom, watchers, groups, limits, keys at other nodes.
 */
#include "cluster.h"
#include "far.h"
#include "group.h"
#include "link.h"
#include "movefixture.h"
#include "relayadmit.h"
#include "ring.h"
#include "watch.h"
#include "welcome.h"

#define RING	(1024 * 1024)

static struct move_side old, new[2];
static struct move_peer alice, bob;

/* A worker whose sessions go to `n' new ones, with that secret. */
static void
begin(unsigned int n, uint8_t secret)
{
	int x[IPC_RING_MAXFDS], y[IPC_RING_MAXFDS];
	unsigned int i;

	a_worker(&old, 0, 1, 1);
	for (i = 0; i < n; i++)
		a_worker(&new[i], i, n, secret);
	if (n == 1)
		return;
	ATF_REQUIRE_EQ(ipc_ring_make(RING, x, y), 0);
	ATF_REQUIRE_EQ(cluster_link_open(new[0].r, x, 1), 0);
	ATF_REQUIRE_EQ(cluster_link_open(new[1].r, y, 0), 0);
}

static void
all_turns(unsigned int n)
{
	unsigned int i, k;

	for (k = 0; k < 3; k++)
		for (i = 0; i < n; i++)
			turns(&new[i]);
}

/* Move all to the new workers.  Returns how many sessions moved. */
static uint32_t
move_to_all(unsigned int n)
{
	uint32_t sent = 0, came, sum = 0;
	char why[IPC_WHYSIZE];
	unsigned int i;

	for (i = 0; i < n; i++)
		connect_move(&old, &new[i]);
	move_go(old.r);
	while (moved(&old, &sent) == -1)
		all_turns(n);
	for (i = 0; i < n; i++) {
		ATF_REQUIRE_EQ(took(&new[i], &came, why), 1);
		sum += came;
	}
	ATF_CHECK_EQ(sum, sent);
	return (sum);
}

static void
commit_all(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		commit(&old, &new[i]);
	all_turns(n);
}

static void
send_one(struct move_side *s, struct move_peer *p, const uint8_t *dst)
{
	const uint64_t want = s->r->stats->packets_received + 1;
	uint8_t frame[200];

	put(p, frame, packet(frame, dst, 0, 50, 0));
	while (s->r->stats->packets_received < want)
		turns(s);
}

/* The client gets this frame, 0: none, about the key, NULL: any. */
static void
gets(struct move_peer *p, uint8_t type, const uint8_t *key)
{
	const uint8_t *b = NULL;
	uint32_t n;
	int i;

	for (i = 0; i < 100 && p->n - p->off < FRAME_HDR_LEN; i++) {
		all_turns(new[1].r == NULL ? 1 : 2);
		(void)get(p);
	}
	ATF_REQUIRE_EQ(next_frame(p, &b, &n), type);
	if (key != NULL)
		ATF_CHECK_EQ(memcmp(b, key, FRAME_KEY_LEN), 0);
}

/* Who had packets from a key hears that it is gone, at whichever worker. */
ATF_TC_WITHOUT_HEAD(heard);
ATF_TC_BODY(heard, tc)
{
	uint8_t a[FRAME_KEY_LEN], b[FRAME_KEY_LEN];

	(void)tc;
	begin(2, 2);
	key_of(&new[0], a, 0);
	key_of(&new[1], b, 0);
	a_client(&old, &alice, a, 0x1301, 0);
	a_client(&old, &bob, b, 0x1301, 0);
	send_one(&old, &alice, b);
	get_all(&old, &bob);
	gets(&bob, FRAME_RECV_PACKET, a);
	ATF_CHECK_EQ(conn_at(&old, b)->session.senders, 1);
	ATF_CHECK_EQ(move_to_all(2), 2);
	commit_all(2);
	ATF_CHECK_EQ(conn_at(&new[1], b)->session.senders, 1);
	ATF_CHECK(conn_at(&new[0], b) == NULL);
	/* Between the two workers. */
	send_one(&new[1], &bob, a);
	gets(&alice, FRAME_RECV_PACKET, b);
	close(alice.fd);
	gets(&bob, FRAME_PEER_GONE, a);
}

/* A key whose connection is about to end is gone afterwards. */
ATF_TC_WITHOUT_HEAD(lost);
ATF_TC_BODY(lost, tc)
{
	uint8_t a[FRAME_KEY_LEN], b[FRAME_KEY_LEN];

	(void)tc;
	begin(2, 2);
	key_of(&new[0], a, 0);
	key_of(&new[1], b, 0);
	a_client(&old, &alice, a, 0x1301, 0);
	a_client(&old, &bob, b, 0x1301, 0);
	send_one(&old, &alice, b);
	get_all(&old, &bob);
	gets(&bob, FRAME_RECV_PACKET, a);
	conn_at(&old, a)->conn.lingering = 1;
	ATF_CHECK_EQ(move_to_all(2), 1);
	commit_all(2);
	gets(&bob, FRAME_PEER_GONE, a);
	gets(&bob, 0, NULL);
}

#define NCLIENTS	100

/* Clients, and a mesh peer that watches and has had half of the slots. */
static void
watching(struct move_peer *watcher, uint8_t secret)
{
	static struct move_peer many[NCLIENTS];
	uint8_t key[FRAME_KEY_LEN];
	struct relay_conn *c;
	unsigned int i;

	begin(1, secret);
	for (i = 0; i < NCLIENTS; i++) {
		key_of(&old, key, i);
		a_client(&old, &many[i], key, 0, 0);
	}
	memset(key, 0xee, sizeof(key));
	c = a_client(&old, watcher, key, 0x1301, 1);
	cluster_watch_begin(c);
	c->session.watch->next[0] = IPC_SLOTS / 2;
	ATF_CHECK_EQ(move_to_all(1), NCLIENTS + 1);
}

/* Count the PeerPresent that the watcher got for slots from `slot' on. */
static unsigned int
presents(struct move_peer *watcher, unsigned int slot)
{
	const uint8_t *b;
	unsigned int n = 0;
	uint32_t len;

	get_all(&new[0], watcher);
	while (next_frame(watcher, &b, &len) == FRAME_PEER_PRESENT) {
		ATF_CHECK(ipc_slot_of(b, new[0].r->conf.slot_secret) >= slot);
		n++;
	}
	return (n);
}

static unsigned int
keys_from(unsigned int slot)
{
	const struct cluster_peer *p = NULL;
	unsigned int n = 0;

	while ((p = cluster_peers_next(new[0].r->peers, p)) != NULL)
		n += ipc_slot_of(p->key, new[0].r->conf.slot_secret) >= slot;
	return (n);
}

/* A watcher gets the slots that it has not had. */
ATF_TC_WITHOUT_HEAD(watcher);
ATF_TC_BODY(watcher, tc)
{
	static struct move_peer watcher;

	(void)tc;
	watching(&watcher, 1);
	turns(&new[0]);
	ATF_CHECK_EQ(conn_buf_left(&conn_at(&new[0],
	    watcher.key)->conn.output.ctl), 0);
	ATF_CHECK_EQ(new[0].r->stats->watchers, 0);
	commit_all(1);
	ATF_CHECK_EQ(presents(&watcher, IPC_SLOTS / 2),
	    keys_from(IPC_SLOTS / 2));
	ATF_CHECK_EQ(new[0].r->stats->watchers, 1);
}

/* By another secret nobody knows which these are: it gets all. */
ATF_TC_WITHOUT_HEAD(watcher_elsewhere);
ATF_TC_BODY(watcher_elsewhere, tc)
{
	static struct move_peer watcher;

	(void)tc;
	watching(&watcher, 2);
	commit_all(1);
	ATF_CHECK_EQ(presents(&watcher, 0), NCLIENTS + 1);
}

/* It hears of each key that goes: it may have had it. */
ATF_TC_WITHOUT_HEAD(watcher_gone);
ATF_TC_BODY(watcher_gone, tc)
{
	static struct move_peer watcher;
	uint8_t key[FRAME_KEY_LEN];
	struct relay_conn *c;

	(void)tc;
	watching(&watcher, 2);
	key_of(&old, key, 3);
	c = conn_at(&new[0], key);
	conn_close(&c->conn, "it ends before the commit");
	commit_all(1);
	get_all(&new[0], &watcher);
	gets(&watcher, FRAME_PEER_GONE, key);
	ATF_CHECK_EQ(presents(&watcher, 0), NCLIENTS);
	ATF_CHECK_EQ(new[0].r->stats->connections, NCLIENTS);
}

/* Answer the next request for ServerInfo as keys.  1, or 0: there is none. */
static int
keys_answers(struct move_side *s, struct ipc_chan *keys)
{
	struct ipc_msg_seal v;
	struct ipc_msg_sealed sealed = { .ok = 1, .box = "sealed",
	    .box_len = 6 };
	struct ipc_msg m;

	turns(s);
	if (ipc_chan_recv(keys, &m, 0) == -1)
		return (0);
	ATF_REQUIRE_EQ(ipc_get_seal(&m.rd, &v), 0);
	sealed.cookie = v.cookie;
	ipc_msg_free(&m);
	relay_welcome_sealed(s->r, &sealed);
	turns(s);
	return (1);
}

static struct ipc_chan *
connect_keys(struct move_side *s)
{
	struct ipc_chan *keys;
	int sv[2];

	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	s->r->keys = ipc_chan_new(s->r->set.base, sv[0], ROLE_RELAY, ROLE_KEYS,
	    no_message, no_end, NULL);
	keys = ipc_chan_new(NULL, sv[1], ROLE_KEYS, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(s->r->keys != NULL && keys != NULL);
	return (keys);
}

/* A client of a group with limits that it was told of. */
static void
limited(void)
{
	struct ipc_chan *keys;
	uint8_t a[FRAME_KEY_LEN];
	struct relay_conn *c;

	begin(1, 2);
	key_of(&old, a, 0);
	keys = connect_keys(&old);
	c = a_client(&old, &alice, a, 0x1301, 0);
	ATF_REQUIRE_EQ(derp_groups_grant(old.r->leases.groups, &c->session, 7,
	    5000, 6000, "team"), 0);
	old.r->conf.client_rate = new[0].r->conf.client_rate = 1000;
	old.r->conf.client_burst = new[0].r->conf.client_burst = 2000;
	relay_welcome_tell(c);
	ATF_REQUIRE(keys_answers(&old, keys));
	ATF_REQUIRE(c->told != 0);
	c->session.rate.at = old.r->set.now_us;
	c->session.rate.tokens = -1000000;
}

/* Its group and its debt are as before, and it is told nothing. */
ATF_TC_WITHOUT_HEAD(limits);
ATF_TC_BODY(limits, tc)
{
	struct ipc_chan *keys;
	struct relay_conn *c;
	uint64_t rate, burst;

	(void)tc;
	limited();
	keys = connect_keys(&new[0]);
	ATF_CHECK_EQ(move_to_all(1), 1);
	commit_all(1);
	c = conn_at(&new[0], alice.key);
	ATF_CHECK_STREQ(derp_group_name(&c->session), "team");
	derp_group_limits(&c->session, &rate, &burst);
	ATF_CHECK_EQ(rate, 5000);
	ATF_CHECK_EQ(burst, 6000);
	ATF_CHECK_EQ(c->conn.paused, PAUSE_RATE);
	ATF_CHECK(!keys_answers(&new[0], keys));
	/* Admit's grant is for the same group. */
	ATF_REQUIRE_EQ(derp_groups_grant(new[0].r->leases.groups, &c->session,
	    3, 5000, 6000, "team"), 0);
	relay_welcome_tell(c);
	ATF_CHECK(!keys_answers(&new[0], keys));
}

/* Other limits are told. */
ATF_TC_WITHOUT_HEAD(other_limits);
ATF_TC_BODY(other_limits, tc)
{
	struct ipc_chan *keys;

	(void)tc;
	limited();
	keys = connect_keys(&new[0]);
	new[0].r->conf.client_burst = 3000;
	ATF_CHECK_EQ(move_to_all(1), 1);
	ATF_CHECK(!keys_answers(&new[0], keys));
	commit_all(1);
	ATF_CHECK(keys_answers(&new[0], keys));
	ATF_CHECK(!keys_answers(&new[0], keys));
}

/* Admit hears of sessions when they go on, of each once. */
ATF_TC_WITHOUT_HEAD(admit);
ATF_TC_BODY(admit, tc)
{
	uint8_t a[FRAME_KEY_LEN], b[FRAME_KEY_LEN];
	struct ipc_msg_admit_began v;
	struct ipc_chan *ch;
	struct ipc_msg m;
	int sv[2];

	(void)tc;
	begin(1, 2);
	key_of(&old, a, 0);
	key_of(&old, b, 1);
	a_client(&old, &alice, a, 0x1301, 0);
	a_client(&old, &bob, b, 0x1301, 0);
	ATF_CHECK_EQ(move_to_all(1), 2);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(relay_admit_open(new[0].r, sv[0]), 0);
	ch = ipc_chan_new(NULL, sv[1], ROLE_ADMIT, ROLE_RELAY, NULL, NULL,
	    NULL);
	conn_close(&conn_at(&new[0], b)->conn, "it ends before the commit");
	turns(&new[0]);
	ATF_CHECK_EQ(ipc_chan_recv(ch, &m, 0), -1);
	commit_all(1);
	ATF_REQUIRE_EQ(ipc_chan_recv(ch, &m, 0), 0);
	ATF_REQUIRE_EQ(m.type, MSG_ADMIT_BEGAN);
	ATF_REQUIRE_EQ(ipc_get_admit_began(&m.rd, &v), 0);
	ATF_CHECK_EQ(memcmp(v.key, a, FRAME_KEY_LEN), 0);
	ipc_msg_free(&m);
	ATF_CHECK_EQ(ipc_chan_recv(ch, &m, 0), -1);
}

/*
 * In place of the same worker: keys at other nodes are known but those behind
 * links of that worker itself, which have ended.
 */
ATF_TC_WITHOUT_HEAD(far_same);
ATF_TC_BODY(far_same, tc)
{
	uint8_t a[FRAME_KEY_LEN], key[2][FRAME_KEY_LEN];

	(void)tc;
	a_worker(&old, 0, 2, 1);
	a_worker(&new[0], 0, 2, 1);
	key_of(&old, a, 0);
	key_of(&old, key[0], 1);
	key_of(&old, key[1], 2);
	cluster_far_told(old.r, 0, key[0], 1);
	cluster_far_told(old.r, 3, key[1], 1);
	nodes_there[1] = 1;
	lost_links = 1;
	a_client(&old, &alice, a, 0x1301, 0);
	/* Both have sent to alice. */
	ATF_REQUIRE_EQ(relay_route_deliver(old.r, a, key[0], 1, a, 10), 0);
	ATF_REQUIRE_EQ(relay_route_deliver(old.r, a, key[1], 1, a, 10), 0);
	get_all(&old, &alice);
	gets(&alice, FRAME_RECV_PACKET, key[0]);
	gets(&alice, FRAME_RECV_PACKET, key[1]);
	ATF_CHECK_EQ(move_to_all(1), 1);
	ATF_CHECK(cluster_far_has(new[0].r, key[0]));
	commit_all(1);
	ATF_CHECK(!cluster_far_has(new[0].r, key[0]));
	ATF_CHECK(cluster_far_has(new[0].r, key[1]));
	gets(&alice, FRAME_PEER_GONE, key[0]);
	gets(&alice, 0, NULL);
}

/* At another service: what its own links do not know is gone. */
ATF_TC_WITHOUT_HEAD(far_elsewhere);
ATF_TC_BODY(far_elsewhere, tc)
{
	uint8_t a[FRAME_KEY_LEN], key[2][FRAME_KEY_LEN];

	(void)tc;
	begin(1, 2);
	key_of(&old, a, 0);
	key_of(&old, key[0], 1);
	key_of(&old, key[1], 2);
	memset(nodes_there, IPC_NONODE, sizeof(nodes_there));
	cluster_far_told(old.r, 0, key[0], 1);
	cluster_far_told(old.r, 3, key[1], 1);
	cluster_far_told(new[0].r, 1, key[1], 1);
	a_client(&old, &alice, a, 0x1301, 0);
	ATF_REQUIRE_EQ(relay_route_deliver(old.r, a, key[0], 1, a, 10), 0);
	ATF_REQUIRE_EQ(relay_route_deliver(old.r, a, key[1], 1, a, 10), 0);
	get_all(&old, &alice);
	gets(&alice, FRAME_RECV_PACKET, key[0]);
	gets(&alice, FRAME_RECV_PACKET, key[1]);
	ATF_CHECK_EQ(move_to_all(1), 1);
	ATF_CHECK(!cluster_far_has(new[0].r, key[0]));
	commit_all(1);
	gets(&alice, FRAME_PEER_GONE, key[0]);
	gets(&alice, 0, NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, heard);
	ATF_TP_ADD_TC(tp, lost);
	ATF_TP_ADD_TC(tp, watcher);
	ATF_TP_ADD_TC(tp, watcher_elsewhere);
	ATF_TP_ADD_TC(tp, watcher_gone);
	ATF_TP_ADD_TC(tp, limits);
	ATF_TP_ADD_TC(tp, other_limits);
	ATF_TP_ADD_TC(tp, admit);
	ATF_TP_ADD_TC(tp, far_same);
	ATF_TP_ADD_TC(tp, far_elsewhere);
	return (atf_no_error());
}
