/*
 * listen: the listening sockets of fronts and of stund; see listen.h.
 * Called by the parent.
 *
 * Where the kernel spreads clients over sockets of one address, each process
 * has a socket of its own; elsewhere all share one.  The parent keeps all
 * sockets open: connections to a front that has died wait for its successor.
 * The next derpd inherits them (inherit.h).  They permit more sockets of their
 * address from the start, because it may have more processes.  Its own sockets
 * do not listen while the earlier derpd does: the kernel would put clients
 * there for whom nobody comes, and who are reset if that derpd goes on instead.
 *
 * The backlog is what the default of Linux allows.  With a longer one more
 * clients would wait for their handshake than can be served within the time
 * that they have, and be closed (derpd/front/late.h): a connection attempt that
 * the kernel drops costs less.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "bound.h"
#include "inherit.h"
#include "listen.h"
#include "log.h"
#include "tcpoptions.h"
#include "tcpstate.h"
#include "udpsock.h"

#define BACKLOG		4096
#define MOST_EACH	256	/* inherited sockets of a process */
#define BUSY_TCP	": another program has it; stop that one (ss -ltnp " \
	"shows it) or choose another port"

/* The differences between TCP and UDP. */
struct kind {
	int		 type;		/* SOCK_STREAM or SOCK_DGRAM */
	enum ipc_up_socket inherited;	/* as an earlier derpd calls it */
	int		 (*open)(const struct sockaddr *, socklen_t, int);
	int		 (*spreads)(void); /* NULL: always */
	const char	*what;		/* in the log; NULL: tls or plain */
	const char	*note;		/* follows the address in an error */
	const char	*busy;		/* advice when the address is in use */
	const char	*alone;		/* log line when there is no IPv6 */
};

static int
reuse(int fd, int family)
{
	int one = 1;

	(void)family;
	return (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
}

/* A bound socket, or -1 with errno; `share' 1: with SO_REUSEPORT. */
static int
tcp_socket(const struct sockaddr *sa, socklen_t len, int share)
{
	return (net_bound(SOCK_STREAM, sa, len, share, reuse));
}

static const struct kind tcp = {
	.type = SOCK_STREAM,
	.inherited = IPC_UP_LISTEN,
	.open = tcp_socket,
	.spreads = net_spreads_clients,
	.note = "",
	.busy = BUSY_TCP,
	.alone = "listening on IPv4 alone",
};

static const struct kind metrics = {
	.type = SOCK_STREAM,
	.inherited = IPC_UP_METRICS,
	.open = tcp_socket,
	.spreads = net_spreads_clients,
	.what = "metrics",
	.note = "",
	.busy = BUSY_TCP,
	.alone = "metrics on IPv4 alone",
};

static const struct kind udp = {
	.type = SOCK_DGRAM,
	.inherited = IPC_UP_STUN,
	.open = net_udp_socket,
	.what = "stun",
	.note = " (UDP)",
	.busy = ": another program has it; stop that one (ss -lunp shows it) "
	    "or choose another port",
	.alone = "STUN on IPv4 alone",
};

/* 1 when each process has a socket of its own. */
static int
spreads(const struct kind *k)
{
	return (k->spreads == NULL || k->spreads());
}

/*
 * Bind the port once without sharing first: with sharing, a second derpd would
 * silently get half of the first one's clients.  Port 0: all processes share
 * the port that the kernel chooses.
 */
static int
probe(const struct kind *k, struct sockaddr *sa, socklen_t len)
{
	int fd, rv, error;

	if ((fd = k->open(sa, len, 0)) == -1)
		return (-1);
	rv = getsockname(fd, sa, &len);
	error = errno;
	close(fd);
	errno = error;
	return (rv);
}

static void
describe(struct parent_listen_socket *l, const struct sockaddr *sa,
    socklen_t len)
{
	char host[48], port[8];

	if (getnameinfo(sa, len, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		strlcpy(host, "?", sizeof(host));
		strlcpy(port, "0", sizeof(port));
	}
	l->port = (int)strtonum(port, 0, 65535, NULL);
	snprintf(l->text, sizeof(l->text),
	    sa->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static const char *
advice(const struct kind *k, int error)
{
	switch (error) {
	case EADDRINUSE:
		return (k->busy);
	case EACCES:
		return (": ports below 1024 need root, or "
		    "CAP_NET_BIND_SERVICE");
	case EADDRNOTAVAIL:
		return (": this machine does not have the address");
	case EAFNOSUPPORT:
		return (": this machine has no such addresses; remove the "
		    "line");
	default:
		return (base_advice_limit(error));
	}
}

const char *
parent_listen_kind(const struct parent_listen_socket *l)
{
	return (l->tls ? "tls" : l->derp ? "derp" : "plain");
}

/* What an address is opened with. */
struct opening {
	const struct kind *k;
	struct parent_listen_set *s;
	const struct conf_listens *all;
	const struct conf_listen *cl;	/* this one */
	struct parent_inherit *in;
	struct sockaddr_storage ss;	/* its address; port 0 until known */
};

static void
set_port(struct sockaddr *sa, int port)
{
	if (sa->sa_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)sa)->sin6_port =
		    htons((uint16_t)port);
	else
		((struct sockaddr_in *)(void *)sa)->sin_port =
		    htons((uint16_t)port);
}

/* 1 when another line of the configuration names this address and port. */
static int
is_named(const void *arg, int port)
{
	const struct opening *o = arg;
	struct sockaddr_storage ss = o->cl->ss;
	const struct conf_listen *l;

	set_port((struct sockaddr *)&ss, port);
	TAILQ_FOREACH(l, o->all, entry)
		if (l->sslen == o->cl->sslen &&
		    memcmp(&l->ss, &ss, l->sslen) == 0)
			return (1);
	return (0);
}

/* Add a descriptor to those of the address.  0, or -1: it is closed. */
static int
add_fd(struct parent_listen_socket *l, int fd)
{
	int *fds;

	if (fd == -1)
		return (-1);
	if ((fds = reallocarray(l->fds, l->nfds + 1, sizeof(*fds))) == NULL) {
		close(fd);
		errno = ENOMEM;
		return (-1);
	}
	l->fds = fds;
	l->fds[l->nfds++] = fd;
	return (0);
}

/*
 * Take the sockets of this address that an earlier derpd had: all of them, or
 * one where the kernel does not spread clients, because all are one there.  0,
 * or -1 with errno.
 */
static int
take_inherited(struct opening *o, struct parent_listen_socket *l)
{
	struct sockaddr *sa = (struct sockaddr *)&o->ss;
	const enum ipc_up_socket kind = o->k->inherited;
	int fd;

	if (l->port == 0)
		set_port(sa, parent_inherit_port(o->in, kind, sa, is_named,
		    o));
	while ((fd = parent_inherit_take(o->in, kind, sa)) != -1) {
		if (add_fd(l, fd) == -1)
			return (-1);
		if (!spreads(o->k))
			break;
	}
	return (0);
}

/*
 * Find out whether the address can be had, unless it is ours already.  0, or -1
 * with errno.
 */
static int
reserve(struct opening *o, const struct parent_listen_socket *l)
{
	struct sockaddr *sa = (struct sockaddr *)&o->ss;

	if (l->nfds > 0 || parent_inherit_overlaps(o->in, o->k->inherited, sa))
		return (0);
	return (probe(o->k, sa, o->cl->sslen));
}

/* Open a socket of the address.  Returns the descriptor, or -1 with errno. */
static int
open_socket(const struct opening *o)
{
	const struct sockaddr *sa = (const struct sockaddr *)&o->ss;
	int fd, error;

	fd = o->k->open(sa, o->cl->sslen, spreads(o->k));
	if (fd == -1 || o->k->type != SOCK_STREAM || o->in->waits ||
	    listen(fd, BACKLOG) == 0)
		return (fd);
	error = errno;
	close(fd);
	errno = error;
	return (-1);
}

/* Add a socket for each process that has none.  0, or -1 with errno. */
static int
add_sockets(struct opening *o, struct parent_listen_socket *l)
{
	int fd;

	while (l->nfds < o->s->nprocs) {
		if (!spreads(o->k) && l->nfds > 0)
			fd = fcntl(l->fds[0], F_DUPFD_CLOEXEC, 0);
		else
			fd = open_socket(o);
		if (add_fd(l, fd) == -1)
			return (-1);
	}
	return (0);
}

static int
open_one(struct opening *o, unsigned int number)
{
	struct parent_listen_socket *l = &o->s->v[o->s->n++];
	const struct sockaddr *sa = (const struct sockaddr *)&o->ss;
	const struct conf_listen *cl = o->cl;

	o->ss = cl->ss;
	l->number = number;
	l->tls = cl->tls;
	l->derp = cl->derp;
	describe(l, sa, cl->sslen);
	if (take_inherited(o, l) == -1 || reserve(o, l) == -1)
		goto fail;
	describe(l, sa, cl->sslen);
	if (add_sockets(o, l) == -1)
		goto fail;
	log_info("listening on %s (%s)", l->text, o->k->what != NULL ?
	    o->k->what : parent_listen_kind(l));
	return (0);

fail:
	log_warnx("%s:%d: can't listen on %s%s: %s%s", cl->pos.file,
	    cl->pos.line, l->text, o->k->note, strerror(errno),
	    advice(o->k, errno));
	return (-1);
}

/* 1 when the kernel supports IPv6. */
static int
have_ipv6(const struct kind *k)
{
	int fd = socket(AF_INET6, k->type | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return (0);
	close(fd);
	return (1);
}

/*
 * 0, or -1 (logged): inherited sockets make more of each process than its
 * channel takes.
 */
static int
check_number(const struct parent_listen_set *s)
{
	unsigned int each;
	size_t i, n = 0;

	for (i = 0; s->nprocs > 0 && i < s->n; i++) {
		each = (s->v[i].nfds + s->nprocs - 1) / s->nprocs;
		n += each > 1 ? each : 0;
	}
	if (n <= MOST_EACH)
		return (0);
	log_warnx("the derpd before had more processes: each one would have "
	    "%zu of its sockets, expected at most %d: reduce the number of "
	    "processes in steps, or restart derpd", n, MOST_EACH);
	return (-1);
}

static int
open_all(const struct kind *k, struct parent_listen_set *s,
    const struct conf_listens *listens, unsigned int nprocs,
    struct parent_inherit *in)
{
	struct opening o = { .k = k, .s = s, .all = listens, .in = in };
	const struct conf_listen *cl;
	unsigned int number = 0;
	size_t n = 0;

	memset(s, 0, sizeof(*s));
	s->nprocs = nprocs;
	TAILQ_FOREACH(cl, listens, entry)
		n++;
	if (n == 0)
		return (0);
	if ((s->v = calloc(n, sizeof(*s->v))) == NULL) {
		log_warn("no memory for %zu listening sockets%s", n, k->note);
		return (-1);
	}
	for (cl = TAILQ_FIRST(listens); cl != NULL;
	    cl = TAILQ_NEXT(cl, entry), number++) {
		if (cl->wildcard && cl->ss.ss_family == AF_INET6 &&
		    !have_ipv6(k)) {
			log_info("no IPv6 on this machine: %s", k->alone);
			continue;
		}
		o.cl = cl;
		if (open_one(&o, number) == -1) {
			parent_listen_close(s);
			return (-1);
		}
	}
	if (check_number(s) == 0)
		return (0);
	parent_listen_close(s);
	return (-1);
}

/* Warn if the system lets fewer connections wait than we ask for. */
static void
check_backlog(const struct parent_listen_set *s)
{
	int most = s->n == 0 ? -1 : net_tcpstate_backlog(s->v[0].fds[0]);

	if (most != -1 && most < BACKLOG)
		log_warnx("at most %d connections wait to be accepted, not "
		    "%d: when many clients come back at once, the others try "
		    "again a second later; raise net.core.somaxconn (sysctl) "
		    "and restart derpd", most, BACKLOG);
}

int
parent_listen_open(struct parent_listen_set *s, const struct conf *c,
    unsigned int nprocs, struct parent_inherit *in)
{
	if (open_all(&tcp, s, &c->listens, nprocs, in) == -1)
		return (-1);
	check_backlog(s);
	return (0);
}

int
parent_listen_stun(struct parent_listen_set *s, const struct conf *c,
    unsigned int nprocs, struct parent_inherit *in)
{
	return (open_all(&udp, s, &c->stun.listens, nprocs, in));
}

int
parent_listen_metrics(struct parent_listen_set *s, const struct conf *c,
    struct parent_inherit *in)
{
	return (open_all(&metrics, s, &c->metrics.listens, 1, in));
}

int
parent_listen_give(const struct parent_listen_set *s, unsigned int proc,
    int (*give)(void *, const struct parent_listen_socket *, int), void *arg)
{
	const int all = proc == PARENT_LISTEN_ALL;
	const struct parent_listen_socket *l;
	unsigned int k;
	size_t i;
	int fd, rv = 0;

	for (i = 0; rv == 0 && i < s->n; i++) {
		l = &s->v[i];
		for (k = all ? 0 : proc; rv == 0 && k < l->nfds;
		    k += all ? 1 : s->nprocs) {
			fd = fcntl(l->fds[k], F_DUPFD_CLOEXEC, 0);
			rv = fd == -1 ? -1 : give(arg, l, fd);
		}
	}
	return (rv);
}

#ifdef TCP_CONGESTION
/* The system's congestion control, read from the first socket. */
static const char *
default_congestion(int fd)
{
	static char name[16];
	socklen_t len = sizeof(name) - 1;

	if (name[0] == '\0' &&
	    getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len) == -1)
		name[0] = '\0';
	return (name);
}

static void
set_congestion(int fd, const char *wanted)
{
	const char *name = default_congestion(fd);

	if (wanted != NULL)
		name = wanted;
	if (*name != '\0' && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name,
	    (socklen_t)strlen(name)) == -1)
		log_warn("congestion control %s: can't be used (setsockopt "
		    "TCP_CONGESTION): sysctl "
		    "net.ipv4.tcp_available_congestion_control lists the "
		    "available ones, modprobe tcp_%s loads it", name, name);
}
#endif

static void
set_options(int fd, const struct conf *c)
{
	const struct net_tcp o = { .unsent = c->worker.notsent_lowat,
	    .keepalive = c->relay.keepalive,
	    .user_timeout = c->relay.user_timeout };
	const char *failed = net_tcp_options(fd, &o);

	if (failed != NULL)
		log_warn("can't set %s on a listening socket (setsockopt)",
		    failed);
#ifdef TCP_CONGESTION
	set_congestion(fd, c->relay.congestion);
#endif
}

static int
is_listening(int fd)
{
	socklen_t len = sizeof(int);
	int on = 0;

	return (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 &&
	    on);
}

void
parent_listen_begin(const struct parent_listen_set *s)
{
	const struct parent_listen_socket *l;
	unsigned int n;
	size_t i;

	for (i = 0; i < s->n; i++) {
		l = &s->v[i];
		for (n = 0; n < l->nfds; n++)
			if (!l->ended && !is_listening(l->fds[n]) &&
			    listen(l->fds[n], BACKLOG) == -1)
				log_warn("%s: can't listen", l->text);
	}
}

/* Make sure that the socket listens.  0, or -1 (logged). */
static int
keep_listening(const struct parent_listen_socket *l, int fd)
{
	static struct log_limit ended_limit;

	if (l->ended || is_listening(fd))
		return (0);
	if (listen(fd, BACKLOG) == -1) {
		log_warn("%s: a front ended the listening socket, and it "
		    "can't listen again: restart derpd", l->text);
		return (-1);
	}
	log_limited_warnx(&ended_limit, "%s: a front ended the listening "
	    "socket: it listens again", l->text);
	return (0);
}

int
parent_listen_options(const struct parent_listen_set *s, const struct conf *c,
    unsigned int front)
{
	const struct parent_listen_socket *l;
	unsigned int k;
	size_t i;

	for (i = 0; i < s->n; i++) {
		l = &s->v[i];
		for (k = front; k < l->nfds; k += s->nprocs) {
			if (keep_listening(l, l->fds[k]) == -1)
				return (-1);
			set_options(l->fds[k], c);
		}
	}
	return (0);
}

/* End or begin listening.  0, or -1 with errno. */
static int
set_listening(int fd, int on)
{
	if (is_listening(fd) == on)
		return (0);
	return (on ? listen(fd, BACKLOG) : shutdown(fd, SHUT_RDWR));
}

void
parent_listen_drain(struct parent_listen_set *s, int on)
{
	static struct log_limit failed;
	struct parent_listen_socket *l;
	unsigned int n;
	size_t i;

	for (i = 0; i < s->n; i++) {
		l = &s->v[i];
		if (!l->tls && !l->derp)
			continue;
		l->ended = on;
		for (n = 0; n < l->nfds; n++)
			if (set_listening(l->fds[n], !on) == -1)
				log_limited_warnx(&failed, "%s: can't %s "
				    "listening (%s): %s", l->text, on ? "end" :
				    "begin", on ? "shutdown" : "listen",
				    strerror(errno));
	}
}

void
parent_listen_close(struct parent_listen_set *s)
{
	unsigned int n;
	size_t i;

	for (i = 0; i < s->n; i++) {
		for (n = 0; n < s->v[i].nfds; n++)
			close(s->v[i].fds[n]);
		free(s->v[i].fds);
	}
	free(s->v);
	memset(s, 0, sizeof(*s));
}
