/*
 * record_out: sent records, encrypted directly from their content; see
 * record.h.
 */
#include <string.h>

#include "record.h"

#define TYPE_ALERT	21	/* RFC 8446 5.1 */
#define TYPE_HANDSHAKE	22
#define TYPE_DATA	23
#define MSG_KEY_UPDATE	24	/* RFC 8446 4 */
#define LEVEL_WARNING	1	/* RFC 8446 6 */
#define LEVEL_FATAL	2

/* Copy smaller pieces together: a call of the backend costs more. */
#define SMALL		512
#define PIECES		64	/* of a record, for one call of the backend */

/* The caller's pieces, and how much of them is used. */
struct pieces {
	const struct iovec	*v;
	size_t			 cnt;
	size_t			 off;	/* bytes used of v[0] */
};

/* Return the next piece, of at most `max' bytes. */
static struct iovec
next(struct pieces *s, size_t max)
{
	struct iovec one;

	while (s->off == s->v->iov_len) {
		s->v++;
		s->cnt--;
		s->off = 0;
	}
	one.iov_base = (uint8_t *)s->v->iov_base + s->off;
	one.iov_len = s->v->iov_len - s->off;
	if (one.iov_len > max)
		one.iov_len = max;
	s->off += one.iov_len;
	return (one);
}

/*
 * Collect up to `n' bytes of content for the place `dst' as pieces for the
 * backend.  Return the number of pieces; *done is their bytes.
 */
static size_t
collect(struct pieces *s, size_t n, uint8_t *dst, struct iovec *v, size_t max)
{
	size_t k = 0, done = 0;
	struct iovec one;
	int copied = 0;		/* the last piece is in dst */

	while (done < n) {
		if (k + 1 >= max) {
			/* No room for more pieces: copy the rest. */
			if (!copied) {
				v[k].iov_base = dst + done;
				v[k++].iov_len = 0;
				copied = 1;
			}
			one = next(s, n - done);
			memcpy(dst + done, one.iov_base, one.iov_len);
			v[k - 1].iov_len += one.iov_len;
			done += one.iov_len;
			continue;
		}
		one = next(s, n - done);
		if (one.iov_len >= SMALL) {
			v[k++] = one;
			copied = 0;
		} else {
			memcpy(dst + done, one.iov_base, one.iov_len);
			if (!copied) {
				v[k].iov_base = dst + done;
				v[k++].iov_len = 0;
				copied = 1;
			}
			v[k - 1].iov_len += one.iov_len;
		}
		done += one.iov_len;
	}
	return (k);
}

/* Write a record with `n' bytes of content.  Return its bytes, or -1. */
static ssize_t
record(struct net_record *r, uint8_t type, struct pieces *s, size_t n,
    uint8_t *dst)
{
	struct iovec v[PIECES + 1];
	uint8_t iv[NET_AEAD_IV], *p = dst + NET_RECORD_HDR;
	size_t k, len = n + 1 + NET_AEAD_TAG;
	void *key;

	if ((key = net_record_key(r, &r->out, iv)) == NULL)
		return (-1);
	dst[0] = TYPE_DATA;
	dst[1] = 3;
	dst[2] = 3;
	dst[3] = (uint8_t)(len >> 8);
	dst[4] = (uint8_t)len;
	k = collect(s, n, p, v, PIECES);
	v[k].iov_base = &type;
	v[k++].iov_len = 1;
	if (r->cache->aead->seal(key, iv, dst, v, k, p) == -1)
		return (-1);
	r->out.seq++;
	return ((ssize_t)(NET_RECORD_HDR + len));
}

/* Write a short record of our own. */
static ssize_t
small(struct net_record *r, uint8_t type, const uint8_t *p, size_t n,
    uint8_t *dst)
{
	struct iovec v = { (uint8_t *)(uintptr_t)p, n };
	struct pieces s = { &v, 1, 0 };

	return (record(r, type, &s, n, dst));
}

int
net_record_owes(const struct net_record *r)
{
	return (!r->ended && (r->owe_update || (r->want_ask && !r->quiet)));
}

/*
 * Write a KeyUpdate if one is due: the peer requested one, we want the peer to
 * update its keys, or, if more output follows, our keys have reached their
 * limit.
 */
static ssize_t
update(struct net_record *r, int more, uint8_t *dst)
{
	int ask = r->want_ask && !r->quiet;
	uint8_t msg[5] = { MSG_KEY_UPDATE, 0, 0, 1, (uint8_t)ask };
	ssize_t n;

	if (!net_record_owes(r) &&
	    (!more || r->out.seq < r->cache->limits.update_out))
		return (0);
	if ((n = small(r, TYPE_HANDSHAKE, msg, sizeof(msg), dst)) == -1 ||
	    net_record_next(r, &r->out) == -1)
		return (-1);
	if (ask) {
		r->asked = 1;
		r->want_ask = 0;
	}
	r->owe_update = 0;
	return (n);
}

size_t
net_record_room(const struct net_record *r, size_t n)
{
	size_t records = (n + r->out_max - 1) / r->out_max;

	/* One KeyUpdate that is owed, and one for each `update_out' records. */
	return (n + records * NET_RECORD_OVERHEAD + NET_RECORD_UPDATE *
	    (2 + records / (size_t)r->cache->limits.update_out));
}

ssize_t
net_record_write(struct net_record *r, const struct iovec *v, size_t cnt,
    size_t n, uint8_t *dst)
{
	struct pieces s = { v, cnt, 0 };
	uint8_t *p = dst;
	ssize_t k;
	size_t m;

	if (r->ended)
		return (-1);
	for (;;) {
		if ((k = update(r, n > 0, p)) == -1)
			break;
		p += k;
		if (n == 0)
			return (p - dst);
		m = n < r->out_max ? n : r->out_max;
		if ((k = record(r, TYPE_DATA, &s, m, p)) == -1)
			break;
		p += k;
		n -= m;
	}
	r->ended = 1;
	return (-1);
}

ssize_t
net_record_alert(struct net_record *r, enum net_alert a, uint8_t *dst)
{
	uint8_t msg[2] = { a == NET_ALERT_CLOSE_NOTIFY ||
	    a == NET_ALERT_USER_CANCELED ? LEVEL_WARNING : LEVEL_FATAL,
	    (uint8_t)a };

	if (r->ended)
		return (-1);
	r->ended = 1;
	return (small(r, TYPE_ALERT, msg, sizeof(msg), dst));
}
