/*
 * record_save: the state of a connection's records in bytes, to be continued by
 * another process; see record.h.
 */
#include <string.h>

#include "record.h"

#define VERSION		1
#define FLAG_CLIENT	0x01
#define FLAG_OWE	0x02
#define FLAG_ASKED	0x04
#define FLAG_WANT_ASK	0x08
#define FLAGS		0x0f
#define SKIP_MAX	(1U << 24)	/* a handshake message is shorter */
#define OUT_LEAST	64		/* least maximum of RFC 8449; RFC 6066
					   has 512 */

static const uint16_t suites[] = {
	[NET_AEAD_AES128_GCM] = 0x1301,
	[NET_AEAD_AES256_GCM] = 0x1302,
	[NET_AEAD_CHACHA20_POLY1305] = 0x1303
};

static uint8_t *
put(uint8_t *p, uint64_t v, size_t n)
{
	while (n-- > 0)
		*p++ = (uint8_t)(v >> 8 * n);
	return (p);
}

static uint64_t
get(const uint8_t **p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *(*p)++;
	return (v);
}

int
net_record_save(const struct net_record *r, uint8_t dst[NET_RECORD_SAVED])
{
	uint8_t *p = dst;
	unsigned int flags = 0;

	if (r->closed || r->ended)
		return (-1);
	if (r->client)
		flags |= FLAG_CLIENT;
	if (r->owe_update)
		flags |= FLAG_OWE;
	if (r->asked)
		flags |= FLAG_ASKED;
	if (r->want_ask)
		flags |= FLAG_WANT_ASK;
	p = put(p, VERSION, 1);
	p = put(p, suites[r->alg], 2);
	p = put(p, flags, 1);
	p = put(p, r->out_max, 2);
	p = put(p, r->updates, 1);
	p = put(p, r->empties, 1);
	p = put(p, r->skip, 4);
	p = put(p, r->npart, 1);
	memcpy(p, r->part, sizeof(r->part));
	p += sizeof(r->part);
	p = put(p, r->in.seq, 8);
	p = put(p, r->out.seq, 8);
	memcpy(p, r->in.secret, NET_RECORD_SECRET);
	memcpy(p + NET_RECORD_SECRET, r->out.secret, NET_RECORD_SECRET);
	return (0);
}

int
net_record_load(struct net_record *r, struct net_record_cache *c,
    const uint8_t src[NET_RECORD_SAVED])
{
	const uint8_t *p = src, *part, *secrets;
	uint64_t version, suite, flags, out_max, updates, empties, skip, npart;
	uint64_t in_seq, out_seq;

	version = get(&p, 1);
	suite = get(&p, 2);
	flags = get(&p, 1);
	out_max = get(&p, 2);
	updates = get(&p, 1);
	empties = get(&p, 1);
	skip = get(&p, 4);
	npart = get(&p, 1);
	part = p;
	p += sizeof(r->part);
	in_seq = get(&p, 8);
	out_seq = get(&p, 8);
	secrets = p;
	if (version != VERSION || (flags & ~(uint64_t)FLAGS) != 0 ||
	    out_max < OUT_LEAST || out_max > NET_RECORD_MAX ||
	    skip >= SKIP_MAX || npart >= sizeof(r->part) ||
	    net_record_begin(r, c, (uint16_t)suite, secrets,
	    secrets + NET_RECORD_SECRET, suite == suites[NET_AEAD_AES256_GCM] ?
	    48 : 32, out_max, (flags & FLAG_CLIENT) != 0) == -1)
		return (-1);
	r->owe_update = (flags & FLAG_OWE) != 0;
	r->asked = (flags & FLAG_ASKED) != 0;
	r->want_ask = (flags & FLAG_WANT_ASK) != 0;
	r->updates = (uint8_t)updates;
	r->empties = (uint8_t)empties;
	r->skip = (uint32_t)skip;
	r->npart = (uint8_t)npart;
	memcpy(r->part, part, sizeof(r->part));
	r->in.seq = in_seq;
	r->out.seq = out_seq;
	return (0);
}
