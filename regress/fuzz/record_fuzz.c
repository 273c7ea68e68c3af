/*
 * record_fuzz: any bytes as records of TLS 1.3, and any content in records that
 * are encrypted as a peer would: a byte of type, one of length, one of padding,
 * content.  The first byte says which of the two, for a server or a client.
 */
#include <stdlib.h>
#include <string.h>

#include "record.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct net_record_cache	cache;
static uint8_t			wire[NET_RECORD_WIRE + 1024];
static const uint8_t		secret[32] = "any secret will do";

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* What a read gives must be about the record and lie within it. */
static enum net_record_status
one_read(struct net_record *r, uint8_t *p, size_t n,
    struct net_record_input *in)
{
	enum net_record_status s = net_record_read(r, p, n, in);

	switch (s) {
	case NET_RECORD_MORE:
		must(in->used > n && in->used <= NET_RECORD_WIRE);
		break;
	case NET_RECORD_DATA:
		must(in->used <= n && in->len > 0 &&
		    in->len <= NET_RECORD_MAX && in->data >= p &&
		    in->data + in->len <= p + in->used);
		break;
	case NET_RECORD_NONE:
		must(in->used <= n && in->len == 0);
		break;
	case NET_RECORD_CLOSED:
	case NET_RECORD_FAILED:
		must(in->why != NULL && in->len == 0 && in->used <= n);
		must(net_record_read(r, p, n, in) == NET_RECORD_FAILED);
		break;
	}
	return (s);
}

static void
raw(struct net_record *r, const uint8_t *p, size_t n)
{
	struct net_record_input in;

	if (n > sizeof(wire))
		n = sizeof(wire);
	memcpy(wire, p, n);
	(void)one_read(r, wire, n, &in);
}

/* Encrypt content as the peer would; the bytes at `wire'. */
static size_t
seal(struct net_record *peer, uint8_t type, const uint8_t *p, size_t n,
    size_t pad)
{
	static uint8_t zeroes[256];
	struct iovec v[3] = { { (uint8_t *)(uintptr_t)p, n }, { &type, 1 },
	    { zeroes, pad } };
	uint8_t iv[NET_AEAD_IV];
	size_t len = n + 1 + pad + NET_AEAD_TAG;
	void *key = net_record_key(peer, &peer->out, iv);

	must(key != NULL);
	wire[0] = 23;
	wire[1] = wire[2] = 3;
	wire[3] = (uint8_t)(len >> 8);
	wire[4] = (uint8_t)len;
	must(cache.aead->seal(key, iv, wire, v, 3, wire + NET_RECORD_HDR) ==
	    0);
	peer->out.seq++;
	return (NET_RECORD_HDR + len);
}

static void
records(struct net_record *r, struct net_record *peer, const uint8_t *p,
    size_t n)
{
	struct net_record_input in;
	enum net_record_status s;
	uint64_t seq;
	uint8_t out[NET_RECORD_UPDATE * 2];
	size_t len;

	while (n >= 3) {
		len = p[1];
		if (len > n - 3)
			len = n - 3;
		seq = r->in.seq;
		s = one_read(r, wire, seal(peer, p[0], p + 3, len, p[2]),
		    &in);
		if (s == NET_RECORD_CLOSED || s == NET_RECORD_FAILED)
			return;
		must(s != NET_RECORD_MORE);
		if (r->in.seq != seq + 1) {
			/* A KeyUpdate ends its record, with 0 or 1. */
			must(r->in.seq == 0 && p[0] == 22 && len > 0 &&
			    p[2 + len] <= 1 && r->npart == 0);
			must(net_record_next(peer, &peer->out) == 0);
		}
		if (net_record_owes(r)) {
			must(net_record_write(r, NULL, 0, 0, out) ==
			    NET_RECORD_UPDATE);
			must(!net_record_owes(r));
		}
		p += 3 + len;
		n -= 3 + len;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_record r, peer;

	if (size == 0)
		return 0;
	if (cache.aead == NULL) {
		net_record_cache_init(&cache, net_aead_best(), 4);
		cache.limits.update_in = 4;
	}
	must(net_record_begin(&r, &cache, 0x1301, secret, secret,
	    sizeof(secret), 0, data[0] & 1) == 0);
	must(net_record_begin(&peer, &cache, 0x1301, secret, secret,
	    sizeof(secret), 0, !(data[0] & 1)) == 0);
	if (data[0] & 2)
		raw(&r, data + 1, size - 1);
	else
		records(&r, &peer, data + 1, size - 1);
	net_record_end(&r);
	net_record_end(&peer);
	return 0;
}
