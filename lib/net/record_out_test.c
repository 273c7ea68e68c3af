/*
 * record_out_test: Tests of record_out.c and record_key.c: written records, and
 * the cache of keys.
 */
#include <atf-c.h>
#include <string.h>

#include "record.h"
#include "recordfixture.h"

static uint8_t wire[WIRE_SIZE], text[WIRE_SIZE], got[WIRE_SIZE];

/* Read all `n' bytes at `wire'; the content is stored in `got'. */
static size_t
read_all(struct net_record *r, size_t n, size_t *records, size_t *largest)
{
	struct net_record_input in;
	size_t off = 0, len = 0;

	*records = *largest = 0;
	while (off < n) {
		switch (net_record_read(r, wire + off, n - off, &in)) {
		case NET_RECORD_DATA:
			memcpy(got + len, in.data, in.len);
			len += in.len;
			if (in.len > *largest)
				*largest = in.len;
			++*records;
			break;
		case NET_RECORD_NONE:
			break;
		default:
			atf_tc_fail("at %zu of %zu: %s", off, n,
			    in.why == NULL ? "more" : in.why);
		}
		off += in.used;
	}
	return (len);
}

/* Every backend reads pieces of all sizes as they were written. */
ATF_TC_WITHOUT_HEAD(pieces);
ATF_TC_BODY(pieces, tc)
{
	static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303 };
	static const size_t most[] = { 0, 512, 1024, 2048, 4096, 100 };
	struct net_record_cache a, b;
	struct net_record s, k;
	struct iovec v[200];
	size_t i, j, round, cnt, n, m, records, largest, max;
	ssize_t w;

	(void)tc;
	srandom(2);
	for (n = 0; n < sizeof(text); n++)
		text[n] = (uint8_t)random();
	for (i = 0; cache_of(&a, i, 8); i++) {
		/* The last backend reads what each backend wrote. */
		for (j = 0; net_aead_get(j + 1) != NULL; j++)
			continue;
		ATF_REQUIRE(cache_of(&b, j, 8));
		for (round = 0; round < 300; round++) {
			pair(&s, &a, &k, &b, suites[round % 3], 1);
			max = most[round % 6];
			s.out_max = max == 0 ? NET_RECORD_MAX : (uint16_t)max;
			cnt = (size_t)random() % 200;
			for (n = j = 0; j < cnt; j++) {
				m = (size_t)random() % (round % 5 == 0 ? 5000 :
				    round % 5 == 1 ? 100 : 1500);
				v[j].iov_base = text + n;
				v[j].iov_len = m;
				n += m;
			}
			w = net_record_write(&s, v, cnt, n, wire);
			ATF_REQUIRE(w >= 0);
			ATF_REQUIRE((size_t)w <= net_record_room(&s, n));
			ATF_REQUIRE_EQ(read_all(&k, (size_t)w, &records,
			    &largest), n);
			ATF_REQUIRE(memcmp(got, text, n) == 0);
			max = s.out_max;
			ATF_CHECK(largest <= max);
			ATF_CHECK_EQ(records, (n + max - 1) / max);
			net_record_end(&s);
			net_record_end(&k);
		}
		net_record_cache_free(&a);
		net_record_cache_free(&b);
	}
}

/* Keys are updated at their limit, and only when a record follows. */
ATF_TC_WITHOUT_HEAD(update);
ATF_TC_BODY(update, tc)
{
	struct net_record_cache a, b;
	struct net_record s, k;
	size_t n, records, largest;

	(void)tc;
	ATF_REQUIRE(cache_of(&a, 0, 8));
	ATF_REQUIRE(cache_of(&b, 0, 8));
	a.limits.update_out = 3;
	pair(&s, &a, &k, &b, 0x1301, 9);
	s.out_max = 100;
	n = put(&s, text, 300, wire);
	ATF_CHECK_EQ(n, 300 + 3 * NET_RECORD_OVERHEAD);
	ATF_CHECK_EQ(read_all(&k, n, &records, &largest), 300);
	n = put(&s, text, 1000, wire);
	ATF_CHECK_EQ(n, 1000 + 10 * NET_RECORD_OVERHEAD +
	    4 * NET_RECORD_UPDATE);
	ATF_CHECK_EQ(read_all(&k, n, &records, &largest), 1000);
	ATF_CHECK_EQ(records, 10);
	ATF_CHECK(memcmp(got, text, 1000) == 0);
	ATF_CHECK_EQ(s.out.seq, 1);
	ATF_CHECK_EQ(net_record_owes(&k), 0);
	net_record_end(&s);
	net_record_end(&k);
	net_record_cache_free(&a);
	net_record_cache_free(&b);
}

/* Many connections share few cached keys; each uses its own key again. */
ATF_TC_WITHOUT_HEAD(cache);
ATF_TC_BODY(cache, tc)
{
	static struct net_record s[50], k[50];
	struct net_record_cache a;
	size_t i, j, n, records, largest, max;

	(void)tc;
	for (j = 0; j < 3; j++) {
		max = j == 0 ? 0 : j == 1 ? 7 : 150;
		ATF_REQUIRE(cache_of(&a, j % 2 && net_aead_get(1) != NULL,
		    max));
		for (i = 0; i < 50; i++)
			pair(&s[i], &a, &k[i], &a, 0x1301 + i % 3,
			    (uint8_t)i);
		for (i = 0; i < 2000; i++) {
			text[0] = (uint8_t)i;
			n = put(&s[i * 7 % 50], text, 20, wire);
			ATF_REQUIRE_EQ(read_all(&k[i * 7 % 50], n, &records,
			    &largest), 20);
			ATF_REQUIRE_EQ(got[0], (uint8_t)i);
			ATF_REQUIRE(a.n <= (max < 2 ? 2 : max));
			if (i % 11 == 0)
				net_record_tick(&a);
		}
		for (i = 0; i < 50; i++) {
			net_record_end(&s[i]);
			net_record_end(&k[i]);
			ATF_CHECK_EQ(s[i].out.key, NULL);
			ATF_CHECK_EQ(s[i].out.secret[0], 0);
		}
		net_record_cache_free(&a);
	}
}

/* Unused keys and their memory are freed after a while. */
ATF_TC_WITHOUT_HEAD(unused_keys);
ATF_TC_BODY(unused_keys, tc)
{
	static struct net_record s[300], k[300];
	struct net_record_cache a;
	size_t i, j, n, records, largest;

	(void)tc;
	ATF_REQUIRE(cache_of(&a, 0, 1000));
	for (i = 0; i < 300; i++) {
		pair(&s[i], &a, &k[i], &a, 0x1301, (uint8_t)i);
		n = put(&s[i], text, 20, wire);
		ATF_REQUIRE_EQ(read_all(&k[i], n, &records, &largest), 20);
	}
	ATF_CHECK(a.n >= 600);
	for (j = 0; j < 30; j++) {
		net_record_tick(&a);
		n = put(&s[7], text, 20, wire);
		ATF_REQUIRE_EQ(read_all(&k[7], n, &records, &largest), 20);
		ATF_CHECK(j >= 10 || s[0].out.key != NULL);
	}
	ATF_CHECK(s[7].out.key != NULL);
	ATF_CHECK_EQ(s[0].out.key, NULL);
	ATF_CHECK_EQ(k[299].in.key, NULL);
	ATF_CHECK(a.n <= 192);
	/* The keys are expanded again when needed. */
	for (i = 0; i < 300; i++) {
		n = put(&s[i], text, 20, wire);
		ATF_REQUIRE_EQ(read_all(&k[i], n, &records, &largest), 20);
		net_record_end(&s[i]);
		net_record_end(&k[i]);
	}
	net_record_cache_free(&a);
	ATF_CHECK_EQ(a.n, 0);
}

/* Connections are allocated from slabs, and are zeroed again. */
ATF_TC_WITHOUT_HEAD(memory);
ATF_TC_BODY(memory, tc)
{
	static struct net_record *v[1000];
	struct net_record_cache a;
	uint8_t secret[32];
	size_t i, j;

	(void)tc;
	memset(secret, 7, sizeof(secret));
	ATF_REQUIRE(cache_of(&a, 0, 8));
	for (j = 0; j < 3; j++) {
		for (i = 0; i < 1000; i++) {
			ATF_REQUIRE((v[i] = net_record_new(&a)) != NULL);
			ATF_CHECK_EQ(v[i]->hash_len, 0);
			ATF_CHECK_EQ(v[i]->in.secret[9], 0);
			ATF_REQUIRE_EQ(net_record_begin(v[i], &a, 0x1301,
			    secret, secret, 32, 0, 0), 0);
			v[i]->updates = (uint8_t)i;
		}
		for (i = 0; i < 1000; i++)
			ATF_REQUIRE_EQ(v[i]->updates, (uint8_t)i);
		/* In an order that soon leaves every slab partly used. */
		for (i = 0; i < 1000; i++)
			net_record_free(&a, v[i * 7 % 1000]);
		ATF_CHECK(!LIST_EMPTY(&a.partial));
	}
	net_record_free(&a, NULL);
	net_record_cache_free(&a);
}

/* Most of a connection's memory is its secrets. */
ATF_TC_WITHOUT_HEAD(small);
ATF_TC_BODY(small, tc)
{
	(void)tc;
	ATF_CHECK(sizeof(struct net_record) < 200);
}

ATF_TC_WITHOUT_HEAD(suites);
ATF_TC_BODY(suites, tc)
{
	uint8_t secret[48] = { 0 };
	struct net_record_cache a;
	struct net_record r;

	(void)tc;
	ATF_REQUIRE(cache_of(&a, 0, 8));
	ATF_CHECK_EQ(net_record_begin(&r, &a, 0x1304, secret, secret, 32, 0,
	    0), -1);
	ATF_CHECK_EQ(net_record_begin(&r, &a, 0x1301, secret, secret, 48, 0,
	    0), -1);
	ATF_CHECK_EQ(net_record_begin(&r, &a, 0x1302, secret, secret, 32, 0,
	    0), -1);
	ATF_CHECK_EQ(net_record_begin(&r, &a, 0xc02f, secret, secret, 32, 0,
	    0), -1);
	ATF_CHECK_EQ(net_record_begin(&r, &a, 0x1302, secret, secret, 48,
	    99999, 0), 0);
	ATF_CHECK_EQ(r.out_max, NET_RECORD_MAX);
	net_record_end(&r);
	net_record_cache_free(&a);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pieces);
	ATF_TP_ADD_TC(tp, update);
	ATF_TP_ADD_TC(tp, cache);
	ATF_TP_ADD_TC(tp, unused_keys);
	ATF_TP_ADD_TC(tp, memory);
	ATF_TP_ADD_TC(tp, small);
	ATF_TP_ADD_TC(tp, suites);
	return (atf_no_error());
}
