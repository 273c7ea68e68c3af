/*
 * bridge_derp: an end of DERP clients, one with the key of each peer, which
 * exchange packets with the near end's key.  Called by bridge_end.c.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "bridgeload.h"

#define FRAME_MAX	(1 << 20)

void
bridge_derp_open(struct bridge_load *l, struct bridge_end *e)
{
	struct load_conn key;
	uint8_t sk[KEYLEN];
	unsigned int i;

	e->fd = -1;
	bridge_key(0, e->near, sk);
	if ((e->conns = calloc(e->nclients, sizeof(*e->conns))) == NULL)
		err(1, "memory");
	memset(&key, 0, sizeof(key));
	for (i = 0; i < e->nclients; i++) {
		bridge_key(e->number == 0 ? 0 : i + 1, key.pk, key.sk);
		conn_dial(&e->conns[i], &l->relay, &key);
	}
	if (e->number == 0)
		bridge_key(1, e->near, sk);
}

void
bridge_derp_send(struct bridge_end *e, unsigned int peer, const uint8_t *p,
    size_t n)
{
	static uint8_t frame[HEADLEN + KEYLEN + BRIDGE_ROOM];

	frame[0] = F_SEND;
	be32_put(frame + 1, (uint32_t)(KEYLEN + n));
	memcpy(frame + HEADLEN, e->near, KEYLEN);
	memcpy(frame + HEADLEN + KEYLEN, p, n);
	conn_write(&e->conns[peer], frame, HEADLEN + KEYLEN + n);
}

void
bridge_derp_flush(struct bridge_end *e)
{
	unsigned int i;

	for (i = 0; i < e->nclients; i++)
		if (e->conns[i].outlen > 0 && conn_flush(&e->conns[i]) == -1)
			errx(1, "the relay has closed a far client");
}

/* The frames in in[]. */
static void
take(struct bridge_end *e, unsigned int peer, struct load_conn *c)
{
	const uint8_t *f;
	size_t at = 0;
	uint32_t n;

	for (; c->inlen - at >= HEADLEN; at += HEADLEN + n) {
		f = c->in + at;
		if ((n = be32_get(f + 1)) > FRAME_MAX)
			errx(1, "a frame of %u bytes", n);
		if (c->inlen - at < HEADLEN + n)
			break;
		if (f[0] != F_RECV || n < KEYLEN)
			continue;
		if (memcmp(f + HEADLEN, e->near, KEYLEN) != 0)
			e->wrong++;
		bridge_count(e, peer, f + HEADLEN + KEYLEN, n - KEYLEN);
	}
	conn_eat(c, at);
}

void
bridge_derp_receive(struct bridge_end *e, unsigned int peer)
{
	struct load_conn *c = &e->conns[peer];
	int r;

	if ((r = conn_read(c)) == -1)
		errx(1, "the relay has closed a far client");
	if (r == 1)
		take(e, peer, c);
}
