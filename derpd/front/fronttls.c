/*
 * fronttls: see fronttls.h.  Called by frontconn.c and front.c.
 *
 * libtls never accesses a socket: it reads the input that conn.input.src names
 * and writes with conn_output_raw().  Certificates come in generations: a
 * handshake keeps the generation that it began with.
 *
 * After a handshake records of our own continue (conn.rec), and libtls's object
 * is freed: libssl costs half of every byte and 10 KB of every client.  Under
 * TLS 1.2, and with LibreSSL, which reports no secrets, libtls continues.
 */
#include <sys/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tls.h>

#include "front.h"
#include "fronttls.h"
#include "log.h"
#include "records.h"
#include "tlsctx.h"
#include "tlsgen.h"
#include "tlssecrets.h"
#include "websocket.h"

#define WS_CHUNK	(CONN_RECORD_SIZE - WS_MAX_HDR)

struct front_certset {
	size_t				 n;
	struct front_tlsctx_cert	*certs;
};

int
front_tls_cert(struct front *f, const uint8_t hash[IPC_KEYHASH_LEN],
    const void *pem, size_t len)
{
	struct front_certset *s = f->tls.next;
	struct front_tlsctx_cert *v;
	char *copy;

	if (s == NULL) {
		if ((s = calloc(1, sizeof(*s))) == NULL)
			return (-1);
		f->tls.next = s;
	}
	if ((v = reallocarray(s->certs, s->n + 1, sizeof(*v))) == NULL)
		return (-1);
	s->certs = v;
	if ((copy = malloc(len + 1)) == NULL)
		return (-1);
	memcpy(copy, pem, len);
	copy[len] = '\0';
	v[s->n].pem = copy;
	v[s->n].pem_len = len;
	memcpy(v[s->n].hash, hash, IPC_KEYHASH_LEN);
	s->n++;
	return (0);
}

static void
certset_free(struct front_certset *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		free((char *)s->certs[i].pem);
	free(s->certs);
	free(s);
}

void
front_tls_drop(struct front *f)
{
	certset_free(f->tls.next);
	f->tls.next = NULL;
	front_tlsgen_unref(f->tls.staged);
	f->tls.staged = NULL;
}

const char *
front_tls_stage(struct front *f)
{
	struct front_certset *s = f->tls.next;

	f->tls.next = NULL;
	front_tls_drop(f);
	if (s == NULL)
		return (NULL);		/* no new certificates */
	f->tls.staged = front_tlsgen_new(s->certs, s->n, 0, f->tls.why,
	    sizeof(f->tls.why));
	certset_free(s);
	return (f->tls.staged == NULL ? f->tls.why : NULL);
}

void
front_tls_commit(struct front *f)
{
	if (f->tls.staged == NULL)
		return;
	front_tlsgen_unref(f->tls.gen);
	f->tls.gen = f->tls.staged;
	f->tls.staged = NULL;
}

static ssize_t
read_cb(struct tls *tls, void *buf, size_t n, void *arg)
{
	struct front_conn *c = arg;
	struct conn_cursor *in = c->conn.input.src;

	(void)tls;
	if (in == NULL || in->n == 0)
		return (TLS_WANT_POLLIN);
	if (n > in->n)
		n = in->n;
	memcpy(buf, in->p, n);
	in->p += n;
	in->n -= n;
	return ((ssize_t)n);
}

static ssize_t
write_cb(struct tls *tls, const void *buf, size_t n, void *arg)
{
	struct front_conn *c = arg;

	(void)tls;
	if (conn_output_raw(&c->conn, buf, n) == -1)
		return (-1);
	return ((ssize_t)n);
}

void
front_tls_hello(struct front_conn *c, const uint8_t *p, size_t n)
{
	if (c->tls != NULL || c->gen != NULL)
		return;
	c->gen = front_validation_find(&c->f->validations, p, n);
	c->validates = c->gen != NULL;
}

/* Begin TLS.  Return 0, or -1: no certificates yet, or no memory. */
static int
begin(struct front_conn *c)
{
	struct front_tlsgen *g = c->validates ? c->gen : c->f->tls.gen;

	if (c->secrets == NULL &&
	    (c->secrets = calloc(1, sizeof(*c->secrets))) == NULL)
		return (-1);
	if (g == NULL || tls_accept_cbs(g->tls, &c->tls, read_cb, write_cb,
	    c) == -1)
		return (-1);
	if (!c->validates) {
		c->gen = g;
		g->refs++;
	}
	return (0);
}

/* Free what only the handshake needs. */
static void
forget_handshake(struct front_conn *c)
{
	front_tlsgen_unref(c->gen);
	c->gen = NULL;
	if (c->secrets != NULL)
		freezero(c->secrets, sizeof(*c->secrets));
	c->secrets = NULL;
}

/* End the handshake; choose our records or libtls.  Return 0, or -1. */
static int
take_over(struct front_conn *c)
{
	struct net_record_cache *cache = &c->f->set.records;
	struct net_record *rec;
	int rv;

	if ((rec = net_record_new(cache)) == NULL)
		return (-1);
	rv = net_tlssecrets_take_over(c->secrets, rec, cache);
	if (rv != 1) {
		net_record_free(cache, rec);
		return (rv);
	}
	c->conn.rec = rec;
	tls_free(c->tls);
	c->tls = NULL;
	return (0);
}

static void
handshake(struct front_conn *c)
{
	struct log_about about;
	int rv;

	if (c->tls == NULL && begin(c) == -1) {
		conn_close(&c->conn, "TLS can't begin: no certificate");
		return;
	}
	rv = net_tlssecrets_handshake(c->tls, c->secrets);
	if (rv == TLS_WANT_POLLIN || rv == TLS_WANT_POLLOUT)
		return;
	conn_dirty(&c->conn);
	if (rv == 0 && c->validates) {
		/* The directory has seen the certificate (RFC 8737 3). */
		forget_handshake(c);
		conn_drain(&c->conn);
		return;
	}
	if (rv == 0 && take_over(c) == -1) {
		conn_close(&c->conn, "no memory for TLS records");
		return;
	}
	forget_handshake(c);
	if (rv == 0) {
		c->conn.state = CONN_HTTP;
		conn_deadline(&c->conn, FRONT_HTTP_SECS);
		return;
	}
	about = conn_about(&c->conn);
	log_client(LOG_INFO, &c->f->tls.failed, &about, "TLS handshake "
	    "failed: %s", tls_error(c->tls));
	conn_drain(&c->conn);		/* the alert is sent */
}

/* Read a record from libtls; libssl may already hold more. */
static int
read_libtls(struct front_conn *c)
{
	uint8_t *record = c->f->tls.record;
	ssize_t n;

	n = tls_read(c->tls, record, CONN_RECORD_SIZE);
	if (n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT)
		return (-1);
	if (n > 0)
		conn_plain(&c->conn, record, (size_t)n);
	else
		conn_close(&c->conn, n == 0 ? "TLS closed by the client" :
		    "TLS error");
	return (0);
}

int
front_tls_continue(struct conn *c)
{
	struct front_conn *fc = front_conn_of(c);

	if (c->state != CONN_HANDSHAKE)
		return (read_libtls(fc));
	handshake(fc);
	return (c->state == CONN_HANDSHAKE ? -1 : 0);
}

int
front_tls_one_by_one(const struct conn *c)
{
	return (c->state != CONN_PUMP);
}

static int
write_libtls(struct front_conn *c, const uint8_t *p, size_t n)
{
	ssize_t k;

	while (n > 0) {
		k = tls_write(c->tls, p, n < CONN_RECORD_SIZE ? n :
		    CONN_RECORD_SIZE);
		if (k <= 0)
			return (-1);
		p += k;
		n -= (size_t)k;
	}
	return (0);
}

int
front_tls_write(struct conn *c, const uint8_t *p, size_t n)
{
	struct front_conn *fc = front_conn_of(c);

	return (fc->tls != NULL ? write_libtls(fc, p, n) :
	    conn_records_write(c, p, n));
}

/* Encrypt `n' bytes as one WebSocket frame, in one record if possible. */
static int
write_frame(struct conn *c, const uint8_t *p, size_t n)
{
	uint8_t hdr[WS_MAX_HDR];
	size_t k = web_ws_wrap(hdr, n);
	struct iovec v[2] = { { hdr, k }, { (void *)(uintptr_t)p, n } };

	if (front_conn_of(c)->tls == NULL)
		return (conn_records_write_pieces(c, v, 2, k + n));
	return (front_tls_write(c, hdr, k) == -1 ||
	    front_tls_write(c, p, n) == -1 ? -1 : 0);
}

int
front_tls_write_pieces(struct conn *c, const struct iovec *v, size_t cnt,
    size_t n)
{
	struct front_conn *fc = front_conn_of(c);
	const uint8_t *p;
	size_t k;

	if (fc->tls == NULL && (fc->ws == NULL || n == 0))
		return (conn_records_write_pieces(c, v, cnt, n));
	p = conn_output_flatten(c->set);
	if (fc->ws == NULL)
		return (front_tls_write(c, p, n));
	for (; n > 0; p += k, n -= k) {
		k = n < WS_CHUNK ? n : WS_CHUNK;
		if (write_frame(c, p, k) == -1)
			return (-1);
	}
	return (0);
}

void
front_tls_close(struct conn *c)
{
	if (front_conn_of(c)->tls != NULL)
		(void)tls_close(front_conn_of(c)->tls);
	else
		conn_records_close(c);
}

void
front_tls_end(struct front_conn *c)
{
	forget_handshake(c);
	tls_free(c->tls);
	c->tls = NULL;
}
