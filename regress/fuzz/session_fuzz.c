/*
 * session_fuzz: any bytes from a client, at once and in pieces, give the same
 * calls.  The first byte is the kind of client, the second the size of a piece.
 */
#include <stdlib.h>
#include <string.h>

#include "relayconf.h"
#include "session.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct client {
	struct derp_session	 s;	/* the first member */
	int			 closed;
	uint64_t		 sum;	/* of all calls */
};

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
note(struct derp_session *s, char what, const void *p, size_t n)
{
	struct client *c = (struct client *)(void *)s;
	const uint8_t *b = p;

	must(!c->closed);
	c->sum = c->sum * 31 + (uint64_t)what + n;
	while (n-- > 0)
		c->sum = c->sum * 31 + *b++;
}

static int
on_packet(struct derp_session *s, const uint8_t *dst, const uint8_t *src,
    const uint8_t *p, size_t n)
{
	must(n <= FRAME_MAX_PACKET);
	note(s, 'd', dst, FRAME_KEY_LEN);
	note(s, 's', src, FRAME_KEY_LEN);
	note(s, 'p', p, n);
	return (dst[0] & 1 ? -1 : 0);
}

static void
on_send(struct derp_session *s, const void *p, size_t n)
{
	note(s, 'o', p, n);
}

static void
on_pong(struct derp_session *s)
{
	size_t n = conn_buf_left(&s->pongs);

	must(n > 0 && n <= PONGS_MAX * FRAME_PING_LEN);
	note(s, 'P', conn_buf_head(&s->pongs) + n - FRAME_PING_LEN,
	    FRAME_PING_LEN);
}

static void
on_activity(struct derp_session *s)
{
	note(s, 'a', NULL, 0);
}

static void
on_watch(struct derp_session *s)
{
	must(s->mesh);
	note(s, 'w', NULL, 0);
}

static void
on_close_peer(struct derp_session *s, const uint8_t *key)
{
	must(s->mesh);
	note(s, 'c', key, FRAME_KEY_LEN);
}

static void
on_wait(struct derp_session *s, uint64_t us)
{
	(void)s;		/* how often depends on the pieces */
	must(us > 0);
}

static void
on_hold(struct derp_session *s)
{
	must(s->member != NULL);
}

static void
on_close(struct derp_session *s, const char *why)
{
	note(s, 'x', why, strlen(why));
	((struct client *)(void *)s)->closed = 1;
}

static const struct derp_ops ops = {
	.packet = on_packet,
	.send = on_send,
	.pong = on_pong,
	.activity = on_activity,
	.watch = on_watch,
	.close_peer = on_close_peer,
	.wait = on_wait,
	.hold = on_hold,
	.close = on_close
};

/* All of it, `piece' bytes at a time. */
static uint64_t
run(uint8_t kind, const uint8_t *p, size_t n, size_t piece)
{
	static struct ipc_relay_conf conf;
	static struct conn_stats stats;
	static const uint64_t now = 1000000;
	static const struct derp_env env = { &ops, &conf, &now, &stats };
	struct client c;
	size_t k;

	memset(&c, 0, sizeof(c));
	c.s.env = &env;
	c.s.mesh = kind & 1;
	c.s.notified_dup = kind >> 1 & 1;
	conf.client_rate = kind & 4 ? 1000 : 0;
	conf.client_burst = 1000;
	for (; n > 0 && !c.closed; n -= k) {
		k = derp_input(&c.s, p, n < piece ? n : piece);
		must(k > 0 && k <= n);
		p += k;
	}
	derp_free(&c.s);
	return (c.sum);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole;

	if (size < 2)
		return 0;
	whole = run(data[0], data + 2, size - 2, size);
	must(whole == run(data[0], data + 2, size - 2, 1 + data[1] % 64u));
	must(whole == run(data[0], data + 2, size - 2, 1 + data[1] * 16u));
	return 0;
}
