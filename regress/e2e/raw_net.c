/*
 * raw_net: TCP and TLS connections of the test driver.  TLS uses memory
 * buffers, so that writes to the socket can be split at any byte, and input can
 * stay unread.
 */
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "raw.h"

static int
dial(const char *port, int rcvbuf)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai;
	struct sockaddr_in from = { 0 };
	int fd, on = 1;

	if (getaddrinfo(opt.host, port, &hints, &ai) != 0)
		fail("%s port %s: no address", opt.host, port);
	fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (fd == -1)
		fail("socket: %s", strerror(errno));
	if (rcvbuf != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (opt.from != NULL) {
		from.sin_family = AF_INET;
		from.sin_addr.s_addr = inet_addr(opt.from);
		if (bind(fd, (struct sockaddr *)&from, sizeof(from)) == -1)
			fail("bind to %s: %s", opt.from, strerror(errno));
	}
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == -1)
		fail("connect to %s port %s: %s", opt.host, port,
		    strerror(errno));
	freeaddrinfo(ai);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		fail("fcntl: %s", strerror(errno));
	return (fd);
}

static struct raw_conn *
conn_new(int fd)
{
	struct raw_conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fail("out of memory");
	c->fd = fd;
	return (c);
}

struct raw_conn *
conn_tcp(const char *port)
{
	return (conn_new(dial(port, 0)));
}

/* Wait for `events'; return 0, or -1 after `ms'. */
static int
wait_for(struct raw_conn *c, short events, int64_t ms)
{
	struct pollfd pfd = { .fd = c->fd, .events = events };
	int n;

	do {
		n = poll(&pfd, 1, ms < 0 ? 0 : (int)ms);
	} while (n == -1 && errno == EINTR);
	return (n == 1 ? 0 : -1);
}

/* Send all bytes, in pieces of c->chunk; return 0, or -1 on failure. */
static int
send_all(struct raw_conn *c, const uint8_t *p, size_t n)
{
	ssize_t done;
	size_t piece;

	while (n > 0) {
		piece = c->chunk != 0 && c->chunk < n ? c->chunk : n;
		done = send(c->fd, p, piece, MSG_NOSIGNAL);
		if (done == -1 && errno == EAGAIN) {
			if (wait_for(c, POLLOUT, WAIT_MS) == -1)
				return (-1);
			continue;
		}
		if (done == -1)
			return (-1);
		p += done;
		n -= (size_t)done;
	}
	return (0);
}

/* Send the output of TLS. */
static int
flush_tls(struct raw_conn *c)
{
	BIO *out = SSL_get_wbio(c->ssl);
	char *p;
	long n = BIO_get_mem_data(out, &p);
	int ret = 0;

	if (n > 0 && !c->cork) {
		ret = send_all(c, (uint8_t *)p, (size_t)n);
		(void)BIO_reset(out);
	}
	return (ret);
}

/* Read input for TLS.  Return 1, 0 at the end, -1 after `ms'. */
static int
fill_tls(struct raw_conn *c, int64_t ms)
{
	uint8_t buf[65536];
	ssize_t n;

	if (c->eof)
		return (0);
	if (wait_for(c, POLLIN, ms) == -1)
		return (-1);
	n = recv(c->fd, buf, sizeof(buf), 0);
	if (n == -1 && errno == EAGAIN)
		return (-1);
	if (n <= 0) {
		c->eof = 1;
		return (0);
	}
	BIO_write(SSL_get_rbio(c->ssl), buf, (int)n);
	return (1);
}

static int
handshake(struct raw_conn *c, void (*midway)(void))
{
	int64_t until = now_ms() + WAIT_MS;
	int ret, err;

	for (;;) {
		ERR_clear_error();
		ret = SSL_connect(c->ssl);
		err = SSL_get_error(c->ssl, ret);
		if (flush_tls(c) == -1)
			return (-1);
		if (ret == 1)
			return (0);
		if (err != SSL_ERROR_WANT_READ)
			return (-1);
		if (fill_tls(c, until - now_ms()) <= 0)
			return (-1);
		if (midway != NULL)
			midway();
		midway = NULL;
	}
}

static SSL *
tls_new(const struct tls_how *how)
{
	const char *sni = how->sni != NULL ? how->sni : opt.name;
	static SSL_CTX *ctx;
	SSL *ssl;

	if (ctx == NULL) {
		ctx = SSL_CTX_new(TLS_client_method());
		if (ctx == NULL)
			fail("no TLS context");
		SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	}
	ssl = SSL_new(ctx);
	if (ssl == NULL)
		fail("no TLS connection");
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(ssl), -1);
	if (!how->no_sni)
		SSL_set_tlsext_host_name(ssl, sni);
	if (how->alpn != NULL)
		SSL_set_alpn_protos(ssl, (const uint8_t *)how->alpn,
		    (unsigned int)how->alpn_len);
	else
		SSL_set_alpn_protos(ssl, (const uint8_t *)"\010http/1.1", 9);
	if (how->min != 0)
		SSL_set_min_proto_version(ssl, how->min);
	if (how->max != 0)
		SSL_set_max_proto_version(ssl, how->max);
	return (ssl);
}

size_t
conn_hello(uint8_t *p, size_t size)
{
	static const struct tls_how ordinary;
	SSL *ssl = tls_new(&ordinary);
	int n;

	(void)SSL_connect(ssl);
	n = BIO_read(SSL_get_wbio(ssl), p, (int)size);
	if (n <= 0)
		fail("no ClientHello");
	SSL_free(ssl);
	return ((size_t)n);
}

struct raw_conn *
conn_try_tls(const struct tls_how *how)
{
	static const struct tls_how ordinary;
	struct raw_conn *c;

	if (how == NULL)
		how = &ordinary;
	c = conn_new(dial(opt.port, how->rcvbuf));
	c->chunk = how->chunk;
	c->ssl = tls_new(how);
	if (how->prelude_len > 0)
		BIO_write(SSL_get_wbio(c->ssl), how->prelude,
		    (int)how->prelude_len);
	if (handshake(c, how->midway) == 0)
		return (c);
	conn_close(c, 0);
	return (NULL);
}

struct raw_conn *
conn_tls(const struct tls_how *how)
{
	struct raw_conn *c = conn_try_tls(how);

	if (c == NULL)
		fail("TLS handshake failed: %s",
		    ERR_error_string(ERR_get_error(), NULL));
	return (c);
}

int
conn_try_write(struct raw_conn *c, const void *p, size_t n)
{
	size_t done;

	if (c->ssl == NULL)
		return (send_all(c, p, n));
	if (n == 0)
		return (0);
	ERR_clear_error();
	if (SSL_write_ex(c->ssl, p, n, &done) != 1 || done != n)
		return (-1);
	return (flush_tls(c));
}

void
conn_write(struct raw_conn *c, const void *p, size_t n)
{
	if (conn_try_write(c, p, n) == -1)
		fail("can't write %zu bytes: connection is gone", n);
}

void
conn_write_bytes(struct raw_conn *c, const void *p, size_t n)
{
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < n; i++)
		conn_write(c, b + i, 1);
}

static ssize_t
read_plain(struct raw_conn *c, void *p, size_t n, int64_t ms)
{
	ssize_t got;

	if (c->eof)
		return (0);
	if (wait_for(c, POLLIN, ms) == -1)
		return (-1);
	got = recv(c->fd, p, n, 0);
	if (got == -1 && errno == EAGAIN)
		return (-1);
	if (got <= 0) {
		c->eof = 1;
		return (0);
	}
	return (got);
}

ssize_t
conn_read(struct raw_conn *c, void *p, size_t n, int64_t ms)
{
	int64_t until = now_ms() + ms;
	size_t got;
	int ret;

	if (c->ssl == NULL)
		return (read_plain(c, p, n, ms));
	for (;;) {
		ERR_clear_error();
		if (SSL_read_ex(c->ssl, p, n, &got) == 1)
			return ((ssize_t)got);
		if (SSL_get_error(c->ssl, 0) != SSL_ERROR_WANT_READ) {
			c->eof = 1;
			return (0);
		}
		if (flush_tls(c) == -1 && c->eof)
			return (0);
		ret = fill_tls(c, until - now_ms());
		if (ret <= 0)
			return (ret);
	}
}

int
conn_ends(struct raw_conn *c, int64_t ms)
{
	int64_t until = now_ms() + ms;
	uint8_t buf[16384];
	ssize_t n;

	for (;;) {
		n = conn_read(c, buf, sizeof(buf), until - now_ms());
		if (n == 0)
			return (1);
		if (n == -1)
			return (0);
	}
}

void
conn_half_close(struct raw_conn *c)
{
	shutdown(c->fd, SHUT_WR);
}

void
conn_close(struct raw_conn *c, int reset)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };

	if (c == NULL)
		return;
	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	else if (c->ssl != NULL && SSL_is_init_finished(c->ssl)) {
		SSL_shutdown(c->ssl);
		flush_tls(c);
	}
	close(c->fd);
	SSL_free(c->ssl);
	free(c);
}
