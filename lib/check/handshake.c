/*
 * handshake: see handshake.h.  Called by tls.c.
 *
 * libssl works on memory: net_stream carries its bytes as a plain stream, with
 * the deadline and the watch of all checks, so that the first bytes of an
 * answer are seen before libssl judges them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "clock.h"
#include "handshake.h"
#include "proxyproto.h"

#define MORE_MS		500	/* to wait for the rest of a foreign answer */
#define BANNER_MS	1000	/* to wait for a banner */
#define ANSWER_MS	2000	/* to wait for the answer to a request */
#define LATE_MS		1000	/* to wait for an alert behind a handshake */
#define MOST_INPUT	(256 << 10) /* bytes of a handshake */

#define RECORD_CHANGE	20	/* RFC 8446, 5.1 */
#define RECORD_HANDSHAKE 22

/* What a handshake needs while it goes on. */
struct check_shaking {
	struct check_run	*r;
	struct check_shake	*s;
	struct net_stream	*stream;
	int			 fd;		/* of the stream */
	SSL			*ssl;
	BIO			*in, *out;	/* of ssl */
	size_t			 got;		/* bytes of input */
	long long		 until;
};

/* Connect.  Returns a plain stream, its socket in *fdp; or NULL with s->end. */
static struct net_stream *
dial(struct check_run *r, const struct check_addr *a, struct check_shake *s,
    long long until, int *fdp)
{
	struct net_stream *t;
	int fd;

	if ((fd = check_dial(r, a, r->node->port, until)) == -1) {
		s->error = errno;
		s->end = CHECK_SHAKE_UNDIALED;
		return (NULL);
	}
	if ((t = net_stream_new()) == NULL || net_stream_adopt(t, fd) == -1) {
		(void)close(fd);
		net_stream_free(t);
		s->end = CHECK_SHAKE_FAILED;
		(void)snprintf(s->why, sizeof(s->why), "out of memory");
		return (NULL);
	}
	*fdp = fd;
	net_stream_watch(t, r->opts->watch);
	(void)net_stream_tls(t, NULL, STREAM_PLAIN, NULL, until);
	return (t);
}

/* Each alert of the server, while libssl reads. */
static void
on_info(const SSL *ssl, int where, int value)
{
	struct check_shake *s = SSL_get_app_data(ssl);

	if ((where & SSL_CB_READ) && (where & SSL_CB_ALERT))
		s->alert = value & 0xff;
}

/* The server's certificates, before anything of them is checked. */
static int
on_certs(X509_STORE_CTX *ctx, void *arg)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(ctx);
	struct check_shake *s = arg;
	X509 *x;
	int i;

	for (i = 0; i < sk_X509_num(chain) && s->ncerts < CHECK_CERTS; i++) {
		x = sk_X509_value(chain, i);
		if (X509_up_ref(x) == 1)
			s->certs[s->ncerts++] = x;
	}
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return (1);
}

/* The server asks for a certificate; there is none. */
static int
on_asked(SSL *ssl, X509 **x, EVP_PKEY **key)
{
	struct check_shake *s = SSL_get_app_data(ssl);

	(void)x;
	(void)key;
	s->asks_cert = 1;
	return (0);
}

/*
 * What Go's client offers: its ciphers of TLS 1.2 (those of 1.3 are the same
 * everywhere), and its curves.  Returns 1, or 0.
 */
static int
offer_as_go(SSL_CTX *ctx)
{
	return (SSL_CTX_set_cipher_list(ctx,
	    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
	    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
	    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
	    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:"
	    "ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA") == 1 &&
	    SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384:P-521") == 1);
}

static SSL_CTX *
make_context(const struct check_hello *h, struct check_shake *s)
{
	static const unsigned char alpn[] = "\2h2\10http/1.1";
	const unsigned int skip = h->h2 ? 0 : 3;
	SSL_CTX *ctx;

	if ((ctx = SSL_CTX_new(TLS_client_method())) == NULL)
		return (NULL);
	/* Weak things are found, not refused. */
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT);
	SSL_CTX_set_min_proto_version(ctx, h->only_12 ? TLS1_2_VERSION :
	    TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, h->only_12 ? TLS1_2_VERSION : 0);
	SSL_CTX_set_info_callback(ctx, on_info);
	SSL_CTX_set_cert_verify_callback(ctx, on_certs, s);
	SSL_CTX_set_client_cert_cb(ctx, on_asked);
	/* Returns 0 for success. */
	if (offer_as_go(ctx) && SSL_CTX_set_alpn_protos(ctx, alpn + skip,
	    (unsigned int)sizeof(alpn) - 1 - skip) == 0)
		return (ctx);
	SSL_CTX_free(ctx);
	return (NULL);
}

/* Make k->ssl.  Returns 0, or -1 when out of memory. */
static int
make_ssl(struct check_shaking *k, const struct check_hello *h)
{
	SSL_CTX *ctx = make_context(h, k->s);

	if (ctx == NULL)
		return (-1);
	k->ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	k->in = BIO_new(BIO_s_mem());
	k->out = BIO_new(BIO_s_mem());
	if (k->ssl == NULL || k->in == NULL || k->out == NULL) {
		BIO_free(k->in);
		BIO_free(k->out);
		return (-1);
	}
	SSL_set_bio(k->ssl, k->in, k->out);
	SSL_set_app_data(k->ssl, k->s);
	SSL_set_connect_state(k->ssl);
	return (h->name == NULL ||
	    SSL_set_tlsext_host_name(k->ssl, h->name) == 1 ? 0 : -1);
}

/* Write what libssl has to say.  If that fails, reading tells why. */
static void
put(struct check_shaking *k)
{
	char *p;
	long n;

	if ((n = BIO_get_mem_data(k->out, &p)) > 0)
		(void)net_stream_write(k->stream, p, (size_t)n, k->until);
	(void)BIO_reset(k->out);
}

/* Fill `first' with what the server says within `ms' milliseconds. */
static void
hear(struct net_stream *t, int ms, uint8_t *first, size_t *n)
{
	const long long until = net_stream_until(ms);
	ssize_t got;

	while (*n < CHECK_FIRST && (got = net_stream_read(t, first + *n,
	    CHECK_FIRST - *n, until)) > 0)
		*n += (size_t)got;
}

/* The answer is not TLS: take what fits of it. */
static int
foreign(struct check_shaking *k, const uint8_t *p, size_t n)
{
	struct check_shake *s = k->s;

	s->end = CHECK_SHAKE_FOREIGN;
	s->nfirst = n < CHECK_FIRST ? n : CHECK_FIRST;
	memcpy(s->first, p, s->nfirst);
	hear(k->stream, MORE_MS, s->first, &s->nfirst);
	return (-1);
}

/* No more comes from the server. */
static int
ended(struct check_shaking *k)
{
	const int silent = net_stream_timed_out(k->stream);
	struct check_shake *s = k->s;

	s->end = silent ? CHECK_SHAKE_SILENT : CHECK_SHAKE_CLOSED;
	if (net_stream_interrupted(k->stream)) {
		k->r->stopped = 1;
		s->end = CHECK_SHAKE_FAILED;
	} else if (k->got > 0 && !SSL_is_init_finished(k->ssl)) {
		s->end = CHECK_SHAKE_BROKEN;
		(void)snprintf(s->why, sizeof(s->why), "it %s after the first "
		    "%zu bytes of its answer", silent ? "stops" :
		    "closes the connection", k->got);
	}
	return (-1);
}

/* Give libssl what the server says.  0, or -1 with s->end. */
static int
get(struct check_shaking *k)
{
	uint8_t buf[16384];
	ssize_t n;

	n = net_stream_read(k->stream, buf, sizeof(buf), k->until);
	if (n <= 0)
		return (ended(k));
	if (k->got == 0 &&
	    (buf[0] < RECORD_CHANGE || buf[0] > RECORD_HANDSHAKE))
		return (foreign(k, buf, (size_t)n));
	k->got += (size_t)n;
	if (k->got > MOST_INPUT || BIO_write(k->in, buf, (int)n) != n) {
		k->s->end = CHECK_SHAKE_BROKEN;
		(void)snprintf(k->s->why, sizeof(k->s->why), "it sends more "
		    "than %d bytes in the handshake", MOST_INPUT);
		return (-1);
	}
	return (0);
}

/* libssl gave up. */
static void
broken(struct check_shake *s)
{
	const unsigned long e = ERR_peek_error();
	const char *reason = ERR_reason_error_string(e);
	const int n = ERR_GET_LIB(e) == ERR_LIB_SSL ? ERR_GET_REASON(e) : 0;

	s->end = s->alert > 0 ? CHECK_SHAKE_ALERT :
	    s->alert == 0 ? CHECK_SHAKE_CLOSED : CHECK_SHAKE_BROKEN;
	s->bad_signature = n == SSL_R_BAD_SIGNATURE ||
	    n == SSL_R_WRONG_SIGNATURE_TYPE ||
	    n == SSL_R_WRONG_CERTIFICATE_TYPE;
	(void)snprintf(s->why, sizeof(s->why), "libssl says of its answer: %s",
	    reason != NULL ? reason : "it is wrong");
}

/*
 * A server of TLS 1.3 refuses a client without a certificate after the
 * handshake: hear whether it does.
 */
static void
hear_refusal(struct check_shaking *k)
{
	char c;

	k->until = net_stream_until(LATE_MS);
	while (SSL_read(k->ssl, &c, 1) <= 0) {
		if (SSL_get_error(k->ssl, 0) == SSL_ERROR_SSL) {
			broken(k->s);
			return;
		}
		if (get(k) == -1)
			break;
	}
	if (k->s->end == CHECK_SHAKE_SILENT)
		k->s->end = CHECK_SHAKE_DONE;
}

static void
done(struct check_shaking *k)
{
	struct check_shake *s = k->s;
	const unsigned char *alpn;
	unsigned int n;

	s->end = CHECK_SHAKE_DONE;
	(void)snprintf(s->version, sizeof(s->version), "%s",
	    SSL_get_version(k->ssl));
	s->old = SSL_version(k->ssl) < TLS1_2_VERSION;
	SSL_get0_alpn_selected(k->ssl, &alpn, &n);
	(void)snprintf(s->alpn, sizeof(s->alpn), "%.*s", (int)n,
	    n == 0 ? "" : (const char *)alpn);
	if (s->asks_cert)
		hear_refusal(k);
	(void)SSL_shutdown(k->ssl);
	put(k);
}

/* Shake hands over k->stream. */
static void
shake(struct check_shaking *k)
{
	int rv;

	for (;;) {
		ERR_clear_error();
		rv = SSL_do_handshake(k->ssl);
		put(k);
		if (rv == 1) {
			done(k);
			return;
		}
		if (SSL_get_error(k->ssl, rv) != SSL_ERROR_WANT_READ) {
			broken(k->s);
			return;
		}
		if (get(k) == -1)
			return;
	}
}

/* Write the PROXY header of this very connection.  0, or -1. */
static int
put_proxied(struct check_shaking *k, int version)
{
	struct sockaddr_storage own, far;
	socklen_t own_len = sizeof(own), far_len = sizeof(far);
	uint8_t header[NET_PROXYPROTO_LOCAL];
	char line[NET_PROXYPROTO_LINE + 1];

	if (version == 2) {
		net_proxyproto_put_local(header);
		return (net_stream_write(k->stream, header, sizeof(header),
		    k->until));
	}
	if (getsockname(k->fd, (struct sockaddr *)&own, &own_len) == -1 ||
	    getpeername(k->fd, (struct sockaddr *)&far, &far_len) == -1)
		return (-1);
	return (net_stream_write(k->stream, line,
	    net_proxyproto_put_line(line, &own, &far), k->until));
}

/* Write what goes before TLS.  0, or -1. */
static int
put_header(struct check_shaking *k, const struct check_hello *h)
{
	const struct check_opts *o = k->r->opts;

	if (h->proxied)
		return (put_proxied(k, h->proxied));
	return (o->prelude_len == 0 ? 0 : net_stream_write(k->stream,
	    o->prelude, o->prelude_len, k->until));
}

void
check_handshake(struct check_run *r, const struct check_addr *a,
    const struct check_hello *h, struct check_shake *s)
{
	struct check_shaking k = { .r = r, .s = s, .until = check_until(r) };
	int64_t began;

	memset(s, 0, sizeof(*s));
	s->alert = -1;
	if ((k.stream = dial(r, a, s, k.until, &k.fd)) == NULL)
		return;
	if (make_ssl(&k, h) == -1) {
		s->end = CHECK_SHAKE_FAILED;
		(void)snprintf(s->why, sizeof(s->why), "out of memory for TLS");
	} else {
		began = base_clock_us();
		if (put_header(&k, h) == -1)
			(void)ended(&k);
		else
			shake(&k);
		s->us = base_clock_us() - began;
	}
	SSL_free(k.ssl);
	net_stream_free(k.stream);
	ERR_clear_error();
}

void
check_shake_free(struct check_shake *s)
{
	while (s->ncerts > 0)
		X509_free(s->certs[--s->ncerts]);
}

size_t
check_hear(struct check_run *r, const struct check_addr *a,
    uint8_t first[CHECK_FIRST])
{
	static const char request[] = "GET / HTTP/1.0\r\n\r\n";
	struct check_shake s;
	struct net_stream *t;
	size_t n = 0;
	int fd;

	if ((t = dial(r, a, &s, check_until(r), &fd)) == NULL)
		return (0);
	hear(t, BANNER_MS, first, &n);
	if (n == 0 && net_stream_write(t, request, sizeof(request) - 1,
	    check_until(r)) == 0)
		hear(t, ANSWER_MS, first, &n);
	r->stopped |= net_stream_interrupted(t);
	net_stream_free(t);
	return (n);
}
