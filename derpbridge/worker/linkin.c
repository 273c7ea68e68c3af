/*
 * linkin: what comes from a relay, which may be hostile; see linkpriv.h.
 * Called by workerlink.c.
 *
 * Records are decrypted where they were received, and packets are passed on
 * from there.  Only a frame that is cut, at the end of a record or of a read,
 * is put together in memory that is free again with the next read.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <string.h>

#include "bigendian.h"
#include "linkpriv.h"

/* Longest time that a relay may ask clients to wait, ms. */
#define RECONNECT_MAX_MS	60000

/* Copy up to `size' - 1 bytes of the relay's text, in printable characters. */
static void
copy_text(char *dst, size_t size, const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < size - 1; i++)
		dst[i] = p[i] < ' ' || p[i] > '~' ? '?' : (char)p[i];
	dst[i] = '\0';
}

/* Frames */

static void
got_recv_packet(struct worker_link *l, uint8_t *p, size_t n)
{
	n -= FRAME_KEY_LEN;
	l->counts.rx_packets++;
	l->counts.rx_bytes += n;
	l->last_packet = l->last_in;
	l->passed++;
	l->ops->packet(l, p, p + FRAME_KEY_LEN, n, l->arg);
}

/* Older relays give no reason. */
static void
got_peer_gone(struct worker_link *l, uint8_t *p, size_t n)
{
	l->ops->gone(l, p, n > FRAME_KEY_LEN ? p[FRAME_KEY_LEN] :
	    PEER_GONE_DISCONNECTED, l->arg);
}

static void
got_ping(struct worker_link *l, uint8_t *p, size_t n)
{
	uint8_t pong[FRAME_PONG_SIZE];

	(void)n;
	worker_link_control(l, pong, net_frame_put_pong(pong, p));
}

static void
got_health(struct worker_link *l, uint8_t *p, size_t n)
{
	char text[WORKER_HEALTH];

	copy_text(text, sizeof(text), p, n);
	if (strcmp(text, l->health) == 0)
		return;
	strlcpy(l->health, text, sizeof(l->health));
	l->ops->health(l, l->arg);
}

static void
got_restarting(struct worker_link *l, uint8_t *p, size_t n)
{
	const uint32_t ms = base_get32(p);

	(void)n;
	l->reconnect_ms = ms < RECONNECT_MAX_MS ? ms : RECONNECT_MAX_MS;
	worker_link_fail(l, "the relay restarts");
}

/* What means nothing but that the relay is there. */
static void
got_sign(struct worker_link *l, uint8_t *p, size_t n)
{
	(void)l;
	(void)p;
	(void)n;
}

static void
got_other(struct worker_link *l, uint8_t *p, size_t n)
{
	(void)p;
	(void)n;
	l->counts.rx_ignored++;
}

/*
 * The frames that mean something here: the bytes of a valid payload, and how
 * many of them are of use; the others are skipped.
 */
static const struct linkin_row {
	uint32_t	 least, most, used;
	void		(*got)(struct worker_link *, uint8_t *, size_t);
} rows[FRAME_TYPE_END] = {
	[FRAME_RECV_PACKET] = { FRAME_KEY_LEN, FRAME_KEY_LEN + FRAME_MAX_PACKET,
	    FRAME_KEY_LEN + FRAME_MAX_PACKET, got_recv_packet },
	[FRAME_KEEP_ALIVE] = { 0, FRAME_MAX_SERVER, 0, got_sign },
	[FRAME_PEER_GONE] = { FRAME_KEY_LEN, FRAME_MAX_SERVER,
	    FRAME_KEY_LEN + 1, got_peer_gone },
	[FRAME_PING] = { FRAME_PING_LEN, FRAME_MAX_SERVER, FRAME_PING_LEN,
	    got_ping },
	[FRAME_PONG] = { 0, FRAME_MAX_SERVER, 0, got_sign },
	[FRAME_HEALTH] = { 0, FRAME_MAX_SERVER, WORKER_HEALTH - 1,
	    got_health },
	[FRAME_RESTARTING] = { 4, FRAME_MAX_SERVER, 4, got_restarting }
};

static const struct linkin_row *
row_of(uint8_t type)
{
	static const struct linkin_row other = {
		0, FRAME_MAX_SERVER, 0, got_other
	};

	return (type < FRAME_TYPE_END && rows[type].got != NULL ?
	    &rows[type] : &other);
}

/* Check a header.  Returns how many bytes of the payload are of use, or -1. */
static ssize_t
check(struct worker_link *l, const uint8_t *hdr)
{
	const struct linkin_row *row;
	uint32_t len;
	uint8_t type;

	net_frame_get_hdr(hdr, &type, &len);
	row = row_of(type);
	if (len < row->least || len > row->most) {
		worker_link_fail(l, "the relay sent a malformed frame");
		return (-1);
	}
	return ((ssize_t)(len < row->used ? len : row->used));
}

/* Handle the frame at `p', whose `used' bytes behind the header are there. */
static void
handle(struct worker_link *l, uint8_t *p, size_t used)
{
	uint32_t len;
	uint8_t type;

	net_frame_get_hdr(p, &type, &len);
	l->skip = len - used;
	row_of(type)->got(l, p + FRAME_HDR_LEN, used);
}

/*
 * Copy up to `n' bytes at `p' to the frame that is cut, until it has `want'.
 * Returns how many.
 */
static size_t
append(struct worker_link *l, const uint8_t *p, size_t n, size_t want)
{
	size_t k = want - l->part_len;

	if (k > n)
		k = n;
	memcpy(l->part + l->part_len, p, k);
	l->part_len += k;
	l->shared->arena_len += k;
	return (k);
}

/* Continue the frame that is cut, or begin one.  Returns the bytes used. */
static size_t
collect(struct worker_link *l, const uint8_t *p, size_t n)
{
	size_t k = 0;
	ssize_t used;

	if (l->part_len == 0)
		l->part = l->shared->arena + l->shared->arena_len;
	if (l->part_len < FRAME_HDR_LEN)
		k = append(l, p, n, FRAME_HDR_LEN);
	if (l->part_len < FRAME_HDR_LEN)
		return (k);
	if ((used = check(l, l->part)) == -1)
		return (n);
	k += append(l, p + k, n - k, FRAME_HDR_LEN + (size_t)used);
	if (l->part_len < FRAME_HDR_LEN + (size_t)used)
		return (k);
	l->part_len = 0;
	handle(l, l->part, (size_t)used);
	return (k);
}

/* Handle a frame, or a part of one, of the `n' bytes at `p'. */
static size_t
one_frame(struct worker_link *l, uint8_t *p, size_t n)
{
	ssize_t used;
	size_t k;

	if (l->skip > 0) {
		k = l->skip < n ? l->skip : n;
		l->skip -= k;
		return (k);
	}
	if (l->part_len > 0 || n < FRAME_HDR_LEN)
		return (collect(l, p, n));
	if ((used = check(l, p)) == -1)
		return (n);
	if (n - FRAME_HDR_LEN < (size_t)used)
		return (collect(l, p, n));
	handle(l, p, (size_t)used);
	return (FRAME_HDR_LEN + (size_t)used);
}

static void
plain(struct worker_link *l, uint8_t *p, size_t n)
{
	size_t k;

	for (; n > 0 && !l->dead; p += k, n -= k)
		k = one_frame(l, p, n);
}

/* Records */

/* Handle one record.  Returns its bytes, 0: it is cut, or the link ends. */
static size_t
one_record(struct worker_link *l, uint8_t *p, size_t n)
{
	struct net_record_input in;

	switch (net_record_read(l->rec, p, n, &in)) {
	case NET_RECORD_MORE:
		if (worker_link_keep(&l->cut, p, n) == -1)
			worker_link_fail(l, "out of memory");
		return (0);
	case NET_RECORD_DATA:
		plain(l, in.data, in.len);
		return (in.used);
	case NET_RECORD_NONE:
		return (in.used);
	case NET_RECORD_CLOSED:
		worker_link_fail(l, "the relay closed the connection");
		return (0);
	case NET_RECORD_FAILED:
		worker_link_alert(l, in.alert);
		worker_link_fail(l, in.why);
		return (0);
	}
	return (0);
}

static void
records(struct worker_link *l, uint8_t *p, size_t n)
{
	size_t k;

	l->cut.len = 0;
	for (; n > 0 && !l->dead; p += k, n -= k)
		if ((k = one_record(l, p, n)) == 0)
			break;
}

/* The result of a read is no data: `n' 0 or -1. */
static void
no_data(struct worker_link *l, ssize_t n)
{
	if (n == 0)
		worker_link_fail(l, "the relay closed the connection");
	else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		worker_link_fail(l, strerror(errno));
}

/* The relay is there. */
static void
heard(struct worker_link *l, uint64_t now)
{
	l->last_in = now;
	l->unanswered = l->pinged = 0;
}

/* Read the socket, for records of our own. */
static void
read_records(struct worker_link *l, uint64_t now)
{
	uint8_t *p = l->shared->in + NET_RECORD_WIRE;
	ssize_t n;

	n = recv(l->fd, p, WORKER_LINK_IN, MSG_DONTWAIT);
	if (n <= 0) {
		no_data(l, n);
		return;
	}
	heard(l, now);
	/* What is kept is less than a record. */
	if (l->cut.len > 0)
		memcpy(p - l->cut.len, l->cut.p, l->cut.len);
	records(l, p - l->cut.len, l->cut.len + (size_t)n);
}

/* Read through libtls, as much as a turn gives. */
static void
read_tls(struct worker_link *l, uint64_t now)
{
	uint8_t *in = l->shared->in;
	size_t got = 0;
	ssize_t n;

	net_transport_turn(l->tls);
	do {
		n = net_transport_read(l->tls, in + got, WORKER_LINK_IN - got);
		if (n > 0)
			got += (size_t)n;
	} while (n > 0 && got < WORKER_LINK_IN);
	if (got > 0)
		heard(l, now);
	plain(l, in, got);
	if (n == 0)
		worker_link_fail(l, "the relay closed the connection");
	else if (n == -1)
		worker_link_fail(l, l->tls->why);
}

/* What came behind the login: plain bytes, then records. */
static void
read_early(struct worker_link *l)
{
	uint8_t *in = l->shared->in;
	size_t n = l->early.len;

	memcpy(in, l->early.p, n);
	worker_link_drop(&l->early);
	plain(l, in, n);
	if (l->dead || l->cut.len == 0)
		return;
	memcpy(in + n, l->cut.p, l->cut.len);
	records(l, in + n, l->cut.len);
}

/* A frame that was cut goes on in the arena. */
static void
unpack(struct worker_link *l)
{
	struct worker_links *s = l->shared;

	s->arena_len = l->part_len;
	l->part = s->arena;
	if (l->part_len > 0)
		memcpy(s->arena, l->saved.p, l->part_len);
}

void
worker_link_read(struct worker_link *l, uint64_t now)
{
	l->passed = 0;
	unpack(l);
	if (l->early.p != NULL)
		read_early(l);
	else if (l->rec != NULL)
		read_records(l, now);
	else
		read_tls(l, now);
	if (!l->dead && l->part_len > 0 &&
	    worker_link_keep(&l->saved, l->part, l->part_len) == -1)
		worker_link_fail(l, "out of memory");
	if (l->passed > 0)
		l->ops->read_over(l, l->arg);
}
