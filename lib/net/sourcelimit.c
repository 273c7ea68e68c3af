/*
 * sourcelimit: see sourcelimit.h.
 *
 * A token bucket is stored as the time up to which it is used up.  When two
 * sources share an entry, the later one owns it and the other one starts
 * afresh: the limit is then briefly too generous, never too strict.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "sourcelimit.h"

#define ENTRIES	65536		/* a power of two; 1 MiB */
#define SECOND	1000000000ULL	/* ns */

struct net_sourcelimit_entry {
	uint64_t	 tag;		/* the whole hash, identifies the
					   owner */
	uint64_t	 full_ns;	/* used up until this time */
};

struct net_sourcelimit {
	uint64_t	 cost_ns;	/* of one time */
	uint64_t	 depth_ns;	/* of a full burst */
	unsigned int	 v4, v6;	/* bits of a source */
	uint8_t		 key[crypto_shorthash_KEYBYTES];
	struct net_sourcelimit_entry *entries;	/* NULL: no limit */
};

struct net_sourcelimit *
net_sourcelimit_new(uint32_t rate, uint32_t burst, unsigned int v4,
    unsigned int v6)
{
	struct net_sourcelimit *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return (NULL);
	if (rate == 0)
		return (l);
	l->cost_ns = SECOND / rate;
	if (l->cost_ns == 0)
		l->cost_ns = 1;
	l->depth_ns = l->cost_ns * (burst > 0 ? burst : 1);
	l->v4 = v4;
	l->v6 = v6;
	randombytes_buf(l->key, sizeof(l->key));
	if ((l->entries = calloc(ENTRIES, sizeof(*l->entries))) == NULL) {
		free(l);
		return (NULL);
	}
	return (l);
}

void
net_sourcelimit_free(struct net_sourcelimit *l)
{
	if (l == NULL)
		return;
	free(l->entries);
	free(l);
}

static uint64_t
hash(const struct net_sourcelimit *l, const uint8_t addr[16])
{
	uint8_t source[16], out[crypto_shorthash_BYTES];
	uint64_t h;

	net_address_source(addr, l->v4, l->v6, source);
	crypto_shorthash(out, source, sizeof(source), l->key);
	memcpy(&h, out, sizeof(h));
	return (h);
}

int
net_sourcelimit_allow(struct net_sourcelimit *l, const uint8_t addr[16],
    uint64_t now_us)
{
	const uint64_t now_ns = now_us * 1000;
	struct net_sourcelimit_entry *e;
	uint64_t h;

	if (l->entries == NULL)
		return (1);
	h = hash(l, addr);
	e = &l->entries[h & (ENTRIES - 1)];
	if (e->tag != h || e->full_ns < now_ns) {
		e->tag = h;
		e->full_ns = now_ns;
	}
	if (e->full_ns + l->cost_ns > now_ns + l->depth_ns)
		return (0);
	e->full_ns += l->cost_ns;
	return (1);
}
