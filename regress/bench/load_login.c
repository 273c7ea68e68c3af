/*
 * load_login: the connection of a client up to the login: TCP, TLS by libssl,
 * whose secrets are passed to lib/net/record.c, upgrade and login.  Called by
 * load_modes.c; uses the network.
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
#define KEYS		4096	/* maximum number of expanded keys */

/* The key log of the current handshake. */
struct load_secrets {
	uint8_t	 up[NET_RECORD_SECRET], down[NET_RECORD_SECRET];
	size_t	 nup, ndown;
};

static SSL_CTX			*ctx;
/* An address of the server, and of the node of the receivers. */
static struct place {
	struct sockaddr_storage	 addr;
	socklen_t		 len;
} near, far;
static struct load_secrets		 secrets;

/* Find the first of the host's addresses that accepts a connection. */
static void
choose_address(const struct load *l, const char *port, struct place *p)
{
	struct addrinfo	 hints = { .ai_socktype = SOCK_STREAM }, *ai, *res;
	int		 e, fd;

	if ((e = getaddrinfo(l->host, port, &hints, &res)) != 0)
		errx(1, "%s port %s: %s", l->host, port, gai_strerror(e));
	for (ai = res; ai != NULL; ai = ai->ai_next) {
		if ((fd = socket(ai->ai_family, SOCK_STREAM, 0)) == -1)
			continue;
		e = connect(fd, ai->ai_addr, ai->ai_addrlen);
		close(fd);
		if (e == 0)
			break;
	}
	if (ai == NULL)
		errx(1, "%s port %s takes no connection", l->host, port);
	memcpy(&p->addr, ai->ai_addr, ai->ai_addrlen);
	p->len = ai->ai_addrlen;
	freeaddrinfo(res);
}

/*
 * Decode at most NET_RECORD_SECRET bytes of hexadecimal digits; their number.
 */
static size_t
unhex(const char *s, uint8_t *p)
{
	unsigned int	 v;
	size_t		 n;

	for (n = 0; n < NET_RECORD_SECRET &&
	    sscanf(s + 2 * n, "%2x", &v) == 1; n++)
		p[n] = (uint8_t)v;
	return (n);
}

static void
keylog(const SSL *ssl, const char *line)
{
	static const char	 up[] = "CLIENT_TRAFFIC_SECRET_0 ";
	static const char	 down[] = "SERVER_TRAFFIC_SECRET_0 ";
	const char		*hex = strrchr(line, ' ');

	(void)ssl;
	if (hex == NULL)
		return;
	if (strncmp(line, up, sizeof(up) - 1) == 0)
		secrets.nup = unhex(hex + 1, secrets.up);
	else if (strncmp(line, down, sizeof(down) - 1) == 0)
		secrets.ndown = unhex(hex + 1, secrets.down);
}

void
conn_setup(const struct load *l)
{
	const struct net_aead	*aead;

	if (sodium_init() == -1)
		errx(1, "libsodium can't start");
	choose_address(l, l->port, &near);
	if (l->far != NULL)
		choose_address(l, l->far, &far);
	aead = net_aead_best();
	net_record_cache_init(&conn_keys, aead, KEYS);
	if ((ctx = SSL_CTX_new(TLS_client_method())) == NULL)
		errx(1, "TLS can't start");
	/* The server is under test: its certificate is not verified. */
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	if (SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") != 1)
		errx(1, "TLS has no AES-128-GCM");
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_keylog_callback(ctx, keylog);
}

static void
wait_for(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	if (poll(&p, 1, LOGIN_SECS * 1000) <= 0)
		errx(1, "the server is silent for %d s", LOGIN_SECS);
}

/* During the login: wait until in[] contains n bytes. */
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
tcp_connect(struct load_conn *c, const struct place *p)
{
	int	one = 1;

	c->fd = socket(p->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		err(1, "socket");
	if (connect(c->fd, (const struct sockaddr *)&p->addr, p->len) == -1)
		err(1, "connect");
	if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one,
	    sizeof(one)) == -1 || fcntl(c->fd, F_SETFL, O_NONBLOCK) == -1)
		err(1, "socket options");
}

/*
 * After the handshake records are our own, unless the server speaks TLS 1.2.
 * Bytes received after the handshake are still in the BIO.
 */
static void
take_over(struct load_conn *c)
{
	uint8_t	*rest;
	char	*p;
	long	 n;

	if (SSL_version(c->ssl) != TLS1_3_VERSION)
		return;
	if (secrets.nup != secrets.ndown || net_record_begin(&c->rec,
	    &conn_keys, (uint16_t)SSL_CIPHER_get_protocol_id(
	    SSL_get_current_cipher(c->ssl)), secrets.down, secrets.up,
	    secrets.nup, 0, 1) == -1)
		errx(1, "the handshake's secrets do not fit its cipher");
	c->ours = 1;
	n = BIO_get_mem_data(c->rb, &p);
	if ((rest = malloc(n > 0 ? (size_t)n : 1)) == NULL)
		err(1, "%ld bytes", n);
	memcpy(rest, p, n > 0 ? (size_t)n : 0);
	SSL_free(c->ssl);
	c->ssl = NULL;
	conn_feed(c, rest, n > 0 ? (size_t)n : 0);
	free(rest);
}

static void
tls_connect(struct load_conn *c, const char *host, int libssl)
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
		conn_drain(c);
		flush_all(c);
		if (r == 1)
			break;
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
	if (!libssl)
		take_over(c);
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
	conn_write(c, req, (size_t)n);
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

/* Read the server's key, send our ClientInfo, and read the answer. */
static void
login(struct load_conn *c, const struct load_conn *key)
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

	if (key != NULL) {
		memcpy(c->pk, key->pk, KEYLEN);
		memcpy(c->sk, key->sk, KEYLEN);
	} else
		crypto_box_keypair(c->pk, c->sk);
	f[0] = F_CLIENTINFO;
	be32_put(f + 1, (uint32_t)(KEYLEN + crypto_box_NONCEBYTES +
	    crypto_box_MACBYTES + len));
	memcpy(f + HEADLEN, c->pk, KEYLEN);
	randombytes_buf(nonce, crypto_box_NONCEBYTES);
	if (crypto_box_easy(nonce + crypto_box_NONCEBYTES,
	    (const uint8_t *)info, len, nonce, c->server, c->sk) != 0)
		errx(1, "the login box can't be sealed");
	conn_write(c, f, HEADLEN + KEYLEN + crypto_box_NONCEBYTES +
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

static void
dial(struct load_conn *c, const struct load *l, const struct load_conn *key,
    const struct place *p)
{
	memset(c, 0, sizeof(*c));
	tcp_connect(c, p);
	if (!l->plain)
		tls_connect(c, l->host, l->libssl);
	upgrade(c, l);
	login(c, key);
}

void
conn_dial(struct load_conn *c, const struct load *l,
    const struct load_conn *key)
{
	dial(c, l, key, &near);
}

void
conn_dial_far(struct load_conn *c, const struct load *l,
    const struct load_conn *key)
{
	dial(c, l, key, l->far != NULL ? &far : &near);
}

/* Bind to an address, and leave the port to connect(2).  0, or -1. */
static int
come_from(int fd, const struct sockaddr_in *source)
{
	int	one = 1;

	if (source == NULL)
		return (0);
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
	    sizeof(one));
	return (bind(fd, (const struct sockaddr *)source, sizeof(*source)));
}

int
conn_open(const struct sockaddr_in *source)
{
	int	fd, error;

	fd = socket(near.addr.ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		err(1, "socket");
	if (come_from(fd, source) == -1 ||
	    (connect(fd, (struct sockaddr *)&near.addr, near.len) == -1 &&
	    errno != EINPROGRESS)) {
		error = errno;
		close(fd);
		errno = error;
		return (-1);
	}
	return (fd);
}

size_t
conn_hello(const struct load *l, uint8_t *p, size_t size)
{
	SSL	*s = SSL_new(ctx);
	BIO	*wb = BIO_new(BIO_s_mem());
	int	 n;

	if (s == NULL || wb == NULL)
		errx(1, "no memory for TLS");
	SSL_set_bio(s, BIO_new(BIO_s_mem()), wb);
	if (SSL_set_tlsext_host_name(s, l->host) != 1)
		errx(1, "%s: not a server name", l->host);
	/* Each version of libssl offers others. */
	(void)SSL_set1_groups_list(s, "X25519");
	SSL_set_connect_state(s);
	(void)SSL_do_handshake(s);
	if ((n = BIO_read(wb, p, (int)size)) <= 0)
		errx(1, "no ClientHello");
	SSL_free(s);
	return ((size_t)n);
}
