/*
 * keyset: TLS private keys by their hashes; see keyset.h.
 */
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "keyhash.h"
#include "keyset.h"

/* Free a key, which zeroes it. */
static void
forget(struct base_key *k)
{
	EVP_PKEY_CTX_free(k->ctx);
	EVP_PKEY_free(k->pkey);
}

struct base_key *
base_keyset_find(const struct base_keyset *s,
    const uint8_t hash[IPC_KEYHASH_LEN])
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (memcmp(s->v[i].hash, hash, IPC_KEYHASH_LEN) == 0)
			return (&s->v[i]);
	return (NULL);
}

/* Return the place for a key of this hash, empty; NULL when out of memory. */
static struct base_key *
place(struct base_keyset *s, const uint8_t hash[IPC_KEYHASH_LEN])
{
	struct base_key *k;

	if ((k = base_keyset_find(s, hash)) != NULL) {
		forget(k);
		return (k);
	}
	if ((k = reallocarray(s->v, s->n + 1, sizeof(*s->v))) == NULL)
		return (NULL);
	s->v = k;
	return (&s->v[s->n++]);
}

int
base_keyset_add(struct base_keyset *s, EVP_PKEY *pkey,
    uint8_t hash[IPC_KEYHASH_LEN])
{
	struct base_key *k;

	if (base_keyhash_pkey(pkey, hash) == -1 ||
	    (k = place(s, hash)) == NULL) {
		EVP_PKEY_free(pkey);
		ERR_clear_error();
		return (-1);
	}
	memset(k, 0, sizeof(*k));
	memcpy(k->hash, hash, IPC_KEYHASH_LEN);
	k->pkey = pkey;
	return (0);
}

static int
is_listed(const uint8_t *hash, const uint8_t *hashes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (memcmp(hash, hashes + i * IPC_KEYHASH_LEN,
		    IPC_KEYHASH_LEN) == 0)
			return (1);
	return (0);
}

void
base_keyset_retain(struct base_keyset *s, const uint8_t *hashes, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < s->n; i++) {
		if (is_listed(s->v[i].hash, hashes, n))
			s->v[kept++] = s->v[i];
		else
			forget(&s->v[i]);
	}
	s->n = kept;
}
