/*
 * handover_test: clients that have logged in move to the worker that owns their
 * key, when it is there, with all that belongs to them.
 */
#include <errno.h>

#include "handoverfixture.h"
#include "websocket.h"

#define INFO	(FRAME_KEY_LEN + FRAME_NONCE_LEN + 40)

static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, [12] = 192,
    [15] = 7 };
static uint8_t key[FRAME_KEY_LEN];	/* of the client */
static uint8_t ticket[IPC_TICKET_LEN];	/* the last one */
static uint8_t number;			/* of the last one */

/* Keys answers the request of the client; return its cookie. */
static uint64_t
confirm(unsigned int owner)
{
	uint64_t cookie = next_request();

	ATF_REQUIRE(cookie != 0);
	open_box(cookie, owner, key, ++number, "{}", ticket);
	return (cookie);
}

/* A client has sent its ClientInfo, and two pings in the next records. */
static struct front_conn *
sent_info(unsigned int owner)
{
	uint8_t info[FRAME_HDR_LEN + INFO + 8] = { 0 };
	struct front_conn *c;

	c = secure_client(addr, 77);
	c->login.not_ideal = 1;
	key_of(key, owner, 0);
	net_frame_put_hdr(info, FRAME_CLIENT_INFO, INFO);
	memcpy(info + FRAME_HDR_LEN, key, sizeof(key));
	memcpy(info + FRAME_HDR_LEN + INFO, "plain678", 8);
	client_send(info, sizeof(info));
	client_send("cipher78", 8);
	turns();
	ATF_REQUIRE_EQ(c->conn.state, CONN_CHECK);
	return (c);
}

/* A client whose login keys has confirmed. */
static struct front_conn *
confirmed(unsigned int owner)
{
	struct front_conn *c = sent_info(owner);

	confirm(owner);
	return (c);
}

/* The message that worker `i' got, if any: 1, else 0. */
static int
taken(unsigned int i, struct ipc_msg *m, struct ipc_msg_handover *v)
{
	turns();
	if (ipc_chan_recv(owners[i], m, 0) == -1)
		return (0);
	ATF_REQUIRE_EQ(MSG_HANDOVER, m->type);
	ATF_REQUIRE_EQ(ipc_get_handover(&m->rd, v), 0);
	ATF_REQUIRE(m->fd != -1);
	return (1);
}

static int
is_taken(unsigned int i)
{
	struct ipc_msg_handover v;
	struct ipc_msg m;

	if (!taken(i, &m, &v))
		return (0);
	ipc_msg_free(&m);
	return (1);
}

/*
 * Worker `i' got the client, with the last ticket and all that the client sent;
 * its records go on where the login ended.
 */
static void
check_taken(unsigned int i)
{
	static struct net_record_cache cache;
	static struct net_record rec;
	struct ipc_msg_handover v;
	struct ipc_msg m;
	struct net_record_input in;
	struct iovec out = { (void *)(uintptr_t)"welcome", 7 };
	uint8_t wire[200], got[500];
	ssize_t k;
	size_t n;

	ATF_REQUIRE(taken(i, &m, &v));
	ATF_CHECK(memcmp(v.ticket, ticket, sizeof(ticket)) == 0);
	ATF_CHECK(memcmp(v.addr, addr, sizeof(addr)) == 0);
	ATF_CHECK_EQ(v.port, 77);
	ATF_CHECK(v.not_ideal && !v.proxied && !v.mesh && !v.prober);
	ATF_REQUIRE_EQ(v.plain_len, 8);
	ATF_CHECK(memcmp(v.plain, "plain678", 8) == 0);
	ATF_REQUIRE_EQ(v.record_len, NET_RECORD_SAVED);
	net_record_cache_init(&cache, net_aead_best(), 4);
	ATF_REQUIRE_EQ(net_record_load(&rec, &cache, v.record), 0);
	ATF_REQUIRE(v.cipher_len < sizeof(wire));
	memcpy(wire, v.cipher, v.cipher_len);
	ATF_REQUIRE_EQ(net_record_read(&rec, wire, v.cipher_len, &in),
	    NET_RECORD_DATA);
	ATF_CHECK_EQ(in.used, v.cipher_len);
	ATF_REQUIRE_EQ(in.len, 8);
	ATF_CHECK(memcmp(in.data, "cipher78", 8) == 0);
	ATF_REQUIRE((k = net_record_write(&rec, &out, 1, 7, wire)) > 0);
	ATF_REQUIRE_EQ(send(m.fd, wire, (size_t)k, 0), k);
	n = client_received(got, sizeof(got), NULL);
	ATF_REQUIRE_EQ(n, FRAME_SERVER_KEY_SIZE + 7);
	ATF_CHECK(memcmp(got + FRAME_SERVER_KEY_SIZE, "welcome", 7) == 0);
	ipc_msg_free(&m);
}

/* The front keeps nothing of a client that is gone. */
static void
check_gone(void)
{
	ATF_CHECK(TAILQ_EMPTY(&f->set.conns));
	ATF_CHECK_EQ(f->set.nconns, 0);
	ATF_CHECK_EQ(f->unfinished.n, 0);
	ATF_CHECK_EQ(f->npumps, 0);
	ATF_CHECK_EQ(f->hands.some, 0);
}

ATF_TC_WITHOUT_HEAD(owner);
ATF_TC_BODY(owner, tc)
{
	unsigned int i;
	int files;

	(void)tc;
	set_up();
	for (i = 0; i < 2; i++)
		start_owner(i);
	for (i = 0; i < 2; i++) {
		turns();
		files = open_files();
		confirmed(i);
		ATF_CHECK(!is_taken(!i));
		check_taken(i);
		check_gone();
		close(client);
		ATF_CHECK_EQ(open_files(), files);
	}
}

/* Without its owner a login waits. */
ATF_TC_WITHOUT_HEAD(waits);
ATF_TC_BODY(waits, tc)
{
	struct front_conn *c;

	(void)tc;
	set_up();
	c = confirmed(1);
	ATF_CHECK_EQ(c->conn.state, CONN_HAND);
	ATF_CHECK(TAILQ_FIRST(&f->hands.to[1].waiting) == c);
	start_owner(0);
	ATF_CHECK_EQ(next_request(), 0);
	start_owner(1);
	confirm(1);
	check_taken(1);
	check_gone();
}

/* A client that ends while it waits, or whose deadline passes. */
ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	struct front_conn *c;
	unsigned int i;

	(void)tc;
	set_up();
	c = confirmed(1);
	conn_close(&c->conn, "test");
	turns();
	check_gone();
	ATF_CHECK(TAILQ_EMPTY(&f->hands.to[1].waiting));
	close(client);
	confirmed(1);
	for (i = 0; i < LOGIN_SECS; i++)
		conn_tick(&f->set);
	turns();
	ATF_CHECK_EQ(f->set.nconns, 1);
	for (i = 0; i < 2; i++)
		conn_tick(&f->set);
	turns();
	check_gone();
	start_owner(1);
	ATF_CHECK_EQ(next_request(), 0);
	ATF_CHECK(!is_taken(1));
}

/* Nothing goes while output of the login waits: it would come twice. */
ATF_TC_WITHOUT_HEAD(flushed);
ATF_TC_BODY(flushed, tc)
{
	struct front_conn *c;

	(void)tc;
	set_up();
	start_owner(1);
	c = sent_info(1);
	c->conn.output.want_write = 1;	/* the socket is full */
	confirm(1);
	ATF_CHECK_EQ(c->conn.state, CONN_HAND);
	ATF_CHECK(!is_taken(1));
	conn_output_ready(&c->conn);
	check_taken(1);
}

/*
 * The worker that owns the key dies: the parent is asked for a channel, and the
 * login waits for the next start.
 */
ATF_TC_WITHOUT_HEAD(owner_dies);
ATF_TC_BODY(owner_dies, tc)
{
	struct ipc_msg_server_unlinked v;
	struct front_conn *c;
	struct ipc_msg m;

	(void)tc;
	set_up();
	start_owner(0);
	start_owner(1);
	ipc_chan_free(owners[1]);
	owners[1] = NULL;
	turns();
	ATF_CHECK(f->hands.to[1].chan == NULL);
	front_hands_tick(f);
	ATF_REQUIRE_EQ(ipc_chan_flush(f->parent, 5000), 0);
	ATF_REQUIRE_EQ(ipc_chan_recv(parent, &m, 5000), 0);
	ATF_REQUIRE_EQ(m.type, MSG_SERVER_UNLINKED);
	ATF_REQUIRE_EQ(ipc_get_server_unlinked(&m.rd, &v), 0);
	ATF_CHECK_EQ(v.hands, 1U << 1);
	ATF_CHECK_EQ(v.links, 0);
	ipc_msg_free(&m);
	c = confirmed(1);
	ATF_CHECK_EQ(c->conn.state, CONN_HAND);
	start_owner(1);
	ATF_CHECK_EQ(f->hands.lost, 0);
	confirm(1);
	check_taken(1);
}

/*
 * A ticket of an earlier start of the owner is worth nothing: the same request
 * gets a new one.
 */
ATF_TC_WITHOUT_HEAD(new_ticket);
ATF_TC_BODY(new_ticket, tc)
{
	uint8_t old[IPC_TICKET_LEN];
	struct front_conn *c;
	uint64_t cookie;

	(void)tc;
	set_up();
	c = sent_info(1);
	cookie = confirm(1);
	memcpy(old, ticket, sizeof(old));
	start_owner(1);
	ATF_CHECK_EQ(c->conn.state, CONN_CHECK);
	ATF_CHECK(!is_taken(1));
	ATF_REQUIRE_EQ(confirm(1), cookie);
	ATF_CHECK(memcmp(old, ticket, sizeof(old)) != 0);
	check_taken(1);
	check_gone();
}

/* The owner is restarted while output of the login still waits. */
ATF_TC_WITHOUT_HEAD(new_ticket_unflushed);
ATF_TC_BODY(new_ticket_unflushed, tc)
{
	struct front_conn *c;

	(void)tc;
	set_up();
	start_owner(1);
	c = sent_info(1);
	c->conn.output.want_write = 1;
	confirm(1);
	ATF_CHECK_EQ(c->conn.state, CONN_HAND);
	ATF_CHECK(!c->login.waiting);
	start_owner(1);
	conn_output_ready(&c->conn);
	ATF_CHECK(!is_taken(1));
	confirm(1);
	check_taken(1);
}

/* The owner is restarted while an answer of keys is on its way. */
ATF_TC_WITHOUT_HEAD(new_ticket_on_its_way);
ATF_TC_BODY(new_ticket_on_its_way, tc)
{
	struct front_conn *c;
	uint64_t cookie;

	(void)tc;
	set_up();
	start_owner(0);
	start_owner(1);
	c = sent_info(1);
	ATF_REQUIRE((cookie = next_request()) != 0);
	start_owner(0);			/* not its owner: nothing changes */
	start_owner(1);
	ATF_CHECK_EQ(next_request(), 0);
	open_box(cookie, 1, key, ++number, "{}", ticket);
	ATF_CHECK_EQ(c->conn.state, CONN_CHECK);
	ATF_CHECK(!is_taken(1));
	ATF_REQUIRE_EQ(confirm(1), cookie);
	check_taken(1);
}

/* Many logins wait for their owner, and all get new tickets. */
ATF_TC_WITHOUT_HEAD(many_wait);
ATF_TC_BODY(many_wait, tc)
{
	uint64_t cookie;
	unsigned int i;

	(void)tc;
	set_up();
	for (i = 0; i < 20; i++)
		confirmed(i % 2);
	start_owner(1);
	key_of(key, 1, 0);
	for (i = 0; i < 10; i++) {
		ATF_REQUIRE((cookie = next_request()) != 0);
		ATF_CHECK_EQ(cookie, 2 * i + 2);
		open_box(cookie, 1, key, ++number, "{}", ticket);
		ATF_CHECK(is_taken(1));
	}
	ATF_CHECK_EQ(next_request(), 0);
	ATF_CHECK_EQ(f->set.nconns, 10);
}

/* Clients until the channel to worker 1 takes no more; return how many. */
static unsigned int
fill_channel(void)
{
	const int least = 1;
	unsigned int n = 0;

	ATF_REQUIRE_EQ(setsockopt(ipc_chan_fd(f->hands.to[1].chan), SOL_SOCKET,
	    SO_SNDBUF, &least, sizeof(least)), 0);
	while (!front_hands_busy(f)) {
		confirmed(1);
		n++;
	}
	return (n);
}

/* Worker 1 gets `n' clients over its channel, and then its end. */
static void
check_all_taken(unsigned int n)
{
	struct ipc_msg m;

	while (n-- > 0)
		ATF_CHECK(is_taken(1));
	turns();
	ATF_CHECK_EQ(ipc_chan_recv(owners[1], &m, 5000), -1);
	ATF_CHECK_EQ(errno, EPIPE);
	ATF_CHECK(!front_hands_busy(f));
}

/* The parent is asked for these channels; 0: for none. */
static void
check_lost(uint64_t want)
{
	struct ipc_msg_server_unlinked v = { 0 };
	struct ipc_msg m;

	front_hands_tick(f);
	ATF_REQUIRE_EQ(ipc_chan_flush(f->parent, 5000), 0);
	if (ipc_chan_recv(parent, &m, 0) == 0) {
		ATF_REQUIRE_EQ(m.type, MSG_SERVER_UNLINKED);
		ATF_REQUIRE_EQ(ipc_get_server_unlinked(&m.rd, &v), 0);
		ipc_msg_free(&m);
	}
	ATF_CHECK_EQ(v.hands, want);
}

/*
 * Channels end when all that was handed over has gone; no client goes then, and
 * nothing is requested.  Logins wait for the next channel.
 */
ATF_TC_WITHOUT_HEAD(held);
ATF_TC_BODY(held, tc)
{
	struct front_conn *c;
	struct ipc_msg m;
	unsigned int n;

	(void)tc;
	set_up();
	start_owner(0);
	start_owner(1);
	n = fill_channel();
	c = sent_info(1);
	front_hands_hold(f);
	turns();
	ATF_CHECK_EQ(ipc_chan_recv(owners[0], &m, 5000), -1);
	ATF_CHECK(front_hands_busy(f));
	confirm(1);
	ATF_CHECK_EQ(c->conn.state, CONN_HAND);
	check_all_taken(n);
	check_lost(0);
	ATF_CHECK_EQ(f->set.nconns, 1);
	start_owner(1);
	confirm(1);
	check_taken(1);
	check_gone();
}

/* The next channel comes while the older one is not written. */
ATF_TC_WITHOUT_HEAD(replaced);
ATF_TC_BODY(replaced, tc)
{
	struct ipc_chan *old;
	unsigned int n, i;

	(void)tc;
	set_up();
	start_owner(1);
	n = fill_channel();
	for (i = 0; i < 2; i++) {
		if (i == 0)
			front_hands_hold(f);
		old = owners[1];
		owners[1] = NULL;
		start_owner(1);
		ATF_CHECK(front_hands_busy(f));
		confirmed(1);
		check_taken(1);
		ipc_chan_free(owners[1]);
		owners[1] = old;
		check_all_taken(n);
		start_owner(1);
		n = fill_channel();
	}
	/* An owner that ends ends the older one, too. */
	front_hands_hold(f);
	ipc_chan_free(owners[1]);
	owners[1] = NULL;
	turns();
	ATF_CHECK(!front_hands_busy(f));
	check_lost(0);
}

/* The parent was to make channels, and has not. */
ATF_TC_WITHOUT_HEAD(held_long);
ATF_TC_BODY(held_long, tc)
{
	(void)tc;
	set_up();
	start_owner(0);
	f->hands.lost = 1U << 1;
	front_hands_hold(f);
	check_lost(0);
	start_owner(0);
	f->hands.held_us -= 31000000;
	check_lost(1U << 1);
	check_lost(1U << 1);
	start_owner(1);
	check_lost(0);
}

/* A client over WebSocket keeps its connection here; one end of a pair goes. */
ATF_TC_WITHOUT_HEAD(proxied);
ATF_TC_BODY(proxied, tc)
{
	struct web_ws *ws = web_ws_new(NULL, NULL, NULL);
	struct ipc_msg_handover v;
	struct front_conn *c;
	struct ipc_msg m;
	char got[500];
	size_t n;

	(void)tc;
	ATF_REQUIRE(ws != NULL);
	set_up();
	start_owner(1);
	c = sent_info(1);
	c->ws = ws;
	confirm(1);
	ATF_REQUIRE(taken(1, &m, &v));
	ATF_CHECK(memcmp(v.ticket, ticket, sizeof(ticket)) == 0);
	ATF_CHECK_EQ(v.proxied, 1);
	ATF_CHECK_EQ(v.record_len + v.plain_len + v.cipher_len, 0);
	ATF_CHECK_EQ(c->conn.state, CONN_PUMP);
	ATF_CHECK_EQ(c->conn.paused, 0);
	ATF_CHECK(!c->conn.on_wheel);
	ATF_CHECK_EQ(f->npumps, 1);
	ATF_CHECK_EQ(f->unfinished.n, 0);
	ATF_CHECK_EQ(front_login_kept(c), 0);
	/* What came behind ClientInfo goes through the pair. */
	ATF_REQUIRE_EQ(recv(m.fd, got, sizeof(got), 0), 16);
	ATF_CHECK(memcmp(got, "plain678cipher78", 16) == 0);
	ATF_REQUIRE_EQ(send(m.fd, "session", 7, 0), 7);
	turns();
	n = client_received(got, sizeof(got), NULL);
	ATF_REQUIRE(n > 7);
	ATF_CHECK(memcmp(got + n - 7, "session", 7) == 0);
	/* A restart of the owner is no matter of a pump. */
	start_owner(1);
	ATF_CHECK_EQ(next_request(), 0);
	ATF_CHECK_EQ(c->conn.state, CONN_PUMP);
	ipc_msg_free(&m);		/* the session ends */
	close(client);
	turns();
	check_gone();
}

/* The last descriptors are for channels, which hostile workers may fill. */
ATF_TC_WITHOUT_HEAD(reserve);
ATF_TC_BODY(reserve, tc)
{
	(void)tc;
	set_up();
	f->files.max = 400;
	/* 8, 10 for each worker */
	ATF_CHECK(front_accept_reserved(f, 400 - 8 - 10 * 2));
	ATF_CHECK(!front_accept_reserved(f, 400 - 8 - 10 * 2 - 1));
	f->files.max = 12;	/* of which 9 are for clients */
	ATF_CHECK(front_accept_reserved(f, 9));
	ATF_CHECK(!front_accept_reserved(f, 8));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, owner);
	ATF_TP_ADD_TC(tp, waits);
	ATF_TP_ADD_TC(tp, ends);
	ATF_TP_ADD_TC(tp, flushed);
	ATF_TP_ADD_TC(tp, owner_dies);
	ATF_TP_ADD_TC(tp, new_ticket);
	ATF_TP_ADD_TC(tp, new_ticket_unflushed);
	ATF_TP_ADD_TC(tp, new_ticket_on_its_way);
	ATF_TP_ADD_TC(tp, many_wait);
	ATF_TP_ADD_TC(tp, held);
	ATF_TP_ADD_TC(tp, replaced);
	ATF_TP_ADD_TC(tp, held_long);
	ATF_TP_ADD_TC(tp, proxied);
	ATF_TP_ADD_TC(tp, reserve);
	return (atf_no_error());
}
