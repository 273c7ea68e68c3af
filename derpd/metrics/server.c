/*
 * server: see server.h.  Called by metricsd.c.
 *
 * Events only accept and read; metrics_server_turn() does all else, and is
 * alone in freeing connections.  What a client sends that may not ask is
 * discarded unread.
 */
#include <sys/socket.h>
#include <sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "bounds.h"
#include "server.h"

#define ACCEPT_ROUND	16	/* connections a round and socket */
#define PAUSE_MS	1000	/* without descriptors */
#define CROWDED_MS	50	/* with young connections alone */

struct listener {
	struct metrics_server *s;
	struct event	*ev;
	int		 fd;
	unsigned int	 number;
};

struct mconn {
	TAILQ_ENTRY(mconn) entry;
	struct metrics_server *s;
	struct event	*ev_read;
	struct event	*ev_write;
	int		 fd;
	unsigned int	 number;	/* of its listening address */
	uint8_t		 addr[16];	/* its own */
	int		 may;		/* it may ask */
	enum {
		READING,		/* a request head */
		SENDING,		/* an answer */
		DRAINING,		/* answered; until the client closes */
		DEAD
	} state;
	int		 close;		/* after the answer */
	int		 eof;		/* the client has closed */
	int		 news;		/* bytes that were not looked at */
	uint64_t	 since_ms;	/* of this request; 0: not set yet */
	uint64_t	 moved_ms;	/* of the last bytes that were sent */
	size_t		 len;		/* bytes in `in' */
	struct ipc_wr	 out;
	size_t		 sent;		/* of `out' */
	char		 in[METRICS_MAXHEAD + 1];
};
TAILQ_HEAD(mconns, mconn);

struct metrics_server {
	struct event_base *base;
	const struct metrics_server_ops *ops;
	void		*arg;
	struct listener	 listeners[IPC_MAXMETRICS];
	size_t		 nlisteners;
	struct mconns	 conns;		/* the oldest request first */
	unsigned int	 nconns;	/* without dead ones */
	size_t		 waiting;	/* bytes of answers */
	uint64_t	 now_ms;
	struct event	*ev_resume;	/* accept has stopped until then */
	struct metrics_allowed *allowed;
	size_t		 nallowed;
	struct net_http_head head;
};

static void	resume(evutil_socket_t fd, short what, void *arg);

struct metrics_server *
metrics_server_new(struct event_base *base,
    const struct metrics_server_ops *ops, void *arg)
{
	struct metrics_server *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (NULL);
	s->base = base;
	s->ops = ops;
	s->arg = arg;
	TAILQ_INIT(&s->conns);
	if ((s->ev_resume = evtimer_new(base, resume, s)) != NULL)
		return (s);
	free(s);
	return (NULL);
}

int
metrics_server_allow(struct metrics_server *s, const struct metrics_allowed *v,
    size_t n)
{
	struct metrics_allowed *copy = NULL;
	struct mconn *c;

	if (n > 0) {
		if ((copy = calloc(n, sizeof(*copy))) == NULL)
			return (-1);
		memcpy(copy, v, n * sizeof(*copy));
	}
	free(s->allowed);
	s->allowed = copy;
	s->nallowed = n;
	/* A connection may last: what it asks next is judged anew. */
	TAILQ_FOREACH(c, &s->conns, entry)
		c->may = metrics_server_may(s, c->number, c->addr);
	return (0);
}

static int
is_loopback(const uint8_t addr[16])
{
	static const uint8_t loopback[16] = { [15] = 1 };

	return (net_address_is_ipv4(addr) ? addr[12] == 127 :
	    memcmp(addr, loopback, sizeof(loopback)) == 0);
}

int
metrics_server_may(const struct metrics_server *s, unsigned int number,
    const uint8_t addr[16])
{
	size_t i;
	int any = 0;

	for (i = 0; i < s->nallowed; i++) {
		if (s->allowed[i].number != number)
			continue;
		if (net_prefix_has(&s->allowed[i].prefix, addr))
			return (1);
		any = 1;
	}
	return (!any && is_loopback(addr));
}

unsigned int
metrics_server_count(const struct metrics_server *s)
{
	return (s->nconns);
}

/* Mark it: the turn frees it. */
static void
end(struct mconn *c)
{
	if (c->state == DEAD)
		return;
	c->state = DEAD;
	c->s->nconns--;
	(void)event_del(c->ev_read);
	(void)event_del(c->ev_write);
}

static void
forget_answer(struct mconn *c)
{
	c->s->waiting -= c->out.len - c->sent;
	ipc_wr_free(&c->out);
	c->sent = 0;
}

static void
free_conn(struct mconn *c)
{
	TAILQ_REMOVE(&c->s->conns, c, entry);
	if (c->ev_read != NULL)
		event_free(c->ev_read);
	if (c->ev_write != NULL)
		event_free(c->ev_write);
	forget_answer(c);
	close(c->fd);
	free(c);
}

/*
 * The connection that gives way to another one: one that may not ask, or the
 * oldest.  NULL: there is none but those that are too young, whose requests may
 * be on the way.
 */
static struct mconn *
oldest(struct metrics_server *s)
{
	struct mconn *c, *found = NULL;

	TAILQ_FOREACH(c, &s->conns, entry) {
		if (c->state == DEAD)
			continue;
		if (!c->may)
			return (c);
		if (found == NULL && c->since_ms != 0 &&
		    s->now_ms - c->since_ms >= METRICS_YOUNG_MS)
			found = c;
	}
	return (found);
}

/* Reading */

static void
discard(struct mconn *c)
{
	char junk[4096];
	ssize_t n = recv(c->fd, junk, sizeof(junk), MSG_DONTWAIT);

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		end(c);
}

static void
fill(struct mconn *c)
{
	const size_t room = sizeof(c->in) - c->len;
	ssize_t n;

	if (room == 0)
		return;
	n = recv(c->fd, c->in + c->len, room, MSG_DONTWAIT);
	if (n > 0) {
		c->len += (size_t)n;
		c->news = 1;
	} else if (n == 0)
		c->eof = c->news = 1;
	else if (errno != EAGAIN && errno != EINTR)
		end(c);
}

static void
readable(evutil_socket_t fd, short what, void *arg)
{
	struct mconn *c = arg;

	(void)fd;
	(void)what;
	if (c->state == READING)
		fill(c);
	else if (c->state == DRAINING)
		discard(c);
}

/* The turn sends. */
static void
writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* Accepting */

/* The descriptor is taken.  NULL without memory. */
static struct mconn *
make(struct metrics_server *s, int fd)
{
	struct mconn *c;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		close(fd);
		return (NULL);
	}
	c->s = s;
	c->fd = fd;
	ipc_wr_init(&c->out);
	c->ev_read = event_new(s->base, fd, EV_READ | EV_PERSIST, readable, c);
	c->ev_write = event_new(s->base, fd, EV_WRITE, writable, c);
	TAILQ_INSERT_TAIL(&s->conns, c, entry);
	if (c->ev_read != NULL && c->ev_write != NULL &&
	    event_add(c->ev_read, NULL) == 0)
		return (c);
	free_conn(c);
	return (NULL);
}

static void
adopt(const struct listener *l, int fd, const struct sockaddr *from)
{
	struct metrics_server *s = l->s;
	struct mconn *c, *old;

	if ((c = make(s, fd)) == NULL)
		return;
	(void)net_address_get(from, c->addr);
	c->number = l->number;
	c->may = metrics_server_may(s, c->number, c->addr);
	if (++s->nconns > METRICS_MAXCONNS && (old = oldest(s)) != NULL)
		end(old);
}

/* Accept from no socket for a while. */
static void
pause_accept(struct metrics_server *s, unsigned int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	size_t i;

	if (event_add(s->ev_resume, &tv) == -1)
		return;
	for (i = 0; i < s->nlisteners; i++)
		(void)event_del(s->listeners[i].ev);
}

static int
resume_accept(struct metrics_server *s)
{
	size_t i;

	for (i = 0; i < s->nlisteners; i++)
		if (event_add(s->listeners[i].ev, NULL) == -1)
			return (-1);
	return (0);
}

static void
resume(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	if (resume_accept(arg) == -1)
		pause_accept(arg, PAUSE_MS);
}

static void
acceptable(evutil_socket_t sock, short what, void *arg)
{
	const struct listener *l = arg;
	struct sockaddr_storage ss;
	socklen_t len;
	int fd, i;

	(void)what;
	for (i = 0; i < ACCEPT_ROUND; i++) {
		if (l->s->nconns >= METRICS_MAXCONNS &&
		    oldest(l->s) == NULL) {
			pause_accept(l->s, CROWDED_MS);
			return;
		}
		len = sizeof(ss);
		fd = accept4(sock, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1)
			adopt(l, fd, (const struct sockaddr *)&ss);
		else if (errno == EAGAIN)
			return;
		else if (errno != ECONNABORTED && errno != EINTR) {
			pause_accept(l->s, PAUSE_MS);
			return;
		}
	}
}

int
metrics_server_listen(struct metrics_server *s, int fd, unsigned int number)
{
	struct listener *l = &s->listeners[s->nlisteners];

	if (s->nlisteners == IPC_MAXMETRICS)
		return (-1);
	evutil_make_socket_nonblocking(fd);
	l->s = s;
	l->fd = fd;
	l->number = number;
	l->ev = event_new(s->base, fd, EV_READ | EV_PERSIST, acceptable, l);
	if (l->ev == NULL)
		return (-1);
	s->nlisteners++;
	return (0);
}

int
metrics_server_begin(struct metrics_server *s)
{
	return (resume_accept(s));
}

/* Answering and sending */

static void
begin_answer(struct mconn *c)
{
	struct metrics_server *s = c->s;
	struct mconn *old;

	if (!ipc_wr_ok(&c->out)) {
		end(c);
		return;
	}
	c->state = SENDING;
	c->moved_ms = s->now_ms;
	s->waiting += c->out.len;
	(void)event_del(c->ev_read);
	TAILQ_FOREACH(old, &s->conns, entry) {
		if (s->waiting <= METRICS_MAXWAIT)
			break;
		if (old != c && old->state == SENDING) {
			end(old);
			forget_answer(old);
		}
	}
}

/* Answer the request at the beginning of `in', if it is whole. */
static void
answer(struct mconn *c)
{
	struct metrics_server *s = c->s;
	int parsed;

	if (!c->may) {
		c->len = 0;
		c->close = 1;
		s->ops->deny(s->arg, &c->out);
		begin_answer(c);
		return;
	}
	parsed = net_http_parse_request(&s->head, c->in, c->len);
	if (parsed == HTTP_MORE && c->len > METRICS_MAXHEAD)
		parsed = HTTP_TOOLARGE;
	if (parsed == HTTP_MORE) {
		if (c->eof)
			end(c);
		return;
	}
	c->close = s->ops->answer(s->arg, &s->head, parsed, &c->out);
	if (parsed < 0 || c->close)
		c->len = 0;
	else {
		c->len -= (size_t)parsed;
		memmove(c->in, c->in + parsed, c->len);
	}
	begin_answer(c);
}

/* The answer was sent. */
static void
sent(struct mconn *c)
{
	struct metrics_server *s = c->s;

	forget_answer(c);
	if (c->eof) {
		end(c);
		return;
	}
	c->state = c->close ? DRAINING : READING;
	c->since_ms = s->now_ms;
	c->news = c->len > 0;
	if (event_add(c->ev_read, NULL) == -1)
		end(c);
	/* It is the youngest again. */
	TAILQ_REMOVE(&s->conns, c, entry);
	TAILQ_INSERT_TAIL(&s->conns, c, entry);
}

static void
transmit(struct mconn *c)
{
	struct metrics_server *s = c->s;
	ssize_t n;

	n = send(c->fd, c->out.p + c->sent, c->out.len - c->sent,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0) {
		c->sent += (size_t)n;
		s->waiting -= (size_t)n;
		c->moved_ms = s->now_ms;
	} else if (n == -1 && errno != EAGAIN && errno != EINTR) {
		end(c);
		return;
	}
	if (c->sent == c->out.len)
		sent(c);
	else if (event_add(c->ev_write, NULL) == -1)
		end(c);
}

static int
is_late(const struct mconn *c, uint64_t now)
{
	switch (c->state) {
	case READING:
		return (now - c->since_ms >= METRICS_IDLE_MS);
	case SENDING:
		return (now - c->moved_ms >= METRICS_IDLE_MS ||
		    now - c->since_ms >= METRICS_SEND_MS);
	case DRAINING:
		return (now - c->since_ms >= METRICS_DRAIN_MS);
	default:
		return (0);
	}
}

/* One step of a connection.  Return 1 if there is more to do at once. */
static int
step(struct mconn *c, uint64_t now)
{
	if (c->since_ms == 0)
		c->since_ms = now;
	if (c->state == READING && c->news) {
		c->news = 0;
		if (c->len == 0)
			end(c);
		else
			answer(c);
	}
	if (c->state == SENDING)
		transmit(c);
	if (is_late(c, now))
		end(c);
	return (c->state == READING && c->news);
}

int
metrics_server_turn(struct metrics_server *s, uint64_t now_ms)
{
	struct mconn *c, *next;
	unsigned int n = s->nconns;
	int more = 0;

	s->now_ms = now_ms;
	/* One that was answered goes to the end: each has one step a turn. */
	for (c = TAILQ_FIRST(&s->conns); c != NULL && n > 0; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->state == DEAD)
			continue;
		n--;
		more |= step(c, now_ms);
	}
	for (c = TAILQ_FIRST(&s->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->state == DEAD)
			free_conn(c);
	}
	return (more);
}

void
metrics_server_free(struct metrics_server *s)
{
	struct mconn *c;
	size_t i;

	while ((c = TAILQ_FIRST(&s->conns)) != NULL)
		free_conn(c);
	for (i = 0; i < s->nlisteners; i++) {
		event_free(s->listeners[i].ev);
		close(s->listeners[i].fd);
	}
	event_free(s->ev_resume);
	free(s->allowed);
	free(s);
}
