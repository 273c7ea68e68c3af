/*
 * tlsio: TLS over our own buffers.  Called by conn.c and output.c.
 *
 * libtls never accesses a socket: it reads the input of relay_tlsio_pump() and
 * writes with relay_output_raw().  Certificates come in generations: a
 * handshake keeps the generation that it began with.
 *
 * After a handshake records of our own continue (c->rec), and libtls's object
 * is freed: libssl costs half of every byte and 10 KB of every client.  Under
 * TLS 1.2, and with LibreSSL, which reports no secrets, libtls continues.
 */
#include <sys/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tls.h>

#include "clock.h"
#include "hello.h"
#include "log.h"
#include "relay.h"
#include "tlsctx.h"
#include "tlsio.h"

#define RECORDS_LOOK	64	/* records between two checks of the clock */
#define PUMP_US		2000		/* time of one client in a turn */
#define RECORDS_UNFINISHED 16		/* records in a turn before login */

struct relay_tlsgen {
	struct tls	*tls;
	unsigned int	 refs;		/* handshakes, and the worker itself */
};

struct relay_certset {
	size_t				 n;
	struct relay_tlsctx_cert	*certs;
};

/* The unprocessed ciphertext of relay_tlsio_pump(). */
struct relay_cursor {
	uint8_t	*p;
	size_t	 n;
};

void
relay_tlsio_init(struct relay *r)
{
	const struct net_aead *aead = net_aead_best();

	log_debug("TLS records by %s", aead->name);
	net_record_cache_init(&r->tls.records, aead, TLSIO_KEYS);
}

int
relay_tlsio_cert(struct relay *r, const uint8_t hash[IPC_KEYHASH_LEN],
    const void *pem, size_t len)
{
	struct relay_certset *s = r->tls.next;
	struct relay_tlsctx_cert *v;
	char *copy;

	if (s == NULL) {
		if ((s = calloc(1, sizeof(*s))) == NULL)
			return (-1);
		r->tls.next = s;
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
certset_free(struct relay_certset *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		free((char *)s->certs[i].pem);
	free(s->certs);
	free(s);
}

static void
gen_unref(struct relay_tlsgen *g)
{
	if (g == NULL || --g->refs > 0)
		return;
	tls_free(g->tls);
	free(g);
}

void
relay_tlsio_drop(struct relay *r)
{
	certset_free(r->tls.next);
	r->tls.next = NULL;
	gen_unref(r->tls.staged);
	r->tls.staged = NULL;
}

const char *
relay_tlsio_stage(struct relay *r)
{
	struct tls_config *cfg;
	struct relay_tlsgen *g;
	struct relay_certset *s = r->tls.next;

	r->tls.next = NULL;
	relay_tlsio_drop(r);
	if (s == NULL)
		return (NULL);		/* no new certificates */
	cfg = relay_tlsctx_config(s->certs, s->n, r->tls.why,
	    sizeof(r->tls.why));
	certset_free(s);
	if (cfg == NULL)
		return (r->tls.why);
	if ((g = calloc(1, sizeof(*g))) != NULL)
		g->tls = relay_tlsctx_server(cfg, r->tls.why,
		    sizeof(r->tls.why));
	else
		(void)snprintf(r->tls.why, sizeof(r->tls.why),
		    "out of memory");
	tls_config_free(cfg);
	if (g == NULL || g->tls == NULL) {
		free(g);
		return (r->tls.why);
	}
	g->refs = 1;
	r->tls.staged = g;
	return (NULL);
}

void
relay_tlsio_commit(struct relay *r)
{
	if (r->tls.staged == NULL)
		return;
	gen_unref(r->tls.gen);
	r->tls.gen = r->tls.staged;
	r->tls.staged = NULL;
}

static ssize_t
read_cb(struct tls *tls, void *buf, size_t n, void *arg)
{
	struct relay_conn *c = arg;
	struct relay_cursor *in = c->input.src;

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
	(void)tls;
	if (relay_output_raw(arg, buf, n) == -1)
		return (-1);
	return ((ssize_t)n);
}

/* Begin TLS.  Return 0, or -1: no certificates yet, or no memory. */
static int
begin(struct relay_conn *c)
{
	struct relay_tlsgen *g = c->r->tls.gen;
	struct relay_unknown *u = c->unknown;

	if (u->secrets == NULL &&
	    (u->secrets = calloc(1, sizeof(*u->secrets))) == NULL)
		return (-1);
	if (g == NULL || tls_accept_cbs(g->tls, &c->tls, read_cb, write_cb,
	    c) == -1)
		return (-1);
	u->gen = g;
	g->refs++;
	return (0);
}

/* Free what only the handshake needs. */
static void
forget_handshake(struct relay_conn *c)
{
	struct relay_unknown *u = c->unknown;

	if (u == NULL)
		return;
	gen_unref(u->gen);
	u->gen = NULL;
	if (u->secrets != NULL)
		freezero(u->secrets, sizeof(*u->secrets));
	u->secrets = NULL;
}

/* End the handshake; choose our records or libtls.  Return 0, or -1. */
static int
take_over(struct relay_conn *c)
{
	struct net_record_cache *cache = &c->r->tls.records;
	struct net_record *rec;
	int rv;

	if ((rec = net_record_new(cache)) == NULL)
		return (-1);
	rv = relay_tlsctx_take_over(c->unknown->secrets, rec, cache);
	if (rv != 1) {
		net_record_free(cache, rec);
		return (rv);
	}
	c->rec = rec;
	tls_free(c->tls);
	c->tls = NULL;
	return (0);
}

static void
handshake(struct relay_conn *c)
{
	int rv;

	if (c->tls == NULL && begin(c) == -1) {
		relay_conn_close(c, "TLS can't begin: no certificate");
		return;
	}
	rv = relay_tlsctx_handshake(c->tls, c->unknown->secrets);
	if (rv == TLS_WANT_POLLIN || rv == TLS_WANT_POLLOUT)
		return;
	relay_conn_dirty(c);
	if (rv == 0 && take_over(c) == -1) {
		relay_conn_close(c, "no memory for TLS records");
		return;
	}
	forget_handshake(c);
	if (rv == 0) {
		c->state = CONN_HTTP;
		relay_conn_deadline(c, RELAY_HTTP_SECS);
		return;
	}
	log_limited(&c->r->tls.failed, "TLS handshake failed: %s",
	    tls_error(c->tls));
	relay_conn_drain(c);		/* the alert is sent */
}

/* Keep ciphertext of a paused connection. */
static void
hold(struct relay_conn *c, const uint8_t *p, size_t n)
{
	if (relay_buf_add_tight(&c->input.held, p, n) == -1)
		relay_conn_close(c, "out of memory");
}

/* Continue with this input in the next turn, after other clients. */
static void
next_turn(struct relay_conn *c)
{
	if (c->dead || c->paused != 0)
		return;
	relay_conn_pause(c, PAUSE_NEXT);
	relay_conn_resume(c, PAUSE_NEXT);
}

/*
 * Handle a record that ends the connection: it is closed by the peer, or
 * invalid; then send the alert that says why.
 */
static void
ended(struct relay_conn *c, enum net_record_status s,
    const struct net_record_input *in)
{
	uint8_t alert[NET_RECORD_ALERT];
	ssize_t n;

	if (s == NET_RECORD_CLOSED) {
		relay_conn_close(c, in->why);
		return;
	}
	log_debug("connection %llu: TLS: %s", (unsigned long long)c->id,
	    in->why);
	if ((n = net_record_alert(c->rec, in->alert, alert)) > 0)
		(void)relay_output_raw(c, alert, (size_t)n);
	relay_conn_drain(c);
}

/* Read one record of ours from c->input.src.  Return 0, or -1: incomplete. */
static int
read_record(struct relay_conn *c)
{
	struct relay_cursor *src = c->input.src;
	struct net_record_input in;
	enum net_record_status s;

	s = net_record_read(c->rec, src->p, src->n, &in);
	if (s == NET_RECORD_MORE)
		return (-1);
	src->p += in.used;
	src->n -= in.used;
	if (s == NET_RECORD_DATA)
		relay_conn_input(c, in.data, in.len);
	else if (s == NET_RECORD_NONE) {
		if (net_record_owes(c->rec))
			relay_conn_dirty(c);
	} else
		ended(c, s, &in);
	return (0);
}

/* Read a record from libtls; libssl may already hold more. */
static int
read_libtls(struct relay_conn *c)
{
	uint8_t *record = c->r->tls.record;
	ssize_t n;

	n = tls_read(c->tls, record, RELAY_RECORD_SIZE);
	if (n == TLS_WANT_POLLIN || n == TLS_WANT_POLLOUT)
		return (-1);
	if (n > 0)
		relay_conn_input(c, record, (size_t)n);
	else
		relay_conn_close(c, n == 0 ? "TLS closed by the client" :
		    "TLS error");
	return (0);
}

/*
 * Process the bytes that c->input.src names.  A read may contain thousands of
 * tiny records, each as costly as a packet: after PUMP_US other clients have
 * their turn.
 */
static void
pump(struct relay_conn *c)
{
	unsigned int records = 0;
	uint64_t start = c->r->now_us;

	while (!c->dead && c->paused == 0) {
		if (c->state == CONN_HANDSHAKE) {
			handshake(c);
			if (c->state == CONN_HANDSHAKE)
				break;
			continue;
		}
		if ((c->rec != NULL ? read_record(c) : read_libtls(c)) == -1)
			break;
		if (++records % RECORDS_LOOK == 0 &&
		    base_clock_us() - start > PUMP_US)
			next_turn(c);
	}
}

/*
 * Process records of an unauthenticated connection one by one, while they are
 * complete, so that libssl needs no buffer of 16 KiB for a partial record or
 * for waiting input.  Return the number of bytes consumed.
 */
static size_t
pump_records(struct relay_conn *c, uint8_t *p, size_t n)
{
	struct relay_cursor in;
	size_t k, done = 0;
	unsigned int records = 0;

	c->input.src = &in;
	while (!c->dead && c->paused == 0 &&
	    (k = relay_hello_record(p + done, n - done)) > 0) {
		in.p = p + done;
		in.n = k;
		pump(c);
		done += k - in.n;
		if (in.n > 0)
			break;
		if (++records == RECORDS_UNFINISHED)
			next_turn(c);
	}
	return (done);
}

void
relay_tlsio_pump(struct relay_conn *c, uint8_t *p, size_t n)
{
	struct relay_cursor in = { p, n };
	size_t done;

	if (c->r->tls.pumping) {
		/* A bug in our code must not affect other clients. */
		log_warnx("bug: nested input of connection %llu: queued",
		    (unsigned long long)c->id);
		hold(c, p, n);
		relay_conn_pause(c, PAUSE_NEXT);
		relay_conn_resume(c, PAUSE_NEXT);
		return;
	}
	c->r->tls.pumping = 1;
	if (c->state == CONN_UP || c->state == CONN_PUMP) {
		c->input.src = &in;
		pump(c);
	} else {
		done = pump_records(c, p, n);
		in.p += done;
		in.n -= done;
	}
	c->input.src = NULL;
	c->r->tls.pumping = 0;
	if (!c->dead && c->state != CONN_DRAIN)
		hold(c, in.p, in.n);
}

/* Write records of ours for the `n' bytes at `p', with the worker's buffer. */
static int
write_records(struct relay_conn *c, const uint8_t *p, size_t n)
{
	struct relay_tls *t = &c->r->tls;
	struct iovec v;
	ssize_t k;
	size_t m;

	c->rec->quiet = c->paused != 0;
	do {
		m = n < RELAY_RECORD_SIZE ? n : RELAY_RECORD_SIZE;
		v.iov_base = (uint8_t *)(uintptr_t)p;
		v.iov_len = m;
		if ((k = net_record_write(c->rec, &v, 1, m, t->wire)) == -1 ||
		    relay_output_raw(c, t->wire, (size_t)k) == -1)
			return (-1);
		p += m;
		n -= m;
	} while (n > 0);
	return (0);
}

/* Copy the pieces for a client without TLS. */
static int
write_plain(struct relay_conn *c, const struct iovec *v, size_t cnt)
{
	for (; cnt > 0; cnt--, v++)
		if (relay_output_raw(c, v->iov_base, v->iov_len) == -1)
			return (-1);
	return (0);
}

int
relay_tlsio_write_pieces(struct relay_conn *c, const struct iovec *v,
    size_t cnt, size_t n)
{
	uint8_t *dst;
	ssize_t k;

	if (c->plain)
		return (write_plain(c, v, cnt));
	if (c->rec == NULL)
		return (1);
	c->rec->quiet = c->paused != 0;
	if ((dst = relay_output_stage(c, net_record_room(c->rec, n))) == NULL ||
	    (k = net_record_write(c->rec, v, cnt, n, dst)) == -1)
		return (-1);
	relay_output_staged(c, (size_t)k);
	return (0);
}

int
relay_tlsio_owes(const struct relay_conn *c)
{
	return (c->rec != NULL && net_record_owes(c->rec));
}

int
relay_tlsio_is_over(const struct relay_conn *c)
{
	return (c->rec != NULL && c->rec->ended);
}

void
relay_tlsio_close(struct relay_conn *c)
{
	uint8_t alert[NET_RECORD_ALERT];
	ssize_t n;

	if (c->tls != NULL)
		(void)tls_close(c->tls);
	else if (c->rec != NULL && (n = net_record_alert(c->rec,
	    NET_ALERT_CLOSE_NOTIFY, alert)) > 0)
		(void)relay_output_raw(c, alert, (size_t)n);
}

int
relay_tlsio_write(struct relay_conn *c, const uint8_t *p, size_t n)
{
	ssize_t k;

	if (c->plain)
		return (relay_output_raw(c, p, n));
	if (c->rec != NULL)
		return (write_records(c, p, n));
	while (n > 0) {
		k = tls_write(c->tls, p, n < RELAY_RECORD_SIZE ? n :
		    RELAY_RECORD_SIZE);
		if (k <= 0)
			return (-1);
		p += k;
		n -= (size_t)k;
	}
	return (0);
}

void
relay_tlsio_end(struct relay_conn *c)
{
	forget_handshake(c);
	tls_free(c->tls);
	c->tls = NULL;
	net_record_free(&c->r->tls.records, c->rec);
	c->rec = NULL;
}
