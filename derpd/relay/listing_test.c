/*
 * listing_test: the page of clients that a worker reports on request.
 */
#include "adopt.h"
#include "adoptfixture.h"
#include "peers.h"
#include "relayconn.h"
#include "route.h"

#define MANY	3000		/* more than a turn looks at */

static struct ipc_list_row rows[IPC_LIST_MAXROWS];	/* of the last answer */
static unsigned int nrows;
static struct ipc_msg_relay_list_end end;

/* A client with the n-th key of the worker is logged in. */
static int
login(unsigned int n, const char *app)
{
	static uint8_t number;
	uint8_t ticket[IPC_TICKET_LEN], key[FRAME_KEY_LEN];
	struct ipc_msg_handover v;
	uint64_t cookie = 0;
	const char *why;
	int s[2];

	key_of(key, WORKER, n);
	make_ticket(ticket, WORKER, key, ++number, 0);
	plain_message(&v, ticket);
	v.version = 7;
	v.app = app;
	v.port = (uint16_t)(100 + n);
	tcp_pair(s);
	ATF_REQUIRE_EQ(relay_adopt(r, FRONT, &v, s[0], &why), 0);
	(void)asked(&cookie);
	answer(cookie, 1);
	return (s[1]);
}

/* Add `n' clients without sockets, with keys of their own. */
static void
crowd(unsigned int n)
{
	static const uint8_t addr[16];
	struct relay_conn *c;

	for (; n > 0; n--) {
		ATF_REQUIRE((c = relay_conn_new(r, -1, addr, 1)) != NULL);
		memcpy(c->session.key + 8, &n, sizeof(n));
		c->conn.plain = 1;
		relay_conn_up(c);
		ATF_REQUIRE_EQ(cluster_peers_add(r->peers, c), 0);
	}
}

static int
by_number(const void *a, const void *b)
{
	const struct ipc_list_row *x = a, *y = b;

	return (x->number < y->number ? -1 : x->number > y->number);
}

/* Receive an answer; its rows come in no order, and are sorted by number. */
static void
receive(uint32_t id)
{
	struct ipc_msg_relay_listed v;
	struct ipc_msg m;

	nrows = 0;
	for (;;) {
		ATF_REQUIRE_EQ(ipc_chan_recv(parent, &m, 5000), 0);
		if (m.type != MSG_RELAY_LISTED)
			break;
		ATF_REQUIRE_EQ(ipc_get_relay_listed(&m.rd, &v), 0);
		ATF_CHECK_EQ(v.request, id);
		ATF_REQUIRE(nrows < IPC_LIST_MAXROWS);
		rows[nrows++] = v.row;
		ipc_msg_free(&m);
	}
	ATF_REQUIRE_EQ(m.type, MSG_RELAY_LIST_END);
	ATF_REQUIRE_EQ(ipc_get_relay_list_end(&m.rd, &end), 0);
	ATF_CHECK_EQ(end.request, id);
	ATF_CHECK(end.whole);
	ipc_msg_free(&m);
	qsort(rows, nrows, sizeof(rows[0]), by_number);
}

/* Request a page, and receive it. */
static void
list(const struct ipc_list_query *q)
{
	static uint32_t id;
	struct ipc_msg_relay_list v = { ++id, *q };

	relay_listing_begin(r, &v);
	while (relay_listing_more(r))
		turns();
	ATF_REQUIRE_EQ(ipc_chan_flush(r->parent, 5000), 0);
	receive(id);
}

ATF_TC_WITHOUT_HEAD(one);
ATF_TC_BODY(one, tc)
{
	struct ipc_list_query q = { .limit = 10 };
	uint64_t before;
	int fd;

	(void)tc;
	worker();
	list(&q);
	ATF_CHECK_EQ(nrows, 0);
	ATF_CHECK_EQ(end.conns, 0);
	before = base_clock_unix_ns();
	fd = login(3, "sample app");
	list(&q);
	ATF_REQUIRE_EQ(nrows, 1);
	ATF_CHECK_EQ(end.conns, 1);
	ATF_CHECK_EQ(end.keys, 1);
	ATF_CHECK_EQ(end.past, 1);
	ATF_CHECK_STREQ(rows[0].app, "sample app");
	ATF_CHECK_STREQ(rows[0].name, "");
	ATF_CHECK_EQ(rows[0].version, 7);
	ATF_CHECK_EQ(rows[0].port, 103);
	ATF_CHECK_EQ(rows[0].number % IPC_MAXWORKERS, WORKER);
	ATF_CHECK(rows[0].active && !rows[0].dup && !rows[0].home);
	ATF_CHECK(rows[0].since >= before &&
	    rows[0].since <= base_clock_unix_ns());
	close(fd);
}

/* Connections of one key: one is active, and the key counts once. */
ATF_TC_WITHOUT_HEAD(twins);
ATF_TC_BODY(twins, tc)
{
	struct ipc_list_query q = { .limit = 10, .sort = IPC_LIST_BY_CONN };

	(void)tc;
	worker();
	(void)login(0, "");
	(void)login(1, "a");
	(void)login(0, "b");
	list(&q);
	ATF_REQUIRE_EQ(nrows, 3);
	ATF_CHECK_EQ(end.keys, 2);
	ATF_CHECK_EQ(rows[0].active, 0);
	ATF_CHECK_EQ(rows[0].dup, 1);
	ATF_CHECK_EQ(rows[1].active, 1);
	ATF_CHECK_EQ(rows[1].dup, 0);
	ATF_CHECK_EQ(rows[2].active, 1);
	ATF_CHECK_STREQ(rows[2].app, "b");
	/* One key alone, and an unknown one. */
	q.filter = IPC_LIST_KEY;
	key_of(q.key, WORKER, 0);
	list(&q);
	ATF_CHECK_EQ(nrows, 2);
	ATF_CHECK_EQ(end.conns, 2);
	ATF_CHECK_EQ(end.keys, 1);
	q.by_app = q.napps = 1;
	list(&q);
	ATF_REQUIRE_EQ(nrows, 1);
	ATF_CHECK_EQ(end.keys, 1);
	ATF_CHECK_STREQ(rows[0].app, "");
	key_of(q.key, WORKER, 5);
	list(&q);
	ATF_CHECK_EQ(nrows, 0);
	ATF_CHECK_EQ(end.conns, 0);
}

/*
 * Many clients take several turns; a page has no more than it may, and the
 * counts are of all.
 */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	struct ipc_list_query q = { .limit = 100, .sort = IPC_LIST_BY_CONN };
	struct ipc_msg_relay_list v = { 77, q };
	const struct timeval now = { 0, 0 };
	unsigned int i, n, before = 0;
	uint64_t first = 0;
	struct conn *c;

	(void)tc;
	worker();
	crowd(MANY);
	list(&q);
	ATF_REQUIRE_EQ(nrows, 100);
	ATF_CHECK_EQ(end.conns, MANY);
	ATF_CHECK_EQ(end.keys, MANY);
	ATF_CHECK_EQ(end.past, MANY);
	for (i = 1; i < nrows; i++)
		ATF_CHECK(rows[i].number > rows[i - 1].number);
	/* They are the first ones. */
	for (i = 0; i < nrows; i++)
		first = rows[i].number > first ? rows[i].number : first;
	TAILQ_FOREACH(c, &r->set.conns, entry)
		before += relay_conn_of(c)->session.number <= first;
	ATF_CHECK_EQ(before, 100);
	q.after = 1;
	q.after_number = rows[99].number;
	list(&q);
	ATF_CHECK_EQ(end.conns, MANY);
	ATF_CHECK_EQ(end.past, MANY - 100);
	/* It takes several turns; a new request replaces one under way. */
	relay_listing_begin(r, &v);
	for (n = 0; relay_listing_more(r); n++) {
		ATF_REQUIRE_EQ(event_base_loopexit(r->set.base, &now), 0);
		relay_turn(r);
	}
	ATF_CHECK(n >= MANY / 1024);
	ATF_REQUIRE_EQ(ipc_chan_flush(r->parent, 5000), 0);
	receive(77);
	relay_listing_begin(r, &v);
	relay_turn(r);
	ATF_CHECK(relay_listing_more(r));
	list(&q);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, one);
	ATF_TP_ADD_TC(tp, twins);
	ATF_TP_ADD_TC(tp, many);
	return (atf_no_error());
}
