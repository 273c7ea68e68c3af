/* Tests of record_save.c: a connection goes on from its saved state. */
#include <atf-c.h>
#include <string.h>

#include "record.h"
#include "recordfixture.h"

static uint8_t wire[WIRE_SIZE];

/* Send `n' bytes; they must arrive. */
static void
pass(struct net_record *from, struct net_record *to, size_t n)
{
	static uint8_t data[1000];
	struct net_record_input in;
	enum net_record_status s;
	size_t len, used = 0;

	memset(data, (int)n, sizeof(data));
	len = put(from, data, n, wire);
	do {			/* a KeyUpdate may come first */
		s = net_record_read(to, wire + used, len - used, &in);
		used += in.used;
	} while (s == NET_RECORD_NONE);
	ATF_REQUIRE_EQ(s, NET_RECORD_DATA);
	ATF_CHECK_EQ(used, len);
	ATF_CHECK_EQ(in.len, n);
	ATF_CHECK(memcmp(in.data, data, n) == 0);
}

/* Replace `r' by one of the cache `c' that continues its state. */
static void
move(struct net_record *r, struct net_record_cache *c)
{
	uint8_t saved[NET_RECORD_SAVED + 1];
	struct net_record to;

	saved[NET_RECORD_SAVED] = 0xa5;
	ATF_REQUIRE_EQ(net_record_save(r, saved), 0);
	ATF_CHECK_EQ(saved[NET_RECORD_SAVED], 0xa5);
	ATF_REQUIRE_EQ(net_record_load(&to, c, saved), 0);
	net_record_end(r);
	*r = to;		/* it has no expanded key that points back */
}

ATF_TC_WITHOUT_HEAD(goes_on);
ATF_TC_BODY(goes_on, tc)
{
	static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303 };
	struct net_record_cache c, other;
	struct net_record s, k;
	struct net_record_input in;
	uint8_t ask[5] = { 24, 0, 0, 1, 1 };
	size_t i, j, n;

	(void)tc;
	for (i = 0; cache_of(&c, i, 8); i++) {
		ATF_REQUIRE(cache_of(&other, 0, 8));
		for (j = 0; j < 3; j++) {
			pair(&s, &c, &k, &c, suites[j], 7);
			move(&s, &other);
			pass(&k, &s, 10);
			pass(&s, &k, 20);
			move(&s, &c);
			pass(&s, &k, 30);
			pass(&k, &s, 40);
			/* A KeyUpdate was requested and is owed. */
			n = forge(&k, 22, ask, sizeof(ask), 0, wire);
			ATF_REQUIRE_EQ(net_record_next(&k, &k.out), 0);
			ATF_REQUIRE_EQ(net_record_read(&s, wire, n, &in),
			    NET_RECORD_NONE);
			move(&s, &other);
			ATF_CHECK(net_record_owes(&s));
			ATF_CHECK_EQ(s.updates, 1);
			pass(&k, &s, 50);
			pass(&s, &k, 60);
			ATF_CHECK(!net_record_owes(&s));
			net_record_end(&s);
			net_record_end(&k);
		}
		net_record_cache_free(&c);
		net_record_cache_free(&other);
	}
	ATF_CHECK(i > 0);
}

/* The client's half of a ticket, and the limit of a small extension. */
ATF_TC_WITHOUT_HEAD(partial);
ATF_TC_BODY(partial, tc)
{
	uint8_t ticket[100] = { 4, 0, 0, 96 };
	uint8_t secret[32] = { 1 };
	struct net_record_cache c;
	struct net_record s, k;
	struct net_record_input in;
	size_t cut, n;

	(void)tc;
	ATF_REQUIRE(cache_of(&c, 0, 8));
	for (cut = 1; cut < sizeof(ticket); cut++) {
		ATF_REQUIRE_EQ(net_record_begin(&s, &c, 0x1301, secret, secret,
		    32, 512, 0), 0);
		ATF_REQUIRE_EQ(net_record_begin(&k, &c, 0x1301, secret, secret,
		    32, 0, 1), 0);
		n = forge(&s, 22, ticket, cut, 0, wire);
		ATF_REQUIRE_EQ(net_record_read(&k, wire, n, &in),
		    NET_RECORD_NONE);
		move(&k, &c);
		n = forge(&s, 22, ticket + cut, sizeof(ticket) - cut, 0, wire);
		ATF_REQUIRE_EQ(net_record_read(&k, wire, n, &in),
		    NET_RECORD_NONE);
		move(&s, &c);
		pass(&s, &k, 512);
		/* Two records. */
		ATF_CHECK_EQ(put(&s, ticket, 100, wire), 100 +
		    NET_RECORD_OVERHEAD);
		ATF_CHECK_EQ(net_record_room(&s, 513),
		    net_record_room(&s, 512) + 1 + NET_RECORD_OVERHEAD);
		net_record_end(&s);
		net_record_end(&k);
	}
	net_record_cache_free(&c);
}

/* Bytes that no process of ours has written are refused or do no harm. */
ATF_TC_WITHOUT_HEAD(invalid);
ATF_TC_BODY(invalid, tc)
{
	uint8_t saved[NET_RECORD_SAVED], bad[NET_RECORD_SAVED], alert[64];
	struct net_record_cache c;
	struct net_record s, k, r;
	struct net_record_input in;
	unsigned int v, refused = 0;
	size_t i, n;

	(void)tc;
	ATF_REQUIRE(cache_of(&c, 0, 8));
	pair(&s, &c, &k, &c, 0x1301, 3);
	ATF_REQUIRE_EQ(net_record_save(&s, saved), 0);
	for (i = 0; i < sizeof(saved); i++)
		for (v = 1; v < 256; v++) {
			memcpy(bad, saved, sizeof(bad));
			bad[i] ^= (uint8_t)v;
			if (net_record_load(&r, &c, bad) == -1) {
				refused++;
				continue;
			}
			ATF_CHECK(r.out_max >= 64);
			ATF_CHECK(r.npart < sizeof(r.part));
			n = put(&r, "x", 1, wire);
			(void)net_record_read(&r, wire, n, &in);
			net_record_end(&r);
		}
	/* Version, suite, flags, maximum, lengths. */
	ATF_CHECK(refused > 1500);

	ATF_REQUIRE(net_record_alert(&s, NET_ALERT_CLOSE_NOTIFY, alert) > 0);
	ATF_CHECK_EQ(net_record_save(&s, saved), -1);
	net_record_end(&s);
	net_record_end(&k);
	net_record_cache_free(&c);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, goes_on);
	ATF_TP_ADD_TC(tp, partial);
	ATF_TP_ADD_TC(tp, invalid);
	return (atf_no_error());
}
