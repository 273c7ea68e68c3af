/*
 * keys_seen: see keys_seen.h.  Called by keys_ticket.c.
 *
 * A ring of hashes in order of age, chained by their low bits.  The heads of
 * the chains are spread over their memory, so there are about as many as boxes:
 * a box must not touch a page of its own.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "keys_seen.h"

struct keys_seen {
	uint8_t		 secret[crypto_shorthash_KEYBYTES];
	uint32_t	 max;
	uint32_t	 n;		/* in use */
	uint32_t	 at;		/* the next place */
	uint64_t	*hash;		/* by place */
	uint32_t	*next;		/* by place: older in its chain, plus 1;
					   0: none */
	uint32_t	*first;		/* by hash: newest in a chain, plus 1 */
	uint32_t	 nfirst;	/* a power of 2, up to max */
};

#define FIRST_LEAST	1024

struct keys_seen *
keys_seen_new(uint32_t max)
{
	struct keys_seen *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (NULL);
	s->max = max;
	s->hash = calloc(max, sizeof(*s->hash));
	s->next = calloc(max, sizeof(*s->next));
	s->nfirst = max < FIRST_LEAST ? max : FIRST_LEAST;
	s->first = calloc(s->nfirst, sizeof(*s->first));
	if (s->hash == NULL || s->next == NULL || s->first == NULL) {
		keys_seen_free(s);
		return (NULL);
	}
	randombytes_buf(s->secret, sizeof(s->secret));
	return (s);
}

void
keys_seen_free(struct keys_seen *s)
{
	if (s == NULL)
		return;
	free(s->hash);
	free(s->next);
	free(s->first);
	sodium_memzero(s, sizeof(*s));
	free(s);
}

static uint64_t
hash_of(const struct keys_seen *s, const uint8_t *client, const uint8_t *nonce)
{
	uint8_t text[IPC_KEYLEN + IPC_NONCELEN];
	uint64_t h;

	memcpy(text, client, IPC_KEYLEN);
	memcpy(text + IPC_KEYLEN, nonce, IPC_NONCELEN);
	(void)crypto_shorthash((unsigned char *)&h, text, sizeof(text),
	    s->secret);
	return (h);
}

static uint32_t *
chain(struct keys_seen *s, uint64_t h)
{
	return (&s->first[h & (s->nfirst - 1)]);
}

static void
put(struct keys_seen *s, uint32_t place, uint64_t h)
{
	s->hash[place] = h;
	s->next[place] = *chain(s, h);
	*chain(s, h) = place + 1;
}

/* Twice as many chains, if there is memory; none was forgotten so far. */
static void
grow(struct keys_seen *s)
{
	uint32_t *first = calloc((size_t)s->nfirst * 2, sizeof(*first));
	uint32_t i;

	if (first == NULL)
		return;
	free(s->first);
	s->first = first;
	s->nfirst *= 2;
	for (i = 0; i < s->n; i++)
		put(s, i, s->hash[i]);
}

/* Forget the oldest box, which is at the next place and last in its chain. */
static void
forget_oldest(struct keys_seen *s)
{
	uint32_t *link = chain(s, s->hash[s->at]);

	while (*link != s->at + 1)
		link = &s->next[*link - 1];
	*link = 0;
	s->n--;
}

/* Find the box with this hash; as keys_seen_find(). */
static int
find(struct keys_seen *s, uint64_t h, uint32_t *place)
{
	uint32_t i;

	for (i = *chain(s, h); i != 0; i = s->next[i - 1])
		if (s->hash[i - 1] == h) {
			*place = i - 1;
			return (1);
		}
	return (0);
}

int
keys_seen_find(struct keys_seen *s, const uint8_t client[IPC_KEYLEN],
    const uint8_t nonce[IPC_NONCELEN], uint32_t *place)
{
	return (find(s, hash_of(s, client, nonce), place));
}

int
keys_seen_add(struct keys_seen *s, const uint8_t client[IPC_KEYLEN],
    const uint8_t nonce[IPC_NONCELEN], uint32_t *place)
{
	uint64_t h = hash_of(s, client, nonce);

	if (find(s, h, place))
		return (-1);
	if (s->n == s->max)
		forget_oldest(s);
	else if (s->n == s->nfirst)
		grow(s);
	*place = s->at;
	put(s, s->at, h);
	s->at = (s->at + 1) & (s->max - 1);
	s->n++;
	return (0);
}
