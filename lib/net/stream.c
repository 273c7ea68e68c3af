/*
 * stream: a blocking client connection with deadlines, on top of libtls.
 *
 * Called by derpclient.c and https.c.  Touches the network and the resolver,
 * and reads the file of CA certificates.  The socket is non-blocking, and every
 * wait is a poll(2) that ends at the caller's deadline.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tls.h>
#include <unistd.h>

#include "chan.h"
#include "clock.h"
#include "derpcert.h"
#include "place.h"
#include "stream.h"

struct net_stream {
	int		 fd;		/* -1: not connected */
	struct tls	*tls;		/* NULL before net_stream_tls() */
	int		 plain;		/* STREAM_PLAIN */
	struct ipc_chan	*watch;		/* NULL: none */
	int		 timed_out;
	int		 interrupted;
	char		 why[512];
};

static int	fail(struct net_stream *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Store the reason.  Always returns -1. */
static int
fail(struct net_stream *s, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
	return -1;
}

long long
net_stream_until(int ms)
{
	return base_clock_ms() + ms;
}

struct net_stream *
net_stream_new(void)
{
	struct net_stream	*s;

	if ((s = calloc(1, sizeof(*s))) != NULL)
		s->fd = -1;
	return s;
}

void
net_stream_free(struct net_stream *s)
{
	if (s == NULL)
		return;
	if (s->tls != NULL) {
		/*
		 * Send close_notify if the socket accepts it, without waiting
		 * for the peer's.
		 */
		(void)tls_close(s->tls);
		tls_free(s->tls);
	}
	if (s->fd != -1)
		close(s->fd);
	free(s);
}

void
net_stream_watch(struct net_stream *s, struct ipc_chan *c)
{
	s->watch = c;
}

/*
 * Wait for `events' on `fd'.  Returns 1, 0 on timeout, -1 with errno: ECANCELED
 * when the watched channel has a message.
 */
static int
wait_fd(struct net_stream *s, int fd, short events, long long until)
{
	struct pollfd	pfd[2];
	long long	left;
	int		n;

	for (;;) {
		if ((left = until - base_clock_ms()) < 0)
			left = 0;
		if (left > INT_MAX)
			left = INT_MAX;
		pfd[0].fd = fd;
		pfd[0].events = events;
		pfd[1].fd = s->watch != NULL ? ipc_chan_fd(s->watch) : -1;
		pfd[1].events = POLLIN;
		if (s->watch != NULL && ipc_chan_poll(s->watch)) {
			s->interrupted = 1;
			errno = ECANCELED;
			return -1;
		}
		pfd[0].revents = pfd[1].revents = 0;
		n = poll(pfd, 2, (int)left);
		if ((n == -1 && errno == EINTR) || pfd[1].revents != 0)
			continue;
		return n;
	}
}

/* Wait on the stream's socket.  Returns 0, or -1 with the reason stored. */
static int
wait_stream(struct net_stream *s, short events, long long until,
    const char *what)
{
	switch (wait_fd(s, s->fd, events, until)) {
	case 0:
		s->timed_out = 1;
		return fail(s, "%s: no answer in time", what);
	case -1:
		return fail(s, "%s: poll: %s", what, strerror(errno));
	}
	return 0;
}

/* Set `fd' to non-blocking, close-on-exec, and sending without delay. */
static int
set_flags(int fd)
{
	int	fl, one = 1;

	if ((fl = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, fl | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return -1;
	/* Fails without harm on other than TCP sockets. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return 0;
}

int
net_stream_adopt(struct net_stream *s, int fd)
{
	if (set_flags(fd) == -1)
		return fail(s, "descriptor %d: %s", fd, strerror(errno));
	s->fd = fd;
	return 0;
}

/*
 * Connect the socket `fd' to one address.  Returns it, or -1 with errno; then
 * it is closed.
 */
static int
connect_one(struct net_stream *s, int fd, const struct sockaddr *sa,
    socklen_t salen, long long until)
{
	socklen_t	len = sizeof(int);
	int		err = 0, n;

	if (set_flags(fd) == -1)
		err = errno;
	else if (connect(fd, sa, salen) == 0)
		return fd;
	else if (errno != EINPROGRESS)
		err = errno;
	else if ((n = wait_fd(s, fd, POLLOUT, until)) == -1)
		err = errno;
	else if (n == 0)
		err = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1)
		err = errno;
	if (err == 0)
		return fd;
	close(fd);
	errno = err;
	return -1;
}

/* The same with a new socket. */
static int
dial_one(struct net_stream *s, const struct addrinfo *ai, long long until)
{
	int	fd;

	fd = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);
	return fd == -1 ? -1 : connect_one(s, fd, ai->ai_addr, ai->ai_addrlen,
	    until);
}

int
net_stream_connect(struct net_stream *s, int fd, const struct net_place *to,
    long long until)
{
	const void	*sa = &to->ss;
	char		 where[128];

	if ((s->fd = connect_one(s, fd, sa, to->len, until)) != -1)
		return 0;
	s->timed_out = errno == ETIMEDOUT;
	fd = errno;
	net_place_text(to, where, sizeof(where));
	return fail(s, "connect to %s: %s", where, strerror(fd));
}

int
net_stream_refuse(struct net_stream *s, const char *why)
{
	return fail(s, "%s", why);
}

int
net_stream_dial(struct net_stream *s, const char *host, const char *port,
    long long until)
{
	struct addrinfo	 hints, *res, *ai;
	long long	 now, part;
	int		 e;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	if ((e = getaddrinfo(host, port, &hints, &res)) != 0)
		return fail(s, "%s port %s: %s", host, port, gai_strerror(e));
	for (ai = res; ai != NULL; ai = ai->ai_next) {
		/*
		 * Divide the time, so that an unreachable first address does
		 * not use it up.
		 */
		now = base_clock_ms();
		part = ai->ai_next != NULL ? now + (until - now) / 2 : until;
		if ((s->fd = dial_one(s, ai, part)) != -1 || s->interrupted)
			break;
	}
	e = errno;
	freeaddrinfo(res);
	if (s->fd != -1)
		return 0;
	s->timed_out = e == ETIMEDOUT;
	return fail(s, "connect to %s port %s: %s", host, port, strerror(e));
}

int
net_stream_write_plain(struct net_stream *s, const void *buf, size_t len,
    long long until)
{
	const uint8_t	*p = buf;
	ssize_t		 n;

	if (s->fd == -1 || s->tls != NULL)
		return fail(s, "write: not on a fresh connection");
	while (len > 0) {
		if ((n = write(s->fd, p, len)) > 0) {
			p += n;
			len -= (size_t)n;
		} else if (n == -1 && errno != EAGAIN && errno != EINTR)
			return fail(s, "write: %s", strerror(errno));
		else if (wait_stream(s, POLLOUT, until, "write") == -1)
			return -1;
	}
	return 0;
}

/*
 * Configure libtls for the kind of trust.  Returns 0, or -1 with the reason
 * stored.
 */
static int
set_trust(struct net_stream *s, struct tls_config *conf,
    enum net_stream_trust trust, const char *arg)
{
	switch (trust) {
	case STREAM_ROOTS:
		return 0;
	case STREAM_CAFILE:
		if (tls_config_set_ca_file(conf, arg) == -1)
			return fail(s, "%s: %s", arg, tls_config_error(conf));
		return 0;
	case STREAM_PIN:
		/* libtls still checks the name; check_pin() does the rest. */
		if (!net_derpcert_is_pin(arg))
			return fail(s, "pin \"%s\": not " DERPCERT_PIN_PREFIX
			    " and 64 hexadecimal digits", arg);
		tls_config_insecure_noverifycert(conf);
		return 0;
	case STREAM_PLAIN:
		break;
	case STREAM_ANY:
		tls_config_insecure_noverifycert(conf);
		tls_config_insecure_noverifyname(conf);
		tls_config_insecure_noverifytime(conf);
		return 0;
	}
	return fail(s, "unknown kind of trust %d", (int)trust);
}

/* Make the TLS context.  Returns 0, or -1 with the reason stored. */
static int
make_context(struct net_stream *s, enum net_stream_trust trust, const char *arg)
{
	struct tls_config	*conf;
	int			 rv = -1;

	if ((conf = tls_config_new()) == NULL)
		return fail(s, "out of memory for TLS");
	if (set_trust(s, conf, trust, arg) == -1)
		;
	else if (tls_config_set_alpn(conf, "http/1.1") == -1)
		fail(s, "TLS set-up: %s", tls_config_error(conf));
	else if ((s->tls = tls_client()) == NULL)
		fail(s, "out of memory for TLS");
	else if (tls_configure(s->tls, conf) == -1)
		fail(s, "TLS set-up: %s", tls_error(s->tls));
	else
		rv = 0;
	tls_config_free(conf);
	return rv;
}

/*
 * Compare the server's chain with the pin.  Returns 0, or -1 with the reason
 * stored.
 */
static int
check_pin(struct net_stream *s, const char *pin)
{
	const uint8_t	*pem;
	const char	*why;
	size_t		 len;

	pem = net_stream_chain(s, &len);
	if (pem == NULL)
		return fail(s, "TLS: the server sent no certificate");
	if ((why = net_derpcert_check_pin(pem, len, pin)) != NULL)
		return fail(s, "TLS: %s", why);
	return 0;
}

int
net_stream_tls(struct net_stream *s, const char *name,
    enum net_stream_trust trust, const char *arg, long long until)
{
	const char	*e;
	short		 ev;
	int		 rv;

	if (s->fd == -1 || s->tls != NULL)
		return fail(s, "TLS: not on a fresh connection");
	if (trust == STREAM_PLAIN) {
		s->plain = 1;
		return 0;
	}
	if (make_context(s, trust, arg) == -1)
		return -1;
	if (tls_connect_socket(s->tls, s->fd, name) == -1)
		return fail(s, "TLS: %s", tls_error(s->tls));
	while ((rv = tls_handshake(s->tls)) != 0) {
		if (rv != TLS_WANT_POLLIN && rv != TLS_WANT_POLLOUT) {
			e = tls_error(s->tls);
			return fail(s, "TLS: %s", e != NULL ? e :
			    "connection closed during the handshake");
		}
		ev = rv == TLS_WANT_POLLIN ? POLLIN : POLLOUT;
		if (wait_stream(s, ev, until, "TLS handshake") == -1)
			return -1;
	}
	return trust == STREAM_PIN ? check_pin(s, arg) : 0;
}

static ssize_t
read_plain(struct net_stream *s, void *buf, size_t size, long long until)
{
	ssize_t	n;

	for (;;) {
		if ((n = read(s->fd, buf, size)) >= 0)
			return n;
		if (errno != EAGAIN && errno != EINTR)
			return fail(s, "read: %s", strerror(errno));
		if (wait_stream(s, POLLIN, until, "read") == -1)
			return -1;
	}
}

ssize_t
net_stream_read_plain(struct net_stream *s, void *buf, size_t size,
    long long until)
{
	if (s->fd == -1 || s->tls != NULL)
		return fail(s, "read: not on a fresh connection");
	return read_plain(s, buf, size, until);
}

ssize_t
net_stream_read(struct net_stream *s, void *buf, size_t size, long long until)
{
	const char	*e;
	ssize_t		 n;
	short		 ev;

	s->timed_out = s->interrupted = 0;
	if (s->plain)
		return read_plain(s, buf, size, until);
	if (s->tls == NULL)
		return fail(s, "read: not connected");
	for (;;) {
		n = tls_read(s->tls, buf, size);
		if (n >= 0)
			return n;
		if (n != TLS_WANT_POLLIN && n != TLS_WANT_POLLOUT) {
			e = tls_error(s->tls);
			return fail(s, "read: %s", e != NULL ? e :
			    "connection broken");
		}
		ev = n == TLS_WANT_POLLIN ? POLLIN : POLLOUT;
		if (wait_stream(s, ev, until, "read") == -1)
			return -1;
	}
}

int
net_stream_write(struct net_stream *s, const void *buf, size_t len,
    long long until)
{
	const uint8_t	*p = buf;
	const char	*e;
	ssize_t		 n;
	short		 ev;

	s->timed_out = s->interrupted = 0;
	if (s->plain)
		return net_stream_write_plain(s, buf, len, until);
	if (s->tls == NULL)
		return fail(s, "write: not connected");
	while (len > 0) {
		n = tls_write(s->tls, p, len);
		if (n > 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (n != TLS_WANT_POLLIN && n != TLS_WANT_POLLOUT) {
			e = tls_error(s->tls);
			return fail(s, "write: %s", e != NULL ? e :
			    "connection broken");
		}
		ev = n == TLS_WANT_POLLIN ? POLLIN : POLLOUT;
		if (wait_stream(s, ev, until, "write") == -1)
			return -1;
	}
	return 0;
}

int
net_stream_timed_out(const struct net_stream *s)
{
	return s->timed_out;
}

int
net_stream_interrupted(const struct net_stream *s)
{
	return s->interrupted;
}

const char *
net_stream_error(const struct net_stream *s)
{
	return s->why;
}

const char *
net_stream_version(struct net_stream *s)
{
	const char	*v;

	if (s->tls == NULL || (v = tls_conn_version(s->tls)) == NULL)
		return "";
	return v;
}

const char *
net_stream_cipher(struct net_stream *s)
{
	const char	*v;

	if (s->tls == NULL || (v = tls_conn_cipher(s->tls)) == NULL)
		return "";
	return v;
}

const uint8_t *
net_stream_chain(struct net_stream *s, size_t *len)
{
	*len = 0;
	if (s->tls == NULL)
		return NULL;
	return tls_peer_cert_chain_pem(s->tls, len);
}
