/*
 * cache_test: how long answers are used, and which ones leave.
 */
#include <atf-c.h>
#include <sodium.h>
#include <string.h>

#include "cache.h"

#define SEC	UINT64_C(1000000)

static const struct admit_lives lives = { 60 * SEC, 10 * SEC };
static const struct admit_lives none;
static struct admit_cache *c;
static uint64_t	 now = 5 * SEC;

static void
set_up(size_t max)
{
	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((c = admit_cache_new(max)) != NULL);
}

static const uint8_t *
key_of(uint8_t n)
{
	static uint8_t key[IPC_KEYLEN];

	key[31] = n;
	return (key);
}

/* What is known of client `n' at this source. */
static enum admit_answer
get(uint8_t n, unsigned int source, const struct admit_lives *l)
{
	enum admit_answer a[IPC_MAXVERIFY];

	admit_cache_get(c, key_of(n), l, now, a, IPC_MAXVERIFY);
	return (a[source]);
}

ATF_TC_WITHOUT_HEAD(lifetimes);
ATF_TC_BODY(lifetimes, tc)
{
	set_up(8);
	ATF_CHECK_EQ(ADMIT_PENDING, get(1, 0, &lives));
	admit_cache_put(c, key_of(1), 0, ADMIT_YES, now);
	admit_cache_put(c, key_of(1), 7, ADMIT_NO, now);
	admit_cache_put(c, key_of(2), 0, ADMIT_FAILS, now);
	ATF_CHECK_EQ(ADMIT_YES, get(1, 0, &lives));
	ATF_CHECK_EQ(ADMIT_NO, get(1, 7, &lives));
	ATF_CHECK_EQ(ADMIT_PENDING, get(1, 1, &lives));
	ATF_CHECK_EQ(ADMIT_PENDING, get(2, 1, &lives));
	ATF_CHECK_EQ(ADMIT_PENDING, get(1, 0, &none));
	ATF_CHECK_EQ(ADMIT_PENDING, get(1, 7, &none));
	ATF_CHECK_EQ(ADMIT_FAILS, get(2, 0, &lives));
	now += SEC;
	ATF_CHECK_EQ(ADMIT_PENDING, get(2, 0, &lives));
	now += 9 * SEC - 1;
	ATF_CHECK_EQ(ADMIT_NO, get(1, 7, &lives));
	now++;
	ATF_CHECK_EQ(ADMIT_PENDING, get(1, 7, &lives));
	now += 50 * SEC - 1;
	ATF_CHECK_EQ(ADMIT_YES, get(1, 0, &lives));
	now++;
	ATF_CHECK_EQ(ADMIT_PENDING, get(1, 0, &lives));
	/* A later answer replaces it. */
	admit_cache_put(c, key_of(1), 0, ADMIT_NO, now);
	ATF_CHECK_EQ(ADMIT_NO, get(1, 0, &lives));
	ATF_CHECK_EQ(2, admit_cache_count(c));
	admit_cache_clear(c);
	ATF_CHECK_EQ(ADMIT_PENDING, get(1, 0, &lives));
	ATF_CHECK_EQ(0, admit_cache_count(c));
	admit_cache_free(c);
	admit_cache_free(NULL);
}

/* The key without an answer for the longest time leaves. */
ATF_TC_WITHOUT_HEAD(oldest);
ATF_TC_BODY(oldest, tc)
{
	set_up(2);
	admit_cache_put(c, key_of(1), 0, ADMIT_YES, now);
	admit_cache_put(c, key_of(2), 0, ADMIT_YES, now);
	admit_cache_put(c, key_of(1), 1, ADMIT_YES, now);
	admit_cache_put(c, key_of(3), 0, ADMIT_YES, now);
	ATF_CHECK_EQ(ADMIT_YES, get(1, 0, &lives));
	ATF_CHECK_EQ(ADMIT_PENDING, get(2, 0, &lives));
	ATF_CHECK_EQ(ADMIT_YES, get(3, 0, &lives));
	ATF_CHECK_EQ(2, admit_cache_count(c));
	admit_cache_free(c);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, lifetimes);
	ATF_TP_ADD_TC(tp, oldest);
	return (atf_no_error());
}
