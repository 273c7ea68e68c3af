/*
 * aead_test: Tests of aead.h: every backend against published vectors and
 * against the other backends.
 */
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "aead.h"
#include "recordfixture.h"

/* Allocate and expand a key for a backend. */
static void *
key_new(const struct net_aead *a, enum net_aead_alg alg, const uint8_t *raw)
{
	size_t n = (a->key_size + NET_AEAD_ALIGN - 1) / NET_AEAD_ALIGN *
	    NET_AEAD_ALIGN;
	void *k = aligned_alloc(NET_AEAD_ALIGN, n);

	ATF_REQUIRE(k != NULL);
	memset(k, 0, n);
	ATF_REQUIRE_EQ(a->expand(k, alg, raw), 0);
	return (k);
}

static const struct vector {
	enum net_aead_alg	 alg;
	const char		*key, *iv, *ad, *text, *sealed;
} vectors[] = {
	/* RFC 8448 section 3: the server's first application data record. */
	{ NET_AEAD_AES128_GCM, "9f02283b6c9c07efc26bb9f2ac92e356",
	  "cf782b88dd83549aadf1e985", "1703030043",
	  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	  "202122232425262728292a2b2c2d2e2f303117",
	  "2e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d"
	  "90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd032e167"
	  "c2955d" }
};

ATF_TC_WITHOUT_HEAD(known);
ATF_TC_BODY(known, tc)
{
	uint8_t key[32], iv[12], ad[8], text[256], want[256], got[256];
	const struct net_aead *a;
	const struct vector *x;
	struct iovec v;
	size_t i, j, n, m;
	void *k;

	(void)tc;
	for (i = 0; (a = net_aead_get(i)) != NULL; i++) {
		if (a->setup() == -1)
			continue;
		for (j = 0; j < sizeof(vectors) / sizeof(vectors[0]); j++) {
			x = &vectors[j];
			ATF_REQUIRE_EQ(unhex(x->key, key),
			    net_aead_key_len(x->alg));
			ATF_REQUIRE_EQ(unhex(x->iv, iv), NET_AEAD_IV);
			ATF_REQUIRE_EQ(unhex(x->ad, ad), NET_AEAD_AD);
			n = unhex(x->text, text);
			m = unhex(x->sealed, want);
			ATF_REQUIRE_EQ(m, n + NET_AEAD_TAG);
			k = key_new(a, x->alg, key);
			v.iov_base = text;
			v.iov_len = n;
			ATF_CHECK_EQ(a->seal(k, iv, ad, &v, 1, got), 0);
			ATF_CHECK_MSG(memcmp(got, want, m) == 0, "%s %zu",
			    a->name, j);
			ATF_CHECK_EQ(a->open(k, iv, ad, got, n), 0);
			ATF_CHECK(memcmp(got, text, n) == 0);
			a->wipe(k);
			free(k);
		}
	}
}

/* All backends give the same bytes, however the text is split into pieces. */
ATF_TC_WITHOUT_HEAD(agree);
ATF_TC_BODY(agree, tc)
{
	static uint8_t text[20000], one[20100], two[20100];
	uint8_t raw[32], iv[12], ad[5];
	const struct net_aead *a, *b = net_aead_get(0);
	enum net_aead_alg alg;
	struct iovec whole, v[8];
	size_t i, n, off, cut, round;
	void *ka, *kb;

	(void)tc;
	for (i = 0; net_aead_get(i) != NULL; i++)
		b = net_aead_get(i);		/* libcrypto */
	srandom(1);
	for (i = 0; (a = net_aead_get(i)) != NULL; i++) {
		if (a->setup() == -1)
			continue;
		for (round = 0; round < 600; round++) {
			alg = (enum net_aead_alg)(round % NET_AEAD_MAX);
			for (n = 0; n < 32; n++)
				raw[n] = (uint8_t)random();
			memcpy(iv, raw + 3, 12);
			memcpy(ad, raw + 20, 5);
			n = round < 300 ? round : (size_t)random() % 16385;
			for (off = 0; off < n; off++)
				text[off] = (uint8_t)random();
			ka = key_new(a, alg, raw);
			kb = key_new(b, alg, raw);
			whole.iov_base = text;
			whole.iov_len = n;
			ATF_REQUIRE_EQ(b->seal(kb, iv, ad, &whole, 1, two), 0);
			for (cut = off = 0; cut < 7; cut++) {
				v[cut].iov_base = text + off;
				v[cut].iov_len = n == off ? 0 :
				    (size_t)random() % (n - off + 1);
				/* In place, too. */
				if (cut % 2) {
					memcpy(one + off, text + off,
					    v[cut].iov_len);
					v[cut].iov_base = one + off;
				}
				off += v[cut].iov_len;
			}
			v[7].iov_base = text + off;
			v[7].iov_len = n - off;
			ATF_REQUIRE_EQ(a->seal(ka, iv, ad, v, 8, one), 0);
			ATF_REQUIRE_MSG(memcmp(one, two, n + NET_AEAD_TAG) ==
			    0, "%s alg %d, %zu bytes", a->name, alg, n);
			ATF_REQUIRE_EQ(a->open(ka, iv, ad, two, n), 0);
			ATF_REQUIRE(memcmp(two, text, n) == 0);
			one[(size_t)random() % (n + NET_AEAD_TAG)] ^= 0x10;
			ATF_REQUIRE_EQ(a->open(ka, iv, ad, one, n), -1);
			a->wipe(ka);
			b->wipe(kb);
			free(ka);
			free(kb);
		}
	}
}

ATF_TC_WITHOUT_HEAD(best);
ATF_TC_BODY(best, tc)
{
	(void)tc;
	ATF_REQUIRE(net_aead_best() != NULL);
	ATF_CHECK_EQ(net_aead_best()->setup(), 0);
	ATF_CHECK(net_aead_best() == net_aead_best());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, known);
	ATF_TP_ADD_TC(tp, agree);
	ATF_TP_ADD_TC(tp, best);
	return (atf_no_error());
}
