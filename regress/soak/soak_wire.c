/*
 * soak_wire: TCP and TLS connections that never wait.  TLS uses memory buffers,
 * so that this program decides what is read and when.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "soak.h"

#define READ_MAX	(256 * 1024)	/* of a connection in a turn */
#define RECORD		16384

void
bytes_add(struct bytes *b, const void *p, size_t n)
{
	size_t cap;

	if (b->off > 0 && b->len + n > b->cap) {
		memmove(b->p, b->p + b->off, b->len - b->off);
		b->len -= b->off;
		b->off = 0;
	}
	if (b->len + n > b->cap) {
		cap = b->cap == 0 ? 4096 : b->cap;
		while (cap < b->len + n)
			cap *= 2;
		if ((b->p = realloc(b->p, cap)) == NULL)
			fail("out of memory");
		b->cap = cap;
	}
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
}

void
bytes_drop(struct bytes *b, size_t n)
{
	b->off += n;
	if (b->off == b->len)
		b->off = b->len = 0;
}

void
bytes_free(struct bytes *b)
{
	free(b->p);
	memset(b, 0, sizeof(*b));
}

static SSL *
tls_new(int tls12)
{
	static SSL_CTX *ctx;
	SSL *ssl;

	if (ctx == NULL) {
		if ((ctx = SSL_CTX_new(TLS_client_method())) == NULL)
			fail("no TLS context");
		SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
		SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	}
	if ((ssl = SSL_new(ctx)) == NULL)
		fail("no TLS connection");
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(ssl), -1);
	SSL_set_tlsext_host_name(ssl, opt.name);
	SSL_set_alpn_protos(ssl, (const uint8_t *)"\010http/1.1", 9);
	if (tls12)
		SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
	SSL_set_connect_state(ssl);
	return (ssl);
}

/* Junk connections and clients have addresses of their own, if available. */
static void
bind_source(int fd, unsigned int n)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	sin.sin_addr.s_addr = htonl(0x7f010001 + n);
	(void)bind(fd, (struct sockaddr *)&sin, sizeof(sin));
}

void
wire_open(struct wire *w, const struct soak_how *how)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int on = 1;

	memset(w, 0, sizeof(*w));
	if ((w->fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    fcntl(w->fd, F_SETFL, O_NONBLOCK) == -1)
		fail("socket: %s", strerror(errno));
	(void)fcntl(w->fd, F_SETFD, FD_CLOEXEC);
	if (how->rcvbuf != 0)
		setsockopt(w->fd, SOL_SOCKET, SO_RCVBUF, &how->rcvbuf,
		    sizeof(how->rcvbuf));
	setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	bind_source(w->fd, how->source);
	to.sin_port = htons((uint16_t)strtol(how->plain ? opt.plain : opt.port,
	    NULL, 10));
	if (inet_pton(AF_INET, opt.host, &to.sin_addr) != 1)
		fail("%s is not an address", opt.host);
	if (!how->plain && !how->bare)
		w->ssl = tls_new(how->tls12);
	w->secure = w->ssl == NULL;
	if (connect(w->fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		w->connected = 1;
	else if (errno != EINPROGRESS)
		snprintf(w->end, sizeof(w->end), "connect: %s",
		    strerror(errno));
	counts.conns++;
}

/* Move the output of TLS to the queue for the socket. */
static void
move_output(struct wire *w)
{
	BIO *b = SSL_get_wbio(w->ssl);
	char *p;
	long n = BIO_get_mem_data(b, &p);

	if (n > 0)
		bytes_add(&w->out, p, (size_t)n);
	(void)BIO_reset(b);
}

static void
tls_failed(struct wire *w, const char *what, int err)
{
	unsigned long e = ERR_get_error();

	w->broken = err == SSL_ERROR_SSL || err == SSL_ERROR_SYSCALL;
	snprintf(w->end, sizeof(w->end), "%s: %s", what, e == 0 ? "ended" :
	    ERR_reason_error_string(e) == NULL ? "error" :
	    ERR_reason_error_string(e));
}

void
wire_put(struct wire *w, const void *p, size_t n, size_t piece)
{
	const uint8_t *d = p;
	size_t k, done;

	if (w->ssl == NULL) {
		bytes_add(&w->out, p, n);
		return;
	}
	for (; n > 0 && w->end[0] == '\0'; d += k, n -= k) {
		k = piece != 0 && piece < RECORD ? piece : RECORD;
		if (k > n)
			k = n;
		ERR_clear_error();
		if (SSL_write_ex(w->ssl, d, k, &done) != 1 || done != k)
			tls_failed(w, "TLS write", SSL_get_error(w->ssl, 0));
	}
	move_output(w);
}

void
wire_put_bare(struct wire *w, const void *p, size_t n)
{
	bytes_add(&w->out, p, n);
}

short
wire_events(const struct wire *w)
{
	short ev = 0;

	if (!w->connected || bytes_left(&w->out) > 0)
		ev |= POLLOUT;
	if (w->connected && !w->no_read && (w->sip == 0 || w->sip_at <= now))
		ev |= POLLIN;
	return (ev);
}

void
wire_flush(struct wire *w)
{
	ssize_t k;

	while (w->connected && bytes_left(&w->out) > 0) {
		k = send(w->fd, bytes_head(&w->out), bytes_left(&w->out),
		    MSG_NOSIGNAL);
		if (k == -1 && errno == EAGAIN)
			return;
		if (k == -1) {
			/* Earlier input may still explain the end. */
			bytes_drop(&w->out, bytes_left(&w->out));
			return;
		}
		bytes_drop(&w->out, (size_t)k);
	}
}

/* Read from the socket; -1: nothing now, 0: the end. */
static ssize_t
from_socket(struct wire *w, uint8_t *p, size_t size)
{
	ssize_t n;

	if (w->sip != 0) {
		if (w->sip_at > now)
			return (-1);
		if (size > w->sip)
			size = w->sip;
		w->sip_at = now + 3;
	}
	n = recv(w->fd, p, size, 0);
	if (n > 0)
		return (n);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (-1);
	snprintf(w->end, sizeof(w->end), "%s", n == 0 ? "closed" :
	    strerror(errno));
	return (0);
}

static void
handshake(struct wire *w)
{
	int rv, err;

	ERR_clear_error();
	rv = SSL_do_handshake(w->ssl);
	err = SSL_get_error(w->ssl, rv);
	move_output(w);
	if (rv == 1)
		w->secure = 1;
	else if (err != SSL_ERROR_WANT_READ && w->end[0] == '\0')
		tls_failed(w, "handshake", err);
}

/* Pass on what TLS has decrypted. */
static void
decrypt(struct wire *w, void (*got)(const uint8_t *, size_t, void *),
    void *arg)
{
	static uint8_t plain[RECORD];
	size_t n;
	int err;

	while (!w->broken) {
		ERR_clear_error();
		if (SSL_read_ex(w->ssl, plain, sizeof(plain), &n) == 1) {
			got(plain, n, arg);
			continue;
		}
		err = SSL_get_error(w->ssl, 0);
		if (err == SSL_ERROR_WANT_READ)
			break;
		if (err == SSL_ERROR_ZERO_RETURN) {
			if (w->end[0] == '\0')
				snprintf(w->end, sizeof(w->end),
				    "closed by close_notify");
		} else
			tls_failed(w, "TLS read", err);
		break;
	}
	move_output(w);
}

static void
finish_connect(struct wire *w, short revents)
{
	socklen_t len = sizeof(int);
	int err = 0;

	if ((revents & (POLLOUT | POLLERR | POLLHUP)) == 0)
		return;
	getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err != 0)
		snprintf(w->end, sizeof(w->end), "connect: %s", strerror(err));
	else
		w->connected = 1;
}

void
wire_turn(struct wire *w, short revents,
    void (*got)(const uint8_t *, size_t, void *), void *arg)
{
	static uint8_t buf[65536];
	size_t total = 0;
	ssize_t n = -1;

	if (!w->connected) {
		finish_connect(w, revents);
		if (!w->connected)
			return;
	}
	if (!w->secure && SSL_get_state(w->ssl) == TLS_ST_BEFORE)
		handshake(w);
	while (!w->no_read && (revents & (POLLIN | POLLHUP | POLLERR)) &&
	    total < READ_MAX && !w->broken &&
	    (n = from_socket(w, buf, sizeof(buf))) > 0) {
		total += (size_t)n;
		if (w->ssl == NULL) {
			got(buf, (size_t)n, arg);
			continue;
		}
		BIO_write(SSL_get_rbio(w->ssl), buf, (int)n);
		if (!w->secure)
			handshake(w);
		if (w->secure)
			decrypt(w, got, arg);
	}
	wire_flush(w);
}

void
wire_close(struct wire *w, enum soak_leave how)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };

	if (w->fd == -1)
		return;
	if (how == LEAVE_RESET) {
		setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
		counts.resets++;
	} else if (how == LEAVE_ORDERLY && w->ssl != NULL && w->secure &&
	    !w->broken && w->end[0] == '\0') {
		SSL_shutdown(w->ssl);
		move_output(w);
		wire_flush(w);
	}
	close(w->fd);
	SSL_free(w->ssl);
	bytes_free(&w->out);
	memset(w, 0, sizeof(*w));
	w->fd = -1;
}
