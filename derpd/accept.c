/*
 * accept: listening sockets of a relay worker.  Called by relay.c and conn.c.
 *
 * The sockets' options are set on the listening socket; what is accepted from
 * it inherits them.  Without descriptors the worker stops accepting, says so
 * once, and goes on when a connection has ended; it never spins.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "relay.h"

#define ACCEPT_ROUND	64	/* connections a round and socket */
#define KEEPIDLE_SECS	600
#define USER_TIMEOUT_MS	15000

struct listener {
	LIST_ENTRY(listener) entry;
	struct relay	*r;
	struct event	*ev;
	int		 fd;
	int		 tls;
};

static void
option(int fd, int level, int name, const char *text, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) == -1)
		log_warn("listening socket: %s", text);
}

static void
set_options(struct listener *l)
{
	const struct relay_conf *conf = &l->r->conf;

	option(l->fd, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY", 1);
	option(l->fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE", 1);
#ifdef TCP_KEEPIDLE
	option(l->fd, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE",
	    KEEPIDLE_SECS);
#endif
#ifdef TCP_USER_TIMEOUT
	option(l->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT",
	    USER_TIMEOUT_MS);
#endif
#ifdef TCP_NOTSENT_LOWAT
	if (conf->notsent_lowat != 0)
		option(l->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT,
		    "TCP_NOTSENT_LOWAT", (int)conf->notsent_lowat);
#endif
#ifdef TCP_CONGESTION
	if (conf->congestion[0] != '\0' &&
	    setsockopt(l->fd, IPPROTO_TCP, TCP_CONGESTION, conf->congestion,
	    (socklen_t)strlen(conf->congestion)) == -1)
		log_warn("congestion control %s: not used", conf->congestion);
#endif
}

void
accept_options(struct relay *r)
{
	struct listener *l;

	LIST_FOREACH(l, &r->listeners, entry)
		set_options(l);
}

/* The peer's address as IPv6 or IPv4-mapped bytes. */
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

/* 1: one more may come now by the accept rate. */
static int
within_rate(struct relay *r)
{
	uint64_t burst = (uint64_t)r->conf.accept_burst * 1000, us;

	if (r->conf.accept_rate == 0)
		return (1);
	us = r->now_us - r->accept_at;
	r->accept_at = r->now_us;
	if (us > 1000000000)		/* also the first time */
		us = 1000000000;
	r->accept_tokens += us * r->conf.accept_rate / 1000;
	if (r->accept_tokens > burst)
		r->accept_tokens = burst;
	if (r->accept_tokens < 1000)
		return (0);
	r->accept_tokens -= 1000;
	return (1);
}

/* 0 go on, -1 no more this round. */
static int
accept_one(struct listener *l)
{
	static struct log_limit limit;
	struct relay *r = l->r;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	uint8_t addr[16];
	uint16_t port;
	int fd;

	fd = accept4(l->fd, (struct sockaddr *)&ss, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			log_limited(&limit, "no new connections until one "
			    "ends: %s; raise the limit of open files",
			    strerror(errno));
			accept_pause(r, ACCEPT_FILES);
			return (-1);
		}
		return (errno == EAGAIN ? -1 : 0);
	}
	r->stats.accepts++;
	if (!within_rate(r)) {
		close(fd);
		return (0);
	}
	port = get_address(&ss, addr);
	if (conn_new(r, fd, l->tls, addr, port) == NULL) {
		close(fd);
		return (0);
	}
	if (r->conf.max_clients != 0 && r->nconns >= r->conf.max_clients) {
		log_limited(&limit, "no new connections until one ends: "
		    "max clients (%u) reached", r->conf.max_clients);
		accept_pause(r, ACCEPT_LIMIT);
		return (-1);
	}
	return (0);
}

static void
acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;
	int i;

	(void)fd;
	(void)what;
	relay_clock(l->r);
	for (i = 0; i < ACCEPT_ROUND; i++)
		if (accept_one(l) == -1)
			break;
}

int
accept_add(struct relay *r, int fd, int tls)
{
	struct listener *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return (-1);
	l->r = r;
	l->fd = fd;
	l->tls = tls;
	evutil_make_socket_nonblocking(fd);
	l->ev = event_new(r->base, fd, EV_READ | EV_PERSIST, acceptable, l);
	if (l->ev == NULL) {
		free(l);
		return (-1);
	}
	LIST_INSERT_HEAD(&r->listeners, l, entry);
	return (0);
}

void
accept_close(struct relay *r)
{
	struct listener *l;

	while ((l = LIST_FIRST(&r->listeners)) != NULL) {
		LIST_REMOVE(l, entry);
		event_free(l->ev);
		close(l->fd);
		free(l);
	}
}

void
accept_pause(struct relay *r, int bit)
{
	struct listener *l;

	r->accept_off |= bit;
	LIST_FOREACH(l, &r->listeners, entry)
		event_del(l->ev);
}

void
accept_resume(struct relay *r, int bit)
{
	struct listener *l;

	if ((r->accept_off & bit) == 0)
		return;
	r->accept_off &= ~bit;
	if (r->accept_off != 0)
		return;
	LIST_FOREACH(l, &r->listeners, entry)
		event_add(l->ev, NULL);
}
