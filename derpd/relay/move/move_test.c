/*
 * move_test: sessions go to another worker, and their clients notice nothing.
 */
#include "movefixture.h"
#include "link.h"
#include "ring.h"
#include "watch.h"

static struct move_side old, new;
static struct move_peer alice, bob;
static uint8_t a[FRAME_KEY_LEN], b[FRAME_KEY_LEN];	/* their keys */
static struct relay_conn *c;		/* bob's, at the old worker */

/* Two workers, the second of which takes over from the first one. */
static void
begin(void)
{
	a_worker(&old, 0, 1, 1);
	a_worker(&new, 0, 1, 2);
	key_of(&old, a, 0);
	key_of(&old, b, 1);
}

/* The client sends `n' packets to `dst', numbered from `number' on. */
static void
flood(struct move_side *s, struct move_peer *p, const uint8_t *dst,
    uint32_t number, unsigned int n, size_t size, int disco)
{
	uint8_t frame[FRAME_HDR_LEN + FRAME_KEY_LEN + 2000];

	const uint64_t want = s->r->stats->packets_received + n;

	for (; n > 0; n--, number++) {
		put(p, frame, packet(frame, dst, number, size, disco));
		turns(s);
	}
	while (s->r->stats->packets_received < want)
		turns(s);
}

/* What the client got: packets, numbered, each once and in order. */
struct got {
	uint32_t	 next[2];	/* packet: disco, the rest */
	unsigned int	 pongs, healths, gones;
};

static void
got_frame(struct got *g, uint8_t type, const uint8_t *p, uint32_t n)
{
	uint32_t number;
	int other;

	switch (type) {
	case FRAME_RECV_PACKET:
		other = !net_frame_is_disco(p + FRAME_KEY_LEN,
		    n - FRAME_KEY_LEN);
		memcpy(&number, p + n - sizeof(number), sizeof(number));
		ATF_REQUIRE_EQ(number, g->next[other]);
		g->next[other]++;
		break;
	case FRAME_PONG:
		ATF_REQUIRE_EQ(p[0], g->pongs);
		g->pongs++;
		break;
	case FRAME_HEALTH:
		ATF_REQUIRE_EQ(p[0], 'a' + g->healths % 26);
		g->healths++;
		break;
	case FRAME_PEER_GONE:
		g->gones++;
		break;
	case FRAME_KEEP_ALIVE:
		break;
	default:
		atf_tc_fail("frame %u", type);
	}
}

static void
check(struct move_peer *p, struct got *g)
{
	const uint8_t *f;
	uint32_t n;
	uint8_t type;

	while ((type = next_frame(p, &f, &n)) != 0)
		got_frame(g, type, f, n);
	ATF_CHECK_EQ(p->off, p->n);
}

/*
 * Sessions go on: packets that clients sent meanwhile arrive, records are in
 * step in both directions.
 */
ATF_TC_WITHOUT_HEAD(goes_on);
ATF_TC_BODY(goes_on, tc)
{
	uint8_t frame[1000];
	struct got at_a = { .pongs = 0 }, at_b = at_a;

	(void)tc;
	begin();
	a_client(&old, &alice, a, 0x1301, 0);
	a_client(&old, &bob, b, 0x1302, 0);
	flood(&old, &alice, b, 0, 10, 100, 0);
	get_all(&old, &bob);
	connect_move(&old, &new);
	put(&alice, frame, packet(frame, b, 10, 200, 0));
	ATF_CHECK_EQ(move_all(&old, &new), 2);
	commit(&old, &new);
	flood(&new, &alice, b, 11, 9, 100, 0);
	flood(&new, &bob, a, 0, 10, 1000, 0);
	get_all(&new, &bob);
	get_all(&new, &alice);
	check(&bob, &at_b);
	check(&alice, &at_a);
	ATF_CHECK_EQ(at_b.next[1], 20);
	ATF_CHECK_EQ(at_a.next[1], 10);
	ATF_CHECK_EQ(new.r->stats->connections, 2);
	ATF_CHECK_EQ(conn_at(&new, b)->session.rx_packets, 10);
	ATF_CHECK_EQ(conn_at(&new, b)->session.tx_packets, 20);
}

/* All of a session that moves, in order. */
struct digest {
	crypto_generichash_state h;
	uint8_t		 sum[32];
};

#define ADD(d, v)	crypto_generichash_update(&(d)->h,	\
			    (const uint8_t *)&(v), sizeof(v))

static void
add_buf(struct digest *d, const struct conn_buf *buf)
{
	size_t n = conn_buf_left(buf);

	ADD(d, n);
	crypto_generichash_update(&d->h, conn_buf_head(buf), n);
}

static void
add_queue(struct digest *d, const struct derp_queue *q)
{
	const struct derp_queue_class *k;
	const struct derp_pkt *p;

	for (k = q->cls; k < q->cls + 2; k++) {
		ADD(d, k->packets);
		ADD(d, k->bytes);
		ADD(d, k->count);
		ADD(d, k->lastcount);
		ADD(d, k->dropping);
		ADD(d, k->first_above);
		ADD(d, k->drop_next);
		STAILQ_FOREACH(p, &k->list, entry) {
			ADD(d, p->at);
			crypto_generichash_update(&d->h, p->data, p->len);
		}
	}
	ADD(d, q->disco_run);
}

static void
add_session(struct digest *d, const struct derp_session *s)
{
	const uint8_t flags = derp_flags(s), more = (uint8_t)(s->home << 1 |
	    s->notified_dup);

	ADD(d, s->key);
	ADD(d, flags);
	ADD(d, more);
	ADD(d, s->skip);
	ADD(d, s->rate.at);
	ADD(d, s->rate.tokens);
	ADD(d, s->rate.part);
	ADD(d, s->login_us);
	ADD(d, s->login_ns);
	ADD(d, s->number);
	ADD(d, s->version);
	ADD(d, s->senders);
	ADD(d, s->notices.at);
	ADD(d, s->notices.tokens);
	ADD(d, s->rx_bytes);
	ADD(d, s->tx_bytes);
	ADD(d, s->rx_packets);
	ADD(d, s->tx_packets);
	ADD(d, s->drops);
	if (s->app != NULL)
		crypto_generichash_update(&d->h, (const uint8_t *)s->app,
		    strlen(s->app));
	add_buf(d, &s->part);
	add_buf(d, &s->pongs);
}

static struct digest
digest(const struct relay_conn *k)
{
	uint8_t saved[NET_RECORD_SAVED] = { 0 };
	struct digest d;

	memset(&d, 0, sizeof(d));
	crypto_generichash_init(&d.h, NULL, 0, sizeof(d.sum));
	if (k->conn.rec != NULL)
		ATF_REQUIRE_EQ(net_record_save(k->conn.rec, saved), 0);
	ADD(&d, saved);
	ADD(&d, k->conn.addr);
	ADD(&d, k->conn.port);
	ADD(&d, k->told);
	add_buf(&d, &k->conn.input.held);
	add_buf(&d, &k->conn.input.pend);
	add_buf(&d, &k->conn.output.out);
	add_buf(&d, &k->conn.output.ctl);
	add_session(&d, &k->session);
	if (k->packets.queue != NULL)
		add_queue(&d, k->packets.queue);
	crypto_generichash_final(&d.h, d.sum, sizeof(d.sum));
	memset(&d.h, 0, sizeof(d.h));
	return (d);
}

static int
is_same(const struct digest *d, const struct relay_conn *k)
{
	const struct digest e = digest(k);

	return (memcmp(d->sum, e.sum, sizeof(e.sum)) == 0);
}

/* The rest of a record that bob has sent half of. */
static uint8_t	rest[2000];
static size_t	nrest;

/* Bob sends pings, a frame in two records, and half of the second one. */
static void
cut_input(void)
{
	uint8_t frame[500], ping[FRAME_HDR_LEN + FRAME_PING_LEN] = { 0 };
	uint8_t wire[2000];
	size_t n, k;
	int i;

	net_frame_put_hdr(ping, FRAME_PING, FRAME_PING_LEN);
	for (i = 0; i < 3; i++) {
		ping[FRAME_HDR_LEN] = (uint8_t)i;
		put(&bob, ping, sizeof(ping));
	}
	if (bob.rec != NULL)
		bob.rec->want_ask = 1;		/* the worker owes an answer */
	n = packet(frame, a, 0, 200, 0);
	put(&bob, frame, 50);
	k = seal(&bob, frame + 50, n - 50, wire);
	put_wire(&bob, wire, k / 2);
	nrest = k - k / 2;
	memcpy(rest, wire + k / 2, nrest);
	turns(&old);
}

/* Set what time and luck would set. */
static void
set_state(void)
{
	const uint64_t now = old.r->set.now_us;
	struct derp_queue_class *k = c->packets.queue->cls;

	conn_deadline(&c->conn, 30);
	c->session.app = strdup("Test");
	c->session.version = 2;
	c->session.not_ideal = 1;
	c->session.home = 1;
	c->session.prober = 1;
	c->session.drops = 77;
	c->session.rate.at = now - 1000;
	c->session.rate.tokens = -500;
	c->session.rate.part = 3;
	c->session.notices.at = now - 2000;
	c->session.notices.tokens = 2;
	c->packets.queue->disco_run = 3;
	k[1].count = 4;
	k[1].lastcount = 2;
	k[1].dropping = 1;
	k[1].first_above = now - 50000;
	k[1].drop_next = now + 50000;
	k[0].count = 1;
	k[0].lastcount = 1;
	k[0].drop_next = now - 50000;
}

/* The old worker's sockets, which take so many bytes. */
static size_t	room;

static ssize_t
send_little(struct conn *k, const void *p, size_t n)
{
	if (n > room)
		n = room;
	if (n == 0) {
		errno = EAGAIN;
		return (-1);
	}
	room -= n;
	return (conn_output_sock.send(k, p, n));
}

static int
wait_long(struct conn *k, unsigned int ms)
{
	(void)k;
	(void)ms;
	return (0);
}

/* The old worker's sockets take all again. */
static void
unplug(void)
{
	old.r->set.outputs.ops = &conn_output_sock;
	conn_output_ready(&c->conn);
}

/*
 * Bob reads nothing: his output is cut in a record, and all the rest waits.  He
 * gets HEALTHS own frames, 300 packets, 5 disco packets, and 3 pongs.
 */
#define HEALTHS	40
static void
fill(uint16_t suite)
{
	static struct conn_output_ops ops;
	uint8_t own[FRAME_HDR_LEN + 100];
	int i;

	begin();
	old.r->set.notsent_lowat = 0;
	old.r->conf.codel_target = new.r->conf.codel_target = 10000;
	a_client(&old, &alice, a, 0x1301, 0);
	c = a_client(&old, &bob, b, suite, 0);
	ops = conn_output_sock;
	ops.send = send_little;
	ops.wait = wait_long;
	room = 10000;
	old.r->set.outputs.ops = &ops;
	flood(&old, &alice, b, 0, 300, 1400, 0);
	flood(&old, &alice, b, 0, 5, 100, 1);
	for (i = 0; i < HEALTHS; i++) {
		net_frame_put_hdr(own, FRAME_HEALTH, 100);
		memset(own + FRAME_HDR_LEN, 'a' + i % 26, 100);
		conn_send(&c->conn, own, sizeof(own));
	}
	cut_input();
	set_state();
}

/* There is something of everything. */
static void
check_filled(int tls)
{
	ATF_CHECK(conn_buf_left(&c->conn.output.out) > 0);
	ATF_CHECK(conn_buf_left(&c->conn.output.ctl) > 0);
	ATF_CHECK(conn_buf_left(&c->session.part) > 0);
	ATF_CHECK(conn_buf_left(&c->session.pongs) > 0);
	ATF_CHECK(c->packets.queue->cls[0].packets > 0);
	ATF_CHECK(c->packets.queue->cls[1].packets > 0);
	if (tls) {
		ATF_CHECK(c->conn.rec->owe_update);
		ATF_CHECK(conn_buf_left(&c->conn.input.held) > 0);
	}
}

/* Bob reads, and sends the rest: nothing is lost or doubled. */
static void
check_all(struct move_side *s)
{
	struct got at_a = { .pongs = 0 }, at_b = at_a;

	put_wire(&bob, rest, nrest);
	get_all(s, &bob);
	get_all(s, &alice);
	flood(s, &alice, b, 300, 10, 1400, 0);
	flood(s, &alice, b, 5, 2, 100, 1);
	flood(s, &bob, a, 1, 10, 1400, 0);
	get_all(s, &bob);
	get_all(s, &alice);
	check(&alice, &at_a);
	ATF_CHECK_EQ(at_a.next[1], 11);
	check(&bob, &at_b);
	ATF_CHECK_EQ(at_b.next[0], 7);
	ATF_CHECK_EQ(at_b.next[1], 310);
	ATF_CHECK_EQ(at_b.pongs, 3);
	ATF_CHECK_EQ(at_b.healths, HEALTHS);
}

static void
check_everything(uint16_t suite)
{
	struct digest d;

	fill(suite);
	check_filled(suite != 0);
	d = digest(c);
	connect_move(&old, &new);
	ATF_CHECK_EQ(move_all(&old, &new), 2);
	ATF_CHECK(is_same(&d, c));
	ATF_CHECK(is_same(&d, conn_at(&new, b)));
	ATF_CHECK_EQ(new.r->stats->connections, 0);
	commit(&old, &new);
	ATF_CHECK_EQ(new.r->stats->connections, 2);
	ATF_CHECK_EQ(new.r->stats->home_connections, 1);
	ATF_CHECK_EQ(new.r->stats->notideal_connections, 1);
	ATF_CHECK_EQ(conn_deadline_left(&conn_at(&new, b)->conn), 31);
	check_all(&new);
}

/* What was cut anywhere goes on behind the cut. */
ATF_TC_WITHOUT_HEAD(everything);
ATF_TC_BODY(everything, tc)
{
	(void)tc;
	check_everything(0x1301);
}

ATF_TC_WITHOUT_HEAD(everything_plain);
ATF_TC_BODY(everything_plain, tc)
{
	(void)tc;
	check_everything(0);
}

/* Read `n' messages as the new worker, and end.  Returns 1 after the last. */
static int
read_some(int fd, unsigned int n)
{
	struct ipc_chan *ch = ipc_chan_new(NULL, fd, ROLE_RELAY, ROLE_RELAY,
	    NULL, NULL, NULL);
	struct ipc_msg m;
	int last = 0;

	ATF_REQUIRE(ch != NULL);
	for (; n > 0 && !last; n--) {
		while (ipc_chan_recv(ch, &m, 0) == -1)
			held_turns(&old);
		last = m.type == MSG_MOVE_END;
		ipc_msg_free(&m);
	}
	held_turns(&old);
	ipc_chan_free(ch);
	return (last);
}

/* The new worker ends at some message: the old one goes on with all. */
ATF_TC_WITHOUT_HEAD(aborted);
ATF_TC_BODY(aborted, tc)
{
	unsigned int n;
	uint32_t sessions;
	struct digest d;
	int sv[2], last = 0, rv;

	(void)tc;
	fill(0x1303);
	d = digest(c);
	for (n = 0; !last; n++) {
		ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
		ATF_REQUIRE_EQ(move_to(old.r, 0, 1, new.r->conf.slot_secret,
		    nodes_there, sv[0]), 0);
		move_go(old.r);
		last = read_some(sv[1], n);
		if ((rv = moved(&old, &sessions)) == 1)
			rv = moved(&old, &sessions);
		ATF_REQUIRE_EQ(rv, 0);
		ATF_REQUIRE_EQ(moved(&old, &sessions), -1);
		ATF_REQUIRE(is_same(&d, c));
		move_stop(old.r);
	}
	ATF_CHECK(n > 100);
	unplug();
	check_all(&old);
}

/* The old worker ends before the commit: what came whole goes on. */
ATF_TC_WITHOUT_HEAD(orphaned);
ATF_TC_BODY(orphaned, tc)
{
	char why[IPC_WHYSIZE];
	uint32_t sessions;
	struct conn *k;

	(void)tc;
	begin();
	a_client(&old, &alice, a, 0x1301, 0);
	a_client(&old, &bob, b, 0x1302, 0);
	connect_move(&old, &new);
	ATF_CHECK_EQ(move_all(&old, &new), 2);
	move_export_free(old.r->move.out);
	old.r->move.out = NULL;
	ATF_CHECK_EQ(took(&new, &sessions, why), 1);
	ATF_CHECK_EQ(sessions, 2);
	TAILQ_FOREACH(k, &old.r->set.conns, entry) {
		conn_input_end(k);
		close(k->fd);
		k->fd = -1;
	}
	move_take(new.r, 0);
	flood(&new, &alice, b, 0, 3, 100, 0);
	get_all(&new, &bob);
	ATF_CHECK(bob.n > 300);
	ATF_CHECK_EQ(took(&new, &sessions, why), -1);
}

/* The clients of a key keep their order, and know of each other. */
ATF_TC_WITHOUT_HEAD(duplicates);
ATF_TC_BODY(duplicates, tc)
{
	static struct move_peer twin[3];
	uint8_t note[FRAME_HDR_LEN + 1];
	const uint8_t *p;
	uint32_t n;
	int i;

	(void)tc;
	begin();
	a_client(&old, &alice, a, 0x1301, 0);
	for (i = 0; i < 3; i++)
		a_client(&old, &twin[i], b, 0x1301, 0);
	net_frame_put_hdr(note, FRAME_NOTE_PREFERRED, 1);
	note[FRAME_HDR_LEN] = 1;
	put(&twin[1], note, sizeof(note));
	for (i = 0; i < 3; i++) {
		get_all(&old, &twin[i]);
		ATF_CHECK_EQ(next_frame(&twin[i], &p, &n), FRAME_HEALTH);
		ATF_CHECK_EQ(next_frame(&twin[i], &p, &n), 0);
	}
	connect_move(&old, &new);
	ATF_CHECK_EQ(move_all(&old, &new), 4);
	commit(&old, &new);
	cluster_peers_count(new.r->peers, new.r->stats);
	ATF_CHECK_EQ(new.r->stats->dup_keys, 1);
	ATF_CHECK_EQ(new.r->stats->dup_conns, 3);
	ATF_CHECK_EQ(new.r->stats->clients, 2);
	flood(&new, &alice, b, 0, 1, 100, 0);
	for (i = 0; i < 3; i++)
		get_all(&new, &twin[i]);
	/* The second one sent last, the third one came last. */
	ATF_CHECK_EQ(next_frame(&twin[1], &p, &n), FRAME_RECV_PACKET);
	close(twin[1].fd);
	get_all(&new, &twin[2]);
	flood(&new, &alice, b, 1, 1, 100, 0);
	get_all(&new, &twin[2]);
	ATF_CHECK_EQ(next_frame(&twin[2], &p, &n), FRAME_RECV_PACKET);
	ATF_CHECK_EQ(next_frame(&twin[2], &p, &n), 0);
	/* The last one is told that it is alone. */
	close(twin[2].fd);
	get_all(&new, &twin[0]);
	ATF_CHECK_EQ(next_frame(&twin[0], &p, &n), FRAME_HEALTH);
	ATF_CHECK_EQ(n, 0);
}

/* The keep-alives of all connections are due. */
static void
beats(struct move_side *s)
{
	unsigned int i;

	for (i = 0; i < 70; i++)
		conn_tick(&s->r->set);
	turns(s);
}

/*
 * The key that mesh peers logged in with was replaced, then they move, twice:
 * they end a day after the change.
 */
ATF_TC_WITHOUT_HEAD(old_key);
ATF_TC_BODY(old_key, tc)
{
	const uint64_t day = 24ULL * 60 * 60 * 1000000;
	struct move_side third;
	uint64_t changed;

	(void)tc;
	begin();
	a_worker(&third, 0, 1, 3);
	a_client(&old, &alice, a, 0x1301, 1);
	c = a_client(&old, &bob, b, 0x1302, 1);
	changed = old.r->set.now_us;
	nodes_keyage_changed(&old.r->nodes.keyage, changed);
	c->session.login_us = changed + 60000000;	/* with the new key */
	connect_move(&old, &new);
	ATF_CHECK_EQ(move_all(&old, &new), 2);
	commit(&old, &new);
	ATF_CHECK_EQ(conn_at(&new, a)->session.mesh_end, changed + day);
	ATF_CHECK_EQ(conn_at(&new, b)->session.mesh_end, 0);
	connect_move(&new, &third);
	ATF_CHECK_EQ(move_all(&new, &third), 2);
	commit(&new, &third);
	beats(&third);
	ATF_CHECK_EQ(third.r->stats->connections, 2);
	ATF_REQUIRE_EQ(conn_at(&third, a)->session.mesh_end, changed + day);
	/* The day passes. */
	conn_at(&third, a)->session.mesh_end = third.r->set.now_us;
	beats(&third);
	ATF_CHECK_EQ(third.r->stats->connections, 1);
	ATF_CHECK(conn_at(&third, a) == NULL);
	ATF_CHECK(conn_at(&third, b) != NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, goes_on);
	ATF_TP_ADD_TC(tp, everything);
	ATF_TP_ADD_TC(tp, everything_plain);
	ATF_TP_ADD_TC(tp, aborted);
	ATF_TP_ADD_TC(tp, orphaned);
	ATF_TP_ADD_TC(tp, duplicates);
	ATF_TP_ADD_TC(tp, old_key);
	return (atf_no_error());
}
