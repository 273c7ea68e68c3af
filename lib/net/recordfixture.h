/*
 * recordfixture: For the tests of record.h: hexadecimal bytes, reproducible
 * random numbers, and two connections to each other.
 */
#ifndef RECORDFIXTURE_H
#define RECORDFIXTURE_H

#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

#define WIRE_SIZE	(1024 * 1024)

/* Decode `hex', which may contain blanks, to `p'.  Returns the length. */
static inline size_t
unhex(const char *hex, uint8_t *p)
{
	size_t n = 0;
	unsigned int v;
	char d[3] = "";

	for (;;) {
		hex += strspn(hex, " \n");
		if (*hex == '\0')
			return (n);
		memcpy(d, hex, 2);
		v = (unsigned int)strtoul(d, NULL, 16);
		p[n++] = (uint8_t)v;
		hex += 2;
	}
}

/* Make a cache with backend `i'.  Returns 0 if this CPU or build has none. */
static inline int
cache_of(struct net_record_cache *c, size_t i, size_t max)
{
	const struct net_aead *a = net_aead_get(i);

	if (a == NULL || a->setup() == -1)
		return (0);
	net_record_cache_init(c, a, max);
	return (1);
}

/* Begin both ends of a connection with secrets derived from `seed'. */
static inline void
pair(struct net_record *server, struct net_record_cache *sc,
    struct net_record *client, struct net_record_cache *cc, uint16_t suite,
    uint8_t seed)
{
	uint8_t up[NET_RECORD_SECRET], down[NET_RECORD_SECRET];
	size_t len = suite == 0x1302 ? 48 : 32;

	memset(up, seed, sizeof(up));
	memset(down, ~seed, sizeof(down));
	ATF_REQUIRE_EQ(net_record_begin(server, sc, suite, up, down, len, 0,
	    0), 0);
	ATF_REQUIRE_EQ(net_record_begin(client, cc, suite, down, up, len, 0,
	    1), 0);
}

/*
 * Encrypt `n' bytes of content of `type' and `pad' zeroes to `dst', without the
 * checks of record.h, for records that must be refused.  Returns the number of
 * bytes.
 */
static inline size_t
forge(struct net_record *r, uint8_t type, const void *p, size_t n, size_t pad,
    uint8_t *dst)
{
	static uint8_t zeroes[NET_RECORD_MAX * 2];
	struct iovec v[3] = { { (void *)(uintptr_t)p, n }, { &type, 1 },
	    { zeroes, pad } };
	uint8_t iv[NET_AEAD_IV];
	size_t len = n + 1 + pad + NET_AEAD_TAG;
	void *key = net_record_key(r, &r->out, iv);

	ATF_REQUIRE(key != NULL);
	dst[0] = 23;
	dst[1] = dst[2] = 3;
	dst[3] = (uint8_t)(len >> 8);
	dst[4] = (uint8_t)len;
	ATF_REQUIRE_EQ(r->cache->aead->seal(key, iv, dst, v, 3,
	    dst + NET_RECORD_HDR), 0);
	r->out.seq++;
	return (NET_RECORD_HDR + len);
}

/* Write one piece to `dst'.  Returns the number of bytes. */
static inline size_t
put(struct net_record *r, const void *p, size_t n, uint8_t *dst)
{
	struct iovec v = { (void *)(uintptr_t)p, n };
	ssize_t k = net_record_write(r, &v, 1, n, dst);

	ATF_REQUIRE(k >= 0);
	ATF_REQUIRE((size_t)k <= net_record_room(r, n));
	return ((size_t)k);
}

#endif
