/*
 * record_key: secrets, keys and nonces of TLS 1.3 (RFC 8446 7), and the cache
 * of expanded keys; see record.h.
 */
#include <sys/mman.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

#define SLAB_KEYS	64	/* keys allocated together */
#define REST_TICKS	10	/* seconds until an unused key is freed */

/* An expanded key; the backend's part follows it. */
struct net_record_key {
	struct net_record_keyslab *slab;
	TAILQ_ENTRY(net_record_key) entry;	/* c->used, or slab->unused */
	struct net_record_dir	*owner;		/* NULL: not in use */
	uint32_t		 at;		/* tick of the last use */
	uint8_t			 iv[NET_AEAD_IV];
};

/* Pages with keys after this head. */
struct net_record_keyslab {
	LIST_ENTRY(net_record_keyslab) entry;	/* c->keyslabs, unless full */
	TAILQ_HEAD(, net_record_key) unused;
	size_t			 n;		/* keys, of which in use: */
	size_t			 nused;
	size_t			 bytes;		/* of the mapping */
};

static const struct net_record_limits default_limits = {
	.update_out = 1ULL << 23,
	.update_in = 1ULL << 23,
	.update_free = 1ULL << 16,
	.updates = 8,
	.empties = 32
};

static size_t
align(size_t n)
{
	return ((n + NET_AEAD_ALIGN - 1) / NET_AEAD_ALIGN * NET_AEAD_ALIGN);
}

static void *
backend_key(struct net_record_key *k)
{
	return ((uint8_t *)k + align(sizeof(*k)));
}

void
net_record_cache_init(struct net_record_cache *c, const struct net_aead *aead,
    size_t max)
{
	memset(c, 0, sizeof(*c));
	c->aead = aead;
	c->limits = default_limits;
	c->max = max < 2 ? 2 : max;
	c->size = align(sizeof(struct net_record_key)) +
	    align(aead->key_size);
	TAILQ_INIT(&c->used);
	LIST_INIT(&c->keyslabs);
	LIST_INIT(&c->partial);
}

static void
slab_free(struct net_record_cache *c, struct net_record_keyslab *s)
{
	LIST_REMOVE(s, entry);
	c->n -= s->n;
	(void)munmap(s, s->bytes);
}

/* Take the key from its owner.  Empty slabs except one are freed. */
static void
release(struct net_record_cache *c, struct net_record_key *k)
{
	struct net_record_keyslab *s = k->slab;

	k->owner->key = NULL;
	k->owner = NULL;
	c->aead->wipe(backend_key(k));
	explicit_bzero(k->iv, sizeof(k->iv));
	TAILQ_REMOVE(&c->used, k, entry);
	TAILQ_INSERT_HEAD(&s->unused, k, entry);
	if (s->nused-- == s->n)
		LIST_INSERT_HEAD(&c->keyslabs, s, entry);
	if (s->nused == 0 &&
	    (LIST_FIRST(&c->keyslabs) != s || LIST_NEXT(s, entry) != NULL))
		slab_free(c, s);
}

void
net_record_cache_free(struct net_record_cache *c)
{
	struct net_record_keyslab *s;
	struct net_record_key *k;

	while ((k = TAILQ_FIRST(&c->used)) != NULL)
		release(c, k);
	while ((s = LIST_FIRST(&c->keyslabs)) != NULL)
		slab_free(c, s);
	net_record_trim(c);
	memset(c, 0, sizeof(*c));
}

void
net_record_tick(struct net_record_cache *c)
{
	struct net_record_key *k;

	c->now++;
	while ((k = TAILQ_LAST(&c->used, net_record_keys)) != NULL &&
	    c->now - k->at > REST_TICKS)
		release(c, k);
}

/* Allocate more keys, excluded from core dumps. */
static struct net_record_keyslab *
grow(struct net_record_cache *c)
{
	size_t head = align(sizeof(struct net_record_keyslab)), n;
	struct net_record_keyslab *s;
	struct net_record_key *k;
	uint8_t *p;

	n = c->max - c->n < SLAB_KEYS ? c->max - c->n : SLAB_KEYS;
	if (n == 0 || (p = net_record_pages(head + n * c->size)) == NULL)
		return (NULL);
	s = (struct net_record_keyslab *)(void *)p;
	TAILQ_INIT(&s->unused);
	s->n = n;
	s->bytes = head + n * c->size;
	for (p += head; n > 0; n--, p += c->size) {
		k = (struct net_record_key *)(void *)p;
		k->slab = s;
		TAILQ_INSERT_TAIL(&s->unused, k, entry);
	}
	c->n += s->n;
	LIST_INSERT_HEAD(&c->keyslabs, s, entry);
	return (s);
}

/* Return an unused key, or the least recently used one. */
static struct net_record_key *
pick(struct net_record_cache *c)
{
	struct net_record_keyslab *s = LIST_FIRST(&c->keyslabs);
	struct net_record_key *k;

	if (s == NULL && (s = grow(c)) == NULL) {
		if ((k = TAILQ_LAST(&c->used, net_record_keys)) == NULL)
			return (NULL);
		s = k->slab;
		release(c, k);
	}
	k = TAILQ_FIRST(&s->unused);
	TAILQ_REMOVE(&s->unused, k, entry);
	TAILQ_INSERT_HEAD(&c->used, k, entry);
	if (++s->nused == s->n)
		LIST_REMOVE(s, entry);
	return (k);
}

int
net_record_expand(uint8_t *out, size_t len, const uint8_t *secret,
    size_t hash_len, const char *label)
{
	const EVP_MD *md = hash_len == 48 ? EVP_sha384() : EVP_sha256();
	uint8_t info[2 + 1 + 6 + 32 + 1 + 1], mac[EVP_MAX_MD_SIZE];
	size_t n = strlen(label);
	unsigned int mac_len;
	int ok;

	if (len > hash_len || n > 32)
		return (-1);
	/* struct HkdfLabel, and the counter of HKDF's first block. */
	info[0] = 0;
	info[1] = (uint8_t)len;
	info[2] = (uint8_t)(6 + n);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, n);
	info[9 + n] = 0;
	info[10 + n] = 1;
	ok = HMAC(md, secret, (int)hash_len, info, 11 + n, mac,
	    &mac_len) != NULL && mac_len == hash_len;
	if (ok)
		memcpy(out, mac, len);
	explicit_bzero(mac, sizeof(mac));
	return (ok ? 0 : -1);
}

static int
expand(struct net_record *r, struct net_record_dir *d,
    struct net_record_key *k)
{
	uint8_t raw[NET_AEAD_KEY];
	int rv = -1;

	if (net_record_expand(raw, net_aead_key_len(r->alg), d->secret,
	    r->hash_len, "key") == 0 &&
	    net_record_expand(k->iv, sizeof(k->iv), d->secret, r->hash_len,
	    "iv") == 0 &&
	    r->cache->aead->expand(backend_key(k), r->alg, raw) == 0)
		rv = 0;
	explicit_bzero(raw, sizeof(raw));
	return (rv);
}

void *
net_record_key(struct net_record *r, struct net_record_dir *d,
    uint8_t iv[NET_AEAD_IV])
{
	struct net_record_cache *c = r->cache;
	struct net_record_key *k = d->key;
	unsigned int i;

	if (k == NULL) {
		if ((k = pick(c)) == NULL)
			return (NULL);
		k->owner = d;
		d->key = k;
		if (expand(r, d, k) == -1) {
			release(c, k);
			return (NULL);
		}
	}
	k->at = c->now;
	if (k != TAILQ_FIRST(&c->used)) {
		TAILQ_REMOVE(&c->used, k, entry);
		TAILQ_INSERT_HEAD(&c->used, k, entry);
	}
	memcpy(iv, k->iv, NET_AEAD_IV);
	for (i = 0; i < 8; i++)
		iv[NET_AEAD_IV - 1 - i] ^= (uint8_t)(d->seq >> 8 * i);
	return (backend_key(k));
}

/* Release the expanded key, if there is one. */
static void
drop(struct net_record *r, struct net_record_dir *d)
{
	if (d->key != NULL)
		release(r->cache, d->key);
}

int
net_record_next(struct net_record *r, struct net_record_dir *d)
{
	uint8_t next[NET_RECORD_SECRET];
	int rv;

	rv = net_record_expand(next, r->hash_len, d->secret, r->hash_len,
	    "traffic upd");
	if (rv == 0) {
		memcpy(d->secret, next, r->hash_len);
		d->seq = 0;
		drop(r, d);
	}
	explicit_bzero(next, sizeof(next));
	return (rv);
}

int
net_record_begin(struct net_record *r, struct net_record_cache *c,
    uint16_t suite, const uint8_t *in, const uint8_t *out, size_t len,
    size_t out_max, int client)
{
	static const struct {
		uint16_t		suite;
		enum net_aead_alg	alg;
		uint8_t			hash_len;
	} suites[] = {
		{ 0x1301, NET_AEAD_AES128_GCM, 32 },
		{ 0x1302, NET_AEAD_AES256_GCM, 48 },
		{ 0x1303, NET_AEAD_CHACHA20_POLY1305, 32 }
	};
	size_t i;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (suites[i].suite == suite)
			break;
	if (i == sizeof(suites) / sizeof(suites[0]) ||
	    len != suites[i].hash_len)
		return (-1);
	r->cache = c;
	r->alg = (uint8_t)suites[i].alg;
	r->hash_len = suites[i].hash_len;
	memcpy(r->in.secret, in, len);
	memcpy(r->out.secret, out, len);
	r->out_max = out_max == 0 || out_max > NET_RECORD_MAX ?
	    NET_RECORD_MAX : (uint16_t)out_max;
	r->client = client != 0;
	return (0);
}

void
net_record_forgive(struct net_record *r)
{
	if (r->updates > 0)
		r->updates--;
}

void
net_record_end(struct net_record *r)
{
	if (r->cache != NULL) {
		drop(r, &r->in);
		drop(r, &r->out);
	}
	explicit_bzero(r, sizeof(*r));
}
