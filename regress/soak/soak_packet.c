/*
 * soak_packet: packets that contain their sender, their receiver and a
 * checksum; and the ledger of sent packets, against which each received one is
 * checked.
 *
 *	 0  magic of disco packets, or another
 *	 6  kind: 1 disco, 0 other
 *	 8  number, counted over all clients, never 0
 *	16  the run
 *	24  slot of the sender, its generation
 *  24  slot of the sender, its generation
 *  32  key of the source, key of the destination
 *	44  CRC-32 of all others
 *	48  filler
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "soak.h"

#define LEDGER	(1U << 19)	/* packets that are recorded */

/* In the order of the bytes, without padding. */
struct head {
	uint8_t		 magic[6];
	uint16_t	 disco;
	uint64_t	 id;
	uint64_t	 run;
	uint32_t	 slot, gen;
	uint32_t	 src, dst;
	uint32_t	 len;
	uint32_t	 crc;
};

struct soak_entry {
	uint64_t	 id;
	uint32_t	 crc;
	int16_t		 src, dst;
	uint8_t		 arrived;
};

static struct soak_entry	ledger[LEDGER];
static uint64_t			last_id;

static uint32_t
checksum(const uint8_t *p, size_t n)
{
	size_t at = offsetof(struct head, crc);
	uLong c = crc32(0, p, (uInt)at);

	c = crc32(c, p + sizeof(struct head),
	    (uInt)(n - sizeof(struct head)));
	return ((uint32_t)c);
}

void
packet_make(const struct bot *b, int src, int dst, int disco, uint8_t *p,
    size_t n)
{
	struct head h = { .id = ++last_id, .run = opt.seed, .slot = b->slot,
	    .gen = b->gen, .src = (uint32_t)src, .dst = (uint32_t)dst,
	    .len = (uint32_t)n, .disco = disco != 0 };
	struct soak_entry *e = &ledger[h.id % LEDGER];
	struct rnd r;

	memcpy(h.magic, disco ? "TS\xf0\x9f\x92\xac" : "soak\0\0", 6);
	memcpy(p, &h, sizeof(h));
	rnd_init(&r, h.id, 0, 0);
	rnd_bytes(&r, p + sizeof(h), n - sizeof(h));
	h.crc = checksum(p, n);
	memcpy(p, &h, sizeof(h));
	e->id = h.id;
	e->crc = h.crc;
	e->src = (int16_t)src;
	e->dst = (int16_t)dst;
	e->arrived = 0;
	counts.sent++;
}

/* Packets from one connection to another arrive in order. */
static void
check_order(const struct bot *b, const struct head *h)
{
	struct last *l = &b->derp->last[h->slot];
	uint64_t *id = &l->id[h->disco];

	/* One of an older connection may arrive late through another worker. */
	if (h->gen < l->gen)
		return;
	if (h->gen > l->gen) {
		l->gen = h->gen;
		l->id[0] = l->id[1] = 0;
	}
	if (h->id <= *id)
		bot_fail(b, "packet %llu of slot %u is behind its packet %llu",
		    (unsigned long long)h->id, h->slot,
		    (unsigned long long)*id);
	*id = h->id;
}

void
packet_check(const struct bot *b, const uint8_t src[32], const uint8_t *p,
    size_t n)
{
	int key = key_find(src);
	struct soak_entry *e;
	struct head h;

	if (key == -1)
		bot_fail(b, "a packet of %zu bytes from an unknown key",
		    n);
	if (n < PACKET_MIN)
		bot_fail(b, "a packet of %zu bytes from key %d, which never "
		    "sent one", n, key);
	memcpy(&h, p, sizeof(h));
	if (h.run != opt.seed || h.len != n || h.crc != checksum(p, n) ||
	    h.slot >= MAX_SLOTS || h.disco > 1)
		bot_fail(b, "a packet of %zu bytes, said to be from key %d, "
		    "is none that was sent: %.40s", n, key, (const char *)p);
	e = &ledger[h.id % LEDGER];
	if (h.src != (uint32_t)key || h.dst != (uint32_t)b->derp->key)
		bot_fail(b, "packet %llu is from key %u to %u, but came from "
		    "key %d to %d", (unsigned long long)h.id, h.src, h.dst,
		    key, b->derp->key);
	counts.got++;
	check_order(b, &h);
	if (e->id != h.id) {
		if (h.id > last_id)
			bot_fail(b, "packet %llu was not sent yet",
			    (unsigned long long)h.id);
		counts.forgotten++;	/* overwritten in the ledger */
		return;
	}
	if (e->crc != h.crc || e->src != (int16_t)h.src ||
	    e->dst != (int16_t)h.dst)
		bot_fail(b, "packet %llu is not as it was sent",
		    (unsigned long long)h.id);
	if (e->arrived)
		bot_fail(b, "packet %llu arrived twice",
		    (unsigned long long)h.id);
	e->arrived = 1;
}
