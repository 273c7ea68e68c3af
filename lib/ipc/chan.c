/*
 * chan: channels between processes; see chan.h.  Used by every process; touches
 * only the descriptors of its channels.  What waits is in chanwait.c.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <imsg.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "chanpriv.h"
#include "log.h"

#define MSG_COST	(IMSG_HEADER_SIZE + 64)	/* of a queued message */
#define TURN_READS	16	/* of messages with descriptors, in one event */

static void	chan_readable(evutil_socket_t, short, void *);
static void	chan_writable(evutil_socket_t, short, void *);

struct ipc_chan *
ipc_chan_new(struct event_base *base, int fd, enum ipc_role self,
    enum ipc_role peer, ipc_chan_cb cb, ipc_chan_gone_cb gone, void *arg)
{
	struct ipc_chan *c;
	int flags;

	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return (NULL);
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->fd = fd;
	c->self = self;
	c->peer = peer;
	c->limit = CHAN_MAXQUEUED;
	if (imsgbuf_init(&c->ibuf, fd) == -1) {
		free(c);
		return (NULL);
	}
	/* A peer that has none to pass can't fill the table of descriptors. */
	if (ipc_msg_passes_fd(self, peer))
		imsgbuf_allow_fdpass(&c->ibuf);
	imsgbuf_set_maxsize(&c->ibuf, MSG_MAXPAYLOAD + IMSG_HEADER_SIZE);
	if (base != NULL && ipc_chan_attach(c, base, cb, gone, arg) == -1) {
		imsgbuf_clear(&c->ibuf);
		free(c);
		return (NULL);
	}
	return (c);
}

static void
free_events(struct ipc_chan *c)
{
	if (c->rd != NULL)
		event_free(c->rd);
	if (c->wr != NULL)
		event_free(c->wr);
	if (c->again != NULL)
		event_free(c->again);
	c->rd = c->wr = c->again = NULL;
}

int
ipc_chan_attach(struct ipc_chan *c, struct event_base *base, ipc_chan_cb cb,
    ipc_chan_gone_cb gone, void *arg)
{
	c->cb = cb;
	c->gone_cb = gone;
	c->arg = arg;
	c->rd = event_new(base, c->fd, EV_READ | EV_PERSIST, chan_readable, c);
	c->wr = event_new(base, c->fd, EV_WRITE, chan_writable, c);
	c->again = evtimer_new(base, chan_writable, c);
	if (c->rd == NULL || c->wr == NULL || c->again == NULL ||
	    event_add(c->rd, NULL) == -1) {
		free_events(c);
		errno = ENOMEM;
		return (-1);
	}
	/* Data that was read before raises no event. */
	event_active(c->rd, EV_READ, 1);
	if (imsgbuf_queuelen(&c->ibuf) > 0)
		event_add(c->wr, NULL);
	return (0);
}

void
ipc_chan_set_arg(struct ipc_chan *c, void *arg)
{
	c->arg = arg;
}

static void
chan_destroy(struct ipc_chan *c)
{
	free_events(c);
	if (c->has_ahead)
		ipc_msg_free(&c->ahead);
	imsgbuf_clear(&c->ibuf);
	close(c->fd);
	free(c->costs);
	free(c);
}

void
ipc_chan_free(struct ipc_chan *c)
{
	if (c == NULL)
		return;
	if (c->busy) {
		c->doomed = 1;
		return;
	}
	chan_destroy(c);
}

int
ipc_chan_fd(const struct ipc_chan *c)
{
	return (c->gone ? -1 : c->fd);
}

int
ipc_chan_broke(const struct ipc_chan *c)
{
	return (c->gone == EPROTO);
}

int
ipc_chan_ended(const struct ipc_chan *c)
{
	struct pollfd p = { .fd = c->fd };

	return (poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0);
}

int
ipc_chan_unread(const struct ipc_chan *c)
{
	return (c->unread);
}

size_t
ipc_chan_queued(const struct ipc_chan *c)
{
	return (c->queued);
}

void
ipc_chan_limit(struct ipc_chan *c, size_t bytes)
{
	c->limit = bytes;
}

void
ipc_chan_hold(struct ipc_chan *c, int on)
{
	if (c->rd == NULL || c->gone)
		return;
	if (on) {
		event_del(c->rd);
		return;
	}
	event_add(c->rd, NULL);
	/* Data that was read before raises no event. */
	event_active(c->rd, EV_READ, 1);
}

/*
 * Make room for one more entry in the ring of costs.  Returns 0, or -1 with
 * errno.
 */
static int
cost_room(struct ipc_chan *c)
{
	size_t i, n = c->cost_cap == 0 ? 16 : 2 * c->cost_cap;
	uint32_t *v;

	if (c->ncosts < c->cost_cap)
		return (0);
	if ((v = reallocarray(NULL, n, sizeof(*v))) == NULL)
		return (-1);
	for (i = 0; i < c->ncosts; i++)
		v[i] = c->costs[(c->cost_at + i) % c->cost_cap];
	free(c->costs);
	c->costs = v;
	c->cost_at = 0;
	c->cost_cap = n;
	return (0);
}

/* Remove the costs of written messages. */
static void
settle_costs(struct ipc_chan *c)
{
	while (c->ncosts > imsgbuf_queuelen(&c->ibuf)) {
		c->queued -= c->costs[c->cost_at];
		c->cost_at = (c->cost_at + 1) % c->cost_cap;
		c->ncosts--;
	}
	if (c->ncosts > 0)
		return;
	free(c->costs);
	c->costs = NULL;
	c->cost_at = c->cost_cap = 0;
}

/* The peer is lost; `error' is EPIPE or EPROTO, and the first one is kept. */
static void
chan_lost(struct ipc_chan *c, int error, const char *why)
{
	if (!c->gone)
		c->gone = error;
	if (c->rd == NULL)
		return;
	event_del(c->rd);
	event_del(c->wr);
	event_del(c->again);
	if (c->told || c->doomed)
		return;
	c->told = 1;
	if (c->gone_cb != NULL)
		c->gone_cb(c, why, c->arg);
}

/* Linux has this error, once, for what a peer has left unread. */
static void
note_unread(struct ipc_chan *c, int error)
{
	if (error == ECONNRESET)
		c->unread = 1;
}

/*
 * Return 1 if the system takes no descriptor now: too many of this user are in
 * sockets, unread, maybe because of another process.  The peer is not to blame.
 */
static int
too_many_fds(int error)
{
#ifdef ETOOMANYREFS
	if (error == ETOOMANYREFS)		/* Linux */
		return (1);
#endif
	return (error == EMFILE);		/* OpenBSD */
}

int
ipc_chan_write(struct ipc_chan *c)
{
	int later = 0;

	if (imsgbuf_write(&c->ibuf) == -1) {
		later = too_many_fds(errno);
		if (!later) {
			note_unread(c, errno);
			c->gone = EPIPE;
			errno = EPIPE;
			return (-1);
		}
	}
	settle_costs(c);
	return (later);
}

/* Return 1 while the queue waits for the system to take a descriptor. */
static int
is_held(const struct ipc_chan *c)
{
	return (c->again != NULL && evtimer_pending(c->again, NULL));
}

/* The peer does not read and counts as lost; the event loop reports it. */
static void
overflow(struct ipc_chan *c)
{
	log_warnx("channel to %s: %zu bytes are unread: closing it",
	    ipc_role_name(c->peer), c->queued);
	c->overflow = 1;
	c->gone = EPIPE;
	if (c->rd != NULL)
		event_active(c->rd, EV_READ, 1);
}

/* Queue one message and its cost.  Returns 0, or an errno. */
static int
enqueue(struct ipc_chan *c, uint32_t type, const struct ipc_wr *w, int fd)
{
	size_t len = w == NULL ? 0 : w->len;
	size_t cost = len + MSG_COST + (fd == -1 ? 0 : CHAN_FD_COST);

	if (c->queued + cost > c->limit) {
		overflow(c);
		return (ENOBUFS);
	}
	if (cost_room(c) == -1 || imsg_compose(&c->ibuf, type, 0, 0, fd,
	    w == NULL ? NULL : w->p, len) == -1)
		return (errno);
	c->costs[(c->cost_at + c->ncosts++) % c->cost_cap] = (uint32_t)cost;
	c->queued += cost;
	return (0);
}

int
ipc_chan_send(struct ipc_chan *c, uint32_t type, const struct ipc_wr *w, int fd)
{
	int error, rule = ipc_msg_allowed(type, c->self, c->peer);

	if (c->gone)
		error = EPIPE;
	else if (w != NULL && !ipc_wr_ok(w))
		error = w->bad;
	else if (rule == 0 || (rule == 1 && fd != -1) ||
	    (rule == 2 && fd == -1))
		error = EPERM;
	else if (w != NULL && w->len > MSG_MAXPAYLOAD)
		error = EMSGSIZE;
	else
		error = enqueue(c, type, w, fd);
	if (error != 0) {
		if (fd != -1)
			close(fd);
		errno = error;
		return (-1);
	}
	if (c->wr != NULL && !is_held(c))
		return (event_add(c->wr, NULL));
	return (0);
}

int
ipc_chan_ping(struct ipc_chan *c)
{
	struct ipc_wr w;
	int rv;

	if (c->owes)
		return (0);
	ipc_wr_init(&w);
	ipc_wr_u32(&w, c->ping + 1);
	if ((rv = ipc_chan_send(c, MSG_PING, &w, -1)) == 0) {
		c->ping++;
		c->owes = 1;
	}
	ipc_wr_free(&w);
	return (rv);
}

int
ipc_chan_owes_pong(const struct ipc_chan *c)
{
	/* The ping may be in the queue. */
	return (c->owes && !is_held(c));
}

/* Answer a ping. */
static void
pong(struct ipc_chan *c, uint32_t number)
{
	struct ipc_wr w;

	ipc_wr_init(&w);
	ipc_wr_u32(&w, number);
	/* Without events: write it now, or with the next message. */
	if (ipc_chan_send(c, MSG_PONG, &w, -1) == 0 && c->wr == NULL &&
	    imsgbuf_write(&c->ibuf) == 0)
		settle_costs(c);
	ipc_wr_free(&w);
}

/*
 * Handle a ping or pong.  Returns 1 when `m' was one, 0 when it is another
 * message, -1 when it is malformed or an unexpected pong.
 */
static int
life(struct ipc_chan *c, struct ipc_msg *m)
{
	uint32_t number;

	if (m->type != MSG_PING && m->type != MSG_PONG)
		return (0);
	number = ipc_rd_u32(&m->rd);
	if (!ipc_rd_end(&m->rd) || (m->type == MSG_PONG &&
	    (!c->owes || number != c->ping)))
		return (-1);
	if (m->type == MSG_PING)
		pong(c, number);
	else
		c->owes = 0;
	return (1);
}

/*
 * Read one complete message and check its permissions.  Returns 1, 0 when none
 * is complete, -1 with errno: EPROTO and *why when the peer broke the protocol,
 * ENOMEM.
 */
static int
read_one(struct ipc_chan *c, struct ipc_msg *m, const char **why)
{
	struct imsg *im;
	ssize_t n;
	int rule, ok, error;

	*why = "malformed message";
	if ((im = malloc(sizeof(*im))) == NULL)
		return (-1);
	if ((n = imsg_get(&c->ibuf, im)) <= 0) {
		error = errno;
		free(im);
		errno = error == ENOMEM ? ENOMEM : EPROTO;
		return ((int)n);
	}
	memset(m, 0, sizeof(*m));
	m->type = imsg_get_type(im);
	m->fd = imsg_get_fd(im);
	m->priv = im;
	ipc_rd_init(&m->rd, im->data, imsg_get_len(im));
	rule = ipc_msg_allowed(m->type, c->peer, c->self);
	ok = (rule == 1 && m->fd == -1) || (rule == 2 && m->fd != -1) ||
	    rule == 3;
	if (!ok) {
		*why = rule == 0 ? "message that it may not send" :
		    "missing or unexpected descriptor";
		ipc_msg_free(m);
		errno = EPROTO;
		return (-1);
	}
	return (1);
}

int
ipc_chan_next(struct ipc_chan *c, struct ipc_msg *m, const char **why)
{
	int n, own;

	if (c->has_ahead) {
		*m = c->ahead;
		c->has_ahead = 0;
		return (1);
	}
	while ((n = read_one(c, m, why)) == 1) {
		if ((own = life(c, m)) == 0)
			return (1);
		ipc_msg_free(m);
		if (own == -1) {
			*why = "malformed ping or pong";
			errno = EPROTO;
			return (-1);
		}
	}
	return (n);
}

void
ipc_msg_free(struct ipc_msg *m)
{
	struct imsg *im = m->priv;

	if (m->fd != -1)
		close(m->fd);
	m->fd = -1;
	if (im != NULL) {
		imsg_free(im);
		free(im);
	}
	m->priv = NULL;
}

/*
 * Deliver every complete message.  Returns 1 when there may be more to read:
 * the system ends a read behind a descriptor.  Else 0.
 */
static int
deliver(struct ipc_chan *c)
{
	struct ipc_msg m;
	const char *why;
	int n, more = 0;

	while (!c->doomed && (n = ipc_chan_next(c, &m, &why)) != 0) {
		if (n == -1) {
			if (errno == ENOMEM)
				chan_lost(c, EPIPE, "out of memory");
			else
				chan_lost(c, EPROTO, why);
			return (0);
		}
		more = m.fd != -1;
		c->cb(c, &m, c->arg);
		ipc_msg_free(&m);
	}
	return (more && !c->doomed && !c->gone);
}

/* Read once and deliver.  Returns as deliver(). */
static int
read_turn(struct ipc_chan *c)
{
	int n = imsgbuf_read(&c->ibuf), error = errno, more = 0;

	if (c->gone == EPROTO)		/* found by ipc_chan_recv() */
		chan_lost(c, EPROTO, "broke the protocol before");
	else
		more = deliver(c);
	if (n == 0)
		chan_lost(c, EPIPE, "closed");
	else if (n == -1) {
		note_unread(c, error);
		chan_lost(c, error == EBADMSG ? EPROTO : EPIPE,
		    strerror(error));
	}
	return (more && n == 1);
}

static void
chan_readable(evutil_socket_t fd, short what, void *arg)
{
	struct ipc_chan *c = arg;
	int i;

	(void)fd;
	(void)what;
	c->busy = 1;
	if (c->overflow)
		chan_lost(c, EPIPE, "does not read its messages");
	else
		for (i = 0; i < TURN_READS && read_turn(c); i++)
			;
	c->busy = 0;
	if (c->doomed)
		chan_destroy(c);
}

static void
chan_writable(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval later = { 0, CHAN_AGAIN_MS * 1000 };
	struct ipc_chan *c = arg;
	int rv;

	(void)fd;
	(void)what;
	c->busy = 1;
	if ((rv = ipc_chan_write(c)) == -1)
		chan_lost(c, EPIPE, "closed");
	else if (rv == 1)
		evtimer_add(c->again, &later);
	else if (imsgbuf_queuelen(&c->ibuf) > 0)
		event_add(c->wr, NULL);
	c->busy = 0;
	if (c->doomed)
		chan_destroy(c);
}
