/*
 * record_update_test: Tests of record.h: handshake messages after the
 * handshake, which are KeyUpdates and tickets.
 */
#include <atf-c.h>
#include <string.h>

#include "record.h"
#include "recordfixture.h"

static uint8_t wire[WIRE_SIZE];

/* RFC 8446 section 4.6.3: new receive keys, and an answer if requested. */
ATF_TC_WITHOUT_HEAD(answered);
ATF_TC_BODY(answered, tc)
{
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	unsigned int i;
	size_t n;

	(void)tc;
	ATF_REQUIRE(cache_of(&c, 0, 8));
	pair(&s, &c, &k, &c, 0x1302, 1);
	for (i = 0; i < 3; i++) {
		n = put(&k, "before", 6, wire);
		ATF_CHECK_EQ(net_record_read(&s, wire, n, &in),
		    NET_RECORD_DATA);
		/* Two requests get one answer. */
		n = forge(&k, 22, "\30\0\0\1\1", 5, 0, wire);
		ATF_REQUIRE_EQ(net_record_next(&k, &k.out), 0);
		ATF_CHECK_EQ(net_record_read(&s, wire, n, &in),
		    NET_RECORD_NONE);
		n = forge(&k, 22, "\30\0\0\1\1", 5, 9, wire);
		ATF_REQUIRE_EQ(net_record_next(&k, &k.out), 0);
		ATF_CHECK_EQ(net_record_read(&s, wire, n, &in),
		    NET_RECORD_NONE);
		ATF_CHECK_EQ(s.in.seq, 0);
		ATF_CHECK_EQ(net_record_owes(&s), 1);
		/* The answer precedes data. */
		n = put(&s, "answer", 6, wire);
		ATF_CHECK_EQ(n, NET_RECORD_UPDATE + NET_RECORD_OVERHEAD + 6);
		ATF_CHECK_EQ(net_record_owes(&s), 0);
		ATF_CHECK_EQ(net_record_read(&k, wire, n, &in),
		    NET_RECORD_NONE);
		ATF_CHECK_EQ(in.used, NET_RECORD_UPDATE);
		ATF_CHECK_EQ(k.owe_update, 0);
		ATF_CHECK_EQ(net_record_read(&k, wire + in.used, n - in.used,
		    &in), NET_RECORD_DATA);
		ATF_CHECK(memcmp(in.data, "answer", 6) == 0);
	}
	/* The answer is also sent without data. */
	n = forge(&k, 22, "\30\0\0\1\1", 5, 0, wire);
	ATF_REQUIRE_EQ(net_record_next(&k, &k.out), 0);
	ATF_CHECK_EQ(net_record_read(&s, wire, n, &in), NET_RECORD_NONE);
	ATF_CHECK_EQ(put(&s, "", 0, wire), NET_RECORD_UPDATE);
	ATF_CHECK_EQ(put(&s, "", 0, wire), 0);
	net_record_end(&s);
	net_record_end(&k);
	net_record_cache_free(&c);
}

/* A KeyUpdate costs as much as many records, and records pay for it. */
ATF_TC_WITHOUT_HEAD(budget);
ATF_TC_BODY(budget, tc)
{
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	unsigned int i, j;
	size_t n;

	(void)tc;
	ATF_REQUIRE(cache_of(&c, 0, 8));
	c.limits.update_free = 8;
	c.limits.updates = 4;
	pair(&s, &c, &k, &c, 0x1301, 1);
	for (i = 0; i < 100; i++) {
		for (j = 0; j < 8; j++) {
			n = put(&k, "x", 1, wire);
			ATF_REQUIRE_EQ(net_record_read(&s, wire, n, &in),
			    NET_RECORD_DATA);
		}
		n = forge(&k, 22, "\30\0\0\1\0", 5, 0, wire);
		ATF_REQUIRE_EQ(net_record_next(&k, &k.out), 0);
		ATF_CHECK_EQ(net_record_read(&s, wire, n, &in),
		    NET_RECORD_NONE);
		ATF_CHECK_EQ(net_record_owes(&s), 0);
	}
	for (i = 0; i < 5; i++) {
		n = forge(&k, 22, "\30\0\0\1\0", 5, 0, wire);
		ATF_REQUIRE_EQ(net_record_next(&k, &k.out), 0);
		ATF_CHECK_EQ(net_record_read(&s, wire, n, &in), i < 4 ?
		    NET_RECORD_NONE : NET_RECORD_FAILED);
	}
	/* A peer that updates keys at intervals of time is not refused. */
	pair(&s, &c, &k, &c, 0x1301, 1);
	for (i = 0; i < 100; i++) {
		n = forge(&k, 22, "\30\0\0\1\0", 5, 0, wire);
		ATF_REQUIRE_EQ(net_record_next(&k, &k.out), 0);
		ATF_CHECK_EQ(net_record_read(&s, wire, n, &in),
		    NET_RECORD_NONE);
		net_record_forgive(&s);
	}
	net_record_end(&s);
	net_record_end(&k);
	net_record_cache_free(&c);
}

/* The answer to our own request costs the peer nothing. */
ATF_TC_WITHOUT_HEAD(asked);
ATF_TC_BODY(asked, tc)
{
	struct net_record_cache c, kc;
	struct net_record s, k;
	struct net_record_input in;
	unsigned int i, j;
	size_t n;

	(void)tc;
	ATF_REQUIRE(cache_of(&c, 0, 8));
	ATF_REQUIRE(cache_of(&kc, 0, 8));
	c.limits.update_in = 8;
	c.limits.updates = 0;
	pair(&s, &c, &k, &kc, 0x1303, 1);
	for (i = 0; i < 5; i++) {
		for (j = 0; j < 8; j++) {
			n = put(&k, "x", 1, wire);
			ATF_REQUIRE_EQ(net_record_read(&s, wire, n, &in),
			    NET_RECORD_DATA);
			ATF_CHECK_EQ(net_record_owes(&s), j == 7);
		}
		/* No request while the caller does not read. */
		s.quiet = 1;
		ATF_CHECK_EQ(net_record_owes(&s), 0);
		ATF_CHECK_EQ(put(&s, "", 0, wire), 0);
		s.quiet = 0;
		n = put(&s, "", 0, wire);
		ATF_CHECK_EQ(n, NET_RECORD_UPDATE);
		/* One request is enough. */
		n = put(&k, "x", 1, wire + 100);
		ATF_CHECK_EQ(net_record_read(&s, wire + 100, n, &in),
		    NET_RECORD_DATA);
		ATF_CHECK_EQ(net_record_owes(&s), 0);
		ATF_CHECK_EQ(net_record_read(&k, wire, NET_RECORD_UPDATE,
		    &in), NET_RECORD_NONE);
		ATF_CHECK_EQ(net_record_owes(&k), 1);
		n = put(&k, "", 0, wire);
		ATF_CHECK_EQ(net_record_read(&s, wire, n, &in),
		    NET_RECORD_NONE);
		ATF_CHECK_EQ(net_record_owes(&s), 0);
	}
	net_record_end(&s);
	net_record_end(&k);
	net_record_cache_free(&c);
	net_record_cache_free(&kc);
}

/* A client skips tickets, split anywhere, but no other message between them. */
ATF_TC_WITHOUT_HEAD(tickets);
ATF_TC_BODY(tickets, tc)
{
	static uint8_t msg[2 * (4 + 300)];
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	size_t cut, n;

	(void)tc;
	memset(msg, 24, sizeof(msg));	/* looks like a KeyUpdate */
	memcpy(msg, "\4\0\1\54", 4);
	memcpy(msg + 304, "\4\0\1\54", 4);
	ATF_REQUIRE(cache_of(&c, 0, 8));
	for (cut = 1; cut < sizeof(msg); cut++) {
		pair(&s, &c, &k, &c, 0x1301, 1);
		n = forge(&s, 22, msg, cut, 0, wire);
		ATF_CHECK_EQ(net_record_read(&k, wire, n, &in),
		    NET_RECORD_NONE);
		n = forge(&s, 22, msg + cut, sizeof(msg) - cut, 0, wire);
		ATF_CHECK_EQ(net_record_read(&k, wire, n, &in),
		    NET_RECORD_NONE);
		n = put(&s, "data", 4, wire);
		ATF_CHECK_EQ_MSG(net_record_read(&k, wire, n, &in),
		    NET_RECORD_DATA, "cut at %zu: %s", cut, in.why);

		pair(&s, &c, &k, &c, 0x1301, 1);
		n = forge(&s, 22, msg, cut, 0, wire);
		ATF_CHECK_EQ(net_record_read(&k, wire, n, &in),
		    NET_RECORD_NONE);
		n = put(&s, "data", 4, wire);
		ATF_CHECK_EQ(net_record_read(&k, wire, n, &in), cut == 304 ?
		    NET_RECORD_DATA : NET_RECORD_FAILED);
	}
	net_record_end(&s);
	net_record_end(&k);
	net_record_cache_free(&c);
}

/* Give `n' bytes of handshake messages, from `k' to `s', as one record. */
static enum net_record_status
message(struct net_record *k, struct net_record *s, const char *p, size_t n)
{
	struct net_record_input in;
	size_t len = forge(k, 22, p, n, 0, wire);

	return (net_record_read(s, wire, len, &in));
}

/*
 * A KeyUpdate may be cut, and follow a ticket in one record, but nothing may
 * follow it there (RFC 8446 5.1).
 */
ATF_TC_WITHOUT_HEAD(cut);
ATF_TC_BODY(cut, tc)
{
	static const char both[] = "\4\0\0\2ab\30\0\0\1\1";
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	size_t cut, n;
	int client;

	(void)tc;
	ATF_REQUIRE(cache_of(&c, 0, 8));
	for (client = 0; client < 2; client++)
		for (cut = 1; cut < 5; cut++) {
			if (client)
				pair(&k, &c, &s, &c, 0x1301, 1);
			else
				pair(&s, &c, &k, &c, 0x1301, 1);
			ATF_CHECK_EQ(message(&k, &s, both + 6, cut),
			    NET_RECORD_NONE);
			ATF_CHECK_EQ(net_record_owes(&s), 0);
			ATF_CHECK_EQ(message(&k, &s, both + 6 + cut, 5 - cut),
			    NET_RECORD_NONE);
			ATF_CHECK_EQ(net_record_owes(&s), 1);
			/* Nothing comes any more with the old key. */
			ATF_REQUIRE_EQ(net_record_next(&k, &k.out), 0);
			n = put(&k, "new", 3, wire);
			ATF_CHECK_EQ(net_record_read(&s, wire, n, &in),
			    NET_RECORD_DATA);
			/* Data between the halves. */
			ATF_CHECK_EQ(message(&k, &s, both + 6, cut),
			    NET_RECORD_NONE);
			n = put(&k, "within", 6, wire);
			ATF_CHECK_EQ(net_record_read(&s, wire, n, &in),
			    NET_RECORD_FAILED);
			ATF_CHECK_EQ(in.alert, NET_ALERT_UNEXPECTED_MESSAGE);
			net_record_end(&s);
			net_record_end(&k);
		}
	for (cut = 1; cut < 11; cut++) {
		pair(&k, &c, &s, &c, 0x1301, 1);
		ATF_CHECK_EQ(message(&k, &s, both, cut), NET_RECORD_NONE);
		ATF_CHECK_EQ(message(&k, &s, both + cut, 11 - cut),
		    NET_RECORD_NONE);
		ATF_CHECK_EQ(net_record_owes(&s), 1);
		/* A ticket behind it is too late. */
		ATF_REQUIRE_EQ(net_record_next(&k, &k.out), 0);
		ATF_CHECK_EQ(message(&k, &s, both, 6), NET_RECORD_NONE);
		ATF_CHECK_EQ(message(&k, &s, "\30\0\0\1\0\4\0\0\2ab", 11),
		    NET_RECORD_FAILED);
		net_record_end(&s);
		net_record_end(&k);
	}
	net_record_cache_free(&c);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, answered);
	ATF_TP_ADD_TC(tp, budget);
	ATF_TP_ADD_TC(tp, asked);
	ATF_TP_ADD_TC(tp, tickets);
	ATF_TP_ADD_TC(tp, cut);
	return (atf_no_error());
}
