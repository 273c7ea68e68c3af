/*
 * bykey_test: entries by key, their order, and the bound.
 */
#include <atf-c.h>
#include <sodium.h>
#include <string.h>

#include "bykey.h"

struct numbered {
	struct admit_entry entry;
	uint32_t	 number;
};

static uint8_t key[IPC_KEYLEN];

/* Set `key' to that of client `n'; all have the same first bytes. */
static const uint8_t *
key_of(uint32_t n)
{
	memcpy(key + IPC_KEYLEN - sizeof(n), &n, sizeof(n));
	return (key);
}

static struct numbered *
add(struct admit_bykey *t, uint32_t n)
{
	struct numbered *e = admit_bykey_push(t, key_of(n));

	ATF_REQUIRE(e != NULL);
	ATF_CHECK_EQ(0, e->number);
	e->number = n;
	return (e);
}

/* The table has these entries, in this order. */
static void
check_order(const struct admit_bykey *t, const char *want)
{
	const struct numbered *e;
	char got[32] = "";
	size_t n = 0;

	for (e = admit_bykey_head(t); e != NULL; e = admit_bykey_next(e))
		got[n++] = (char)('0' + e->number);
	ATF_CHECK_STREQ(want, got);
	ATF_CHECK_EQ(n, admit_bykey_count(t));
}

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	struct admit_bykey *t;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((t = admit_bykey_new(sizeof(struct numbered), 4)) != NULL);
	check_order(t, "");
	add(t, 1);
	add(t, 2);
	add(t, 3);
	add(t, 4);
	check_order(t, "1234");
	ATF_CHECK(admit_bykey_add(t, key_of(5)) == NULL);
	admit_bykey_last(t, admit_bykey_find(t, key_of(1)));
	check_order(t, "2341");
	add(t, 5);
	check_order(t, "3415");
	ATF_CHECK(admit_bykey_find(t, key_of(2)) == NULL);
	admit_bykey_first(t, admit_bykey_find(t, key_of(1)));
	check_order(t, "1345");
	admit_bykey_remove(t, admit_bykey_find(t, key_of(4)));
	check_order(t, "135");
	ATF_CHECK(admit_bykey_add(t, key_of(6)) != NULL);
	admit_bykey_free(t);
	admit_bykey_free(NULL);
}

#define MANY	20000

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	struct admit_bykey *t;
	struct numbered *e;
	uint32_t i;

	ATF_REQUIRE(sodium_init() != -1);
	t = admit_bykey_new(sizeof(struct numbered), MANY);
	ATF_REQUIRE(t != NULL);
	for (i = 1; i <= MANY; i++)
		add(t, i);
	for (i = 1; i <= MANY; i++) {
		ATF_REQUIRE((e = admit_bykey_find(t, key_of(i))) != NULL);
		ATF_REQUIRE_EQ(i, e->number);
		if (i % 2 == 0)
			admit_bykey_remove(t, e);
	}
	for (i = 1; i <= MANY; i++)
		ATF_REQUIRE_EQ(i % 2, admit_bykey_find(t, key_of(i)) != NULL);
	ATF_CHECK_EQ(MANY / 2, admit_bykey_count(t));
	admit_bykey_free(t);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, many);
	return (atf_no_error());
}
