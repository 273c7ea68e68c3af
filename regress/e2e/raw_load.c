/*
 * raw_load: cases of the raw-socket test driver: floods to clients that don't
 * read.
 */
#include <stdlib.h>
#include <string.h>

#include "raw.h"

#define PACKET		1400
#define FLOOD		(48 * 1024 * 1024)	/* bytes, of each kind */

/* Open a session whose client has a small window and never reads. */
static struct sess *
mute(void)
{
	struct tls_how how = { .rcvbuf = 4096 };

	return (sess_login_on(conn_tls(&how), NULL));
}

/* Send `count' packets, ten at a time. */
static void
send_many(struct sess *s, const uint8_t *key, unsigned int count, int disco)
{
	uint8_t frames[10 * (FRAME_HDR_LEN + FRAME_KEY_LEN + PACKET)], *p;
	unsigned int i, n;

	while (count > 0) {
		n = count < 10 ? count : 10;
		for (i = 0, p = frames; i < n; i++) {
			net_frame_put_hdr(p, FRAME_SEND_PACKET,
			    FRAME_KEY_LEN + PACKET);
			memcpy(p + FRAME_HDR_LEN, key, FRAME_KEY_LEN);
			p += FRAME_HDR_LEN + FRAME_KEY_LEN;
			if (disco)
				put_disco(p, PACKET);
			else
				memset(p, 'x', PACKET);
			p += PACKET;
		}
		conn_write(s->c, frames, (size_t)(p - frames));
		count -= n;
	}
}

/*
 * Open opt.count sessions, none of which reads, and send 48 MiB of disco
 * packets and 48 MiB of others, divided among them.
 */
void
flood(void)
{
	struct sess *s = sess_login(), **dst;
	unsigned int each = (unsigned int)(FLOOD / PACKET / opt.count);
	int i;

	if ((dst = calloc((size_t)opt.count, sizeof(*dst))) == NULL)
		fail("out of memory");
	for (i = 0; i < opt.count; i++)
		dst[i] = mute();
	for (i = 0; i < opt.count; i++) {
		send_many(s, dst[i]->pub, each, 0);
		send_many(s, dst[i]->pub, each, 1);
	}
	want_alive(s);
	report("%u packets of each kind to each of %d", each, opt.count);
	for (i = 0; i < opt.count; i++)
		sess_close(dst[i], 1);
	sess_close(s, 0);
	free(dst);
}

/* Read the next frame, a packet; return 1 if it is a disco packet. */
static int
next_is_disco(struct sess *s)
{
	struct frame *f = sess_next(s);

	if (f->type != FRAME_RECV_PACKET)
		fail("got frame type %#x, wanted a packet", f->type);
	return (net_frame_is_disco(f->p + FRAME_KEY_LEN,
	    f->len - FRAME_KEY_LEN));
}

/*
 * The kernel holds little for a client that does not read, so that a disco
 * packet overtakes nearly all others.  The client reads for a while first: by
 * then the kernel would accept more than a megabyte.
 */
void
disco_overtakes(void)
{
	struct sess *s = sess_login(), *lazy = mute();
	unsigned int i, k;

	for (i = 0; i < 20; i++) {
		send_many(s, lazy->pub, 80, 0);
		want_alive(s);
		for (k = 0; k < 20; k++)
			(void)next_is_disco(lazy);
	}
	send_many(s, lazy->pub, 1, 1);
	want_alive(s);
	for (i = 0; !next_is_disco(lazy); i++)
		;
	report("a disco packet overtook all but %u of 1200", i);
	if (i > 100)
		fail("%u packets arrived before it", i);
	sess_close(s, 0);
	sess_close(lazy, 0);
}

/* Return a session that is served; others may be at a stopped worker. */
static struct sess *
living(struct sess **s, int n)
{
	static const uint8_t data[FRAME_PING_LEN];
	struct frame *f;
	int i;

	for (i = 0; i < n; i++)
		sess_send(s[i], FRAME_PING, data, sizeof(data));
	for (i = 0; i < n; i++)
		if ((f = sess_try_next(s[i], 500)) != NULL &&
		    f->type == FRAME_PONG)
			return (s[i]);
	fail("none of %d sessions is served", n);
}

/*
 * Send 1.6 million ClosePeer for unknown keys, which go to the workers that own
 * them: tens of MiB for one that does not read.  The case waits for SIGTERM
 * first, so that a worker can be stopped.
 */
void
news_flood(void)
{
	uint8_t frames[400][FRAME_HDR_LEN + FRAME_KEY_LEN];
	struct sess *s[8], *a;
	int i;

	for (i = 0; i < 8; i++)
		s[i] = sess_login_mesh();
	for (i = 0; i < 400; i++) {
		net_frame_put_hdr(frames[i], FRAME_CLOSE_PEER, FRAME_KEY_LEN);
		/* The worker that is stopped owns some of the keys. */
		memset(frames[i] + FRAME_HDR_LEN, i % 256, FRAME_KEY_LEN);
	}
	wait_term(NULL, NULL);
	a = living(s, 8);
	for (i = 0; i < 4000; i++)
		conn_write(a->c, frames, sizeof(frames));
	want_alive(a);
	report("1.6 million orders went to the owners of the keys");
}
