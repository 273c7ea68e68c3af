/*
 * accept: see accept.h.  Called by front.c, frontconn.c and pump.c.
 *
 * The parent sets the TCP options of the listening sockets; accepted sockets
 * inherit them.
 *
 * When all file descriptors but a few (derpd/conn/files.h) are in use, the
 * front stops accepting and logs that once.  It resumes when a connection has
 * ended, or when it can close an unauthenticated one that is older than
 * UNFINISHED_US.  It never spins.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "budget.h"
#include "front.h"
#include "log.h"

#define ACCEPT_ROUND	64	/* connections a round and socket */
#define TOKEN		1000000		/* unit of the accept rate's bucket */

struct front_listener {
	LIST_ENTRY(front_listener) entry;
	struct front	*f;
	struct event	*ev;
	int		 fd;
	int		 tls;
	int		 derp;
	uint16_t	 number;	/* of its address */
};

/*
 * Return 1 when the accept rate permits one more connection now.  Tokens are
 * counted in millionths, so that frequent calls lose nothing by rounding.
 */
static int
within_rate(struct front *f)
{
	uint64_t burst = (uint64_t)f->conf.accept_burst * TOKEN, us;

	if (f->conf.accept_rate == 0)
		return (1);
	us = f->set.now_us - f->acceptor.at;
	f->acceptor.at = f->set.now_us;
	if (us > 1000000000)		/* also the first time */
		us = 1000000000;
	f->acceptor.tokens += us * f->conf.accept_rate;
	if (f->acceptor.tokens > burst)
		f->acceptor.tokens = burst;
	if (f->acceptor.tokens < TOKEN)
		return (0);
	f->acceptor.tokens -= TOKEN;
	return (1);
}

/*
 * Handle a failure of accept(2).  Return 0 to continue, -1 to stop for this
 * round.  Errors of the connection that was about to be accepted are ignored.
 */
static int
accept_failed(struct front *f)
{
	switch (errno) {
	case EAGAIN:
		return (-1);
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
		log_limited_warnx(&f->acceptor.no_files,
		    "no new connections for a second: %s; raise the limit of "
		    "open files", strerror(errno));
		front_accept_pause(f, ACCEPT_SYSTEM);
		return (-1);
	case EINVAL:
	case EBADF:
	case EOPNOTSUPP:
		log_limited_warnx(&f->acceptor.shut,
		    "a listening socket was shut down: %s; the parent is "
		    "opening it again", strerror(errno));
		front_accept_pause(f, ACCEPT_SHUT);
		(void)ipc_chan_send(f->parent, MSG_FRONT_DEAF, NULL, -1);
		return (-1);
	default:
		return (0);
	}
}

/*
 * Return the lowest descriptor that clients may not have.  All channels for
 * hand-overs may have to be opened again while clients use the descriptors that
 * the old ones had.
 */
static unsigned int
reserve(const struct front *f)
{
	return (conn_files_mark(&f->files, CONN_HAND_FILES *
	    f->conf.nworkers));
}

int
front_accept_reserved(const struct front *f, int fd)
{
	return ((unsigned int)fd >= reserve(f));
}

/*
 * Return the number of clients: connections of this front, and clients of all
 * relay workers, as these say.  Connections in CONN_PUMP do not count: their
 * sessions do.
 */
static uint64_t
clients(const struct front *f)
{
	return (f->set.nconns - f->npumps + front_pages_clients(f));
}

/* Return the most clients; 0: no limit. */
static uint64_t
most(const struct front *f)
{
	return ((uint64_t)f->conf.max_clients * f->conf.nworkers);
}

/*
 * Handle the limits after a connection was accepted as the file descriptor
 * `fd'; the system assigns the lowest free one.  Return 0 when there is room
 * for more.  Otherwise stop accepting; if this connection is above the limit,
 * close the oldest unauthenticated one whose time to log in is over, or else
 * this one.
 */
static int
is_full(struct front *f, struct front_conn *c)
{
	const uint64_t max = most(f), n = max == 0 ? 0 : clients(f);
	unsigned int mark = reserve(f), fd = (unsigned int)c->conn.fd;
	int bit = max != 0 && n >= max ? ACCEPT_LIMIT : ACCEPT_FILES;
	struct front_unfinished *old;

	if (bit == ACCEPT_FILES && fd + 1 < mark)
		return (0);
	f->acceptor.full = f->set.nconns;
	if ((old = front_unfinished_old(&f->unfinished, f->set.now_us)) != NULL)
		conn_close(&((struct front_conn *)old->owner)->conn,
		    "closed for a new connection: not logged in");
	else if (fd >= mark || (max != 0 && n > max)) {
		conn_close(&c->conn, "too many connections");
		f->acceptor.full--;
	}
	if (old == NULL && bit == ACCEPT_LIMIT)
		log_limited_warnx(&f->acceptor.is_full,
		    "no new connections until one ends: max clients (%u) "
		    "reached", f->conf.max_clients);
	else if (old == NULL)
		log_limited_warnx(&f->acceptor.is_full,
		    "no new connections until one ends: %u of %u open files "
		    "are in use; raise the limit", mark, f->files.max);
	front_accept_pause(f, bit);
	return (1);
}

/*
 * Return 1 when the rates permit a connection from `addr' now.  A load balancer
 * is many sources: those are limited once it has named them.
 */
static int
is_permitted(const struct front_listener *l, const uint8_t addr[16])
{
	struct front *f = l->f;

	if (!front_proxies_has(&f->proxies, l->number, addr) &&
	    !front_budget_allows(f, addr))
		return (0);
	return (within_rate(f));
}

/* Accept one connection.  Return 0 to continue, -1 to stop for this round. */
static int
accept_one(struct front_listener *l)
{
	struct front *f = l->f;
	struct front_conn *c;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	uint8_t addr[16];
	uint16_t port;
	int fd;

	fd = accept4(l->fd, (struct sockaddr *)&ss, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1)
		return (accept_failed(f));
	port = net_address_get((const struct sockaddr *)&ss, addr);
	if (!is_permitted(l, addr)) {
		if (l->tls)
			f->set.stats->tls_rejected++;
		close(fd);
		return (0);
	}
	if (l->tls)
		f->set.stats->tls_accepted++;
	if ((c = front_conn_new(f, fd, l->tls, l->number, addr,
	    port)) == NULL) {
		close(fd);
		return (0);
	}
	c->derp = l->derp != 0;
	return (is_full(f, c) ? -1 : 0);
}

static void
acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct front_listener *l = arg;
	int i;

	(void)fd;
	(void)what;
	conn_clock(&l->f->set);
	for (i = 0; i < ACCEPT_ROUND; i++)
		if (accept_one(l) == -1)
			break;
}

/* Return 1 if there is nothing to accept on the socket in a drain, else 0. */
static int
is_aside(const struct front_listener *l)
{
	return (l->f->acceptor.drain && (l->tls || l->derp));
}

int
front_accept_add(struct front *f, int fd,
    const struct ipc_msg_front_listen *v)
{
	struct front_listener *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return (-1);
	l->f = f;
	l->fd = fd;
	l->tls = v->tls;
	l->derp = v->derp;
	l->number = (uint16_t)v->number;
	evutil_make_socket_nonblocking(fd);
	l->ev = event_new(f->set.base, fd, EV_READ | EV_PERSIST, acceptable, l);
	if (l->ev == NULL || (f->acceptor.off == 0 && !is_aside(l) &&
	    event_add(l->ev, NULL) == -1)) {
		if (l->ev != NULL)
			event_free(l->ev);
		free(l);
		return (-1);
	}
	LIST_INSERT_HEAD(&f->acceptor.listeners, l, entry);
	return (0);
}

void
front_accept_close(struct front *f)
{
	struct front_listener *l;

	while ((l = LIST_FIRST(&f->acceptor.listeners)) != NULL) {
		LIST_REMOVE(l, entry);
		event_free(l->ev);
		close(l->fd);
		free(l);
	}
}

void
front_accept_pause(struct front *f, int bit)
{
	struct front_listener *l;

	f->acceptor.off |= bit;
	LIST_FOREACH(l, &f->acceptor.listeners, entry)
		event_del(l->ev);
}

void
front_accept_resume(struct front *f, int bit)
{
	struct front_listener *l;

	if ((f->acceptor.off & bit) == 0)
		return;
	f->acceptor.off &= ~bit;
	if (f->acceptor.off != 0)
		return;
	LIST_FOREACH(l, &f->acceptor.listeners, entry)
		if (!is_aside(l))
			event_add(l->ev, NULL);
}

void
front_accept_drain(struct front *f, int on)
{
	struct front_listener *l;

	f->acceptor.drain = on;
	LIST_FOREACH(l, &f->acceptor.listeners, entry)
		if (is_aside(l))
			event_del(l->ev);
		else if (f->acceptor.off == 0)
			event_add(l->ev, NULL);
}

void
front_accept_room(struct front *f)
{
	front_accept_resume(f, ACCEPT_SYSTEM);
	if (f->set.nconns < f->acceptor.full)
		front_accept_resume(f, ACCEPT_FILES);
}

/*
 * Accept again if there are fewer clients than the limit.  Not called when a
 * client was handed over: the relay worker has yet to count it.
 */
static void
fewer_clients(struct front *f)
{
	if ((f->acceptor.off & ACCEPT_LIMIT) != 0 &&
	    (most(f) == 0 || clients(f) < most(f)))
		front_accept_resume(f, ACCEPT_LIMIT);
}

void
front_accept_tick(struct front *f)
{
	front_accept_resume(f, ACCEPT_SYSTEM | ACCEPT_SHUT);
	if (front_unfinished_old(&f->unfinished, f->set.now_us) != NULL)
		front_accept_resume(f, ACCEPT_FILES | ACCEPT_LIMIT);
	fewer_clients(f);
}

void
front_accept_limits(struct front *f)
{
	unsigned int half = reserve(f) / 2;

	front_unfinished_limits(&f->unfinished, f->conf.max_unfinished < half ?
	    f->conf.max_unfinished : half, f->conf.max_per_source);
	front_budget_limits(f);
	front_accept_room(f);
	fewer_clients(f);
}
