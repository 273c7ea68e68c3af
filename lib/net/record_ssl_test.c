/*
 * record_ssl_test: Tests of record.h against libssl.  Both ends do the
 * handshake with libssl, then one end continues with record.h and the secrets
 * of the key log, as the relay does.
 */
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "recordfixture.h"

#define TEXT	(256 * 1024)

static uint8_t text[TEXT], wire[WIRE_SIZE], back[TEXT + 1];

/* Both libssl ends, and the secrets they agreed on. */
struct ends {
	SSL_CTX	*sctx, *cctx;
	SSL	*s, *c;
	uint8_t	 up[NET_RECORD_SECRET], down[NET_RECORD_SECRET];
	size_t	 len;
};

static struct ends *current;

static void
keylog(const SSL *ssl, const char *line)
{
	const char *label, *hex;
	uint8_t *to = NULL;

	(void)ssl;
	label = "CLIENT_TRAFFIC_SECRET_0 ";
	if (strncmp(line, label, strlen(label)) == 0)
		to = current->up;
	label = "SERVER_TRAFFIC_SECRET_0 ";
	if (strncmp(line, label, strlen(label)) == 0)
		to = current->down;
	if (to != NULL && (hex = strrchr(line, ' ')) != NULL)
		current->len = unhex(hex, to);
}

/* Add a self-signed certificate without a name. */
static void
certify(SSL_CTX *ctx)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();

	ATF_REQUIRE(key != NULL && x != NULL);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	ATF_REQUIRE(X509_sign(x, key, EVP_sha256()) > 0);
	ATF_REQUIRE_EQ(SSL_CTX_use_certificate(ctx, x), 1);
	ATF_REQUIRE_EQ(SSL_CTX_use_PrivateKey(ctx, key), 1);
	X509_free(x);
	EVP_PKEY_free(key);
}

/* Store what one end wrote at `p', at most `max' bytes.  Returns the number. */
static size_t
take(SSL *from, uint8_t *p, size_t max)
{
	int n = BIO_read(SSL_get_wbio(from), p, (int)max);

	return (n > 0 ? (size_t)n : 0);
}

static void
give(SSL *to, const uint8_t *p, size_t n)
{
	ATF_REQUIRE_EQ(BIO_write(SSL_get_rbio(to), p, (int)n), (int)n);
}

static SSL *
end_new(SSL_CTX *ctx)
{
	SSL *s = SSL_new(ctx);

	ATF_REQUIRE(s != NULL);
	SSL_set_bio(s, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	return (s);
}

/* Do the handshake with `suite' and `tickets' tickets (0: none). */
static void
ends_new(struct ends *e, const char *suite, unsigned int tickets)
{
	size_t n;

	memset(e, 0, sizeof(*e));
	current = e;
	e->sctx = SSL_CTX_new(TLS_server_method());
	e->cctx = SSL_CTX_new(TLS_client_method());
	ATF_REQUIRE(e->sctx != NULL && e->cctx != NULL);
	certify(e->sctx);
	ATF_REQUIRE_EQ(SSL_CTX_set_ciphersuites(e->cctx, suite), 1);
	SSL_CTX_set_num_tickets(e->sctx, tickets);
	SSL_CTX_set_keylog_callback(e->sctx, keylog);
	e->s = end_new(e->sctx);
	e->c = end_new(e->cctx);
	SSL_set_accept_state(e->s);
	SSL_set_connect_state(e->c);
	for (;;) {
		SSL_do_handshake(e->c);
		if ((n = take(e->c, wire, sizeof(wire))) == 0)
			break;
		give(e->s, wire, n);
		SSL_do_handshake(e->s);
		/* The end that continues as a client reads the tickets. */
		if (SSL_is_init_finished(e->s))
			break;
		if ((n = take(e->s, wire, sizeof(wire))) == 0)
			break;
		give(e->c, wire, n);
	}
	ATF_REQUIRE(SSL_is_init_finished(e->s));
	ATF_REQUIRE(SSL_is_init_finished(e->c));
	ATF_REQUIRE(e->len > 0);
}

static void
ends_free(struct ends *e)
{
	SSL_free(e->s);
	SSL_free(e->c);
	SSL_CTX_free(e->sctx);
	SSL_CTX_free(e->cctx);
}

/* Bytes of an incomplete record, and the offset reached in the text. */
struct stream {
	uint8_t	 p[WIRE_SIZE];
	size_t	 n;
	size_t	 at;
};

/*
 * Read what libssl sent, in pieces of random size, and compare it with the
 * text.  Returns the last status.
 */
static enum net_record_status
read_stream(struct net_record *r, struct stream *st, const uint8_t *p,
    size_t n)
{
	struct net_record_input in;
	enum net_record_status s = NET_RECORD_MORE;
	size_t k;

	while (n > 0) {
		k = (size_t)random() % 3000 + 1;
		if (k > n)
			k = n;
		memcpy(st->p + st->n, p, k);
		st->n += k;
		p += k;
		n -= k;
		while ((s = net_record_read(r, st->p, st->n, &in)) !=
		    NET_RECORD_MORE) {
			ATF_REQUIRE_MSG(s != NET_RECORD_FAILED, "%s", in.why);
			if (s == NET_RECORD_CLOSED)
				return (s);
			if (s == NET_RECORD_DATA) {
				ATF_REQUIRE(st->at + in.len <= TEXT);
				ATF_REQUIRE(memcmp(in.data, text + st->at,
				    in.len) == 0);
				st->at += in.len;
			}
			memmove(st->p, st->p + in.used, st->n - in.used);
			st->n -= in.used;
		}
	}
	return (s);
}

static void
write_all(struct net_record *r, SSL *peer, const uint8_t *p, size_t n)
{
	struct iovec v[10];
	size_t i, off = 0;
	ssize_t k;

	for (i = 0; i < 9; i++) {
		v[i].iov_base = (void *)(uintptr_t)(p + off);
		v[i].iov_len = (size_t)random() % (n - off + 1);
		off += v[i].iov_len;
	}
	v[9].iov_base = (void *)(uintptr_t)(p + off);
	v[9].iov_len = n - off;
	k = net_record_write(r, v, 10, n, wire);
	ATF_REQUIRE(k >= 0);
	give(peer, wire, (size_t)k);
}

/* Read with libssl what record.h wrote, and compare it with the text. */
static size_t
ssl_read_all(SSL *s, size_t at)
{
	size_t n;

	while (SSL_read_ex(s, back, sizeof(back), &n) == 1) {
		ATF_REQUIRE(at + n <= TEXT);
		ATF_REQUIRE(memcmp(back, text + at, n) == 0);
		at += n;
	}
	return (at);
}

static void
talk(const char *suite, uint16_t id, size_t backend, int client)
{
	static struct stream st;
	struct net_record_cache c;
	struct net_record r;
	struct ends e;
	SSL *peer;
	size_t sent = 0, got = 0, n, k, i;

	if (!cache_of(&c, backend, 4))
		return;
	/* The limit of our servers is linked in: 8 KeyUpdates of a client. */
	c.limits.update_out = client ? 200 : 50;
	c.limits.update_in = client ? 300 : 70;
	c.limits.updates = 255;
	ends_new(&e, suite, client ? 3 : 0);
	peer = client ? e.s : e.c;
	ATF_REQUIRE_EQ(net_record_begin(&r, &c, id, client ? e.down : e.up,
	    client ? e.up : e.down, e.len, 0, client), 0);
	memset(&st, 0, sizeof(st));
	for (i = 0; i < 400; i++) {
		n = (size_t)random() % (i % 10 == 0 ? 20000 : 300);
		if (sent + n > TEXT)
			n = 0;
		if (random() % 20 == 0)
			SSL_set_block_padding(peer,
			    (size_t)random() % 600 + 1);
		if (random() % 15 == 0)
			ATF_REQUIRE_EQ(SSL_key_update(peer,
			    (client ? i % 200 < 10 : random() % 2) ?
			    SSL_KEY_UPDATE_REQUESTED :
			    SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		if (n > 0)
			ATF_REQUIRE_EQ(SSL_write_ex(peer, text + sent, n, &k),
			    1);
		sent += n;
		k = take(peer, wire, sizeof(wire));
		read_stream(&r, &st, wire, k);
		ATF_REQUIRE_EQ(st.at, sent);

		n = (size_t)random() % (i % 10 == 5 ? 40000 : 300);
		if (got + n > TEXT)
			n = 0;
		if (n > 0 || net_record_owes(&r))
			write_all(&r, peer, text + got, n);
		ATF_REQUIRE_EQ(ssl_read_all(peer, got), got + n);
		got += n;
	}
	ATF_CHECK(sent > TEXT / 2);
	ATF_CHECK(got > TEXT / 2);

	/* Both ends send close_notify. */
	SSL_shutdown(peer);
	k = take(peer, wire, sizeof(wire));
	ATF_CHECK_EQ(read_stream(&r, &st, wire, k), NET_RECORD_CLOSED);
	k = (size_t)net_record_alert(&r, NET_ALERT_CLOSE_NOTIFY, wire);
	give(peer, wire, k);
	ATF_CHECK_EQ(SSL_read_ex(peer, back, sizeof(back), &n), 0);
	ATF_CHECK_EQ(SSL_get_error(peer, 0), SSL_ERROR_ZERO_RETURN);
	net_record_end(&r);
	net_record_cache_free(&c);
	ends_free(&e);
}

static void
talks(int client)
{
	size_t i;

	srandom(3);
	for (i = 0; i < TEXT; i++)
		text[i] = (uint8_t)random();
	for (i = 0; net_aead_get(i) != NULL; i++) {
		talk("TLS_AES_128_GCM_SHA256", 0x1301, i, client);
		talk("TLS_AES_256_GCM_SHA384", 0x1302, i, client);
		talk("TLS_CHACHA20_POLY1305_SHA256", 0x1303, i, client);
	}
}

ATF_TC_WITHOUT_HEAD(server);
ATF_TC_BODY(server, tc)
{
	(void)tc;
	talks(0);
}

ATF_TC_WITHOUT_HEAD(client);
ATF_TC_BODY(client, tc)
{
	(void)tc;
	talks(1);
}

/* libssl accepts our alerts. */
ATF_TC_WITHOUT_HEAD(alert);
ATF_TC_BODY(alert, tc)
{
	static uint8_t junk[40] = { 23, 3, 3, 0, 35 };
	struct net_record_cache c;
	struct net_record_input in;
	struct net_record r;
	struct ends e;
	size_t n;

	(void)tc;
	ATF_REQUIRE(cache_of(&c, 0, 4));
	ends_new(&e, "TLS_AES_128_GCM_SHA256", 0);
	ATF_REQUIRE_EQ(net_record_begin(&r, &c, 0x1301, e.up, e.down, e.len,
	    0, 0), 0);
	ATF_CHECK_EQ(net_record_read(&r, junk, sizeof(junk), &in),
	    NET_RECORD_FAILED);
	n = (size_t)net_record_alert(&r, in.alert, wire);
	give(e.c, wire, n);
	ATF_CHECK_EQ(SSL_read_ex(e.c, back, sizeof(back), &n), 0);
	ATF_CHECK_EQ(SSL_get_error(e.c, 0), SSL_ERROR_SSL);
	ATF_CHECK(SSL_get_shutdown(e.c) & SSL_RECEIVED_SHUTDOWN);
	net_record_end(&r);
	net_record_cache_free(&c);
	ends_free(&e);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, server);
	ATF_TP_ADD_TC(tp, client);
	ATF_TP_ADD_TC(tp, alert);
	return (atf_no_error());
}
