/*
 * frontlogin_test: logins up to the hand-over: ClientInfo in pieces, requests
 * to keys when keys reads slowly or not at all, and its answers.
 */
#include <stdint.h>

#include "counters.h"
#include "handoverfixture.h"

#define CLIENTS	2000
#define INFO	8000		/* bytes of a ClientInfo */
#define SMALL	(FRAME_KEY_LEN + FRAME_NONCE_LEN + 40)

static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 7 };
static struct front_conn *conns[CLIENTS];
static const uint8_t one_key[FRAME_KEY_LEN];	/* of clients() */

/* A client without TLS and socket, which sends its ClientInfo next. */
static struct front_conn *
new_client(void)
{
	struct front_conn *c;

	ATF_REQUIRE((c = front_conn_new(f, -1, 0, 0, addr, 77)) != NULL);
	c->conn.state = CONN_INFO;
	return (c);
}

/* Write a ClientInfo of `n' bytes, from this key, to `p'. */
static size_t
put_info(uint8_t *p, const uint8_t key[FRAME_KEY_LEN], size_t n)
{
	size_t i;

	net_frame_put_hdr(p, FRAME_CLIENT_INFO, (uint32_t)n);
	p += FRAME_HDR_LEN;
	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + i / 251);
	memcpy(p, key, FRAME_KEY_LEN);
	return (FRAME_HDR_LEN + n);
}

static void
within_bound(void)
{
	ATF_CHECK(ipc_chan_queued(f->box) < BOXES_AHEAD + INFO + 1000);
}

/* Clients send their ClientInfo, numbered from 1, and have one key. */
static void
clients(int n)
{
	static uint8_t info[FRAME_HDR_LEN + INFO];
	int i;

	for (i = 0; i < n; i++) {
		put_info(info, one_key, INFO);
		conns[i] = new_client();
		conn_plain(&conns[i]->conn, info, sizeof(info));
		ATF_REQUIRE_EQ(CONN_CHECK, conns[i]->conn.state);
		within_bound();
	}
}

/* Keys opens the box of client `id' of clients(). */
static void
open_of(uint64_t id, const char *text, uint8_t ticket[IPC_TICKET_LEN])
{
	struct front_conn *c = conns[id - 1];

	open_box(id, c->login.worker, one_key, (uint8_t)id, text, ticket);
}

/* As next_request(), without turns: closed connections stay. */
static uint64_t
next_unreaped(void)
{
	struct ipc_msg m;
	uint64_t id;
	int i;

	for (i = 0; i < 10; i++) {
		ATF_REQUIRE(event_base_loop(f->set.base, EVLOOP_NONBLOCK) !=
		    -1);
		if (ipc_chan_recv(keys, &m, 0) == -1)
			continue;
		ATF_REQUIRE_EQ(MSG_LOGIN, m.type);
		id = ipc_rd_u64(&m.rd);
		ipc_msg_free(&m);
		return (id);
	}
	return (0);
}

static void
refuse_unreaped(uint64_t id)
{
	static const uint8_t none[IPC_TICKET_LEN];
	struct ipc_msg_login_result v = { .cookie = id, .end = IPC_LOGIN_BAD,
	    .ticket = none };

	ATF_REQUIRE_EQ(0, ipc_send_login_result(keys, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, 5000));
}

/* Few requests wait for keys, and each is sent once, in order. */
ATF_TC_WITHOUT_HEAD(ahead);
ATF_TC_BODY(ahead, tc)
{
	int i;

	set_up();
	clients(CLIENTS);
	for (i = 1; i <= CLIENTS; i++) {
		ATF_REQUIRE_EQ((uint64_t)i, next_unreaped());
		refuse_unreaped((uint64_t)i);
		within_bound();
	}
	ATF_CHECK_EQ(0, next_unreaped());
	for (i = 0; i < CLIENTS; i++)
		ATF_CHECK_MSG(conns[i]->conn.dead,
		    "client %d was not refused", i);
}

/*
 * A hung keys is replaced: all requests are sent again, except of closed
 * clients.
 */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	int i;

	set_up();
	clients(CLIENTS);
	for (i = 1; i <= 3; i++)
		ATF_REQUIRE_EQ((uint64_t)i, next_unreaped());
	refuse_unreaped(1);
	while (!conns[0]->conn.dead)
		ATF_REQUIRE(event_base_loop(f->set.base, EVLOOP_ONCE) != -1);
	front_login_free(conns[0]);
	front_login_free(conns[CLIENTS - 1]);
	connect_keys();
	front_login_again(f);
	within_bound();
	for (i = 2; i < CLIENTS; i++) {
		ATF_REQUIRE_EQ((uint64_t)i, next_unreaped());
		refuse_unreaped((uint64_t)i);
	}
	ATF_CHECK_EQ(0, next_unreaped());
}

/*
 * Keys has opened the box of a client, which then waits to be handed over with
 * its ticket; the box is not sent again.
 */
ATF_TC_WITHOUT_HEAD(opened);
ATF_TC_BODY(opened, tc)
{
	uint8_t ticket[IPC_TICKET_LEN];
	struct front_conn *c;

	set_up();
	clients(1);
	c = conns[0];
	ATF_REQUIRE_EQ(1, next_request());
	ATF_CHECK(front_login_kept(c) > INFO);
	ATF_CHECK_EQ(NULL, conn_about(&c->conn).key);	/* not proven yet */
	open_of(1, "{\"isProber\":true}", ticket);
	ATF_CHECK_EQ(CONN_HAND, c->conn.state);
	ATF_CHECK_EQ(ipc_ticket_client(c->login.ticket),
	    conn_about(&c->conn).key);
	ATF_CHECK(c->login.prober);
	ATF_CHECK(!c->login.mesh);
	ATF_CHECK(memcmp(c->login.ticket, ticket, sizeof(ticket)) == 0);
	connect_keys();
	front_login_again(f);
	ATF_CHECK_EQ(0, next_request());
}

ATF_TC_WITHOUT_HEAD(malformed);
ATF_TC_BODY(malformed, tc)
{
	uint8_t ticket[IPC_TICKET_LEN];

	set_up();
	clients(1);
	ATF_REQUIRE_EQ(1, next_request());
	open_of(1, "{\"version\":", ticket);
	ATF_CHECK(TAILQ_EMPTY(&f->set.conns));
}

/*
 * A client that closes its WebSocket while keys validates its box is refused.
 */
ATF_TC_WITHOUT_HEAD(drained);
ATF_TC_BODY(drained, tc)
{
	uint8_t ticket[IPC_TICKET_LEN];

	set_up();
	clients(3);
	conns[1]->conn.state = CONN_DRAIN;
	ATF_REQUIRE_EQ(1, next_request());
	open_of(1, "{\"version\":2}", ticket);
	ATF_REQUIRE_EQ(2, next_request());
	open_of(2, "{\"version\":2}", ticket);
	ATF_REQUIRE_EQ(3, next_request());
	refuse(3);
	ATF_CHECK_EQ(CONN_HAND, conns[0]->conn.state);
	ATF_CHECK(conns[0]->login.waiting);
	ATF_CHECK_EQ(CONN_DRAIN, conns[1]->conn.state);
	ATF_CHECK(!conns[1]->login.waiting);
	ATF_CHECK_EQ(2, f->set.nconns);
}

/* Keys must get this ClientInfo, as the only request. */
static void
requested(const uint8_t *info, size_t n)
{
	const size_t envelope = FRAME_KEY_LEN + FRAME_NONCE_LEN;
	struct ipc_msg_login v;
	struct ipc_msg m;

	info += FRAME_HDR_LEN;
	n -= FRAME_HDR_LEN;
	ATF_REQUIRE(keys_read(&m, &v));
	ATF_CHECK_EQ(v.worker, front_handover_owner(f, info));
	ATF_CHECK(memcmp(v.client, info, FRAME_KEY_LEN) == 0);
	ATF_CHECK(memcmp(v.nonce, info + FRAME_KEY_LEN, FRAME_NONCE_LEN) == 0);
	ATF_CHECK_EQ(v.box_len, n - envelope);
	ATF_CHECK(memcmp(v.box, info + envelope, v.box_len) == 0);
	ipc_msg_free(&m);
	ATF_CHECK_EQ(0, next_request());
}

/* Pass `n' bytes in memory of their own, so that an overread is detected. */
static void
plain(struct front_conn *c, const uint8_t *p, size_t n)
{
	uint8_t *copy;

	ATF_REQUIRE((copy = malloc(n + 1)) != NULL);
	memcpy(copy, p, n);
	conn_plain(&c->conn, copy, n);
	free(copy);
}

/* ClientInfo may be cut anywhere; what is behind it is kept. */
ATF_TC_WITHOUT_HEAD(cuts);
ATF_TC_BODY(cuts, tc)
{
	static const char behind[] = "behind ClientInfo";
	uint8_t info[FRAME_HDR_LEN + SMALL + sizeof(behind)];
	uint8_t key[FRAME_KEY_LEN];
	struct front_conn *c;
	size_t n, all, i, at;

	set_up();
	key_of(key, 1, 0);
	n = put_info(info, key, SMALL);
	memcpy(info + n, behind, sizeof(behind));
	all = n + sizeof(behind);
	for (at = 0; at <= all + 4; at++) {
		c = new_client();
		if (at <= all) {
			plain(c, info, at);
			ATF_REQUIRE_EQ(c->conn.state,
			    at < n ? CONN_INFO : CONN_CHECK);
			plain(c, info + at, all - at);
		} else		/* in pieces of 1 to 4 bytes */
			for (i = 0; i < all; i += at - all)
				plain(c, info + i, all - i < at - all ?
				    all - i : at - all);
		ATF_REQUIRE_EQ_MSG(c->conn.state, CONN_CHECK, "cut at %zu", at);
		ATF_CHECK_EQ(conn_buf_memory(&c->login.part), 0);
		ATF_CHECK_EQ(conn_buf_left(&c->conn.input.pend),
		    sizeof(behind));
		ATF_CHECK(memcmp(conn_buf_head(&c->conn.input.pend), behind,
		    sizeof(behind)) == 0);
		requested(info, n);
		conn_close(&c->conn, "test");
		turns();
	}
}

/* No ClientInfo stays where it was handled, whole or cut. */
ATF_TC_WITHOUT_HEAD(zeroed);
ATF_TC_BODY(zeroed, tc)
{
	static const char behind[] = "behind ClientInfo";
	uint8_t info[FRAME_HDR_LEN + SMALL + sizeof(behind)];
	uint8_t key[FRAME_KEY_LEN];
	struct front_conn *c;
	size_t n, at;

	set_up();
	key_of(key, 1, 0);
	for (at = 0; at <= FRAME_HDR_LEN + SMALL; at++) {
		n = put_info(info, key, SMALL);
		memcpy(info + n, behind, sizeof(behind));
		c = new_client();
		conn_plain(&c->conn, info, at);
		ATF_CHECK(sodium_is_zero(info, at));
		conn_plain(&c->conn, info + at, sizeof(info) - at);
		ATF_CHECK_EQ_MSG(c->conn.state, CONN_CHECK, "cut at %zu", at);
		ATF_CHECK(sodium_is_zero(info, n));
		conn_close(&c->conn, "test");
		turns();
	}
}

/* Before the login only a ClientInfo of a sane length is accepted. */
ATF_TC_WITHOUT_HEAD(bad_frames);
ATF_TC_BODY(bad_frames, tc)
{
	static const struct { uint8_t type; uint32_t len; } t[] = {
		{ FRAME_PING, FRAME_PING_LEN }, { FRAME_SEND_PACKET, 100 },
		{ FRAME_SERVER_KEY, SMALL }, { 0xee, SMALL },
		{ FRAME_CLIENT_INFO, 0 },
		{ FRAME_CLIENT_INFO, FRAME_KEY_LEN + FRAME_NONCE_LEN - 1 },
		{ FRAME_CLIENT_INFO, FRAME_MAX_CLIENTINFO + 1 },
		{ FRAME_CLIENT_INFO, UINT32_MAX }
	};
	uint8_t p[FRAME_HDR_LEN + SMALL] = { 0 };
	struct front_conn *c;
	size_t i, k;
	int cut;

	set_up();
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (cut = 0; cut < 2; cut++) {
			net_frame_put_hdr(p, t[i].type, t[i].len);
			c = new_client();
			if (cut)
				for (k = 0; k < sizeof(p); k++)
					plain(c, p + k, 1);
			else
				plain(c, p, sizeof(p));
			ATF_CHECK_MSG(c->conn.dead, "type %u, %u bytes",
			    t[i].type, t[i].len);
			ATF_CHECK(c->login.box == NULL);
			ATF_CHECK_EQ(0, next_request());
			ATF_CHECK(TAILQ_EMPTY(&f->set.conns));
		}
}

/* The largest ClientInfo, byte by byte and at once. */
ATF_TC_WITHOUT_HEAD(large);
ATF_TC_BODY(large, tc)
{
	static uint8_t info[FRAME_HDR_LEN + FRAME_MAX_CLIENTINFO];
	uint8_t key[FRAME_KEY_LEN];
	struct front_conn *c;
	size_t n, i;

	set_up();
	key_of(key, 0, 0);
	n = put_info(info, key, FRAME_MAX_CLIENTINFO);
	c = new_client();
	plain(c, info, n);
	requested(info, n);
	c = new_client();
	for (i = 0; i < n; i += 999)
		plain(c, info + i, n - i < 999 ? n - i : 999);
	requested(info, n);
}

/* The client gets ServerKey, and has some seconds for each step. */
ATF_TC_WITHOUT_HEAD(deadline);
ATF_TC_BODY(deadline, tc)
{
	uint8_t info[FRAME_HDR_LEN + SMALL], got[100];
	uint8_t key[FRAME_KEY_LEN];
	unsigned int i;
	size_t n;

	set_up();
	memset(f->conf.node_key, 'k', sizeof(f->conf.node_key));
	secure_client(addr, 77);
	turns();
	n = client_received(got, sizeof(got), NULL);
	ATF_REQUIRE_EQ(n, FRAME_SERVER_KEY_SIZE);
	ATF_CHECK_EQ(got[0], FRAME_SERVER_KEY);
	ATF_CHECK_EQ(got[n - 1], 'k');
	for (i = 0; i < LOGIN_SECS; i++)
		conn_tick(&f->set);
	turns();
	ATF_CHECK_EQ(f->set.nconns, 1);
	key_of(key, 0, 0);
	client_send(info, put_info(info, key, SMALL));
	ATF_CHECK(next_request() != 0);
	for (i = 0; i < LOGIN_SECS; i++)
		conn_tick(&f->set);
	turns();
	ATF_CHECK_EQ(f->set.nconns, 1);
	conn_tick(&f->set);
	conn_tick(&f->set);
	turns();
	ATF_CHECK_EQ(f->set.nconns, 0);
	ATF_CHECK_EQ(f->unfinished.n, 0);
}

/* Nobody owns the key. */
ATF_TC_WITHOUT_HEAD(no_owner);
ATF_TC_BODY(no_owner, tc)
{
	uint8_t info[FRAME_HDR_LEN + SMALL], key[FRAME_KEY_LEN];
	struct front_conn *c;

	set_up();
	key_of(key, 1, 0);
	f->conf.nworkers = 1;		/* the page names worker 1 */
	put_info(info, key, SMALL);
	c = new_client();
	plain(c, info, sizeof(info));
	ATF_CHECK(c->conn.dead);
	ATF_CHECK_EQ(0, next_request());
}

/* Relay worker `i' says that it has this many clients. */
static void
has_clients(unsigned int i, uint64_t n)
{
	static struct conn_statspage pages[2];
	static struct conn_stats *of[2];
	struct ipc_counters *page;
	int fd;

	if (of[i] == NULL) {
		ATF_REQUIRE((page = ipc_counters_new()) != NULL);
		ATF_REQUIRE((fd = ipc_counters_share_write(page)) != -1);
		of[i] = conn_statspage_map(&pages[i], fd);
		ATF_REQUIRE(of[i] != NULL);
		ATF_REQUIRE((fd = ipc_counters_share_read(page)) != -1);
		ATF_REQUIRE_EQ(front_pages_map(f, f->conf.nfronts + i, fd), 0);
	}
	of[i]->connections = n;
}

/* Send a ClientInfo of a client of the worker; return 1 if it goes to keys. */
static int
asks_keys(unsigned int worker)
{
	uint8_t info[FRAME_HDR_LEN + SMALL], key[FRAME_KEY_LEN];
	struct front_conn *c;

	key_of(key, worker, 0);
	put_info(info, key, SMALL);
	c = new_client();
	plain(c, info, sizeof(info));
	ATF_CHECK_EQ(c->conn.dead, c->conn.state != CONN_CHECK);
	return (next_request() != 0);
}

/* A client of a worker that is full is refused before anybody has work. */
ATF_TC_WITHOUT_HEAD(full_owner);
ATF_TC_BODY(full_owner, tc)
{
	set_up();
	f->conf.nfronts = 3;
	f->conf.max_clients = 10;
	ATF_CHECK(asks_keys(1));	/* it has no page yet */
	has_clients(0, 0);
	has_clients(1, 9);
	ATF_CHECK(asks_keys(1));
	has_clients(1, 10);
	ATF_CHECK(!asks_keys(1));
	has_clients(1, UINT64_MAX);	/* it was taken over */
	ATF_CHECK(!asks_keys(1));
	ATF_CHECK(asks_keys(0));
	f->conf.max_clients = 0;
	ATF_CHECK(asks_keys(1));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ahead);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, opened);
	ATF_TP_ADD_TC(tp, malformed);
	ATF_TP_ADD_TC(tp, drained);
	ATF_TP_ADD_TC(tp, cuts);
	ATF_TP_ADD_TC(tp, zeroed);
	ATF_TP_ADD_TC(tp, bad_frames);
	ATF_TP_ADD_TC(tp, large);
	ATF_TP_ADD_TC(tp, deadline);
	ATF_TP_ADD_TC(tp, no_owner);
	ATF_TP_ADD_TC(tp, full_owner);
	return (atf_no_error());
}
