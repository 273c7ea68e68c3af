/*
 * soak_rnd: random numbers that the seed determines, and the keys of a run.
 */
#include <sodium.h>
#include <string.h>

#include "soak.h"

#define TABLE	1024		/* a power of two, well above NKEYS */

struct key keys[NKEYS];
static int16_t table[TABLE];	/* number of a key plus 1; 0: free */

/* SplitMix64: good enough for choices, and any seed will do. */
uint64_t
rnd_next(struct rnd *r)
{
	uint64_t z = r->s += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (z ^ z >> 31);
}

void
rnd_init(struct rnd *r, uint64_t seed, uint64_t a, uint64_t b)
{
	r->s = seed;
	r->s = rnd_next(r) ^ a;
	r->s = rnd_next(r) ^ b;
	(void)rnd_next(r);
}

uint32_t
rnd_below(struct rnd *r, uint32_t n)
{
	return ((uint32_t)((rnd_next(r) >> 32) * n >> 32));
}

int
rnd_chance(struct rnd *r, unsigned int percent)
{
	return (rnd_below(r, 100) < percent);
}

void
rnd_bytes(struct rnd *r, void *p, size_t n)
{
	uint8_t *d = p;
	uint64_t v;
	size_t k;

	for (; n > 0; d += k, n -= k) {
		v = rnd_next(r);
		k = n < sizeof(v) ? n : sizeof(v);
		memcpy(d, &v, k);
	}
}

static unsigned int
place(const uint8_t *pub)
{
	return ((unsigned int)(pub[0] << 8 | pub[1]) % TABLE);
}

void
keys_init(uint64_t seed)
{
	uint8_t secret[crypto_box_SEEDBYTES];
	unsigned int i, at;
	struct rnd r;

	for (i = 0; i < NKEYS; i++) {
		rnd_init(&r, seed, 0x6b6579, i);
		rnd_bytes(&r, secret, sizeof(secret));
		crypto_box_seed_keypair(keys[i].pub, keys[i].sec, secret);
		at = place(keys[i].pub);
		while (table[at] != 0)
			at = (at + 1) % TABLE;
		table[at] = (int16_t)(i + 1);
	}
}

int
key_find(const uint8_t pub[32])
{
	unsigned int at;

	for (at = place(pub); table[at] != 0; at = (at + 1) % TABLE)
		if (memcmp(keys[table[at] - 1].pub, pub, 32) == 0)
			return (table[at] - 1);
	return (-1);
}
