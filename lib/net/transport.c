/*
 * transport: see transport.h.  Called by verify and lib/dial.  Touches its
 * socket.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "transport.h"
#include "transport_own.h"

int
net_transport_fail(struct net_transport *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
	return (-1);
}

void
net_transport_init(struct net_transport *t)
{
	memset(t, 0, sizeof(*t));
	t->fd = -1;
	t->quota = TRANSPORT_TURN;
}

void
net_transport_turn(struct net_transport *t)
{
	t->quota = TRANSPORT_TURN;
}

int
net_transport_connect(struct net_transport *t, const struct sockaddr *sa,
    socklen_t len)
{
	int one = 1;

	t->fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	if (t->fd == -1)
		return (net_transport_fail(t, "no socket: %s",
		    strerror(errno)));
	if (sa->sa_family != AF_UNIX)
		(void)setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one));
	return (net_transport_connect_over(t, t->fd, sa, len));
}

int
net_transport_connect_over(struct net_transport *t, int fd,
    const struct sockaddr *sa, socklen_t len)
{
	t->fd = fd;
	if (connect(t->fd, sa, len) == 0)
		return (0);
	if (errno == EINPROGRESS)
		return (TRANSPORT_WANT_WRITE);
	return (net_transport_fail(t, "%s", strerror(errno)));
}

int
net_transport_connected(struct net_transport *t)
{
	socklen_t len = sizeof(int);
	int error;

	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	return (error == 0 ? 0 : net_transport_fail(t, "%s", strerror(error)));
}

/* The result of a read or write on the socket, as `want' if it waits. */
static ssize_t
result(ssize_t n, ssize_t want)
{
	return (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK ||
	    errno == EINTR) ? want : n);
}

/* Read from the socket within the quota. */
static ssize_t
read_some(struct net_transport *t, void *buf, size_t size, ssize_t want)
{
	ssize_t n;

	if (t->quota == 0)
		return (want);
	n = result(read(t->fd, buf, size < t->quota ? size : t->quota), want);
	if (n > 0)
		t->quota -= (size_t)n;
	return (n);
}

ssize_t
net_transport_sock_read(struct net_transport *t, void *buf, size_t size)
{
	return (read_some(t, buf, size, TRANSPORT_WANT_READ));
}

ssize_t
net_transport_sock_write(struct net_transport *t, const void *buf, size_t len)
{
	return (result(write(t->fd, buf, len), TRANSPORT_WANT_WRITE));
}

static ssize_t
read_cb(struct tls *tls, void *buf, size_t size, void *arg)
{
	(void)tls;
	return (read_some(arg, buf, size, TLS_WANT_POLLIN));
}

static ssize_t
write_cb(struct tls *tls, const void *buf, size_t len, void *arg)
{
	struct net_transport *t = arg;

	(void)tls;
	return (result(write(t->fd, buf, len), TLS_WANT_POLLOUT));
}

int
net_transport_secure(struct net_transport *t, struct tls_config *conf,
    const char *name)
{
	if ((t->tls = tls_client()) == NULL)
		return (net_transport_fail(t, "out of memory for TLS"));
	if (tls_configure(t->tls, conf) == -1 ||
	    tls_connect_cbs(t->tls, read_cb, write_cb, t, name) == -1)
		return (net_transport_fail(t, "%s", tls_error(t->tls)));
	return (0);
}

/* What libtls's result `n' means; `what' of a call that says no more. */
static ssize_t
tls_result(struct net_transport *t, ssize_t n, const char *what)
{
	const char *e;

	if (n == TLS_WANT_POLLIN)
		return (TRANSPORT_WANT_READ);
	if (n == TLS_WANT_POLLOUT)
		return (TRANSPORT_WANT_WRITE);
	if (n >= 0)
		return (n);
	e = tls_error(t->tls);
	return (net_transport_fail(t, "%s", e != NULL ? e : what));
}

int
net_transport_shake(struct net_transport *t)
{
	int rv;

	rv = t->secrets != NULL ? t->ops->handshake(t) : tls_handshake(t->tls);
	return ((int)tls_result(t, rv, "the server closed the connection "
	    "during the handshake"));
}

ssize_t
net_transport_read(struct net_transport *t, void *buf, size_t size)
{
	ssize_t n;

	if (t->tls != NULL)
		return (tls_result(t, tls_read(t->tls, buf, size),
		    "the connection is broken"));
	if (t->own != NULL)
		return (t->ops->read(t, buf, size));
	n = net_transport_sock_read(t, buf, size);
	return (n == -1 ? net_transport_fail(t, "%s", strerror(errno)) : n);
}

ssize_t
net_transport_write(struct net_transport *t, const void *buf, size_t len)
{
	ssize_t n;

	if (t->tls != NULL)
		return (tls_result(t, tls_write(t->tls, buf, len),
		    "the connection is broken"));
	if (t->own != NULL)
		return (t->ops->write(t, buf, len));
	n = net_transport_sock_write(t, buf, len);
	return (n == -1 ? net_transport_fail(t, "%s", strerror(errno)) : n);
}

void
net_transport_close(struct net_transport *t)
{
	if (t->tls != NULL) {
		/* Send close_notify, without waiting for the server's. */
		(void)tls_close(t->tls);
		tls_free(t->tls);
	}
	if (t->ops != NULL)
		t->ops->close(t);
	if (t->fd != -1)
		close(t->fd);
	net_transport_init(t);
}
