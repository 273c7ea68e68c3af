/*
 * link: the streams between the workers of one service; see link.h.
 *
 * This is the stream: frames go out in the order in which they were put, come
 * in whole, and both sides may be lost.  What the frames say is linkmsg.c's.
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

#define LINK_READS	8		/* reads a turn: clients wait for it */
#define LINK_FLUSH	(64 * 1024)	/* bytes that are worth a send */
#define LINK_MAX	(32 * 1024 * 1024) /* above: the other one is lost */
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
 * The other side is gone, and the parent will send a link to the next one; or
 * this side gave it up, and cluster_link_tick() asks for a new one.
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
				l->broken = 1;	/* the read side tells */
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
 * Nothing more goes to that worker.  The link is lost in the next turn, for the
 * caller may be walking connections.
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
		give_up(l, "it does not read what it is sent");
		return (-1);
	}
	if (relay_buf_add(&l->out, hdr, sizeof(hdr)) == -1 ||
	    relay_buf_add(&l->out, a, alen) == -1 ||
	    relay_buf_add(&l->out, b, blen) == -1) {
		give_up(l, "out of memory");	/* half a frame may be there */
		return (-1);
	}
	if (relay_buf_left(&l->out) >= LINK_FLUSH &&
	    !event_pending(l->ev_write, EV_WRITE, NULL))
		link_write(l);
	return (0);
}

/* Take whole frames from the front of `p'; *used says how many bytes. */
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

/* Bytes still missing from the frame at the front of `b'. */
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

	/* The frame that the last read cut in two. */
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

/* Read once; 1 there may be more, 0 not, -1 the link is lost. */
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
 * What is on a link has been taken from a client already: it comes before what
 * other clients send, or it would pile up while they are read.  EV_TIMEOUT is
 * from give_up().
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
		log_warn("can't ask the parent for links to other workers "
		    "(sendmsg)");
}
