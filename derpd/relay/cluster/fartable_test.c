/*
 * fartable_test: keys that are connected to other nodes: which link a packet
 * takes, when a key is gone, what a lost link leaves behind, and the bounds.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fartable.h"
#include "pool.h"
#include "testmem.h"

#define NKEYS	1500		/* of the test with random events */

static struct cluster_fartable	*t;
static unsigned int		 ngone;
static uint32_t			 last_gone;

static const uint8_t *
key_of(uint32_t i)
{
	static uint8_t key[FRAME_KEY_LEN];

	memset(key, 0x5a, sizeof(key));
	memcpy(key, &i, sizeof(i));
	return (key);
}

static void
gone(void *arg, const uint8_t key[FRAME_KEY_LEN])
{
	ATF_CHECK(arg == &ngone);
	memcpy(&last_gone, key, sizeof(last_gone));
	ngone++;
}

static void
set_up(void)
{
	t = cluster_fartable_new(gone, &ngone);
	ATF_REQUIRE(t != NULL);
}

static void
claim(unsigned int link, uint32_t key)
{
	ATF_REQUIRE_EQ(cluster_fartable_claim(t, link, key_of(key), 0), 0);
}

static void
unclaim(unsigned int link, uint32_t key)
{
	cluster_fartable_unclaim(t, link, key_of(key));
}

static int
find(uint32_t key)
{
	return (cluster_fartable_find(t, key_of(key)));
}

static void
lost(unsigned int link)
{
	cluster_fartable_lost(t, 1ULL << link);
}

/* Let the sweeps end; return in how many turns. */
static unsigned int
swept(void)
{
	unsigned int n;

	for (n = 0; cluster_fartable_more(t); n++) {
		ATF_REQUIRE(n < 100000);
		cluster_fartable_work(t);
	}
	return (n);
}

/*
 * Compare how many keys no client has, and how many came to have several links,
 * or have no longer, since the last call.
 */
static void
counts(unsigned int keys, unsigned int created, unsigned int deleted)
{
	struct conn_stats s;

	memset(&s, 0, sizeof(s));
	cluster_fartable_count(t, &s);
	ATF_CHECK_EQ(s.far_keys, keys);
	ATF_CHECK_EQ(s.multi_created, created);
	ATF_CHECK_EQ(s.multi_deleted, deleted);
}

/* The oldest claim that is left decides, however many links there are. */
ATF_TC_WITHOUT_HEAD(oldest);
ATF_TC_BODY(oldest, tc)
{
	unsigned int i;

	set_up();
	ATF_CHECK_EQ(find(1), -1);
	claim(9, 1);
	claim(4, 1);
	claim(63, 1);
	claim(9, 1);			/* nothing new */
	ATF_CHECK_EQ(find(1), 9);
	ATF_CHECK_EQ(cluster_fartable_links(t, key_of(1)),
	    1ULL << 9 | 1ULL << 4 | 1ULL << 63);
	unclaim(9, 1);
	ATF_CHECK_EQ(find(1), 4);
	claim(9, 1);			/* known for the shortest time now */
	lost(4);
	ATF_CHECK_EQ(find(1), 63);
	unclaim(63, 1);
	ATF_CHECK_EQ(find(1), 9);
	unclaim(5, 1);			/* it has none */
	unclaim(9, 2);
	ATF_CHECK_EQ(find(1), 9);
	/* Of more than can be ordered, the lowest comes last. */
	for (i = 0; i < FAR_LINKS; i++)
		claim((i + 20) % FAR_LINKS, 7);
	for (i = 0; i < 7; i++) {
		ATF_CHECK_EQ(find(7), (int)i + 20);
		unclaim(i + 20, 7);
	}
	ATF_CHECK_EQ(find(7), 0);
	claim(20, 7);
	ATF_CHECK_EQ(find(7), 0);
	for (i = 0; i < 20; i++)
		unclaim(i, 7);
	ATF_CHECK_EQ(find(7), 20);
	for (i = 20; i < FAR_LINKS; i++)
		unclaim(i, 7);
	ATF_CHECK_EQ(find(7), -1);
	ATF_CHECK_EQ(ngone, 1);
}

/* A key is gone once, with its last claim, if no client has it. */
ATF_TC_WITHOUT_HEAD(gone_once);
ATF_TC_BODY(gone_once, tc)
{
	set_up();
	claim(0, 1);
	claim(2, 1);
	unclaim(0, 1);
	unclaim(0, 1);
	ATF_CHECK_EQ(ngone, 0);
	unclaim(2, 1);
	ATF_CHECK_EQ(ngone, 1);
	ATF_CHECK_EQ(last_gone, 1);
	unclaim(2, 1);
	ATF_CHECK_EQ(ngone, 1);
	/* A client has the key: before the claim, or since. */
	ATF_REQUIRE_EQ(cluster_fartable_claim(t, 0, key_of(2), 1), 0);
	claim(0, 3);
	cluster_fartable_local(t, key_of(3), 1);
	counts(0, 1, 1);
	unclaim(0, 2);
	unclaim(0, 3);
	ATF_CHECK_EQ(ngone, 1);
	/* It had it. */
	ATF_REQUIRE_EQ(cluster_fartable_claim(t, 0, key_of(4), 1), 0);
	cluster_fartable_local(t, key_of(4), 0);
	counts(1, 0, 0);
	lost(0);
	counts(1, 0, 0);
	swept();
	ATF_CHECK_EQ(ngone, 2);
	ATF_CHECK_EQ(last_gone, 4);
	counts(0, 0, 0);
}

/*
 * Claims of a lost link do not count from then on, and are removed some hundred
 * keys at a time, while the next link of the node already has its own.
 */
ATF_TC_WITHOUT_HEAD(link_lost);
ATF_TC_BODY(link_lost, tc)
{
	const unsigned int n = 5000;
	unsigned int i, turns = 0, before;

	set_up();
	for (i = 0; i < n; i++)
		claim(6, i);
	claim(8, 0);
	ATF_CHECK_EQ(cluster_fartable_claims(t, 6), n);
	ATF_CHECK(!cluster_fartable_more(t));
	lost(6);
	ATF_CHECK_EQ(cluster_fartable_claims(t, 6), 0);
	ATF_CHECK_EQ(find(0), 8);
	ATF_CHECK_EQ(find(n - 1), -1);
	ATF_CHECK_EQ(cluster_fartable_links(t, key_of(1)), 0);
	ATF_CHECK_EQ(ngone, 0);
	for (i = n / 2; i < n; i++)
		claim(7, i);
	for (; cluster_fartable_more(t); turns++) {
		before = ngone;
		cluster_fartable_work(t);
		ATF_CHECK_MSG(ngone - before <= 600, "%u", ngone - before);
	}
	ATF_CHECK_MSG(turns >= 8 && turns <= 12, "%u turns", turns);
	ATF_CHECK_EQ(ngone, n / 2 - 1);
	counts(n / 2 + 1, 1, 1);
	ATF_CHECK_EQ(find(1), -1);
	ATF_CHECK_EQ(find(n - 1), 7);
	ATF_CHECK_EQ(cluster_fartable_claims(t, 7), n / 2);
	/* It had no claim, or is lost already: no sweep. */
	lost(6);
	lost(9);
	ATF_CHECK(!cluster_fartable_more(t));
}

/* A link that is lost during a sweep, on both sides of it. */
ATF_TC_WITHOUT_HEAD(lost_meanwhile);
ATF_TC_BODY(lost_meanwhile, tc)
{
	unsigned int i;

	set_up();
	for (i = 0; i < 2000; i++)
		claim(0, i);
	for (i = 0; i < 2000; i += 2)
		claim(2, i);
	lost(0);
	cluster_fartable_work(t);
	lost(2);
	/* The key that is next leaves by itself. */
	for (i = 500; i < 600; i++)
		unclaim(2, i);
	swept();
	ATF_CHECK_EQ(ngone, 2000);
	counts(0, 1000, 1000);
}

/* What a link has left behind does not count when it begins again. */
ATF_TC_WITHOUT_HEAD(begins_again);
ATF_TC_BODY(begins_again, tc)
{
	const unsigned int n = 3000;
	unsigned int i;

	set_up();
	for (i = 0; i < n; i++)
		claim(0, i);
	lost(0);
	cluster_fartable_work(t);
	claim(1, 1);
	lost(1);
	claim(0, n - 1);
	ATF_CHECK_EQ(cluster_fartable_claims(t, 0), 1);
	ATF_CHECK_EQ(find(n - 1), 0);
	ATF_CHECK_EQ(find(n - 2), -1);
	swept();
	ATF_CHECK_EQ(ngone, n);		/* 1 twice, n - 1 never */
	ATF_CHECK_EQ(find(n - 1), 0);
	counts(1, 0, 0);
	lost(0);
	swept();
	ATF_CHECK_EQ(ngone, n + 1);
	counts(0, 0, 0);
}

/* Neither one node nor all can fill the memory. */
ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	unsigned int link, i;

	set_up();
	for (link = 0; link < FAR_KEYS_MAX / FAR_CLAIMS_MAX; link++) {
		for (i = 0; i < FAR_CLAIMS_MAX; i++)
			claim(link, link << 20 | i);
		ATF_CHECK_EQ(cluster_fartable_claim(t, link, key_of(i), 0), -1);
	}
	ATF_CHECK_EQ(cluster_fartable_claim(t, link, key_of(i), 0), -1);
	claim(link, 1);			/* a key that is there */
	counts(FAR_KEYS_MAX, 1, 0);
	unclaim(0, 5);
	claim(link, i);
	cluster_fartable_free(t);
}

/* What a key costs. */
ATF_TC_WITHOUT_HEAD(memory);
ATF_TC_BODY(memory, tc)
{
	const unsigned int n = 20000;
	size_t before, used;
	unsigned int i;

	set_up();
	before = base_test_resident();
	for (i = 0; i < n; i++) {
		claim(0, i);
		claim(3, i);
	}
	used = base_test_resident() - before;
	ATF_CHECK_MSG(!POOL_SLABS || used / n <= 150, "%zu bytes a key",
	    used / n);
	counts(n, n, 0);
}

/* Random events, compared with claims that are kept in their order. */

static struct {
	unsigned int	 n;
	uint8_t		 link[FAR_LINKS];
	int		 local;
} model[NKEYS];

static int
in_model(unsigned int key, unsigned int link)
{
	unsigned int i;

	for (i = 0; i < model[key].n; i++)
		if (model[key].link[i] == link)
			return (1);
	return (0);
}

static void
take_out(unsigned int key, unsigned int link)
{
	unsigned int i, n = 0;

	for (i = 0; i < model[key].n; i++)
		if (model[key].link[i] != link)
			model[key].link[n++] = model[key].link[i];
	model[key].n = n;
}

static void
model_gone(void *arg, const uint8_t key[FRAME_KEY_LEN])
{
	uint32_t i;

	(void)arg;
	memcpy(&i, key, sizeof(i));
	ATF_CHECK(model[i].n == 0 && !model[i].local);
}

/* At most 7 links have claims, so that all are ordered. */
static void
random_event(unsigned int links)
{
	const unsigned int key = (unsigned int)random() % NKEYS;
	const unsigned int link = (unsigned int)random() % links;
	unsigned int i;

	switch (random() % 16) {
	case 0:
		if (random() % 20 == 0) {
			for (i = 0; i < NKEYS; i++)
				take_out(i, link);
			lost(link);
		}
		break;
	case 1:
	case 2:
		cluster_fartable_work(t);
		break;
	case 3:
		model[key].local = !model[key].local;
		cluster_fartable_local(t, key_of(key), model[key].local);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		take_out(key, link);
		unclaim(link, key);
		break;
	default:
		ATF_REQUIRE_EQ(cluster_fartable_claim(t, link, key_of(key),
		    model[key].local), 0);
		if (!in_model(key, link))
			model[key].link[model[key].n++] = (uint8_t)link;
	}
}

static void
compare(unsigned int key)
{
	uint64_t links = 0;
	unsigned int i;

	for (i = 0; i < model[key].n; i++)
		links |= 1ULL << model[key].link[i];
	ATF_CHECK_EQ(cluster_fartable_links(t, key_of(key)), links);
	ATF_CHECK_EQ(find(key), model[key].n == 0 ? -1 : model[key].link[0]);
}

ATF_TC_WITHOUT_HEAD(random_events);
ATF_TC_BODY(random_events, tc)
{
	unsigned int i, link, keys = 0, claims;
	struct conn_stats s;

	srandom(7);
	t = cluster_fartable_new(model_gone, NULL);
	ATF_REQUIRE(t != NULL);
	for (i = 0; i < 300000; i++) {
		random_event(7);
		compare((unsigned int)random() % NKEYS);
	}
	swept();
	for (i = 0; i < NKEYS; i++) {
		compare(i);
		keys += model[i].n > 0 && !model[i].local;
	}
	for (link = 0; link < 7; link++) {
		for (claims = i = 0; i < NKEYS; i++)
			claims += in_model(i, link) != 0;
		ATF_CHECK_EQ(cluster_fartable_claims(t, link), claims);
	}
	memset(&s, 0, sizeof(s));
	cluster_fartable_count(t, &s);
	ATF_CHECK_EQ(s.far_keys, keys);
	cluster_fartable_free(t);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, oldest);
	ATF_TP_ADD_TC(tp, gone_once);
	ATF_TP_ADD_TC(tp, link_lost);
	ATF_TP_ADD_TC(tp, lost_meanwhile);
	ATF_TP_ADD_TC(tp, begins_again);
	ATF_TP_ADD_TC(tp, bounds);
	ATF_TP_ADD_TC(tp, memory);
	ATF_TP_ADD_TC(tp, random_events);
	return (atf_no_error());
}
