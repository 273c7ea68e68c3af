/*
 * output_test: output to clients: its order, and how much is sent at once.
 */
#include "outputfixture.h"

/* Own frames before packets, all with one send. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct conn_set *s = set_up();
	struct conn *c = client(s, 0);

	packets(c, 2);
	own(c, 3, 50);
	ATF_CHECK_EQ(nsends, 0);		/* nothing before the flush */
	conn_output_flush(s);
	ATF_CHECK_STREQ("opp", wire_frames());
	ATF_CHECK_EQ(nsends, 1);
	ATF_CHECK_EQ(waits, 0);
	conn_output_flush(s);
	ATF_CHECK_EQ(nsends, 1);
	drop_all(s);
}

/* The stream continues wherever the socket refused more. */
ATF_TC_WITHOUT_HEAD(partial);
ATF_TC_BODY(partial, tc)
{
	struct conn_set *s;
	struct conn *c;
	uint8_t *whole = NULL;
	size_t nwhole = 0, k;

	for (k = 0; k < PACKET + 100; k++) {
		s = set_up();
		c = client(s, 0);
		if (k > 0)
			room = k;
		own(c, 'a', 60);
		packets(c, 1);
		conn_output_flush(s);
		if (k > 0 && k < nwhole) {
			ATF_REQUIRE_EQ(nwire, k);
			ATF_CHECK_EQ(waits, 1);
			ATF_CHECK_EQ(deadline, 2000);
			/* New output is sent after that. */
			own(c, 'd', 10);
			conn_output_flush(s);
			ATF_REQUIRE_EQ(nwire, k);
			room = 1;
			conn_output_ready(c);
			conn_output_flush(s);
			ATF_REQUIRE_EQ(nwire, k + 1);
			room = WIRE;
			conn_output_ready(c);
			conn_output_flush(s);
			ATF_REQUIRE_EQ(nwire, nwhole + 10);
		} else
			ATF_CHECK_EQ(waits, 0);
		if (k == 0) {
			nwhole = nwire;
			ATF_REQUIRE((whole = malloc(nwhole)) != NULL);
			memcpy(whole, wire, nwhole);
			ATF_CHECK_STREQ("op", wire_frames());
		}
		ATF_REQUIRE_EQ(memcmp(whole, wire, nwhole), 0);
		drop_all(s);
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
	struct conn_set *s = set_up();
	struct conn *c = client(s, 0);
	size_t i;

	packets(c, 1);
	for (i = 0; i < 300; i++)
		own(c, (uint8_t)i, 1000);
	conn_output_flush(s);
	ATF_CHECK_EQ(strspn(wire_frames(), "o"), 300);
	ATF_CHECK_STREQ("p", wire_frames() + 300);
	for (i = 0; i < 300; i++)
		ATF_REQUIRE_EQ(wire[i * 1000 + 500], (uint8_t)i);
	drop_all(s);
}

/* A frame goes ahead of those that wait. */
ATF_TC_WITHOUT_HEAD(first);
ATF_TC_BODY(first, tc)
{
	struct conn_set *s = set_up();
	struct conn *c = client(s, 0);

	conn_send_first(c, "alone", 5);
	conn_output_flush(s);
	conn_send(c, "later", 5);
	conn_send_first(c, "body", 4);
	conn_send_first(c, "head", 4);
	conn_output_flush(s);
	ATF_CHECK_EQ(nwire, 18);
	ATF_CHECK(memcmp(wire, "aloneheadbodylater", 18) == 0);
	drop_all(s);
}

/* A lost connection is closed; a full kernel is no loss. */
ATF_TC_WITHOUT_HEAD(errors);
ATF_TC_BODY(errors, tc)
{
	static const struct { int error, dead; } t[] = {
		{ EAGAIN, 0 }, { ENOBUFS, 0 }, { ECONNRESET, 1 }, { EPIPE, 1 }
	};
	struct conn_set *s;
	struct conn *c;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		s = set_up();
		c = client(s, 0);
		room = 0;
		error = t[i].error;
		own(c, 1, 100);
		conn_output_flush(s);
		ATF_CHECK_EQ(c->dead, t[i].dead);
		ATF_CHECK_EQ(waits, !t[i].dead);
		drop_all(s);
		/* The same for output that is sent again. */
		s = set_up();
		c = client(s, 0);
		room = 10;
		own(c, 1, 100);
		conn_output_flush(s);
		ATF_CHECK(!c->dead);
		error = t[i].error;
		conn_output_ready(c);
		conn_output_flush(s);
		ATF_CHECK_EQ(c->dead, t[i].dead);
		ATF_CHECK_EQ(waits, t[i].dead ? 1 : 2);
		drop_all(s);
	}
	s = set_up();
	c = client(s, 0);
	wait_fails = 1;
	room = 0;
	own(c, 1, 100);
	conn_output_flush(s);
	conn_output_flush(s);
	ATF_CHECK(c->dead);
	drop_all(s);
}

/* The kernel gets no more than it may hold unsent. */
ATF_TC_WITHOUT_HEAD(unsent_limit);
ATF_TC_BODY(unsent_limit, tc)
{
	const size_t lowat = 32 * 1024;
	struct conn_set *s = set_up();
	struct conn *c = client(s, 0);
	size_t before;

	s->notsent_lowat = (uint32_t)lowat;
	packets(c, 200);
	conn_output_flush(s);
	ATF_CHECK_MSG(nwire >= lowat && nwire < lowat + PACKET, "%zu", nwire);
	ATF_CHECK_EQ(waits, 1);
	/* While it waits nothing is sent. */
	packets(c, 1);
	conn_output_flush(s);
	ATF_CHECK(nwire < lowat + PACKET);
	/* Half of it left. */
	in_kernel = (unsigned int)lowat / 2;
	before = nwire;
	conn_output_ready(c);
	conn_output_flush(s);
	ATF_CHECK_MSG(nwire - before >= lowat / 2 &&
	    nwire - before < lowat / 2 + PACKET, "%zu", nwire - before);
	/*
	 * It may be writable because it was reset: then one frame is sent,
	 * which fails in that case.
	 */
	before = nwire;
	conn_output_ready(c);
	conn_output_flush(s);
	ATF_CHECK_MSG(nwire - before == PACKET, "%zu", nwire - before);
	room = 0;
	error = ECONNRESET;
	conn_output_ready(c);
	conn_output_flush(s);
	ATF_CHECK(c->dead);
	drop_all(s);

	/* Without a limit all is sent at once. */
	s = set_up();
	c = client(s, 0);
	packets(c, 200);
	conn_output_flush(s);
	ATF_CHECK_EQ(nwire, 200 * PACKET);
	drop_all(s);
}

/* The write deadline: a client that accepts some data gets a new one. */
ATF_TC_WITHOUT_HEAD(deadlines);
ATF_TC_BODY(deadlines, tc)
{
	struct conn_set *s = set_up();
	struct conn *c = client(s, 0), *m = client(s, 1);

	room = 0;
	not_acked = 5000;
	own(c, 1, 100);
	conn_output_flush(s);
	ATF_CHECK_EQ(deadline, 2000);
	not_acked = 4999;
	conn_output_overdue(c);
	ATF_CHECK(!c->dead);
	ATF_CHECK_EQ(waits, 2);
	conn_output_overdue(c);
	ATF_CHECK(c->dead);
	ATF_CHECK_EQ(stats.write_timeouts, 1);
	own(m, 1, 100);
	conn_output_flush(s);
	ATF_CHECK_EQ(deadline, 30000);
	drop_all(s);
}

/* Pending output is sent, and the end of the stream, and then it lingers. */
ATF_TC_WITHOUT_HEAD(drain);
ATF_TC_BODY(drain, tc)
{
	struct conn_set *s = set_up();
	struct conn *c = client(s, 0);

	room = 20;
	own(c, 1, 100);
	c->state = CONN_DRAIN;
	conn_output_flush(s);
	ATF_CHECK_EQ(ends + shuts, 0);
	room = WIRE;
	conn_output_ready(c);
	conn_output_flush(s);
	ATF_CHECK_EQ(nwire, 103);
	ATF_CHECK_EQ(memcmp(wire + 100, "END", 3), 0);
	ATF_CHECK_EQ(shuts, 1);
	ATF_CHECK(c->lingering && !c->dead && c->on_wheel);
	conn_dirty(c);
	conn_output_flush(s);
	ATF_CHECK_EQ(shuts, 1);
	/*
	 * Output after the end of the stream is dropped, and does not close it.
	 */
	own(c, 1, 100);
	conn_output_flush(s);
	ATF_CHECK_EQ(nwire, 103);
	ATF_CHECK(!c->dead);
	drop_all(s);
}

/* Behind an alert nothing goes: the stream ends in order, with the alert. */
ATF_TC_WITHOUT_HEAD(behind_alert);
ATF_TC_BODY(behind_alert, tc)
{
	struct conn_set *s = set_up();
	struct conn *c = client(s, 0);
	struct net_record rec;

	memset(&rec, 0, sizeof(rec));
	rec.ended = 1;
	c->rec = &rec;
	own(c, 1, 100);
	packets(c, 1);
	ATF_REQUIRE_EQ(conn_output_raw(c, "ALERT", 5), 0);
	c->state = CONN_DRAIN;
	conn_output_flush(s);
	ATF_CHECK_EQ(nwire, 5 + 3);
	ATF_CHECK_EQ(memcmp(wire, "ALERT", 5), 0);
	ATF_CHECK_EQ(shuts, 1);
	ATF_CHECK(c->lingering && !c->dead);
	c->rec = NULL;
	drop_all(s);
}

/*
 * Behind what is over nothing is gathered, but what is encrypted goes, and the
 * stream ends in order: so the last message of a WebSocket arrives.
 */
ATF_TC_WITHOUT_HEAD(behind_over);
ATF_TC_BODY(behind_over, tc)
{
	struct conn_set *s = set_up();
	struct conn *c = client(s, 0);

	own(c, 1, 100);
	packets(c, 1);
	ATF_REQUIRE_EQ(conn_output_raw(c, "CLOSE", 5), 0);
	client_of(c)->is_over = 1;
	c->state = CONN_DRAIN;
	conn_output_flush(s);
	ATF_CHECK_EQ(nwire, 5 + 3);
	ATF_CHECK_EQ(memcmp(wire, "CLOSEEND", 8), 0);
	ATF_CHECK_EQ(shuts, 1);
	drop_all(s);
}

/* While output is held nothing touches the socket; then all goes. */
ATF_TC_WITHOUT_HEAD(held);
ATF_TC_BODY(held, tc)
{
	struct conn_set *s = set_up();
	struct conn *c = client(s, 0);

	own(c, 1, 100);
	packets(c, 1);
	ATF_REQUIRE_EQ(conn_output_raw(c, "FIRST", 5), 0);
	client_of(c)->is_held = 1;
	conn_output_flush(s);
	ATF_CHECK_EQ(nwire, 0);
	client_of(c)->is_held = 0;
	conn_dirty(c);
	conn_output_flush(s);
	ATF_CHECK_EQ(nwire, 5 + 100 + PACKET);
	ATF_CHECK_EQ(memcmp(wire, "FIRST", 5), 0);
	drop_all(s);
}

/* Within a turn output is flushed when much is new, not before. */
ATF_TC_WITHOUT_HEAD(relief);
ATF_TC_BODY(relief, tc)
{
	struct conn_set *s = set_up();
	struct conn *c = client(s, 0);
	size_t n;

	for (n = 0; n < 300 * 1024; n += 1400) {
		packets(c, 1);
		s->outputs.fresh_bytes += 1400;
		conn_output_relieve(s);
		ATF_REQUIRE(nwire == 0 || n >= 255 * 1024);
	}
	ATF_CHECK(nwire > 256 * 1024);
	drop_all(s);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, partial);
	ATF_TP_ADD_TC(tp, long_own);
	ATF_TP_ADD_TC(tp, first);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, unsent_limit);
	ATF_TP_ADD_TC(tp, deadlines);
	ATF_TP_ADD_TC(tp, drain);
	ATF_TP_ADD_TC(tp, behind_alert);
	ATF_TP_ADD_TC(tp, behind_over);
	ATF_TP_ADD_TC(tp, held);
	ATF_TP_ADD_TC(tp, relief);
	return (atf_no_error());
}
