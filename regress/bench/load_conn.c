/*
 * load_conn: a client's connection to a DERP server: TCP, TLS through memory
 * buffers (so that many records go out in one write), upgrade and login.
 * Called by load_modes.c and load_packet.c; touches the network.
 *
 * The frames are those of the reference client.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <sodium.h>

#include "load.h"

#define LOGIN_SECS	15
#define RECV_SIZE	(256 * 1024)
#define ROOM		65536	/* free in in[] before a decryption */
#define GROW		(512 * 1024)

static SSL_CTX			*ctx;
static struct sockaddr_storage	 addr;
static socklen_t		 addrlen;

/* Connect to the first address of the host that accepts. */
static void
choose_address(const struct load *l)
{
	struct addrinfo	 hints = { .ai_socktype = SOCK_STREAM }, *ai, *res;
	int		 e, fd;

	if ((e = getaddrinfo(l->host, l->port, &hints, &res)) != 0)
		errx(1, "%s port %s: %s", l->host, l->port, gai_strerror(e));
	for (ai = res; ai != NULL; ai = ai->ai_next) {
		if ((fd = socket(ai->ai_family, SOCK_STREAM, 0)) == -1)
			continue;
		e = connect(fd, ai->ai_addr, ai->ai_addrlen);
		close(fd);
		if (e == 0)
			break;
	}
	if (ai == NULL)
		errx(1, "%s port %s takes no connection", l->host, l->port);
	memcpy(&addr, ai->ai_addr, ai->ai_addrlen);
	addrlen = ai->ai_addrlen;
	freeaddrinfo(res);
}

void
conn_setup(const struct load *l)
{
	if (sodium_init() == -1)
		errx(1, "libsodium can't start");
	choose_address(l);
	if ((ctx = SSL_CTX_new(TLS_client_method())) == NULL)
		errx(1, "TLS can't start");
	/* The certificate of the server under test is not validated. */
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	if (SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") != 1)
		errx(1, "TLS has no AES-128-GCM");
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
}

static void
grow(uint8_t **p, size_t *cap, size_t want)
{
	uint8_t	*n;

	if (*cap >= want)
		return;
	if ((n = realloc(*p, want)) == NULL)
		err(1, "%zu bytes", want);
	*p = n;
	*cap = want;
}

static void
wait_for(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	if (poll(&p, 1, LOGIN_SECS * 1000) <= 0)
		errx(1, "the server is silent for %d s", LOGIN_SECS);
}

int
conn_flush(struct load_conn *c)
{
	ssize_t	n;

	while (c->outoff < c->outlen) {
		n = send(c->fd, c->out + c->outoff, c->outlen - c->outoff,
		    MSG_NOSIGNAL);
		if (n == -1)
			return (errno == EAGAIN ? 0 : -1);
		c->outoff += (size_t)n;
	}
	c->outoff = c->outlen = 0;
	return (1);
}

static void
out_add(struct load_conn *c, const void *p, size_t n)
{
	if (c->outlen + n > c->outcap)
		grow(&c->out, &c->outcap, (c->outlen + n) * 2);
	memcpy(c->out + c->outlen, p, n);
	c->outlen += n;
}

/* Move the ciphertext of TLS to the output buffer. */
static void
drain(struct load_conn *c)
{
	char	*p;
	long	 n;

	if ((n = BIO_get_mem_data(c->wb, &p)) <= 0)
		return;
	out_add(c, p, (size_t)n);
	(void)BIO_reset(c->wb);
}

void
relay_conn_write(struct load_conn *c, const void *p, size_t n)
{
	const char	*s = p;
	int		 r;

	if (c->ssl == NULL) {
		out_add(c, p, n);
		return;
	}
	while (n > 0) {
		if ((r = SSL_write(c->ssl, s, (int)n)) <= 0)
			errx(1, "TLS can't write");
		s += r;
		n -= (size_t)r;
	}
	drain(c);
}

/* Decrypt all received data. */
static void
decrypt(struct load_conn *c)
{
	int	r;

	for (;;) {
		if (c->incap - c->inlen < ROOM)
			grow(&c->in, &c->incap, c->incap + GROW);
		r = SSL_read(c->ssl, c->in + c->inlen,
		    (int)(c->incap - c->inlen));
		if (r <= 0)
			break;
		c->inlen += (size_t)r;
	}
	drain(c);
}

int
conn_read(struct load_conn *c)
{
	static uint8_t	buf[RECV_SIZE];
	ssize_t		n;

	n = recv(c->fd, buf, sizeof(buf), 0);
	if (n == 0)
		return (-1);
	if (n == -1)
		return (errno == EAGAIN ? 0 : -1);
	if (c->incap - c->inlen < (size_t)n + ROOM)
		grow(&c->in, &c->incap, c->inlen + (size_t)n + GROW);
	if (c->ssl == NULL) {
		memcpy(c->in + c->inlen, buf, (size_t)n);
		c->inlen += (size_t)n;
		return (1);
	}
	if (BIO_write(c->rb, buf, (int)n) != n)
		errx(1, "TLS takes no input");
	decrypt(c);
	return (1);
}

void
conn_eat(struct load_conn *c, size_t n)
{
	memmove(c->in, c->in + n, c->inlen - n);
	c->inlen -= n;
}

void
conn_release(struct load_conn *c)
{
	free(c->in);
	free(c->out);
	c->in = c->out = NULL;
	c->inlen = c->incap = c->outoff = c->outlen = c->outcap = 0;
}

/* During the login: wait until in[] holds n bytes. */
static void
need(struct load_conn *c, size_t n)
{
	double	end = now() + LOGIN_SECS;
	int	r;

	while (c->inlen < n) {
		if (conn_flush(c) == -1)
			err(1, "write during login");
		if ((r = conn_read(c)) == -1)
			errx(1, "connection closed during login");
		if (r == 0)
			wait_for(c->fd, POLLIN);
		if (now() > end)
			errx(1, "no login within %d s", LOGIN_SECS);
	}
}

static void
flush_all(struct load_conn *c)
{
	int	r;

	while ((r = conn_flush(c)) == 0)
		wait_for(c->fd, POLLOUT);
	if (r == -1)
		err(1, "write during login");
}

static void
tcp_connect(struct load_conn *c)
{
	int	one = 1;

	c->fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		err(1, "socket");
	if (connect(c->fd, (struct sockaddr *)&addr, addrlen) == -1)
		err(1, "connect");
	if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one,
	    sizeof(one)) == -1 || fcntl(c->fd, F_SETFL, O_NONBLOCK) == -1)
		err(1, "socket options");
}

static void
tls_connect(struct load_conn *c, const char *host)
{
	uint8_t	 buf[16384];
	double	 end = now() + LOGIN_SECS;
	ssize_t	 n;
	int	 r;

	if ((c->ssl = SSL_new(ctx)) == NULL ||
	    (c->rb = BIO_new(BIO_s_mem())) == NULL ||
	    (c->wb = BIO_new(BIO_s_mem())) == NULL)
		errx(1, "no memory for TLS");
	BIO_set_mem_eof_return(c->rb, -1);
	BIO_set_mem_eof_return(c->wb, -1);
	SSL_set_bio(c->ssl, c->rb, c->wb);
	if (SSL_set_tlsext_host_name(c->ssl, host) != 1)
		errx(1, "%s: not a server name", host);
	SSL_set_connect_state(c->ssl);
	for (;;) {
		r = SSL_do_handshake(c->ssl);
		drain(c);
		flush_all(c);
		if (r == 1)
			return;
		if (SSL_get_error(c->ssl, r) != SSL_ERROR_WANT_READ) {
			ERR_print_errors_fp(stderr);
			errx(1, "TLS handshake failed");
		}
		wait_for(c->fd, POLLIN);
		n = recv(c->fd, buf, sizeof(buf), 0);
		if (n == 0 || (n == -1 && errno != EAGAIN))
			errx(1, "connection closed during the handshake");
		if (n > 0 && BIO_write(c->rb, buf, (int)n) != n)
			errx(1, "TLS takes no input");
		if (now() > end)
			errx(1, "no handshake within %d s", LOGIN_SECS);
	}
}

static void
upgrade(struct load_conn *c, const struct load *l)
{
	char	 req[512];
	uint8_t	*end;
	size_t	 want = 16;
	int	 n;

	n = snprintf(req, sizeof(req), "GET /derp HTTP/1.1\r\n"
	    "Host: %s\r\nUser-Agent: derpload\r\nConnection: Upgrade\r\n"
	    "%sUpgrade: DERP\r\n\r\n", l->host,
	    l->faststart ? "Derp-Fast-Start: 1\r\n" : "");
	if (n < 0 || (size_t)n >= sizeof(req))
		errx(1, "%s: host name too long", l->host);
	relay_conn_write(c, req, (size_t)n);
	if (l->faststart)
		return;
	for (;;) {
		need(c, want);
		if ((end = memmem(c->in, c->inlen, "\r\n\r\n", 4)) != NULL)
			break;
		want = c->inlen + 1;
	}
	if (memcmp(c->in, "HTTP/1.1 101", 12) != 0)
		errx(1, "no 101: %.*s", (int)c->inlen, (char *)c->in);
	conn_eat(c, (size_t)(end - c->in) + 4);
}

/* Read ServerKey, send ClientInfo, read ServerInfo. */
static void
login(struct load_conn *c)
{
	static const char info[] = "{\"version\":2,\"CanAckPings\":true}";
	uint8_t		 f[512], json[1024];
	uint8_t		*nonce = f + HEADLEN + KEYLEN;
	size_t		 len = sizeof(info) - 1;
	uint32_t	 n;

	need(c, HEADLEN + 8 + KEYLEN);
	if (c->in[0] != F_SERVERKEY ||
	    memcmp(c->in + HEADLEN, "DERP\xf0\x9f\x94\x91", 8) != 0)
		errx(1, "the server's greeting is not DERP");
	memcpy(c->server, c->in + HEADLEN + 8, KEYLEN);
	n = be32_get(c->in + 1);
	need(c, HEADLEN + n);
	conn_eat(c, HEADLEN + n);

	crypto_box_keypair(c->pk, c->sk);
	f[0] = F_CLIENTINFO;
	be32_put(f + 1, (uint32_t)(KEYLEN + crypto_box_NONCEBYTES +
	    crypto_box_MACBYTES + len));
	memcpy(f + HEADLEN, c->pk, KEYLEN);
	randombytes_buf(nonce, crypto_box_NONCEBYTES);
	if (crypto_box_easy(nonce + crypto_box_NONCEBYTES,
	    (const uint8_t *)info, len, nonce, c->server, c->sk) != 0)
		errx(1, "the login box can't be sealed");
	relay_conn_write(c, f, HEADLEN + KEYLEN + crypto_box_NONCEBYTES +
	    crypto_box_MACBYTES + len);
	flush_all(c);

	need(c, HEADLEN);
	if (c->in[0] != F_SERVERINFO)
		errx(1, "ServerInfo expected, frame type %d came", c->in[0]);
	n = be32_get(c->in + 1);
	if (n < crypto_box_NONCEBYTES + crypto_box_MACBYTES ||
	    n > sizeof(json))
		errx(1, "ServerInfo of %u bytes", n);
	need(c, HEADLEN + n);
	if (crypto_box_open_easy(json, c->in + HEADLEN + crypto_box_NONCEBYTES,
	    n - crypto_box_NONCEBYTES, c->in + HEADLEN, c->server,
	    c->sk) != 0)
		errx(1, "ServerInfo can't be opened");
	conn_eat(c, HEADLEN + n);
}

void
conn_dial(struct load_conn *c, const struct load *l)
{
	memset(c, 0, sizeof(*c));
	tcp_connect(c);
	if (!l->plain)
		tls_connect(c, l->host);
	upgrade(c, l);
	login(c);
}
