/*
 * admission_test: which clients admit is asked about, what its answers do, and
 * what happens when it is away, late or hostile, or asked no longer.
 */
#include "handoverfixture.h"
#include "ipcsend.h"

#define INFO	(FRAME_KEY_LEN + FRAME_NONCE_LEN + 40)

static const uint8_t addr[16] = { [10] = 0xff, [11] = 0xff, [12] = 192,
    [15] = 7 };
static uint8_t key[FRAME_KEY_LEN];	/* of the client */
static uint8_t ticket[IPC_TICKET_LEN];	/* the last one of keys */
static uint8_t number;			/* of the last one */
static struct ipc_chan *admit;		/* admit's end of its channel */

/* Open a channel to admit, in place of an older one. */
static void
connect_admit(void)
{
	int sv[2];

	ipc_chan_free(admit);
	channel_pair(sv);
	admit = ipc_chan_new(NULL, sv[1], ROLE_ADMIT, ROLE_FRONT, NULL, NULL,
	    NULL);
	ATF_REQUIRE(admit != NULL);
	ATF_REQUIRE_EQ(front_admission_open(f, sv[0]), 0);
}

/* A front that asks, and owners. */
static void
set_up_asking(void)
{
	set_up();
	f->conf.admit = 1;
	start_owner(0);
	start_owner(1);
}

/* A client has sent its ClientInfo. */
static struct front_conn *
sent_info(unsigned int owner)
{
	uint8_t info[FRAME_HDR_LEN + INFO] = { 0 }, got[100];
	struct front_conn *c;

	c = secure_client(addr, 77);
	key_of(key, owner, 0);
	net_frame_put_hdr(info, FRAME_CLIENT_INFO, INFO);
	memcpy(info + FRAME_HDR_LEN, key, sizeof(key));
	client_send(info, sizeof(info));
	turns();
	ATF_REQUIRE_EQ(c->conn.state, CONN_CHECK);
	ATF_REQUIRE_EQ(client_received(got, sizeof(got), NULL),
	    FRAME_SERVER_KEY_SIZE);
	return (c);
}

/* Keys opens the box. */
static void
opens(unsigned int owner)
{
	uint64_t cookie = next_request();

	ATF_REQUIRE(cookie != 0);
	open_box(cookie, owner, key, ++number, "{}", ticket);
}

/* A client whose box is open. */
static struct front_conn *
opened(unsigned int owner)
{
	struct front_conn *c = sent_info(owner);

	opens(owner);
	return (c);
}

/* Read the next question in admit; return its cookie in *id.  1, or 0: none. */
static int
is_asked(unsigned int owner, uint64_t *id)
{
	uint8_t want[IPC_TICKET_NUMBERLEN];
	struct ipc_msg_admit_ask v;
	struct ipc_msg m;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		turns();
		if (ipc_chan_recv(admit, &m, 0) == -1)
			continue;
		ATF_REQUIRE_EQ(MSG_ADMIT_ASK, m.type);
		ATF_REQUIRE_EQ(ipc_get_admit_ask(&m.rd, &v), 0);
		ATF_CHECK_EQ(v.worker, owner);
		ATF_CHECK(memcmp(v.client, key, sizeof(key)) == 0);
		ATF_CHECK(memcmp(v.addr, addr, sizeof(addr)) == 0);
		memset(want, number, sizeof(want));
		ATF_CHECK(memcmp(v.number, want, sizeof(want)) == 0);
		*id = v.cookie;
		ipc_msg_free(&m);
		return (1);
	}
	return (0);
}

static uint64_t
asked(unsigned int owner)
{
	uint64_t id = 0;

	ATF_REQUIRE(is_asked(owner, &id));
	return (id);
}

/* Admit answers; its tickets are all `fill'. */
static void
answer(uint64_t id, enum ipc_admit_verdict verdict, uint8_t fill,
    const char *why)
{
	uint8_t t[IPC_ADMIT_LEN];
	struct ipc_msg_admit_answer v = { id, verdict, t, why };

	memset(t, fill, sizeof(t));
	ATF_REQUIRE_EQ(0, ipc_send_admit_answer(admit, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(admit, 5000));
	turns();
}

/* Worker `i' got the client with a ticket of admit that is all `fill'. */
static int
is_taken(unsigned int i, uint8_t fill)
{
	uint8_t t[IPC_ADMIT_LEN];
	struct ipc_msg_handover v;
	struct ipc_msg m;

	memset(t, fill, sizeof(t));
	turns();
	if (ipc_chan_recv(owners[i], &m, 0) == -1)
		return (0);
	ATF_REQUIRE_EQ(MSG_HANDOVER, m.type);
	ATF_REQUIRE_EQ(ipc_get_handover(&m.rd, &v), 0);
	ATF_CHECK(memcmp(v.ticket, ticket, sizeof(ticket)) == 0);
	ATF_CHECK(memcmp(v.admit, t, sizeof(t)) == 0);
	ipc_msg_free(&m);
	return (1);
}

/* The client has been told this. */
static void
told(const char *why)
{
	uint8_t got[FRAME_HDR_LEN + IPC_ADMIT_WHYSIZE + 1];
	size_t n = client_received(got, sizeof(got), NULL);

	ATF_REQUIRE_EQ(n, FRAME_HDR_LEN + strlen(why));
	ATF_CHECK_EQ(got[0], FRAME_HEALTH);
	ATF_CHECK_EQ(got[4], strlen(why));
	ATF_CHECK(memcmp(got + FRAME_HDR_LEN, why, strlen(why)) == 0);
}

static void
seconds(unsigned int n)
{
	while (n-- > 0)
		conn_tick(&f->set);
	turns();
}

/* The front keeps nothing of a client that is gone. */
static void
check_gone(void)
{
	ATF_CHECK_EQ(f->set.nconns, 0);
	ATF_CHECK_EQ(f->unfinished.n, 0);
	ATF_CHECK(TAILQ_EMPTY(&f->admission.asks.unsent));
	ATF_CHECK(TAILQ_EMPTY(&f->admission.asks.sent));
}

/* Who is admitted goes to its owner with both tickets. */
ATF_TC_WITHOUT_HEAD(admitted);
ATF_TC_BODY(admitted, tc)
{
	struct front_conn *c;

	(void)tc;
	set_up_asking();
	connect_admit();
	c = opened(1);
	ATF_CHECK_EQ(c->conn.state, CONN_ASK);
	ATF_CHECK(!is_taken(1, 0));
	answer(asked(1), IPC_ADMIT_YES, 5, "");
	ATF_CHECK(is_taken(1, 5));
	ATF_CHECK_EQ(f->set.stats->admit_yes, 1);
	check_gone();
}

/* Nobody is asked about a mesh peer, or without admission. */
ATF_TC_WITHOUT_HEAD(unasked);
ATF_TC_BODY(unasked, tc)
{
	static const char text[] = "{\"meshKey\":\""
	    "0000000000000000000000000000000000000000000000000000000000000000"
	    "\"}";
	struct ipc_msg_login_result v = { .end = IPC_LOGIN_OK, .mesh = 12,
	    .ticket = ticket, .text = text, .text_len = sizeof(text) - 1 };
	uint64_t id;

	(void)tc;
	set_up_asking();
	connect_admit();
	sent_info(0);
	v.cookie = next_request();
	ATF_REQUIRE_EQ(0, ipc_send_login_result(keys, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(keys, 5000));
	ATF_CHECK(!is_asked(0, &id));
	ATF_CHECK(is_taken(0, 0));
	f->conf.admit = 0;
	opened(0);
	ATF_CHECK(!is_asked(0, &id));
	ATF_CHECK(is_taken(0, 0));
	check_gone();
}

/*
 * Who is refused is told why, and does not come again at once: its connection
 * stays for some seconds.
 */
ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const enum ipc_admit_verdict verdicts[] = { IPC_ADMIT_UNKNOWN,
	    IPC_ADMIT_DENIED, IPC_ADMIT_REFUSED, IPC_ADMIT_FAILED,
	    IPC_ADMIT_QUOTA, IPC_ADMIT_CROWDED, IPC_ADMIT_BUSY,
	    IPC_ADMIT_NO_SECRET };
	struct conn_stats *s;
	struct front_conn *c;
	size_t i;

	(void)tc;
	set_up_asking();
	s = f->set.stats;
	connect_admit();
	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		c = opened(1);
		answer(asked(1), verdicts[i], 0, "not admitted: a test");
		told("not admitted: a test");
		ATF_CHECK(c->login.box == NULL);
		seconds(4);
		ATF_CHECK_EQ(c->conn.state, CONN_REFUSED);
		seconds(3);
		ATF_CHECK_EQ(c->conn.state, CONN_DRAIN);
		seconds(4);
		ATF_CHECK(!is_taken(1, 0));
		check_gone();
		close(client);
	}
	ATF_CHECK_EQ(s->admit_yes, 0);
	ATF_CHECK_EQ(s->admit_unknown, 1);
	ATF_CHECK_EQ(s->admit_denied, 1);
	ATF_CHECK_EQ(s->admit_refused, 1);
	ATF_CHECK_EQ(s->admit_failed, 1);
	ATF_CHECK_EQ(s->admit_quota, 1);
	ATF_CHECK_EQ(s->admit_crowded, 1);
	ATF_CHECK_EQ(s->admit_busy, 1);
	ATF_CHECK_EQ(s->admit_no_secret, 1);
}

/* A text must not say that all is well; the largest one arrives whole. */
ATF_TC_WITHOUT_HEAD(texts);
ATF_TC_BODY(texts, tc)
{
	char most[IPC_ADMIT_WHYSIZE];

	(void)tc;
	set_up_asking();
	connect_admit();
	opened(0);
	answer(asked(0), IPC_ADMIT_DENIED, 0, "");
	told("not admitted");
	close(client);
	memset(most, 'x', sizeof(most));
	most[sizeof(most) - 1] = '\0';
	opened(0);
	answer(asked(0), IPC_ADMIT_DENIED, 0, most);
	told(most);
}

/* Without admit a login waits; at its deadline the client is told. */
ATF_TC_WITHOUT_HEAD(away);
ATF_TC_BODY(away, tc)
{
	struct front_conn *c;
	struct ipc_msg m;

	(void)tc;
	set_up_asking();
	front_admission_tick(f);
	ATF_REQUIRE_EQ(ipc_chan_flush(f->parent, 5000), 0);
	ATF_REQUIRE_EQ(ipc_chan_recv(parent, &m, 5000), 0);
	ATF_CHECK_EQ(m.type, MSG_SERVER_ADMITLESS);
	ipc_msg_free(&m);
	c = opened(0);
	seconds(5);
	ATF_CHECK_EQ(c->conn.state, CONN_ASK);
	connect_admit();
	front_admission_tick(f);
	ATF_REQUIRE_EQ(ipc_chan_flush(f->parent, 5000), 0);
	ATF_CHECK_EQ(ipc_chan_recv(parent, &m, 0), -1);
	(void)asked(0);
	connect_admit();		/* it was replaced */
	answer(asked(0), IPC_ADMIT_YES, 6, "");
	ATF_CHECK(is_taken(0, 6));
	check_gone();
	close(client);
	c = opened(0);
	seconds(LOGIN_SECS + 2);
	ATF_CHECK_EQ(c->conn.state, CONN_REFUSED);
	told("not admitted: the relay could not decide in time");
	ATF_CHECK_EQ(f->set.stats->admit_timeout, 1);
	answer(asked(0), IPC_ADMIT_YES, 7, "");		/* too late */
	ATF_CHECK(!is_taken(0, 7));
	seconds(12);
	check_gone();
}

/*
 * The owner is started again: the client gets another ticket of keys, and admit
 * is asked anew, whatever it says to the earlier question.
 */
ATF_TC_WITHOUT_HEAD(repeated);
ATF_TC_BODY(repeated, tc)
{
	struct front_conn *c;
	uint64_t first, second;

	(void)tc;
	set_up_asking();
	connect_admit();
	c = opened(1);
	first = asked(1);
	start_owner(1);
	ATF_CHECK_EQ(c->conn.state, CONN_CHECK);
	answer(first, IPC_ADMIT_YES, 1, "");
	ATF_CHECK_EQ(c->conn.state, CONN_CHECK);
	opens(1);
	second = asked(1);
	ATF_CHECK(first != second);
	answer(second, IPC_ADMIT_YES, 2, "");
	ATF_CHECK(is_taken(1, 2));
	check_gone();
}

/* The same after the answer, while the client waits to be handed over. */
ATF_TC_WITHOUT_HEAD(repeated_late);
ATF_TC_BODY(repeated_late, tc)
{
	struct front_conn *c;

	(void)tc;
	set_up_asking();
	connect_admit();
	c = sent_info(1);
	c->conn.output.want_write = 1;
	opens(1);
	answer(asked(1), IPC_ADMIT_YES, 1, "");
	ATF_CHECK_EQ(c->conn.state, CONN_HAND);
	start_owner(1);
	conn_output_ready(&c->conn);
	ATF_CHECK(!is_taken(1, 1));
	opens(1);
	answer(asked(1), IPC_ADMIT_YES, 2, "");
	ATF_CHECK(is_taken(1, 2));
	check_gone();
}

/* Who goes while admit decides is forgotten. */
ATF_TC_WITHOUT_HEAD(leaves);
ATF_TC_BODY(leaves, tc)
{
	struct front_conn *c;
	uint64_t id;

	(void)tc;
	set_up_asking();
	connect_admit();
	c = opened(0);
	id = asked(0);
	conn_close(&c->conn, "test");
	turns();
	check_gone();
	answer(id, IPC_ADMIT_YES, 1, "");
	ATF_CHECK(f->admission.chan != NULL);
	ATF_CHECK_EQ(f->set.stats->admit_yes, 0);
}

/* A reload ends admission: who waits is handed over without a ticket. */
ATF_TC_WITHOUT_HEAD(turned_off);
ATF_TC_BODY(turned_off, tc)
{
	uint64_t id;

	(void)tc;
	set_up_asking();
	connect_admit();
	opened(0);
	id = asked(0);
	f->conf.admit = 0;
	front_admission_changed(f);
	ATF_CHECK(is_taken(0, 0));
	answer(id, IPC_ADMIT_UNKNOWN, 0, "no");
	check_gone();
}

/*
 * A reload begins admission: admit is asked about those that wait, once, and
 * not about who was refused, is pumped or is not that far.
 */
ATF_TC_WITHOUT_HEAD(turned_on);
ATF_TC_BODY(turned_on, tc)
{
	struct front_conn *c;
	uint64_t id;

	(void)tc;
	set_up_asking();
	f->conf.admit = 0;
	connect_admit();
	ipc_chan_free(owners[1]);	/* so that the client waits */
	owners[1] = NULL;
	turns();
	c = opened(1);
	ATF_CHECK(c->login.waiting);
	f->conf.admit = 1;
	front_admission_changed(f);
	ATF_CHECK_EQ(c->conn.state, CONN_ASK);
	answer(asked(1), IPC_ADMIT_YES, 3, "");
	ATF_CHECK(c->login.waiting);
	front_admission_changed(f);
	ATF_CHECK(!is_asked(1, &id));
	ATF_CHECK_EQ(c->conn.state, CONN_HAND);
	conn_close(&c->conn, "test");
	sent_info(0);
	front_admission_changed(f);
	ATF_CHECK(!is_asked(0, &id));
	opens(0);
	answer(asked(0), IPC_ADMIT_YES, 4, "");
	ATF_CHECK(is_taken(0, 4));
	check_gone();
}

/*
 * What an admit that was taken over sends costs its channel, nothing else: an
 * answer to the question `off' after the one that was asked, with this verdict
 * and reason, and then `more' bytes.
 */
static void
hostile(uint64_t off, uint8_t verdict, const char *why, size_t more)
{
	static const uint8_t zeros[IPC_ADMIT_LEN];
	struct front_conn *c;
	struct ipc_wr w;

	connect_admit();
	c = opened(0);
	ipc_wr_init(&w);
	ipc_wr_u64(&w, asked(0) + off);
	ipc_wr_u8(&w, verdict);
	ipc_wr_bytes(&w, zeros, sizeof(zeros));
	ipc_wr_str(&w, why);
	ipc_wr_bytes(&w, zeros, more);
	ATF_REQUIRE_EQ(0, ipc_chan_send(admit, MSG_ADMIT_ANSWER, &w, -1));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(admit, 5000));
	ipc_wr_free(&w);
	turns();
	ATF_CHECK(f->admission.chan == NULL);
	ATF_CHECK_EQ(c->conn.state, CONN_ASK);
	connect_admit();
	answer(asked(0), IPC_ADMIT_YES, 8, "");
	ATF_CHECK(is_taken(0, 8));
	check_gone();
	close(client);
}

ATF_TC_WITHOUT_HEAD(taken_over);
ATF_TC_BODY(taken_over, tc)
{
	char why[IPC_ADMIT_WHYSIZE + 1];

	(void)tc;
	set_up_asking();
	memset(why, 'x', sizeof(why));
	why[sizeof(why) - 1] = '\0';
	hostile(0, IPC_ADMIT_DENIED, why, 0);	/* a byte too long */
	hostile(0, IPC_ADMIT_NO_SECRET + 1, "", 0);
	hostile(0, IPC_ADMIT_DENIED, "", 1);
	hostile(1, IPC_ADMIT_DENIED, "", 0);	/* what was not asked */
	hostile(UINT64_MAX, IPC_ADMIT_YES, "", 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, admitted);
	ATF_TP_ADD_TC(tp, unasked);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, texts);
	ATF_TP_ADD_TC(tp, away);
	ATF_TP_ADD_TC(tp, repeated);
	ATF_TP_ADD_TC(tp, repeated_late);
	ATF_TP_ADD_TC(tp, leaves);
	ATF_TP_ADD_TC(tp, turned_off);
	ATF_TP_ADD_TC(tp, turned_on);
	ATF_TP_ADD_TC(tp, taken_over);
	return (atf_no_error());
}
