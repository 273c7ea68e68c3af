/*
 * load_packet: test packets.  Each begins with its number and the time when it
 * was sent, in this machine's byte order; the rest is filler.
 * Keeps the times that were noted.  Called by load_modes.c, load_memory.c,
 * load_burst.c and load_logintime.c; uses the connection through load_conn.c
 * alone.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

#define FRAME_MAX	(1 << 20)

struct packet {
	const uint8_t	*src;		/* key */
	const uint8_t	*p;
	size_t		 len;
};

static uint8_t	 frame[HEADLEN + KEYLEN + PACKET_MAX];
static double	*times;			/* round trips or logins, seconds */
static size_t	 ntimes, captimes;
static int	 sorted;

static uint8_t
filler(uint64_t seq, size_t i)
{
	return ((uint8_t)(seq * 31 + i * 7 + (i >> 8)));
}

static void
send_frame(struct load_conn *c, const struct load_conn *dst, size_t size)
{
	frame[0] = F_SEND;
	be32_put(frame + 1, (uint32_t)(KEYLEN + size));
	memcpy(frame + HEADLEN, dst->pk, KEYLEN);
	conn_write(c, frame, HEADLEN + KEYLEN + size);
}

void
packet_send(struct load_conn *c, const struct load_conn *dst, size_t size,
    int pattern)
{
	uint8_t	*p = frame + HEADLEN + KEYLEN;
	double	 t = now();
	size_t	 i;

	c->nextseq++;
	memcpy(p, &c->nextseq, sizeof(c->nextseq));
	memcpy(p + 8, &t, sizeof(t));
	if (pattern)
		for (i = PACKET_MIN; i < size; i++)
			p[i] = filler(c->nextseq, i);
	send_frame(c, dst, size);
	c->sent++;
}

/*
 * The next packet in in[] from *off on: 1, or 0 when none is whole.  Other
 * frames are skipped.
 */
static int
next_packet(struct load_conn *c, size_t *off, struct packet *pkt)
{
	uint8_t		*f;
	uint32_t	 n;

	while (c->inlen - *off >= HEADLEN) {
		f = c->in + *off;
		if ((n = be32_get(f + 1)) > FRAME_MAX)
			errx(1, "a frame of %u bytes", n);
		if (c->inlen - *off < HEADLEN + n)
			break;
		*off += HEADLEN + n;
		if (f[0] != F_RECV || n < KEYLEN + PACKET_MIN)
			continue;
		pkt->src = f + HEADLEN;
		pkt->p = f + HEADLEN + KEYLEN;
		pkt->len = n - KEYLEN;
		return (1);
	}
	if (*off > 0)
		conn_eat(c, *off);
	return (0);
}

static int
is_whole(const struct load_conn *c, const struct packet *pkt, uint64_t seq)
{
	size_t	i;

	if (memcmp(pkt->src, c->peer->pk, KEYLEN) != 0)
		return (0);
	for (i = PACKET_MIN; i < pkt->len; i++)
		if (pkt->p[i] != filler(seq, i))
			return (0);
	return (1);
}

void
packet_count(struct load_conn *c, int check)
{
	struct packet	 pkt;
	uint64_t	 seq;
	size_t		 off = 0;

	while (next_packet(c, &off, &pkt)) {
		c->rcvd++;
		c->rbytes += pkt.len;
		memcpy(&seq, pkt.p, sizeof(seq));
		if (seq <= c->lastseq)
			c->reorder++;
		c->lastseq = seq;
		if (check && !is_whole(c, &pkt, seq))
			c->bad++;
	}
}

void
packet_echo(struct load_conn *c, const struct load_conn *dst)
{
	struct packet	 pkt;
	size_t		 off = 0;

	while (next_packet(c, &off, &pkt)) {
		if (pkt.len > PACKET_MAX)
			errx(1, "a packet of %zu bytes", pkt.len);
		memcpy(frame + HEADLEN + KEYLEN, pkt.p, pkt.len);
		send_frame(c, dst, pkt.len);
		if (conn_flush(c) == -1)
			errx(1, "the far end's connection broke");
	}
}

void
packet_note(double secs)
{
	double	*p;

	if (ntimes == captimes) {
		captimes = captimes == 0 ? 65536 : captimes * 2;
		p = reallocarray(times, captimes, sizeof(*times));
		if (p == NULL)
			err(1, "%zu times", captimes);
		times = p;
	}
	times[ntimes++] = secs;
}

void
packet_forget(void)
{
	ntimes = 0;
	sorted = 0;
}

size_t
packet_count_times(void)
{
	return (ntimes);
}

void
packet_time(struct load_conn *c)
{
	struct packet	 pkt;
	double		 t;
	size_t		 off = 0;

	while (next_packet(c, &off, &pkt)) {
		memcpy(&t, pkt.p + 8, sizeof(t));
		packet_note(now() - t);
		c->rcvd++;
	}
}

static int
by_size(const void *a, const void *b)
{
	double	x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return ((x > y) - (x < y));
}

double
packet_percentile(double share)
{
	size_t	i;

	if (ntimes == 0)
		return (0);
	if (!sorted) {
		qsort(times, ntimes, sizeof(*times), by_size);
		sorted = 1;
	}
	i = (size_t)((double)ntimes * share);
	return (times[i < ntimes ? i : ntimes - 1] * 1e6);
}
