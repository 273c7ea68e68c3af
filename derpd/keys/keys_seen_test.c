/*
 * keys_seen_test: which login boxes are known again, and how many.
 */
#include <atf-c.h>
#include <sodium.h>
#include <string.h>

#include "keys_seen.h"

#define SMALL	8
#define MANY	(1U << 20)

/* Add box `n' of the client; its place, or -1 - its place if it was there. */
static int64_t
add(struct keys_seen *s, uint8_t client, uint32_t n)
{
	uint8_t key[IPC_KEYLEN] = { client }, nonce[IPC_NONCELEN] = { 0 };
	uint32_t place;
	int rv;

	memcpy(nonce + sizeof(nonce) - sizeof(n), &n, sizeof(n));
	rv = keys_seen_add(s, key, nonce, &place);
	return (rv == 0 ? (int64_t)place : -1 - (int64_t)place);
}

static struct keys_seen *
new(uint32_t max)
{
	struct keys_seen *s;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((s = keys_seen_new(max)) != NULL);
	return (s);
}

/* A box is its client and its nonce. */
ATF_TC_WITHOUT_HEAD(known);
ATF_TC_BODY(known, tc)
{
	struct keys_seen *s = new(SMALL);

	ATF_CHECK_EQ(0, add(s, 1, 1));
	ATF_CHECK_EQ(-1, add(s, 1, 1));
	ATF_CHECK_EQ(1, add(s, 2, 1));
	ATF_CHECK_EQ(2, add(s, 1, 2));
	ATF_CHECK_EQ(-1, add(s, 1, 1));
	ATF_CHECK_EQ(-2, add(s, 2, 1));
	ATF_CHECK_EQ(-3, add(s, 1, 2));
	keys_seen_free(s);
}

/* Looking for a box adds nothing. */
ATF_TC_WITHOUT_HEAD(found);
ATF_TC_BODY(found, tc)
{
	static const uint8_t key[IPC_KEYLEN] = { 1 }, nonce[IPC_NONCELEN];
	struct keys_seen *s = new(SMALL);
	uint32_t place = 77;

	ATF_CHECK_EQ(0, keys_seen_find(s, key, nonce, &place));
	ATF_CHECK_EQ(0, keys_seen_find(s, key, nonce, &place));
	ATF_CHECK_EQ(77, place);
	ATF_CHECK_EQ(0, add(s, 2, 0));
	ATF_CHECK_EQ(1, add(s, 1, 0));
	ATF_CHECK_EQ(1, keys_seen_find(s, key, nonce, &place));
	ATF_CHECK_EQ(1, place);
	keys_seen_free(s);
}

/* The oldest one is forgotten, and no other; a repeated one is not renewed. */
ATF_TC_WITHOUT_HEAD(oldest);
ATF_TC_BODY(oldest, tc)
{
	struct keys_seen *s = new(SMALL);
	uint32_t i, k;

	for (i = 0; i < SMALL; i++)
		ATF_CHECK_EQ(i, add(s, 1, i));
	for (i = SMALL; i < 100 * SMALL; i++) {
		for (k = i - SMALL; k < i; k++)
			ATF_CHECK_EQ(-1 - (int64_t)(k % SMALL), add(s, 1, k));
		ATF_CHECK_EQ(i % SMALL, add(s, 1, i));
	}
	ATF_CHECK_EQ(i++ % SMALL, add(s, 1, 99 * SMALL - 1));
	ATF_CHECK_EQ(-1 - (int64_t)((99 * SMALL + 1) % SMALL),
	    add(s, 1, 99 * SMALL + 1));
	keys_seen_free(s);
}

/* As many as keys remembers, and that many more. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	struct keys_seen *s = new(MANY);
	uint32_t i;

	for (i = 0; i < 2 * MANY; i++)
		ATF_REQUIRE_EQ(i % MANY, add(s, 1, i));
	for (i = MANY; i < 2 * MANY; i++)
		ATF_REQUIRE_EQ(-1 - (int64_t)(i % MANY), add(s, 1, i));
	ATF_CHECK_EQ(0, add(s, 1, 0));
	keys_seen_free(s);
	keys_seen_free(NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, known);
	ATF_TP_ADD_TC(tp, found);
	ATF_TP_ADD_TC(tp, oldest);
	ATF_TP_ADD_TC(tp, many);
	return (atf_no_error());
}
