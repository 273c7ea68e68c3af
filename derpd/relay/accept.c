/*
 * accept: the listening sockets of a relay worker.  Called by relay.c and
 * conn.c.
 *
 * The parent sets the TCP options of the listening sockets; accepted sockets
 * inherit them.
 *
 * A few file descriptors are reserved from clients: the parent sends the
 * channels of a new keys process and of restarted workers as file descriptors,
 * other workers send clients, and a worker that can't receive what the parent
 * sends is lost with all its sessions.  When all other file descriptors are in
 * use the worker stops accepting and logs that once.  It resumes when a
 * connection has ended, or when it can close an unauthenticated connection that
 * is older than UNFINISHED_US.  It never spins.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "relay.h"

#define ACCEPT_ROUND	64	/* connections a round and socket */
#define RESERVE		8	/* file descriptors, plus one for each worker */
#define TOKEN		1000000		/* unit of the accept rate's bucket */

struct relay_listener {
	LIST_ENTRY(relay_listener) entry;
	struct relay	*r;
	struct event	*ev;
	int		 fd;
	int		 tls;
	uint16_t	 number;	/* of its address */
};

/* Convert the address of the client to IPv6 or IPv4-mapped bytes. */
static uint16_t
get_address(const struct sockaddr_storage *ss, uint8_t addr[16])
{
	const struct sockaddr_in6 *s6;
	const struct sockaddr_in *s4;

	memset(addr, 0, 16);
	if (ss->ss_family == AF_INET6) {
		s6 = (const struct sockaddr_in6 *)ss;
		memcpy(addr, &s6->sin6_addr, 16);
		return (ntohs(s6->sin6_port));
	}
	s4 = (const struct sockaddr_in *)ss;
	addr[10] = addr[11] = 0xff;
	memcpy(addr + 12, &s4->sin_addr, 4);
	return (ntohs(s4->sin_port));
}

/*
 * Return 1 when the accept rate permits one more connection now.  Tokens are
 * counted in millionths, so that frequent calls lose nothing by rounding.
 */
static int
within_rate(struct relay *r)
{
	uint64_t burst = (uint64_t)r->conf.accept_burst * TOKEN, us;

	if (r->conf.accept_rate == 0)
		return (1);
	us = r->now_us - r->acceptor.at;
	r->acceptor.at = r->now_us;
	if (us > 1000000000)		/* also the first time */
		us = 1000000000;
	r->acceptor.tokens += us * r->conf.accept_rate;
	if (r->acceptor.tokens > burst)
		r->acceptor.tokens = burst;
	if (r->acceptor.tokens < TOKEN)
		return (0);
	r->acceptor.tokens -= TOKEN;
	return (1);
}

/*
 * Handle a failure of accept(2).  Return 0 to continue, -1 to stop for this
 * round.  Errors of the connection that was about to be accepted are ignored.
 */
static int
accept_failed(struct relay *r)
{
	switch (errno) {
	case EAGAIN:
		return (-1);
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
		log_limited(&r->acceptor.no_files,
		    "no new connections for a second: %s; raise the limit of "
		    "open files", strerror(errno));
		relay_accept_pause(r, ACCEPT_SYSTEM);
		return (-1);
	case EINVAL:
	case EBADF:
	case EOPNOTSUPP:
		log_limited(&r->acceptor.shut,
		    "a listening socket was shut down: %s; the parent is "
		    "opening it again", strerror(errno));
		relay_accept_pause(r, ACCEPT_SHUT);
		(void)ipc_chan_send(r->parent, MSG_RELAY_DEAF, NULL, -1);
		return (-1);
	default:
		return (0);
	}
}

/*
 * Return the lowest file descriptor of the reserve; clients use those below it.
 */
static unsigned int
reserve(const struct relay *r)
{
	unsigned int n = RESERVE + r->conf.nworkers, files = r->acceptor.files;

	return (files - (n < files / 4 ? n : files / 4));
}

int
relay_accept_reserved(const struct relay *r, int fd)
{
	return (r->acceptor.files != 0 && (unsigned int)fd >= reserve(r));
}

/*
 * Return the number of clients.  Connections in CONN_PUMP do not count: their
 * sessions do, here or at another worker.
 */
static unsigned int
clients(const struct relay *r)
{
	return (r->nconns - r->npumps);
}

int
relay_accept_full(const struct relay *r)
{
	return (r->conf.max_clients != 0 && clients(r) >= r->conf.max_clients);
}

/*
 * Handle the limits after a connection was accepted as the file descriptor
 * `fd'; the system assigns the lowest free one.  Return 0 when there is room
 * for more.  Otherwise stop accepting; if this connection is above the limit,
 * close the oldest unauthenticated one whose time to log in is over, or else
 * this one.
 */
static int
is_full(struct relay *r, struct relay_conn *c)
{
	const unsigned int max = r->conf.max_clients;
	unsigned int mark = reserve(r), fd = (unsigned int)c->fd;
	int bit = max != 0 && clients(r) >= max ? ACCEPT_LIMIT : ACCEPT_FILES;
	struct relay_unfinished *old;

	if (bit == ACCEPT_FILES && fd + 1 < mark)
		return (0);
	r->acceptor.full = r->nconns;
	if ((old = relay_unfinished_old(&r->unfinished, r->now_us)) != NULL)
		relay_conn_close(old->owner,
		    "closed for a new connection: not logged in");
	else if (fd >= mark || (max != 0 && clients(r) > max)) {
		relay_conn_close(c, "too many connections");
		r->acceptor.full--;
	}
	if (old == NULL && bit == ACCEPT_LIMIT)
		log_limited(&r->acceptor.is_full,
		    "no new connections until one ends: max clients (%u) "
		    "reached", max);
	else if (old == NULL)
		log_limited(&r->acceptor.is_full,
		    "no new connections until one ends: %u of %u open files "
		    "are in use; raise the limit", mark, r->acceptor.files);
	relay_accept_pause(r, bit);
	return (1);
}

/* Accept one connection.  Return 0 to continue, -1 to stop for this round. */
static int
accept_one(struct relay_listener *l)
{
	struct relay *r = l->r;
	struct relay_conn *c;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	uint8_t addr[16];
	uint16_t port;
	int fd;

	fd = accept4(l->fd, (struct sockaddr *)&ss, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1)
		return (accept_failed(r));
	if (!within_rate(r)) {
		if (l->tls)
			r->stats->tls_rejected++;
		close(fd);
		return (0);
	}
	if (l->tls)
		r->stats->tls_accepted++;
	port = get_address(&ss, addr);
	if ((c = relay_conn_new(r, fd, l->tls, l->number, addr,
	    port)) == NULL) {
		close(fd);
		return (0);
	}
	return (is_full(r, c) ? -1 : 0);
}

static void
acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct relay_listener *l = arg;
	int i;

	(void)fd;
	(void)what;
	relay_clock(l->r);
	for (i = 0; i < ACCEPT_ROUND; i++)
		if (accept_one(l) == -1)
			break;
}

int
relay_accept_add(struct relay *r, int fd, int tls, uint16_t number)
{
	struct relay_listener *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return (-1);
	l->r = r;
	l->fd = fd;
	l->tls = tls;
	l->number = number;
	evutil_make_socket_nonblocking(fd);
	l->ev = event_new(r->base, fd, EV_READ | EV_PERSIST, acceptable, l);
	if (l->ev == NULL) {
		free(l);
		return (-1);
	}
	LIST_INSERT_HEAD(&r->acceptor.listeners, l, entry);
	return (0);
}

void
relay_accept_close(struct relay *r)
{
	struct relay_listener *l;

	while ((l = LIST_FIRST(&r->acceptor.listeners)) != NULL) {
		LIST_REMOVE(l, entry);
		event_free(l->ev);
		close(l->fd);
		free(l);
	}
}

void
relay_accept_pause(struct relay *r, int bit)
{
	struct relay_listener *l;

	r->acceptor.off |= bit;
	LIST_FOREACH(l, &r->acceptor.listeners, entry)
		event_del(l->ev);
}

void
relay_accept_resume(struct relay *r, int bit)
{
	struct relay_listener *l;

	if ((r->acceptor.off & bit) == 0)
		return;
	r->acceptor.off &= ~bit;
	if (r->acceptor.off != 0)
		return;
	LIST_FOREACH(l, &r->acceptor.listeners, entry)
		event_add(l->ev, NULL);
}

void
relay_accept_room(struct relay *r)
{
	relay_accept_resume(r, ACCEPT_SYSTEM);
	if (r->nconns < r->acceptor.full)
		relay_accept_resume(r, ACCEPT_FILES);
	if (r->conf.max_clients == 0 || clients(r) < r->conf.max_clients)
		relay_accept_resume(r, ACCEPT_LIMIT);
}

void
relay_accept_tick(struct relay *r)
{
	relay_accept_resume(r, ACCEPT_SYSTEM | ACCEPT_SHUT);
	if (relay_unfinished_old(&r->unfinished, r->now_us) != NULL)
		relay_accept_resume(r, ACCEPT_FILES | ACCEPT_LIMIT);
}

void
relay_accept_limits(struct relay *r)
{
	unsigned int half = reserve(r) / 2;

	relay_unfinished_limits(&r->unfinished, r->conf.max_unfinished < half ?
	    r->conf.max_unfinished : half, r->conf.max_per_source);
	relay_accept_room(r);
}

void
relay_accept_init(struct relay *r)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("can't get the limit of open files (getrlimit)");
	r->acceptor.files = rl.rlim_cur > INT_MAX ? INT_MAX :
	    (unsigned int)rl.rlim_cur;
}
