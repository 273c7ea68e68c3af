/*
 * herd_client: a client of the herd, from the handshake to ServerInfo.  Called
 * by herd_crowd.c; reads and writes the client's socket.
 *
 * The frames are those of load_login.c.  What can be made before the herd
 * starts is made before: keys, and what they share with the server.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "herdload.h"

#define READ_SIZE	16384
#define WIRE_MAX	65536		/* bytes that wait, at most */
#define BOX_EXTRA	(crypto_box_NONCEBYTES + crypto_box_MACBYTES)

static struct {
	uint8_t	 server[KEYLEN];
	char	 request[512];
	size_t	 nrequest;
} all;

void
herd_client_setup(const struct load *l, const uint8_t key[KEYLEN])
{
	int	n;

	memcpy(all.server, key, KEYLEN);
	n = snprintf(all.request, sizeof(all.request),
	    "GET /derp HTTP/1.1\r\nHost: %s\r\nUser-Agent: herdload\r\n"
	    "Connection: Upgrade\r\nUpgrade: DERP\r\n\r\n", l->host);
	if (n < 0 || (size_t)n >= sizeof(all.request))
		errx(1, "%s: host name too long", l->host);
	all.nrequest = (size_t)n;
}

void
herd_client_key(struct herd_client *c)
{
	uint8_t	sk[KEYLEN];

	crypto_box_keypair(c->pk, sk);
	if (crypto_box_beforenm(c->k, all.server, sk) == -1)
		errx(1, "the server's key is not one");
	c->fd = -1;
}

/* What a client says fits into the socket, or the server is not well. */
static int
send_all(const struct herd_client *c, const uint8_t *p, size_t n)
{
	ssize_t	k = send(c->fd, p, n, MSG_NOSIGNAL);

	if (k == (ssize_t)n)
		return (0);
	if (k != -1)
		errno = ENOBUFS;
	return (-1);
}

int
herd_client_hello(struct herd_client *c)
{
	uint8_t	hello[HERD_HELLO];

	if ((c->tls = malloc(sizeof(*c->tls))) == NULL)
		err(1, "a handshake");
	c->state = HERD_TLS;
	return (send_all(c, hello, herd_tls_begin(c->tls, hello)));
}

/* Encrypt n bytes to dst; the length of the record. */
static size_t
record(struct herd_client *c, const void *p, size_t n, uint8_t *dst)
{
	struct iovec	 v = { (void *)(uintptr_t)p, n };
	ssize_t		 k = net_record_write(&c->rec, &v, 1, n, dst);

	if (k == -1)
		errx(1, "a record can't be written");
	return ((size_t)k);
}

/* The handshake is over: its last flight, with the request. */
static int
ask(struct herd_client *c)
{
	uint8_t	buf[HERD_FINISHED + sizeof(all.request) + NET_RECORD_OVERHEAD +
	    NET_RECORD_UPDATE];
	size_t	n;

	n = herd_tls_end(c->tls, buf, &c->rec);
	n += record(c, all.request, all.nrequest, buf + n);
	herd_tls_free(c->tls);
	c->tls = NULL;
	c->state = HERD_UPGRADE;
	return (send_all(c, buf, n));
}

static int
log_in(struct herd_client *c)
{
	static const char info[] = "{\"version\":2,\"CanAckPings\":true}";
	const size_t	 len = KEYLEN + BOX_EXTRA + sizeof(info) - 1;
	uint8_t		 f[256], buf[512];
	uint8_t		*nonce = f + HEADLEN + KEYLEN;

	f[0] = F_CLIENTINFO;
	be32_put(f + 1, (uint32_t)len);
	memcpy(f + HEADLEN, c->pk, KEYLEN);
	randombytes_buf(nonce, crypto_box_NONCEBYTES);
	(void)crypto_box_easy_afternm(nonce + crypto_box_NONCEBYTES,
	    (const uint8_t *)info, sizeof(info) - 1, nonce, c->k);
	c->state = HERD_LOGIN;
	return (send_all(c, buf, record(c, f, HEADLEN + len, buf)));
}

static int
wrong(void)
{
	errno = EPROTO;
	return (-1);
}

/* The whole frame at p: its length, 0 when it is cut. */
static size_t
frame(const uint8_t *p, size_t n, uint8_t type)
{
	size_t	len;

	if (n < HEADLEN || p[0] != type)
		return (0);
	len = HEADLEN + be32_get(p + 1);
	return (len <= n ? len : 0);
}

/* 101 and the server's key. */
static int
got_upgrade(struct herd_client *c)
{
	uint8_t	*end;
	size_t	 n;

	if ((end = memmem(c->text, c->ntext, "\r\n\r\n", 4)) == NULL)
		return (c->ntext > 4096 ? wrong() : 0);
	if (memcmp(c->text, "HTTP/1.1 101", 12) != 0)
		return (wrong());
	end += 4;
	n = frame(end, c->ntext - (size_t)(end - c->text), F_SERVERKEY);
	if (n == 0)
		return (0);
	c->ntext -= (size_t)(end - c->text) + n;
	memmove(c->text, end + n, c->ntext);
	return (log_in(c));
}

static int
got_info(struct herd_client *c)
{
	uint8_t	 json[1024], *p = c->text + HEADLEN;
	size_t	 n;

	if (c->ntext > 0 && c->text[0] != F_SERVERINFO)
		return (wrong());
	if ((n = frame(c->text, c->ntext, F_SERVERINFO)) == 0)
		return (0);
	n -= HEADLEN;
	if (n < BOX_EXTRA || n > sizeof(json) ||
	    crypto_box_open_easy_afternm(json, p + crypto_box_NONCEBYTES,
	    n - crypto_box_NONCEBYTES, p, c->k) != 0)
		return (wrong());
	c->state = HERD_IN;
	herd_client_forget(c);
	return (0);
}

static void
append(uint8_t **to, size_t *nto, const uint8_t *p, size_t n)
{
	uint8_t	*m;

	if (n == 0)
		return;
	if ((m = realloc(*to, *nto + n)) == NULL)
		err(1, "%zu bytes", *nto + n);
	memcpy(m + *nto, p, n);
	*to = m;
	*nto += n;
}

static int
got_text(struct herd_client *c, const uint8_t *p, size_t n)
{
	append(&c->text, &c->ntext, p, n);
	if (c->state == HERD_UPGRADE && got_upgrade(c) == -1)
		return (-1);
	return (c->state == HERD_LOGIN ? got_info(c) : 0);
}

/* Handle the first record of n bytes: *used of it, 0 when it is cut. */
static int
one_record(struct herd_client *c, uint8_t *p, size_t n, size_t *used)
{
	struct net_record_input	 in;
	int			 rv;

	if (c->state == HERD_TLS) {
		rv = herd_tls_read(c->tls, p, n, used);
		if (rv == -1)
			return (wrong());
		return (rv == 1 ? ask(c) : 0);
	}
	*used = 0;
	switch (net_record_read(&c->rec, p, n, &in)) {
	case NET_RECORD_MORE:
		return (0);
	case NET_RECORD_DATA:
		*used = in.used;
		return (got_text(c, in.data, in.len));
	case NET_RECORD_NONE:
		*used = in.used;
		return (0);
	case NET_RECORD_CLOSED:
		errno = 0;
		return (-1);
	default:
		return (wrong());
	}
}

/* Handle the records of n bytes at p, and keep a cut one. */
static int
records(struct herd_client *c, uint8_t *p, size_t n)
{
	size_t	used;

	while (n > 0 && c->state != HERD_IN) {
		if (one_record(c, p, n, &used) == -1)
			return (-1);
		if (used == 0)
			break;
		p += used;
		n -= used;
	}
	c->nwire = 0;
	if (c->state != HERD_IN)
		append(&c->wire, &c->nwire, p, n);
	return (0);
}

int
herd_client_read(struct herd_client *c)
{
	static uint8_t	buf[WIRE_MAX + READ_SIZE];
	ssize_t		n;

	n = recv(c->fd, buf + c->nwire, READ_SIZE, 0);
	if (n == 0)
		errno = 0;
	if (n <= 0)
		return (n == -1 && errno == EAGAIN ? 0 : -1);
	if (c->state == HERD_IN)
		return (0);
	if (c->nwire > WIRE_MAX)
		return (wrong());
	if (c->nwire > 0)
		memcpy(buf, c->wire, c->nwire);
	return (records(c, buf, c->nwire + (size_t)n));
}

void
herd_client_forget(struct herd_client *c)
{
	herd_tls_free(c->tls);
	free(c->wire);
	free(c->text);
	c->tls = NULL;
	c->wire = c->text = NULL;
	c->nwire = c->ntext = 0;
	net_record_end(&c->rec);
}
