/*
 * limit: see limit.h.  Called by stund.c.
 *
 * A token bucket is stored as the time up to which it is used up.  When two
 * sources share an entry, the later one owns it and the other one starts
 * afresh: the limit is then briefly too generous, never too strict.
 */
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "limit.h"

#define ENTRIES	65536		/* a power of two; 1 MiB */

struct limit_entry {
	uint64_t	 tag;		/* the whole hash, identifies the
					   owner */
	uint64_t	 full_us;	/* used up until this time */
};

struct stund_limit {
	uint64_t		 cost_us;	/* of one request */
	uint64_t		 depth_us;	/* of a full burst */
	uint8_t			 key[crypto_shorthash_KEYBYTES];
	struct limit_entry	*entries;	/* NULL: no limit */
};

struct stund_limit *
stund_limit_new(uint32_t rate, uint32_t burst)
{
	struct stund_limit *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return (NULL);
	if (rate == 0)
		return (l);
	l->cost_us = 1000000 / rate;
	if (l->cost_us == 0)
		l->cost_us = 1;
	l->depth_us = l->cost_us * (burst > 0 ? burst : 1);
	randombytes_buf(l->key, sizeof(l->key));
	if ((l->entries = calloc(ENTRIES, sizeof(*l->entries))) == NULL) {
		free(l);
		return (NULL);
	}
	return (l);
}

void
stund_limit_free(struct stund_limit *l)
{
	if (l == NULL)
		return;
	free(l->entries);
	free(l);
}

static uint64_t
hash(const struct stund_limit *l, const struct sockaddr *from)
{
	uint8_t text[9] = { 0 }, out[crypto_shorthash_BYTES];
	const struct in6_addr *a6 = NULL;
	uint64_t h;

	if (from->sa_family == AF_INET6)
		a6 = &((const struct sockaddr_in6 *)from)->sin6_addr;
	if (a6 != NULL && !IN6_IS_ADDR_V4MAPPED(a6)) {
		text[0] = 6;
		memcpy(text + 1, a6, 8);
	} else {
		text[0] = 4;
		memcpy(text + 1, a6 != NULL ? a6->s6_addr + 12 :
		    (const uint8_t *)
		    &((const struct sockaddr_in *)from)->sin_addr, 4);
	}
	crypto_shorthash(out, text, sizeof(text), l->key);
	memcpy(&h, out, sizeof(h));
	return (h);
}

int
stund_limit_allow(struct stund_limit *l, const struct sockaddr *from,
    uint64_t now_us)
{
	struct limit_entry *e;
	uint64_t h;

	if (l->entries == NULL)
		return (1);
	h = hash(l, from);
	e = &l->entries[h & (ENTRIES - 1)];
	if (e->tag != h || e->full_us < now_us) {
		e->tag = h;
		e->full_us = now_us;
	}
	if (e->full_us + l->cost_us > now_us + l->depth_us)
		return (0);
	e->full_us += l->cost_us;
	return (1);
}
