/*
 * linkout: what goes to a relay; see linkpriv.h.  Called by workerlink.c,
 * linkin.c and workernode.c.
 *
 * A batch of frames becomes a few records, which are given to the socket by one
 * send.  The kernel gets no more than it may hold unsent, so that packets wait
 * in the queue, where the oldest are dropped.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif
#include <errno.h>
#include <string.h>

#include "linkpriv.h"

void
worker_link_control(struct worker_link *l, const uint8_t *p, size_t n)
{
	/* A relay that pings without end gets as many answers as fit. */
	if (n > sizeof(l->control) - l->control_len)
		return;
	memcpy(l->control + l->control_len, p, n);
	l->control_len += n;
}

/* The bytes that the kernel holds unsent, 0 where it does not tell. */
static size_t
unsent(const struct worker_link *l)
{
#ifdef SIOCOUTQNSD
	int n;

	if (ioctl(l->fd, SIOCOUTQNSD, &n) == 0 && n > 0)
		return ((size_t)n);
#else
	(void)l;
#endif
	return (0);
}

uint64_t
worker_link_acked(const struct worker_link *l)
{
#ifdef SIOCOUTQ
	int n;

	if (ioctl(l->fd, SIOCOUTQ, &n) == 0 && n > 0)
		return (l->given - (uint64_t)n);
#endif
	return (l->given);
}

/* Wait until the socket has room. */
static void
block(struct worker_link *l)
{
	l->blocked = 1;
	if (event_add(&l->writable, NULL) == -1)
		worker_link_fail(l, "out of memory");
}

/*
 * Give `n' bytes of records to the socket.  Returns the bytes that it took, or
 * -1: the link ends.
 */
static ssize_t
give(struct worker_link *l, const uint8_t *p, size_t n)
{
	ssize_t k;

	do
		k = send(l->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (k == -1 && errno == EINTR);
	if (k == -1) {
		if (errno != EAGAIN && errno != EWOULDBLOCK &&
		    errno != ENOBUFS) {
			worker_link_fail(l, strerror(errno));
			return (-1);
		}
		k = 0;
	}
	l->given += (uint64_t)k;
	l->unsent += (size_t)k;
	return (k);
}

/* The same for plain bytes through libtls. */
static ssize_t
give_tls(struct worker_link *l, const uint8_t *p, size_t n)
{
	size_t done;
	ssize_t k;

	for (done = 0; done < n; done += (size_t)k) {
		k = net_transport_write(l->tls, p + done, n - done);
		if (k == -1) {
			worker_link_fail(l, l->tls->why);
			return (-1);
		}
		if (k < 0)
			break;
	}
	l->given += done;
	return ((ssize_t)done);
}

/* Give `n' bytes to the socket, and keep what it does not take. */
static void
give_or_keep(struct worker_link *l, const uint8_t *p, size_t n)
{
	ssize_t k = l->rec != NULL ? give(l, p, n) : give_tls(l, p, n);

	if (k == -1 || (size_t)k == n)
		return;
	l->rest_done = 0;
	if (worker_link_keep(&l->rest, p + k, n - (size_t)k) == -1)
		worker_link_fail(l, "out of memory");
	else
		block(l);
}

/* Give what was kept.  Returns 1: nothing is left; 0. */
static int
give_rest(struct worker_link *l)
{
	struct worker_link_bytes *b = &l->rest;
	const uint8_t *p = b->p + l->rest_done;
	ssize_t k;

	if (b->len == 0)
		return (1);
	k = l->rec != NULL ? give(l, p, b->len - l->rest_done) :
	    give_tls(l, p, b->len - l->rest_done);
	if (k == -1)
		return (0);
	l->rest_done += (size_t)k;
	if (l->rest_done < b->len) {
		block(l);
		return (0);
	}
	b->len = 0;
	return (1);
}

/* Does the kernel hold enough? */
static int
is_full(struct worker_link *l)
{
	if (l->rec == NULL || l->unsent < WORKER_UNSENT / 2)
		return (0);
	l->unsent = unsent(l);
	return (l->unsent >= WORKER_UNSENT);
}

static void
add_piece(struct iovec *v, size_t *cnt, void *p, size_t n)
{
	if (n == 0)
		return;
	v[*cnt].iov_base = p;
	v[(*cnt)++].iov_len = n;
}

/*
 * Gather the next batch in v, which has room for 3 pieces.  Returns its bytes;
 * *cnt is the number of pieces.
 */
static size_t
gather(struct worker_link *l, struct iovec *v, size_t *cnt, uint64_t now)
{
	unsigned int packets;
	struct iovec w[2];
	size_t n;

	n = worker_outqueue_take(l->queue, WORKER_LINK_BATCH - l->control_len,
	    now, w, &packets);
	*cnt = 0;
	add_piece(v, cnt, l->control, l->control_len);
	if (packets > 0) {
		add_piece(v, cnt, w[0].iov_base, w[0].iov_len);
		add_piece(v, cnt, w[1].iov_base, w[1].iov_len);
		l->counts.tx_packets += packets;
		l->counts.tx_bytes += n -
		    packets * (size_t)(FRAME_HDR_LEN + FRAME_KEY_LEN);
		l->last_packet = now;
		if (l->unanswered == 0)
			l->unanswered = now;
	}
	return (n + l->control_len);
}

/* Copy the pieces to one place, for libtls. */
static void
flatten(uint8_t *dst, const struct iovec *v, size_t cnt)
{
	for (; cnt > 0; cnt--, v++) {
		memcpy(dst, v->iov_base, v->iov_len);
		dst += v->iov_len;
	}
}

/* Send a batch.  Returns 1, or 0: there was none. */
static int
send_batch(struct worker_link *l, uint64_t now)
{
	const int owes = l->rec != NULL && net_record_owes(l->rec);
	uint8_t *wire = l->shared->wire;
	struct iovec v[3];
	size_t cnt, n;
	ssize_t k;

	n = gather(l, v, &cnt, now);
	if (n == 0 && !owes)
		return (0);
	if (l->rec == NULL) {
		flatten(wire, v, cnt);
		k = (ssize_t)n;
	} else
		k = net_record_write(l->rec, v, cnt, n, wire);
	l->control_len = 0;
	if (k == -1) {
		worker_link_fail(l, "the TLS keys of the connection are used "
		    "up");
		return (0);
	}
	give_or_keep(l, wire, (size_t)k);
	if (l->pinged != 0 && l->ping_end == 0)
		l->ping_end = l->given + l->rest.len;
	return (1);
}

void
worker_link_flush(struct worker_link *l, uint64_t now)
{
	if (l->dead || l->blocked)
		return;
	if (give_rest(l))
		while (!l->dead && !l->blocked) {
			if (is_full(l))
				block(l);
			else if (!send_batch(l, now))
				break;
		}
	/* What waited for the login has been sent. */
	if (l->queue->n == 0)
		l->queue->max_ms = WORKER_QUEUE_MS;
}

void
worker_link_writable(struct worker_link *l, uint64_t now)
{
	l->blocked = 0;
	/* A socket that was reset is writable, but keeps its unsent bytes. */
	if (give_rest(l))
		(void)send_batch(l, now);
	worker_link_flush(l, now);
}

void
worker_link_alert(struct worker_link *l, enum net_alert a)
{
	uint8_t alert[NET_RECORD_ALERT];
	ssize_t n;

	if (l->rec != NULL && l->rest.len == 0 &&
	    (n = net_record_alert(l->rec, a, alert)) > 0)
		(void)send(l->fd, alert, (size_t)n, MSG_NOSIGNAL |
		    MSG_DONTWAIT);
}
