/*
 * output_test: output to clients: its order, and how much is sent at once.
 */
#include "outputfixture.h"
#include "websocket.h"

static size_t nrecords;		/* by count_pieces() */

/* Queue a packet of `n' bytes, each of them `fill'. */
static void
packet(struct relay_conn *c, uint8_t fill, size_t n)
{
	static const uint8_t src[FRAME_KEY_LEN] = { 's' };
	static uint8_t p[FRAME_MAX_PACKET];

	ATF_REQUIRE(n <= sizeof(p));
	memset(p, fill, n);
	relay_conn_enqueue(c, src, p, n);
}

/* A pong is due. */
static void
ping(struct relay_conn *c)
{
	ATF_REQUIRE_EQ(relay_buf_add(&c->session.pongs, "12345678",
	    FRAME_PING_LEN), 0);
}

/*
 * The frames on the wire, a letter each: o own frame, p packet, P pong; `.' for
 * a partial one.
 */
static const char *
frames(void)
{
	static char text[10000];
	size_t off = 0, n = 0;
	uint32_t len;
	uint8_t type;

	while (off < nwire) {
		ATF_REQUIRE(n < sizeof(text) - 2);
		if (nwire - off < FRAME_HDR_LEN)
			break;
		net_frame_get_hdr(wire + off, &type, &len);
		if (nwire - off - FRAME_HDR_LEN < len)
			break;
		off += FRAME_HDR_LEN + len;
		text[n++] = type == FRAME_RECV_PACKET ? 'p' :
		    type == FRAME_HEALTH ? 'o' :
		    type == FRAME_PONG ? 'P' : '?';
	}
	if (off < nwire)
		text[n++] = '.';
	text[n] = '\0';
	return (text);
}

/* Own frames before pongs before packets, all with one send. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r, 0);

	packet(c, 1, 100);
	ping(c);
	ping(c);
	packet(c, 2, 0);
	own(c, 3, 50);
	ATF_CHECK_EQ(nsends, 0);		/* nothing before the flush */
	relay_output_flush(r);
	ATF_CHECK_STREQ("oPPpp", frames());
	ATF_CHECK_EQ(nsends, 1);
	ATF_CHECK_EQ(waits, 0);
	ATF_CHECK_EQ(r->stats->packets_sent, 2);
	ATF_CHECK_EQ(r->stats->sent_pong, 2);
	ATF_CHECK_EQ(c->session.tx_bytes, 100);
	relay_output_flush(r);
	ATF_CHECK_EQ(nsends, 1);
	drop_all(r);
}

/* The stream continues wherever the socket refused more. */
ATF_TC_WITHOUT_HEAD(partial);
ATF_TC_BODY(partial, tc)
{
	struct relay *r;
	struct relay_conn *c;
	uint8_t *whole = NULL;
	size_t nwhole = 0, k;

	for (k = 0; k < 400; k++) {
		r = set_up();
		c = client(r, 0);
		if (k > 0)
			room = k;
		own(c, 'a', 60);
		packet(c, 'b', 100);
		packet(c, 'c', 30);
		relay_output_flush(r);
		if (k > 0 && k < nwhole) {
			ATF_REQUIRE_EQ(nwire, k);
			ATF_CHECK_EQ(waits, 1);
			ATF_CHECK_EQ(deadline, 2000);
			/* New output is sent after that. */
			own(c, 'd', 10);
			relay_output_flush(r);
			ATF_REQUIRE_EQ(nwire, k);
			room = 1;
			relay_output_ready(c);
			relay_output_flush(r);
			ATF_REQUIRE_EQ(nwire, k + 1);
			room = WIRE;
			relay_output_ready(c);
			relay_output_flush(r);
			ATF_REQUIRE_EQ(nwire, nwhole + 10);
		} else
			ATF_CHECK_EQ(waits, 0);
		if (k == 0) {
			nwhole = nwire;
			ATF_REQUIRE((whole = malloc(nwhole)) != NULL);
			memcpy(whole, wire, nwhole);
			ATF_CHECK_STREQ("opp", frames());
		}
		ATF_REQUIRE_EQ(memcmp(whole, wire, nwhole), 0);
		drop_all(r);
	}
	free(whole);
}

/*
 * Own frames may be split between two batches, but stay in order, and without
 * other frames in between.
 */
ATF_TC_WITHOUT_HEAD(long_own);
ATF_TC_BODY(long_own, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r, 0);
	size_t i;

	packet(c, 1, 10);
	ping(c);
	for (i = 0; i < 300; i++)
		own(c, (uint8_t)i, 1000);
	relay_output_flush(r);
	ATF_CHECK_EQ(strspn(frames(), "o"), 300);
	ATF_CHECK_STREQ("Pp", frames() + 300);
	for (i = 0; i < 300; i++)
		ATF_REQUIRE_EQ(wire[i * 1000 + 500], (uint8_t)i);
	drop_all(r);
}

/* The queue is freed when its packets are written, unless CoDel has dropped. */
ATF_TC_WITHOUT_HEAD(idle);
ATF_TC_BODY(idle, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r, 0);
	unsigned int i;

	ATF_CHECK(c->output.queue == NULL);
	packet(c, 1, 100);
	ATF_CHECK(c->output.queue != NULL);
	room = 0;
	relay_output_flush(r);
	packet(c, 1, 100);
	relay_output_flush(r);
	ATF_CHECK_MSG(c->output.queue != NULL, "a packet waits");
	room = WIRE;
	relay_output_ready(c);
	relay_output_flush(r);
	ATF_CHECK_STREQ("pp", frames());
	ATF_CHECK(c->output.queue == NULL);
	ATF_CHECK(relay_buf_memory(&c->output.out) == 0);
	/* Packets that have waited for long. */
	r->conf.codel_target = 20;
	r->conf.codel_interval = 100;
	for (i = 0; i < 200; i++)
		packet(c, 1, 1400);
	in_kernel = r->conf.notsent_lowat = 1000;
	c->output.unsent = 1000;
	for (i = 0; i < 20; i++) {
		r->now_us += 100000;
		relay_output_ready(c);
		relay_output_flush(r);
	}
	ATF_CHECK(c->session.drops > 0);
	in_kernel = r->conf.notsent_lowat = 0;
	relay_output_ready(c);
	relay_output_flush(r);
	ATF_CHECK_EQ(derp_queue_packets(c->output.queue), 0);
	ATF_CHECK_MSG(c->output.queue != NULL, "CoDel has forgotten");
	r->now_us += 60000000;
	relay_output_rest(c);
	ATF_CHECK(c->output.queue == NULL);
	drop_all(r);
}

/* A lost connection is closed; a full kernel is no loss. */
ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	static const struct { int error, dead; } t[] = {
		{ EAGAIN, 0 }, { ENOBUFS, 0 }, { ECONNRESET, 1 }, { EPIPE, 1 }
	};
	struct relay *r;
	struct relay_conn *c;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		r = set_up();
		c = client(r, 0);
		room = 0;
		error = t[i].error;
		own(c, 1, 100);
		relay_output_flush(r);
		ATF_CHECK_EQ(c->dead, t[i].dead);
		ATF_CHECK_EQ(waits, !t[i].dead);
		drop_all(r);
		/* The same for output that is sent again. */
		r = set_up();
		c = client(r, 0);
		room = 10;
		own(c, 1, 100);
		relay_output_flush(r);
		ATF_CHECK(!c->dead);
		error = t[i].error;
		relay_output_ready(c);
		relay_output_flush(r);
		ATF_CHECK_EQ(c->dead, t[i].dead);
		ATF_CHECK_EQ(waits, t[i].dead ? 1 : 2);
		drop_all(r);
	}
	r = set_up();
	c = client(r, 0);
	wait_fails = 1;
	room = 0;
	own(c, 1, 100);
	relay_output_flush(r);
	relay_output_flush(r);
	ATF_CHECK(c->dead);
	drop_all(r);
}

/* The kernel gets no more than it may hold unsent. */
ATF_TC_WITHOUT_HEAD(unsent_limit);
ATF_TC_BODY(unsent_limit, tc)
{
	const size_t lowat = 32 * 1024, frame = 1437;
	struct relay *r = set_up();
	struct relay_conn *c = client(r, 0);
	size_t i, before;

	r->conf.notsent_lowat = (uint32_t)lowat;
	for (i = 0; i < 200; i++)
		packet(c, (uint8_t)i, 1400);
	relay_output_flush(r);
	ATF_CHECK_MSG(nwire >= lowat && nwire < lowat + frame, "%zu", nwire);
	ATF_CHECK_EQ(waits, 1);
	/* While it waits nothing is sent. */
	packet(c, 200, 1400);
	relay_output_flush(r);
	ATF_CHECK(nwire < lowat + frame);
	/* Half of it left. */
	in_kernel = (unsigned int)lowat / 2;
	before = nwire;
	relay_output_ready(c);
	relay_output_flush(r);
	ATF_CHECK_MSG(nwire - before >= lowat / 2 &&
	    nwire - before < lowat / 2 + frame, "%zu", nwire - before);
	/*
	 * It may be writable because it was reset: then one frame is sent,
	 * which fails in that case.
	 */
	before = nwire;
	relay_output_ready(c);
	relay_output_flush(r);
	ATF_CHECK_MSG(nwire - before == frame, "%zu", nwire - before);
	room = 0;
	error = ECONNRESET;
	relay_output_ready(c);
	relay_output_flush(r);
	ATF_CHECK(c->dead);
	drop_all(r);

	/* Without a limit all is sent at once. */
	r = set_up();
	c = client(r, 0);
	for (i = 0; i < 200; i++)
		packet(c, (uint8_t)i, 1400);
	relay_output_flush(r);
	ATF_CHECK_EQ(nwire, 200 * frame);
	drop_all(r);
}

/* The write deadline: a client that accepts some data gets a new one. */
ATF_TC_WITHOUT_HEAD(deadlines);
ATF_TC_BODY(deadlines, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r, 0), *m = client(r, 1);

	room = 0;
	not_acked = 5000;
	own(c, 1, 100);
	relay_output_flush(r);
	ATF_CHECK_EQ(deadline, 2000);
	not_acked = 4999;
	relay_output_overdue(c);
	ATF_CHECK(!c->dead);
	ATF_CHECK_EQ(waits, 2);
	relay_output_overdue(c);
	ATF_CHECK(c->dead);
	ATF_CHECK_EQ(r->stats->write_timeouts, 1);
	own(m, 1, 100);
	relay_output_flush(r);
	ATF_CHECK_EQ(deadline, MESH_WRITE_MS);
	drop_all(r);
}

/* Pending output is sent, and the end of the stream, and then it lingers. */
ATF_TC_WITHOUT_HEAD(drain);
ATF_TC_BODY(drain, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r, 0);

	room = 20;
	own(c, 1, 100);
	c->state = CONN_DRAIN;
	relay_output_flush(r);
	ATF_CHECK_EQ(ends + shuts, 0);
	room = WIRE;
	relay_output_ready(c);
	relay_output_flush(r);
	ATF_CHECK_EQ(nwire, 103);
	ATF_CHECK_EQ(memcmp(wire + 100, "END", 3), 0);
	ATF_CHECK_EQ(shuts, 1);
	ATF_CHECK(c->lingering && !c->dead && c->on_wheel);
	relay_conn_dirty(c);
	relay_output_flush(r);
	ATF_CHECK_EQ(shuts, 1);
	/*
	 * Output after the end of the stream is dropped, and does not close it.
	 */
	own(c, 1, 100);
	packet(c, 2, 10);
	relay_output_flush(r);
	ATF_CHECK_EQ(nwire, 103);
	ATF_CHECK(!c->dead);
	ATF_CHECK_EQ(r->stats->packets_dropped[DROP_GONE_DISCONNECTED][1], 1);
	TAILQ_REMOVE(&r->wheel[c->slot], c, wheel);
	drop_all(r);
}

/* Behind an alert nothing goes: the stream ends in order, with the alert. */
ATF_TC_WITHOUT_HEAD(behind_alert);
ATF_TC_BODY(behind_alert, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r, 0);
	struct net_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.ended = 1;
	c->rec = &rec;
	own(c, 1, 100);
	packet(c, 2, 10);
	ATF_REQUIRE_EQ(relay_output_raw(c, "ALERT", 5), 0);
	c->state = CONN_DRAIN;
	relay_output_flush(r);
	ATF_CHECK_EQ(nwire, 5 + 3);
	ATF_CHECK_EQ(memcmp(wire, "ALERT", 5), 0);
	ATF_CHECK_EQ(shuts, 1);
	ATF_CHECK(c->lingering && !c->dead);
	TAILQ_REMOVE(&r->wheel[c->slot], c, wheel);
	drop_all(r);
}

/* Within a turn output is flushed when much is new, not before. */
ATF_TC_WITHOUT_HEAD(relief);
ATF_TC_BODY(relief, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r, 0);
	size_t n;

	for (n = 0; n < 300 * 1024; n += 1400) {
		packet(c, 1, 1400);
		relay_output_relieve(r);
		ATF_REQUIRE(nwire == 0 || n >= 255 * 1024);
	}
	ATF_CHECK(nwire > 256 * 1024);
	drop_all(r);
}

/* As encrypt_pieces(); each call makes a record, if the pieces fit. */
static int
count_pieces(struct relay_conn *c, const struct iovec *v, size_t cnt,
    size_t n)
{
	size_t i;

	ATF_CHECK(n > 0 && n <= 16384);
	nrecords++;
	for (i = 0; i < cnt; i++) {
		if (relay_output_raw(c, v[i].iov_base, v[i].iov_len) == -1)
			return (-1);
		n -= v[i].iov_len;
	}
	ATF_CHECK_EQ(n, 0);
	return (0);
}

/* The head of a WebSocket frame and its content share a record. */
ATF_TC_WITHOUT_HEAD(websocket);
ATF_TC_BODY(websocket, tc)
{
	struct relay *r = set_up();
	struct relay_conn *c = client(r, 0);
	struct relay_output_ops ops = *r->outputs.ops;
	struct web_ws *ws = web_ws_new(NULL, NULL, NULL);

	(void)tc;
	ATF_REQUIRE(ws != NULL);
	c->ws = ws;
	own(c, 3, 50);
	relay_output_flush(r);			/* by libtls */
	ATF_CHECK_EQ(nwire, 2 + 50);
	ATF_CHECK(memcmp(wire, "\202\62", 2) == 0);
	nwire = 0;
	ops.encrypt_pieces = count_pieces;
	r->outputs.ops = &ops;
	own(c, 3, 60);
	relay_output_flush(r);
	ATF_CHECK_EQ(nrecords, 1);
	ATF_CHECK_EQ(nwire, 2 + 60);
	ATF_CHECK(memcmp(wire, "\202\74", 2) == 0);
	/* One frame and record each 16 KiB. */
	nwire = nrecords = 0;
	packet(c, 1, 40000);
	relay_output_flush(r);
	ATF_CHECK_EQ(nrecords, 3);
	ATF_CHECK_EQ(nwire, 40000 + FRAME_HDR_LEN + FRAME_KEY_LEN + 3 * 4);
	c->ws = NULL;
	web_ws_free(ws);
	drop_all(r);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, partial);
	ATF_TP_ADD_TC(tp, long_own);
	ATF_TP_ADD_TC(tp, idle);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, unsent_limit);
	ATF_TP_ADD_TC(tp, deadlines);
	ATF_TP_ADD_TC(tp, drain);
	ATF_TP_ADD_TC(tp, behind_alert);
	ATF_TP_ADD_TC(tp, relief);
	ATF_TP_ADD_TC(tp, websocket);
	return (atf_no_error());
}
