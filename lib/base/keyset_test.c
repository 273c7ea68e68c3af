/*
 * keyset_test: keys are found by their hashes, replaced, and dropped.
 */
#include <atf-c.h>
#include <string.h>

#include "keymake.h"
#include "keyset.h"

ATF_TC_WITHOUT_HEAD(set);
ATF_TC_BODY(set, tc)
{
	struct base_keyset s = { NULL, 0 };
	uint8_t hash[3][IPC_KEYHASH_LEN] = { { 0 } }, again[IPC_KEYHASH_LEN];
	EVP_PKEY *pkey[3];
	struct base_key *k;
	int i;

	ATF_CHECK(base_keyset_find(&s, hash[0]) == NULL);
	for (i = 0; i < 3; i++) {
		pkey[i] = base_test_make(EVP_PKEY_EC, NID_X9_62_prime256v1);
		ATF_REQUIRE_EQ(0, base_keyset_add(&s, pkey[i], hash[i]));
	}
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE((k = base_keyset_find(&s, hash[i])) != NULL);
		ATF_CHECK(k->pkey == pkey[i]);
		ATF_CHECK(k->ctx == NULL);
	}
	/* The same key once more takes the place of the old one. */
	ATF_REQUIRE((k = base_keyset_find(&s, hash[1])) != NULL);
	ATF_REQUIRE((k->ctx = EVP_PKEY_CTX_new(pkey[1], NULL)) != NULL);
	ATF_REQUIRE_EQ(1, EVP_PKEY_up_ref(pkey[1]));
	ATF_REQUIRE_EQ(0, base_keyset_add(&s, pkey[1], again));
	ATF_CHECK(memcmp(hash[1], again, sizeof(again)) == 0);
	ATF_CHECK_EQ(3, s.n);
	ATF_REQUIRE((k = base_keyset_find(&s, hash[1])) != NULL);
	ATF_CHECK(k->pkey == pkey[1] && k->ctx == NULL);

	base_keyset_retain(&s, hash[1], 2);
	ATF_CHECK_EQ(2, s.n);
	ATF_CHECK(base_keyset_find(&s, hash[0]) == NULL);
	ATF_CHECK(base_keyset_find(&s, hash[1]) != NULL);
	ATF_CHECK(base_keyset_find(&s, hash[2]) != NULL);
	base_keyset_retain(&s, NULL, 0);
	ATF_CHECK_EQ(0, s.n);
	ATF_CHECK(base_keyset_find(&s, hash[2]) == NULL);
}

/* A key of another kind has no hash. */
ATF_TC_WITHOUT_HEAD(other_kind);
ATF_TC_BODY(other_kind, tc)
{
	struct base_keyset s = { NULL, 0 };
	uint8_t hash[IPC_KEYHASH_LEN];

	ATF_CHECK_EQ(-1, base_keyset_add(&s, base_test_make(EVP_PKEY_ED25519,
	    0), hash));
	ATF_CHECK_EQ(0, s.n);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, set);
	ATF_TP_ADD_TC(tp, other_kind);
	return (atf_no_error());
}
