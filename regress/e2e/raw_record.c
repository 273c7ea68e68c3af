/*
 * raw_record: cases about records after the handshake, from a client that knows
 * its keys: what comes in one segment with Finished, and records that must be
 * refused.  libssl shakes hands; its last flight is held back, and records are
 * made here, with the keys of lib/net/record.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hex.h"
#include "raw.h"
#include "record.h"

#define FLIGHT	1024	/* bytes of the client's last flight, at most */
#define WIRE	(128 * 1024)

struct hostile {
	struct raw_conn		*c;
	SSL_CTX			*ctx;
	SSL			*ssl;
	struct net_record_cache	 cache;
	struct net_record	 rec;
	uint8_t			 in[NET_RECORD_SECRET], out[NET_RECORD_SECRET];
	uint8_t			 p[WIRE];	/* to be sent, Finished first */
	size_t			 n;
};

static struct hostile *current;		/* for keylog() */

/* Note the secrets of application data. */
static void
keylog(const SSL *ssl, const char *line)
{
	const char *hex = strrchr(line, ' ') + 1;
	uint8_t *to = NULL;

	(void)ssl;
	if (strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) == 0)
		to = current->out;
	else if (strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) == 0)
		to = current->in;
	if (to != NULL && base_hex_get(to, strlen(hex) / 2, hex) == -1)
		fail("a secret that is no hex");
}

/* A pre-shared key that the server does not know, which allows early data. */
static int
psk(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *len,
    SSL_SESSION **sess)
{
	static const unsigned char name[] = "nobody", key[32] = { 1 },
	    suite[] = { 0x13, 1 };
	SSL_SESSION *s = SSL_SESSION_new();

	(void)md;
	if (s == NULL || SSL_SESSION_set1_master_key(s, key,
	    sizeof(key)) != 1 || SSL_SESSION_set_cipher(s,
	    SSL_CIPHER_find(ssl, suite)) != 1 ||
	    SSL_SESSION_set_protocol_version(s, TLS1_3_VERSION) != 1 ||
	    SSL_SESSION_set_max_early_data(s, 10000) != 1)
		fail("no session");
	*id = name;
	*len = sizeof(name) - 1;
	*sess = s;
	return (1);
}

/* Send what libssl wrote, or keep it if it is the last flight. */
static void
pass(struct hostile *h)
{
	uint8_t p[8192];
	int n;

	while ((n = BIO_read(SSL_get_wbio(h->ssl), p, sizeof(p))) > 0) {
		if (!SSL_is_init_finished(h->ssl)) {
			conn_write(h->c, p, (size_t)n);
			continue;
		}
		if (h->n + (size_t)n > FLIGHT)
			fail("a long flight");
		memcpy(h->p + h->n, p, (size_t)n);
		h->n += (size_t)n;
	}
}

/* Shake hands, up to the client's last flight; `early': with early data. */
static struct hostile *
begin(int early)
{
	struct hostile *h = calloc(1, sizeof(*h));
	uint8_t p[8192];
	size_t done;
	ssize_t n;

	if (h == NULL || (h->ctx = SSL_CTX_new(TLS_client_method())) == NULL ||
	    SSL_CTX_set_ciphersuites(h->ctx, "TLS_AES_128_GCM_SHA256") != 1)
		fail("no context");
	current = h;
	h->c = conn_tcp(opt.port);
	SSL_CTX_set_min_proto_version(h->ctx, TLS1_3_VERSION);
	SSL_CTX_set_keylog_callback(h->ctx, keylog);
	if (early)
		SSL_CTX_set_psk_use_session_callback(h->ctx, psk);
	h->ssl = SSL_new(h->ctx);
	SSL_set_bio(h->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_tlsext_host_name(h->ssl, opt.name);
	SSL_set_connect_state(h->ssl);
	if (early && SSL_write_early_data(h->ssl, "GET /early", 10,
	    &done) != 1)
		fail("no early data");
	for (;;) {
		(void)SSL_do_handshake(h->ssl);
		pass(h);
		if (SSL_is_init_finished(h->ssl))
			break;
		if ((n = conn_read(h->c, p, sizeof(p), WAIT_MS)) <= 0)
			fail("no handshake");
		BIO_write(SSL_get_rbio(h->ssl), p, (int)n);
	}
	if (early && SSL_get_early_data_status(h->ssl) !=
	    SSL_EARLY_DATA_REJECTED)
		fail("early data was not sent, or accepted");
	net_record_cache_init(&h->cache, net_aead_best(), 8);
	if (net_record_begin(&h->rec, &h->cache, 0x1301, h->in, h->out, 32, 0,
	    1) == -1)
		fail("no records");
	return (h);
}

static void
end(struct hostile *h)
{
	net_record_end(&h->rec);
	net_record_cache_free(&h->cache);
	SSL_free(h->ssl);
	SSL_CTX_free(h->ctx);
	conn_close(h->c, 0);
	free(h);
}

/* Append a record of any type, with `pad' zeroes. */
static void
add(struct hostile *h, uint8_t type, const void *p, size_t n, size_t pad)
{
	static uint8_t zeroes[32768];
	struct iovec v[3] = { { (void *)(uintptr_t)p, n }, { &type, 1 },
	    { zeroes, pad } };
	uint8_t iv[NET_AEAD_IV], *dst = h->p + h->n;
	size_t len = n + 1 + pad + NET_AEAD_TAG;
	void *key = net_record_key(&h->rec, &h->rec.out, iv);

	if (key == NULL || h->n + NET_RECORD_HDR + len > sizeof(h->p))
		fail("no room for a record");
	dst[0] = 23;
	dst[1] = dst[2] = 3;
	dst[3] = (uint8_t)(len >> 8);
	dst[4] = (uint8_t)len;
	if (h->cache.aead->seal(key, iv, dst, v, 3, dst + NET_RECORD_HDR) != 0)
		fail("no record");
	h->rec.out.seq++;
	h->n += NET_RECORD_HDR + len;
}

static void
add_text(struct hostile *h, const char *text)
{
	add(h, 23, text, strlen(text), 0);
}

/* Append a KeyUpdate that asks for one. */
static void
add_update(struct hostile *h)
{
	add(h, 22, "\30\0\0\1\1", 5, 0);
	if (net_record_next(&h->rec, &h->rec.out) == -1)
		fail("no key");
}

/* Send what is there, the first `cut' bytes apart. */
static void
send_cut(struct hostile *h, size_t cut)
{
	conn_write(h->c, h->p, cut);
	if (cut > 0)
		usleep(1000);
	(void)conn_try_write(h->c, h->p + cut, h->n - cut);
	h->n = 0;
}

/*
 * Read until the content has `text' (NULL: never), or the end.  Return the
 * alert, -1 for the text, -2 for an end without an alert.
 */
static int
answer(struct hostile *h, const char *text)
{
	static uint8_t p[WIRE];
	struct net_record_input in;
	size_t have = 0;
	ssize_t n;

	for (;;) {
		if ((n = conn_read(h->c, p + have, sizeof(p) - have,
		    WAIT_MS)) < 0)
			fail("no answer");
		if (n == 0)
			return (-2);
		have += (size_t)n;
		for (;;) {
			switch (net_record_read(&h->rec, p, have, &in)) {
			case NET_RECORD_MORE:
				break;
			case NET_RECORD_DATA:
				if (text != NULL && memmem(in.data, in.len,
				    text, strlen(text)) != NULL)
					return (-1);
				/* FALLTHROUGH */
			case NET_RECORD_NONE:
				memmove(p, p + in.used, have - in.used);
				have -= in.used;
				continue;
			case NET_RECORD_CLOSED:
				return ((int)in.alert);
			case NET_RECORD_FAILED:
				fail("a bad record: %s", in.why);
			}
			break;
		}
	}
}

/* Records of any cut are read, also those that come with Finished. */
void
record_behind_finished(void)
{
	struct hostile *h;
	size_t cut, all = 1;
	int i;

	for (cut = 0; cut < all; cut += 7) {
		h = begin(0);
		add_text(h, "GET /derp/probe HTTP/1.1\r\n");
		add_update(h);
		add_text(h, "Host: x\r\n");
		add(h, 23, "", 0, 20);
		add_update(h);
		for (i = 0; i < 4; i++)
			add(h, 23, &"\r\n"[i % 2], 1, (size_t)i);
		all = h->n;
		send_cut(h, cut);
		if (answer(h, "HTTP/1.1 2") != -1)
			fail("cut at %zu of %zu: no answer", cut, all);
		end(h);
	}
	report("Finished and records of a request, cut at %zu places", cut / 7);
	h = begin(1);
	add_text(h, "GET /derp/probe HTTP/1.1\r\nHost: x\r\n\r\n");
	send_cut(h, 0);
	if (answer(h, "HTTP/1.1 2") != -1)
		fail("no answer after early data");
	end(h);
	report("early data is skipped");
}

/* Records that end the connection, with the alert that RFC 8446 names. */
static const struct {
	const char	*what;
	uint8_t		 type;		/* of the content, 0: sent as it is */
	const char	*p;
	size_t		 n, pad;
	int		 alert;
} refused[] = {
	{ "change_cipher_spec", 0, "\24\3\3\0\1\1", 6, 0, 10 },
	{ "a plain alert", 0, "\25\3\3\0\2\1\0", 7, 0, 10 },
	{ "a plain ClientHello", 0, "\26\3\1\0\5\1\0\0\1\3", 10, 0, 10 },
	{ "a record of another kind", 0, "\30\3\3\0\2\1\0", 7, 0, 10 },
	{ "a short record", 0, "\27\3\3\0\20aaaaaaaaaaaaaaaa", 21, 0, 20 },
	{ "a long record", 0, "\27\3\3\101\1", 5, 0, 22 },
	{ "a forged record", 0, "\27\3\3\0\24aaaaaaaaaaaaaaaaaaaa", 25, 0, 20 },
	{ "too much padding", 23, "x", 1, 16384, 22 },
	{ "nothing but padding", 0xff, "", 0, 100, 10 },
	{ "an encrypted change_cipher_spec", 20, "\1", 1, 0, 10 },
	{ "a type of the future", 24, "x", 1, 0, 10 },
	{ "an alert of one byte", 21, "\1", 1, 0, 50 },
	{ "no handshake message", 22, "", 0, 0, 10 },
	{ "renegotiation", 22, "\1\0\0\1\3", 5, 0, 10 },
	{ "a second Finished", 22, "\24\0\0\1\3", 5, 0, 10 },
	{ "a certificate", 22, "\13\0\0\1\3", 5, 0, 10 },
	{ "a ticket", 22, "\4\0\0\1\3", 5, 0, 10 },
	{ "the end of early data", 22, "\5\0\0\0", 4, 0, 10 },
	{ "a long KeyUpdate", 22, "\30\0\0\2\1\1", 6, 0, 50 },
	{ "a KeyUpdate of another kind", 22, "\30\0\0\1\2", 5, 0, 47 },
	{ "a KeyUpdate and more", 22, "\30\0\0\1\1\30\0\0\1\1", 10, 0, 10 }
};

#define NREFUSED	(sizeof(refused) / sizeof(refused[0]))

/* Send what is there, with Finished or not, and require the alert. */
static void
want_alert(struct hostile *h, const char *what, int alert)
{
	int got;

	send_cut(h, 0);
	if ((got = answer(h, NULL)) != alert)
		fail("%s: alert %d, wanted %d", what, got, alert);
	end(h);
}

/* Send Finished alone, if `apart'. */
static struct hostile *
begin_apart(int apart)
{
	struct hostile *h = begin(0);

	if (apart)
		send_cut(h, 0);
	return (h);
}

/* The same record again, and two in the wrong order. */
static void
reordered(int apart)
{
	struct hostile *h = begin_apart(apart);
	uint8_t one[NET_RECORD_OVERHEAD + 1];
	size_t at = h->n;

	add_text(h, "G");
	memcpy(one, h->p + at, sizeof(one));
	memcpy(h->p + h->n, one, sizeof(one));
	h->n += sizeof(one);
	want_alert(h, "a record again", 20);
	h = begin_apart(apart);
	at = h->n;
	add_text(h, "G");
	add_text(h, "E");
	memcpy(one, h->p + at, sizeof(one));
	memmove(h->p + at, h->p + at + sizeof(one), sizeof(one));
	memcpy(h->p + at + sizeof(one), one, sizeof(one));
	want_alert(h, "the second record first", 20);
}

void
record_refused(void)
{
	struct sess *other = sess_login();
	struct hostile *h;
	int apart, i;
	size_t k;

	for (apart = 0; apart < 2; apart++) {
		for (k = 0; k < NREFUSED; k++) {
			h = begin_apart(apart);
			if (refused[k].type != 0)
				add(h, refused[k].type == 0xff ? 0 :
				    refused[k].type, refused[k].p,
				    refused[k].n, refused[k].pad);
			else {
				memcpy(h->p + h->n, refused[k].p,
				    refused[k].n);
				h->n += refused[k].n;
			}
			/* What follows is not read. */
			add_text(h, "GET /derp/probe HTTP/1.1\r\n"
			    "Host: x\r\n\r\n");
			want_alert(h, refused[k].what, refused[k].alert);
		}
		reordered(apart);
		h = begin_apart(apart);
		for (i = 0; i < 40; i++)
			add(h, 23, "", 0, 5);
		want_alert(h, "40 empty records", 10);
		h = begin_apart(apart);
		for (i = 0; i < 20; i++)
			add_update(h);
		want_alert(h, "20 KeyUpdates", 10);
	}
	want_alive(other);
	sess_close(other, 0);
	report("%zu kinds of records were refused", NREFUSED + 4);
}
