/*
 * link: the streams between the workers of one service; see link.h.
 *
 * This file implements the stream: it sends frames in the order in which they
 * were queued, receives whole frames, and handles the loss of either side.
 * linkmsg.c implements the messages.
 */
#include <sys/socket.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipcsend.h"
#include "linkmsg.h"
#include "log.h"
#include "peers.h"
#include "relay.h"

#define LINK_READS	8		/* a turn: clients wait meanwhile */
#define LINK_FLUSH	(64 * 1024)	/* bytes that justify a send */
/* queued bytes at which a link is lost */
#define LINK_MAX	(32 * 1024 * 1024)
#define LINK_MAXLEN	(2 * FRAME_KEY_LEN + FRAME_MAX_PACKET)

static void
link_free(struct cluster_link *l)
{
	if (l == NULL)
		return;
	if (l->ev_read != NULL)
		event_free(l->ev_read);
	if (l->ev_write != NULL)
		event_free(l->ev_write);
	if (l->fd != -1)
		close(l->fd);
	relay_buf_free(&l->out);
	relay_buf_free(&l->part);
	free(l);
}

/*
 * Handle the loss of a link.  If the other worker has ended, the parent sends a
 * link to its successor; if this side closed the link, cluster_link_tick()
 * requests a new one.
 */
static void
link_lost(struct cluster_link *l)
{
	struct relay *r = l->r;
	unsigned int worker = l->worker;

	if (r->links.to[worker] == l)
		r->links.to[worker] = NULL;
	link_free(l);
	cluster_link_lost(r, worker);
}

static void
link_write(struct cluster_link *l)
{
	ssize_t n;

	while (relay_buf_left(&l->out) > 0) {
		n = send(l->fd, relay_buf_head(&l->out),
		    relay_buf_left(&l->out), MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			if (errno == EAGAIN || errno == ENOBUFS)
				event_add(l->ev_write, NULL);
			else
				l->broken = 1;	/* the read side reports it */
			return;
		}
		relay_buf_drain(&l->out, (size_t)n);
	}
}

static void
link_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_write(arg);
}

/*
 * Stop sending to that worker.  The link is lost in the next turn only, because
 * the caller may be walking connections.
 */
static void
give_up(struct cluster_link *l, const char *why)
{
	log_warnx("link to worker %u closed: %s", l->worker, why);
	l->broken = 1;
	l->r->links.unlinked |= 1ULL << l->worker;
	event_active(l->ev_read, EV_TIMEOUT, 1);
}

int
cluster_link_put(struct cluster_link *l, uint8_t type, const void *a,
    size_t alen, const void *b, size_t blen)
{
	uint8_t hdr[FRAME_HDR_LEN];

	if (l->broken)
		return (-1);
	net_frame_put_hdr(hdr, type, (uint32_t)(alen + blen));
	if (relay_buf_left(&l->out) > LINK_MAX) {
		give_up(l, "it does not read");
		return (-1);
	}
	if (relay_buf_add(&l->out, hdr, sizeof(hdr)) == -1 ||
	    relay_buf_add(&l->out, a, alen) == -1 ||
	    relay_buf_add(&l->out, b, blen) == -1) {
		give_up(l, "out of memory"); /* a partial frame may be queued */
		return (-1);
	}
	if (relay_buf_left(&l->out) >= LINK_FLUSH &&
	    !event_pending(l->ev_write, EV_WRITE, NULL))
		link_write(l);
	return (0);
}

/* Handle the whole frames at the front of `p'; *used is set to their length. */
static int
read_frames(struct cluster_link *l, const uint8_t *p, size_t n, size_t *used)
{
	uint32_t len;
	uint8_t type;

	*used = 0;
	while (n - *used >= FRAME_HDR_LEN) {
		net_frame_get_hdr(p + *used, &type, &len);
		if (len > LINK_MAXLEN)
			return (-1);
		if (n - *used - FRAME_HDR_LEN < len)
			break;
		if (cluster_link_frame(l, type, p + *used + FRAME_HDR_LEN,
		    len) == -1)
			return (-1);
		*used += FRAME_HDR_LEN + len;
	}
	return (0);
}

/* Return how many bytes the frame at the front of `b' still lacks. */
static size_t
missing(const struct relay_buf *b)
{
	uint32_t len;
	uint8_t type;
	size_t have = relay_buf_left(b);

	if (have < FRAME_HDR_LEN)
		return (FRAME_HDR_LEN - have);
	net_frame_get_hdr(relay_buf_head(b), &type, &len);
	if (len > LINK_MAXLEN)
		return (0);
	return (FRAME_HDR_LEN + len - have);
}

static int
link_input(struct cluster_link *l, const uint8_t *p, size_t n)
{
	size_t used, want;

	/* Complete the frame that the last read cut in two. */
	while (relay_buf_left(&l->part) > 0 && n > 0) {
		want = missing(&l->part);
		if (want > n)
			want = n;
		if (relay_buf_add(&l->part, p, want) == -1)
			return (-1);
		p += want;
		n -= want;
		if (read_frames(l, relay_buf_head(&l->part),
		    relay_buf_left(&l->part), &used) == -1)
			return (-1);
		relay_buf_drain(&l->part, used);
	}
	if (read_frames(l, p, n, &used) == -1)
		return (-1);
	return (relay_buf_add(&l->part, p + used, n - used));
}

/*
 * Read once.  Return 1 if there may be more, 0 if not, -1 if the link is lost.
 */
static int
link_read(struct cluster_link *l)
{
	uint8_t *in_buf = l->r->links.in_buf;
	ssize_t n;

	n = recv(l->fd, in_buf, LINK_ROUND, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	if (n > 0 && link_input(l, in_buf, (size_t)n) == 0)
		return ((size_t)n == LINK_ROUND);
	if (n > 0)
		give_up(l, "malformed");
	return (-1);
}

/*
 * Frames on a link come from clients that were read already; they are handled
 * before other clients' input, or they would pile up.  EV_TIMEOUT comes from
 * give_up().
 */
static void
link_readable(evutil_socket_t fd, short what, void *arg)
{
	struct cluster_link *l = arg;
	int i, rv = what & EV_TIMEOUT ? -1 : 1;

	(void)fd;
	relay_clock(l->r);
	for (i = 0; i < LINK_READS && rv == 1; i++) {
		rv = link_read(l);
		relay_output_relieve(l->r);
	}
	if (rv == -1)
		link_lost(l);
}

int
cluster_link_open(struct relay *r, int fd, unsigned int worker)
{
	struct cluster_link *l;

	if (worker >= IPC_MAXWORKERS)
		return (-1);
	if (r->links.to[worker] != NULL)
		link_lost(r->links.to[worker]);
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return (-1);
	l->r = r;
	l->worker = worker;
	l->fd = fd;
	evutil_make_socket_nonblocking(fd);
	l->ev_read = event_new(r->base, fd, EV_READ | EV_PERSIST,
	    link_readable, l);
	l->ev_write = event_new(r->base, fd, EV_WRITE, link_writable, l);
	if (l->ev_read == NULL || l->ev_write == NULL ||
	    event_add(l->ev_read, NULL) == -1) {
		l->fd = -1;
		link_free(l);
		return (-1);
	}
	r->links.to[worker] = l;
	r->links.unlinked &= ~(1ULL << worker);
	cluster_link_greet(l);
	return (0);
}

void
cluster_link_flush(struct relay *r)
{
	struct cluster_link *l;
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++) {
		if ((l = r->links.to[i]) == NULL || l->broken)
			continue;
		cluster_link_answer(l);
		if (relay_buf_left(&l->out) > 0 &&
		    !event_pending(l->ev_write, EV_WRITE, NULL))
			link_write(l);
	}
}

void
cluster_link_tick(struct relay *r)
{
	struct ipc_msg_relay_unlinked v;
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (r->links.to[i] != NULL)
			cluster_link_check(r->links.to[i]);
	if (r->links.unlinked == 0)
		return;
	v.workers = r->links.unlinked;
	if (ipc_send_relay_unlinked(r->parent, &v) == -1)
		log_warn("can't request links to other workers from the parent "
		    "(sendmsg)");
}
