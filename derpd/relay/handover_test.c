/* Tests of handover.c: clients move to the worker that owns their key. */
#include "handoverfixture.h"

static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, [12] = 192,
    [15] = 7 };
static struct net_record_cache client_keys;
static struct net_record client_rec;
static int client;		/* its socket */
static uint8_t number;		/* of its ticket */

/* A client of worker 0 whose login keys has confirmed, with the n-th key. */
static struct relay_conn *
confirmed(unsigned int owner, unsigned int n)
{
	const struct derp_clientinfo ci = { .mesh = 1 };
	uint8_t ticket[IPC_TICKET_LEN];
	uint8_t up[32] = { 1 }, down[32] = { 2 }, ping[FRAME_PONG_SIZE];
	uint8_t wire[200];
	struct iovec v = { ping, sizeof(ping) };
	struct net_record_cache *cache = &w[0]->tls.records;
	struct relay_conn *c;
	ssize_t len;
	int s[2];

	tcp_pair(s);
	client = s[1];
	ATF_REQUIRE((c = relay_conn_new(w[0], s[0], 1, 0, addr, 77)) != NULL);
	ATF_REQUIRE((c->rec = net_record_new(cache)) != NULL);
	net_record_cache_init(&client_keys, net_aead_best(), 4);
	ATF_REQUIRE_EQ(net_record_begin(c->rec, cache, 0x1301, up, down, 32,
	    0, 0), 0);
	ATF_REQUIRE_EQ(net_record_begin(&client_rec, &client_keys, 0x1301,
	    down, up, 32, 0, 1), 0);
	key_of(c->session.key, owner, n);
	c->session.not_ideal = 1;
	c->state = CONN_ADMIT;
	relay_conn_pause(c, PAUSE_LOGIN);
	/* Two pings came behind the login, of which one is decrypted. */
	net_frame_put_hdr(ping, FRAME_PING, FRAME_PING_LEN);
	memcpy(ping + FRAME_HDR_LEN, "plain678", FRAME_PING_LEN);
	ATF_REQUIRE_EQ(relay_buf_add(&c->input.pend, ping, sizeof(ping)), 0);
	memcpy(ping + FRAME_HDR_LEN, "cipher78", FRAME_PING_LEN);
	len = net_record_write(&client_rec, &v, 1, sizeof(ping), wire);
	ATF_REQUIRE(len > 0);
	ATF_REQUIRE_EQ(relay_buf_add(&c->input.held, wire, (size_t)len), 0);
	make_ticket(ticket, owner, c->session.key, ++number, 1);
	relay_handover_begin(c, &ci, ticket);
	return (c);
}

/* Read what the client gets to `dst'; return the number of bytes. */
static size_t
received(char *dst, size_t size)
{
	uint8_t wire[4096];
	struct net_record_input in;
	size_t n, used, have = 0;
	ssize_t k;

	while ((k = recv(client, wire, sizeof(wire), MSG_DONTWAIT)) > 0)
		for (used = 0, n = (size_t)k; used < n; used += in.used) {
			ATF_REQUIRE_EQ(net_record_read(&client_rec,
			    wire + used, n - used, &in), NET_RECORD_DATA);
			ATF_REQUIRE(have + in.len <= size);
			memcpy(dst + have, in.data, in.len);
			have += in.len;
		}
	return (have);
}

/*
 * The session is registered at worker `i', and gets its ServerInfo when that is
 * sealed, ahead of all else; it goes on where the login ended.
 */
static void
check_up(unsigned int i)
{
	const struct relay_conn *c = TAILQ_FIRST(&w[i]->conns);
	char got[1000];
	size_t n;

	ATF_REQUIRE(c != NULL);
	ATF_CHECK(c->session.peer != NULL);
	ATF_CHECK_EQ(c->state, CONN_ADMIT);
	relay_conn_send(TAILQ_FIRST(&w[i]->conns), "later", 5);
	turns();
	ATF_CHECK_EQ(received(got, sizeof(got)), 0);
	ATF_REQUIRE(seal(i, number, 1));
	ATF_CHECK_EQ(c->state, CONN_UP);
	ATF_CHECK(c->unknown == NULL);
	ATF_CHECK(c->session.mesh && c->session.not_ideal &&
	    !c->session.prober);
	ATF_CHECK(memcmp(c->addr, addr, 16) == 0);
	ATF_CHECK_EQ(c->port, 77);
	ATF_CHECK_EQ(w[i]->stats->connections, 1);
	n = received(got, sizeof(got));
	ATF_CHECK(memmem(got, n, "sealedlater", 11) == got + FRAME_HDR_LEN);
	ATF_CHECK(memmem(got, n, "plain678", 8) != NULL);
	ATF_CHECK(memmem(got, n, "cipher78", 8) != NULL);
}

ATF_TC_WITHOUT_HEAD(other);
ATF_TC_BODY(other, tc)
{
	int files;

	(void)tc;
	workers();
	connect_workers();
	files = open_files();
	confirmed(1, 0);
	turns();
	check_up(1);
	ATF_CHECK(TAILQ_EMPTY(&w[0]->conns));
	ATF_CHECK_EQ(w[0]->nconns, 0);
	ATF_CHECK_EQ(w[0]->unfinished.n, 0);
	ATF_CHECK_EQ(open_files(), files + 2);	/* of the client, and ours */
	close(client);
	turns();
	ATF_CHECK(TAILQ_EMPTY(&w[1]->conns));
	ATF_CHECK_EQ(open_files(), files);
}

ATF_TC_WITHOUT_HEAD(itself);
ATF_TC_BODY(itself, tc)
{
	int files;

	(void)tc;
	workers();
	files = open_files();
	confirmed(0, 0);
	turns();
	check_up(0);
	ATF_CHECK_EQ(w[0]->nconns, 1);
	ATF_CHECK_EQ(w[0]->unfinished.n, 0);
	ATF_CHECK_EQ(open_files(), files + 2);
}

/* Without its owner a login waits. */
ATF_TC_WITHOUT_HEAD(waits);
ATF_TC_BODY(waits, tc)
{
	struct relay_conn *c;

	(void)tc;
	workers();
	c = confirmed(1, 0);
	turns();
	ATF_CHECK_EQ(c->state, CONN_HAND);
	ATF_CHECK(TAILQ_FIRST(&w[0]->hands.to[1].waiting) != NULL);
	ATF_CHECK(TAILQ_EMPTY(&w[1]->conns));
	connect_workers();
	turns();
	check_up(1);
	ATF_CHECK(TAILQ_EMPTY(&w[0]->conns));
	ATF_CHECK_EQ(w[0]->hands.some, 0);
}

/* A client that ends while it waits, or whose deadline passes. */
ATF_TC_WITHOUT_HEAD(ends);
ATF_TC_BODY(ends, tc)
{
	struct relay_conn *c;
	unsigned int i;

	(void)tc;
	workers();
	c = confirmed(1, 0);
	turns();
	relay_conn_close(c, "test");
	turns();
	ATF_CHECK(TAILQ_EMPTY(&w[0]->conns));
	ATF_CHECK(TAILQ_EMPTY(&w[0]->hands.to[1].waiting));
	close(client);
	confirmed(1, 0);
	turns();
	for (i = 0; i <= LOGIN_SECS + 1; i++)
		relay_conn_tick(w[0]);
	turns();
	ATF_CHECK(TAILQ_EMPTY(&w[0]->conns));
	connect_workers();
	turns();
	ATF_CHECK(TAILQ_EMPTY(&w[1]->conns));
}

/* Nothing goes while output of the login waits: it would come twice. */
ATF_TC_WITHOUT_HEAD(flushed);
ATF_TC_BODY(flushed, tc)
{
	struct relay_conn *c;

	(void)tc;
	workers();
	connect_workers();
	c = confirmed(1, 0);
	c->output.want_write = 1;	/* the socket is full */
	turns();
	ATF_CHECK_EQ(c->state, CONN_HAND);
	ATF_CHECK(TAILQ_EMPTY(&w[1]->conns));
	relay_output_ready(c);
	turns();
	check_up(1);
}

/* The worker that owns the key has died; another one takes its place. */
ATF_TC_WITHOUT_HEAD(owner_dies);
ATF_TC_BODY(owner_dies, tc)
{
	struct relay_conn *c;

	(void)tc;
	workers();
	connect_workers();
	ipc_chan_free(w[1]->hands.to[0].chan);
	w[1]->hands.to[0].chan = NULL;
	turns();
	ATF_CHECK(w[0]->hands.to[1].chan == NULL);
	ATF_CHECK_EQ(w[0]->hands.lost, 1U << 1);	/* it is asked for */
	c = confirmed(1, 0);
	turns();
	ATF_CHECK_EQ(c->state, CONN_HAND);
	connect_workers();
	turns();
	check_up(1);
}

/* Keys was restarted and can't seal: the client is refused. */
ATF_TC_WITHOUT_HEAD(not_sealed);
ATF_TC_BODY(not_sealed, tc)
{
	(void)tc;
	workers();
	connect_workers();
	confirmed(1, 0);
	turns();
	connect_keys(1);
	derp_login_again(w[1]);
	ATF_CHECK(seal(1, number, 0));
	ATF_CHECK(TAILQ_EMPTY(&w[1]->conns));
	ATF_CHECK_EQ(w[1]->stats->connections, 0);
}

/* The channel to keys is new, but keys is the same. */
ATF_TC_WITHOUT_HEAD(new_channel);
ATF_TC_BODY(new_channel, tc)
{
	(void)tc;
	workers();
	connect_workers();
	confirmed(1, 0);
	turns();
	connect_keys(1);
	derp_login_again(w[1]);
	check_up(1);
	ATF_CHECK(!seal(1, number, 1));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, other);
	ATF_TP_ADD_TC(tp, itself);
	ATF_TP_ADD_TC(tp, waits);
	ATF_TP_ADD_TC(tp, ends);
	ATF_TP_ADD_TC(tp, flushed);
	ATF_TP_ADD_TC(tp, owner_dies);
	ATF_TP_ADD_TC(tp, not_sealed);
	ATF_TP_ADD_TC(tp, new_channel);
	return (atf_no_error());
}
