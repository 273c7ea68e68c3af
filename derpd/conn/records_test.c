/*
 * records_test: records in pieces, one by one or many at once, of a paused
 * connection, and those that end it.
 */
#include "inputfixture.h"

static struct net_record_cache peer_keys;
static struct net_record peer;		/* of the client */
static uint8_t	stream[64 * 1024];	/* its records */
static size_t	nstream;
static int	single;			/* one by one */
static unsigned int looks;

static int
fake_one_by_one(const struct conn *k)
{
	(void)k;
	return (single);
}

/* As front_hello_record(). */
static size_t
fake_whole(const uint8_t *p, size_t n)
{
	size_t len;

	looks++;
	if (n < 5 || n < (len = 5U + ((size_t)p[3] << 8) + p[4]))
		return (0);
	return (len);
}

/* Begin with a connection whose records are ours. */
static void
begin(void)
{
	uint8_t up[32] = { 1 }, down[32] = { 2 };

	ops.one_by_one = fake_one_by_one;
	ops.whole = fake_whole;
	set_up(-1);
	c->plain = 0;
	ATF_REQUIRE((c->rec = net_record_new(&set->records)) != NULL);
	ATF_REQUIRE_EQ(net_record_begin(c->rec, &set->records, 0x1301, up,
	    down, 32, 0, 0), 0);
	net_record_cache_init(&peer_keys, net_aead_best(), 4);
	ATF_REQUIRE_EQ(net_record_begin(&peer, &peer_keys, 0x1301, down, up,
	    32, 0, 1), 0);
	nstream = looks = 0;
}

static void
end(void)
{
	net_record_end(&peer);
	net_record_cache_free(&peer_keys);
	tear_down();
}

/* The client makes a record of this text. */
static void
record(const char *text)
{
	struct iovec v = { (void *)(uintptr_t)text, strlen(text) };
	ssize_t k;

	ATF_REQUIRE(nstream + net_record_room(&peer, v.iov_len) <=
	    sizeof(stream));
	k = net_record_write(&peer, &v, 1, v.iov_len, stream + nstream);
	ATF_REQUIRE(k > 0);
	nstream += (size_t)k;
}

/* Bytes from `from' to `to' of the stream arrive. */
static void
arrive(size_t from, size_t to)
{
	memcpy(set->in_buf + IN_CUT, stream + from, to - from);
	conn_records_received(c, set->in_buf + IN_CUT, to - from);
}

static void
work_all(void)
{
	while (conn_more(set)) {
		conn_work(set);
		conn_output_flush(set);
	}
}

/* Three records, cut in two anywhere, and byte by byte. */
ATF_TC_WITHOUT_HEAD(cuts);
ATF_TC_BODY(cuts, tc)
{
	size_t i, all = SIZE_MAX;

	for (single = 0; single < 2; single++) {
		for (i = 0; i <= all; i++) {
			begin();
			record("one");
			record("two");
			record("three");
			all = nstream;
			arrive(0, i);
			arrive(i, all);
			ATF_REQUIRE_EQ_MSG(0, strcmp("onetwothree", got()),
			    "cut at %zu: %s", i, got());
			ATF_CHECK_EQ(conn_buf_left(&c->input.held), 0);
			ATF_CHECK_EQ(looks > 0, single);
			end();
		}
		begin();
		record("one");
		record("two");
		for (i = 0; i < nstream; i++)
			arrive(i, i + 1);
		ATF_CHECK_STREQ("onetwo", got());
		end();
	}
}

/* One by one, only some records are handled in a turn; none is lost. */
ATF_TC_WITHOUT_HEAD(few_a_turn);
ATF_TC_BODY(few_a_turn, tc)
{
	int i;

	single = 1;
	begin();
	for (i = 0; i < 40; i++)
		record("x");
	arrive(0, nstream - 3);
	ATF_CHECK_EQ(client_of(c)->n, 16);
	ATF_CHECK(c->paused & PAUSE_TURN);
	ATF_CHECK(conn_buf_left(&c->input.held) > 0);
	conn_work(set);
	ATF_CHECK_EQ(client_of(c)->n, 32);
	conn_work(set);
	ATF_CHECK_EQ(client_of(c)->n, 39);
	ATF_CHECK_EQ(c->paused, 0);
	arrive(nstream - 3, nstream);
	ATF_CHECK_EQ(client_of(c)->n, 40);
	end();
}

/*
 * A pause within a record keeps the rest of it decrypted and the others as they
 * are; all goes on in order.
 */
ATF_TC_WITHOUT_HEAD(paused);
ATF_TC_BODY(paused, tc)
{
	size_t cut;

	for (single = 0; single < 2; single++) {
		begin();
		record("aPb");
		cut = nstream;
		record("c");
		record("d");
		arrive(0, nstream);
		ATF_CHECK_STREQ("aP", got());
		ATF_CHECK_EQ(conn_buf_left(&c->input.pend), 1);
		ATF_CHECK_EQ(conn_buf_left(&c->input.held), nstream - cut);
		conn_resume(c, PAUSE_LOGIN);
		work_all();
		ATF_CHECK_STREQ("aPbcd", got());
		end();
	}
}

/* Input within input is a fault of ours, which harms nobody: it is queued. */
ATF_TC_WITHOUT_HEAD(nesting);
ATF_TC_BODY(nesting, tc)
{
	size_t cut;

	single = 0;
	begin();
	record("aR");
	cut = nstream;
	record("b");
	nnested = nstream - cut;
	ATF_REQUIRE(nnested <= sizeof(nested));
	memcpy(nested, stream + cut, nnested);
	arrive(0, cut);
	ATF_CHECK_STREQ("aR", got());
	work_all();
	ATF_CHECK_STREQ("aRb", got());
	ATF_CHECK(!c->dead);
	end();
}

/* A record that was changed: an alert, and nothing behind it. */
ATF_TC_WITHOUT_HEAD(broken);
ATF_TC_BODY(broken, tc)
{
	struct net_record_input in;

	for (single = 0; single < 2; single++) {
		begin();
		record("a");
		record("b");
		stream[nstream - 1] ^= 1;
		record("c");
		arrive(0, nstream);
		ATF_CHECK_STREQ("a", got());
		ATF_CHECK_EQ(c->state, CONN_DRAIN);
		ATF_CHECK_EQ(conn_buf_left(&c->input.held), 0);
		conn_send(c, "derp", 4);
		conn_output_flush(set);
		/* It is the client's only input. */
		ATF_CHECK_EQ(net_record_read(&peer, wire, nwire, &in),
		    NET_RECORD_CLOSED);
		ATF_CHECK_EQ(in.used, nwire);
		ATF_CHECK_EQ(shuts, 1);
		end();
	}
}

/* The client ends its stream: no alert, and the connection is closed. */
ATF_TC_WITHOUT_HEAD(closed);
ATF_TC_BODY(closed, tc)
{
	ssize_t k;

	single = 1;
	begin();
	record("a");
	k = net_record_alert(&peer, NET_ALERT_CLOSE_NOTIFY, stream + nstream);
	ATF_REQUIRE(k > 0);
	nstream += (size_t)k;
	arrive(0, nstream);
	ATF_CHECK_STREQ("a", got());
	ATF_CHECK(c->dead);
	conn_output_flush(set);
	ATF_CHECK_EQ(nwire, 0);
	end();
}

/* Output in records of at most 16 KiB, from one piece or several. */
ATF_TC_WITHOUT_HEAD(output);
ATF_TC_BODY(output, tc)
{
	static uint8_t text[40000];
	struct net_record_input in;
	size_t off = 0, n = 0, nrecords = 0;

	single = 0;
	begin();
	memset(text, 'x', sizeof(text));
	conn_write(c, text, sizeof(text));
	conn_reply(c, "head", 4, "body", 4);
	conn_output_flush(set);
	while (off < nwire) {
		ATF_REQUIRE_EQ(net_record_read(&peer, wire + off, nwire - off,
		    &in), NET_RECORD_DATA);
		ATF_CHECK(in.len <= 16384);
		if (off + in.used == nwire)
			ATF_CHECK(memcmp(in.data + in.len - 4, "body", 4) == 0);
		off += in.used;
		n += in.len;
		nrecords++;
	}
	ATF_CHECK_EQ(n, sizeof(text) + 8);
	ATF_CHECK(nrecords <= 5);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, cuts);
	ATF_TP_ADD_TC(tp, few_a_turn);
	ATF_TP_ADD_TC(tp, paused);
	ATF_TP_ADD_TC(tp, nesting);
	ATF_TP_ADD_TC(tp, broken);
	ATF_TP_ADD_TC(tp, closed);
	ATF_TP_ADD_TC(tp, output);
	return (atf_no_error());
}
