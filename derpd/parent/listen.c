/*
 * listen: the listening sockets of fronts and of stund; see listen.h.
 * Called by the parent.
 *
 * Where the kernel spreads clients over sockets of one address, each process
 * has a socket of its own; elsewhere all share one.  The parent keeps all
 * sockets open: connections to a front that has died wait for its successor.
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
#include "listen.h"
#include "log.h"
#include "tcpoptions.h"
#include "udpsock.h"

#define BACKLOG		4096
#define BUSY_TCP	": another program has it; stop that one (ss -ltnp " \
	"shows it) or choose another port"

/* The differences between TCP and UDP. */
struct kind {
	int		 type;		/* SOCK_STREAM or SOCK_DGRAM */
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

/* A listening socket, or -1 with errno; `share' 1: with SO_REUSEPORT. */
static int
tcp_socket(const struct sockaddr *sa, socklen_t len, int share)
{
	int fd, error;

	if ((fd = net_bound(SOCK_STREAM, sa, len, share, reuse)) == -1)
		return (-1);
	if (listen(fd, BACKLOG) == 0)
		return (fd);
	error = errno;
	close(fd);
	errno = error;
	return (-1);
}

static const struct kind tcp = {
	.type = SOCK_STREAM,
	.open = tcp_socket,
	.spreads = net_spreads_clients,
	.note = "",
	.busy = BUSY_TCP,
	.alone = "listening on IPv4 alone",
};

static const struct kind metrics = {
	.type = SOCK_STREAM,
	.open = tcp_socket,
	.spreads = net_spreads_clients,
	.what = "metrics",
	.note = "",
	.busy = BUSY_TCP,
	.alone = "metrics on IPv4 alone",
};

static const struct kind udp = {
	.type = SOCK_DGRAM,
	.open = net_udp_socket,
	.what = "stun",
	.note = " (UDP)",
	.busy = ": another program has it; stop that one (ss -lunp shows it) "
	    "or choose another port",
	.alone = "STUN on IPv4 alone",
};

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

/* The socket of one process, or -1 with errno. */
static int
open_socket(const struct kind *k, const struct parent_listen_set *s,
    const struct parent_listen_socket *l, unsigned int n,
    const struct sockaddr *sa, socklen_t len)
{
	int spreads = k->spreads == NULL || k->spreads();

	if (!spreads && n > 0)
		return (fcntl(l->fds[0], F_DUPFD_CLOEXEC, 0));
	return (k->open(sa, len, spreads && s->nprocs > 1));
}

const char *
parent_listen_kind(const struct parent_listen_socket *l)
{
	return (l->tls ? "tls" : l->derp ? "derp" : "plain");
}

static int
open_one(const struct kind *k, struct parent_listen_set *s,
    const struct conf_listen *cl, unsigned int number)
{
	struct parent_listen_socket *l = &s->v[s->n];
	struct sockaddr_storage ss = cl->ss;
	struct sockaddr *sa = (struct sockaddr *)&ss;
	unsigned int i;

	l->number = number;
	l->tls = cl->tls;
	l->derp = cl->derp;
	describe(l, sa, cl->sslen);
	if ((l->fds = calloc(s->nprocs, sizeof(*l->fds))) == NULL)
		goto fail;
	for (i = 0; i < s->nprocs; i++)
		l->fds[i] = -1;
	s->n++;
	if (probe(k, sa, cl->sslen) == -1)
		goto fail;
	describe(l, sa, cl->sslen);
	for (i = 0; i < s->nprocs; i++)
		if ((l->fds[i] = open_socket(k, s, l, i, sa, cl->sslen)) == -1)
			goto fail;
	log_info("listening on %s (%s)", l->text, k->what != NULL ? k->what :
	    parent_listen_kind(l));
	return (0);

fail:
	log_warnx("%s:%d: can't listen on %s%s: %s%s", cl->pos.file,
	    cl->pos.line, l->text, k->note, strerror(errno),
	    advice(k, errno));
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

static int
open_all(const struct kind *k, struct parent_listen_set *s,
    const struct conf_listens *listens, unsigned int nprocs)
{
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
		if (open_one(k, s, cl, number) == -1) {
			parent_listen_close(s);
			return (-1);
		}
	}
	return (0);
}

int
parent_listen_open(struct parent_listen_set *s, const struct conf *c,
    unsigned int nprocs)
{
	return (open_all(&tcp, s, &c->listens, nprocs));
}

int
parent_listen_stun(struct parent_listen_set *s, const struct conf *c,
    unsigned int nprocs)
{
	return (open_all(&udp, s, &c->stun.listens, nprocs));
}

int
parent_listen_metrics(struct parent_listen_set *s, const struct conf *c)
{
	return (open_all(&metrics, s, &c->metrics.listens, 1));
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
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (keep_listening(&s->v[i], s->v[i].fds[front]) == -1)
			return (-1);
		set_options(s->v[i].fds[front], c);
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
		for (n = 0; n < s->nprocs; n++)
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
		for (n = 0; n < s->nprocs; n++)
			if (s->v[i].fds[n] != -1)
				close(s->v[i].fds[n]);
		free(s->v[i].fds);
	}
	free(s->v);
	memset(s, 0, sizeof(*s));
}
