/*
 * tlsctx: creates libtls server contexts for a front, and makes settings that
 * libtls has no call for.  Touches no descriptor.
 *
 * The settings are made in our own definitions of SSL_CTX_new() and SSL_new():
 * the dynamic linker finds symbols of the executable first, so that libtls
 * calls these.  LibreSSL's libtls is bound to its libssl; it needs fewer of the
 * settings and keeps its own.
 *
 * `process' holds state of the process, because these definitions and libssl's
 * call-backs have only libssl's arguments: the functions and the index from
 * libssl are the same for all contexts.
 */

#include <limits.h>
#include <stddef.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef LIBRESSL_VERSION_NUMBER
#include <dlfcn.h>
#endif

#include "clock.h"
#include "keyhash.h"
#include "log.h"
#include "tlsctx.h"
#include "tlsfetch.h"
#include "tlssecrets.h"

/* TLS 1.2: forward secrecy and AEAD alone, the cheapest first. */
#define SUITES_12							\
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"	\
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"	\
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"

#ifndef LIBRESSL_VERSION_NUMBER

#define SUITES_13							\
	"TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:"		\
	"TLS_AES_256_GCM_SHA384"

#define UPDATES_BURST	8	/* key updates of a client at once */
#define UPDATE_SECS	15	/* one more in this time */

typedef SSL_CTX *(*ctx_new_fn)(const SSL_METHOD *);
typedef SSL *(*ssl_new_fn)(SSL_CTX *);

static struct {
	int		 updates_index;		/* of SSL_get_ex_data() */
	ctx_new_fn	 ctx_new;		/* libssl's, NULL before the
						   first */
	ssl_new_fn	 ssl_new;
	struct log_limit closed;
} process = { .updates_index = -1 };

SSL_CTX		*SSL_CTX_new(const SSL_METHOD *)
		    __attribute__((visibility("default"), used));
SSL		*SSL_new(SSL_CTX *)
		    __attribute__((visibility("default"), used));

/* Return 1 if `name' is in a list of protocol names (RFC 7301, 3.1). */
static int
alpn_has(const unsigned char *list, unsigned int len, const char *name,
    const unsigned char **at)
{
	unsigned int	 i, n, want = (unsigned int)strlen(name);

	for (i = 0; i < len; i += 1 + n) {
		n = list[i];
		if (n > len - i - 1)
			return (0);
		if (n == want && memcmp(list + i + 1, name, want) == 0) {
			*at = list + i + 1;
			return (1);
		}
	}
	return (0);
}

/*
 * Select http/1.1 when it is offered; continue without a protocol for a client
 * of h2; end the handshake for a client of neither, as derper does (derp(7),
 * section 2).  libtls would continue in every case.
 */
static int
alpn_select(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *arg)
{
	const unsigned char	*at;

	(void)ssl;
	(void)arg;
	if (alpn_has(in, inlen, "http/1.1", &at)) {
		*out = at;
		*outlen = (unsigned char)strlen("http/1.1");
		return (SSL_TLSEXT_ERR_OK);
	}
	if (alpn_has(in, inlen, "h2", &at))
		return (SSL_TLSEXT_ERR_NOACK);
	return (SSL_TLSEXT_ERR_ALERT_FATAL);
}

/* Read no more: further input is handled as after the end of the stream. */
static void
read_no_more(const SSL *ssl, const char *why)
{
	log_limited(&process.closed, "TLS connection closed: %s", why);
	SSL_set_shutdown((SSL *)(uintptr_t)ssl, SSL_RECEIVED_SHUTDOWN);
}

/*
 * Handle a KeyUpdate (RFC 8446 4.6.3).  It costs as much as a hundred packets,
 * and a client needs one only after 2^24 records (RFC 8446 5.5): permit
 * UPDATES_BURST at once, and one more every UPDATE_SECS.  The bucket is stored
 * as the second up to which it is used.
 */
static void
key_update(const SSL *ssl)
{
	uintptr_t	 now = (uintptr_t)(base_clock_ms() / 1000);
	uintptr_t	 full;

	full = (uintptr_t)SSL_get_ex_data(ssl, process.updates_index);
	if (full < now)
		full = now;
	full += UPDATE_SECS;
	if (full - now > UPDATES_BURST * UPDATE_SECS ||
	    SSL_set_ex_data((SSL *)(uintptr_t)ssl, process.updates_index,
	    (void *)full) != 1)
		read_no_more(ssl, "too many key updates");
}

/*
 * libssl calls this for steps of a handshake and for alerts only, so that data
 * records cost nothing.  A client that wants to renegotiate under TLS 1.2 is
 * refused (SSL_OP_NO_RENEGOTIATION) and closed.
 */
static void
info(const SSL *ssl, int where, int ret)
{
	if (where == SSL_CB_ACCEPT_LOOP &&
	    SSL_get_state(ssl) == TLS_ST_SR_KEY_UPDATE)
		key_update(ssl);
	else if (where == SSL_CB_WRITE_ALERT &&
	    ret == (SSL3_AL_WARNING << 8 | SSL_AD_NO_RENEGOTIATION))
		read_no_more(ssl, "renegotiation");
}

/*
 * Make settings that libtls does not make:
 * - read many records from our buffer at once, not head and body of each;
 * - free buffers of 33 KB a connection while it is idle;
 * - no tickets and no session cache: a login is cheap, and a ticket key would
 *   be one more secret in the front;
 * - AES-128-GCM first, but ChaCha20 for clients that put it first because they
 *   have no AES instructions;
 * - no renegotiation under TLS 1.2, and few key updates under TLS 1.3;
 * - report the secrets of TLS 1.3, for records of our own;
 * - the ALPN rule above.
 */
static int
adjust(SSL_CTX *ctx)
{
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_PRIORITIZE_CHACHA |
	    SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_alpn_select_cb(ctx, alpn_select, NULL);
	if (process.updates_index == -1)
		process.updates_index = SSL_get_ex_new_index(0, NULL, NULL,
		    NULL, NULL);
	SSL_CTX_set_info_callback(ctx, info);
	net_tlssecrets_report(ctx);
	return (process.updates_index != -1 &&
	    SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
	    SSL_CTX_set_ciphersuites(ctx, SUITES_13) == 1);
}

void
front_tlsctx_next(const char *name, void *fn, size_t size)
{
	void	*sym = dlsym(RTLD_NEXT, name);

	if (sym == NULL)
		fatalx("%s is neither in libssl nor in libcrypto", name);
	memcpy(fn, &sym, size);
}

/* libtls calls this in place of libssl's function. */
SSL_CTX *
SSL_CTX_new(const SSL_METHOD *method)
{
	SSL_CTX	*ctx;

	if (process.ctx_new == NULL)
		front_tlsctx_next("SSL_CTX_new", &process.ctx_new,
		    sizeof(process.ctx_new));
	if ((ctx = process.ctx_new(method)) == NULL)
		return (NULL);
	if (!adjust(ctx)) {
		SSL_CTX_free(ctx);
		return (NULL);
	}
	return (ctx);
}

/*
 * libtls sets this mode in its contexts, but without it a key update ends a
 * read while records behind it wait in libssl, where no event reports them.
 */
SSL *
SSL_new(SSL_CTX *ctx)
{
	SSL	*ssl;

	if (process.ssl_new == NULL)
		front_tlsctx_next("SSL_new", &process.ssl_new,
		    sizeof(process.ssl_new));
	if ((ssl = process.ssl_new(ctx)) != NULL)
		SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
	return (ssl);
}

static int
set_alpn(struct tls_config *cfg)
{
	(void)cfg;	/* alpn_select() is set in every context */
	return (0);
}

#else /* LIBRESSL_VERSION_NUMBER */

static int
set_alpn(struct tls_config *cfg)
{
	return (tls_config_set_alpn(cfg, "http/1.1"));
}

#endif

void
front_tlsctx_preload(void)
{
	SSL_CTX		*ctx;
	unsigned char	 byte;

	/* libc reads the time zone before it converts a time. */
	tzset();
	/*
	 * Creating a context makes libssl fetch its algorithms; reading a
	 * random byte seeds the generators.
	 */
	if (OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG |
	    OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
	    NULL) != 1 || tls_init() == -1 || RAND_bytes(&byte, 1) != 1 ||
	    (ctx = SSL_CTX_new(TLS_method())) == NULL)
		fatalx("can't initialise TLS: %s",
		    ERR_reason_error_string(ERR_peek_last_error()));
	SSL_CTX_free(ctx);
	front_tlsfetch_enable();
}

/*
 * Check that the first certificate in `c' matches its hash: NULL or an error.
 */
static const char *
check_hash(const struct front_tlsctx_cert *c)
{
	const char	*bad = "it is not a PEM certificate";
	uint8_t		 hash[IPC_KEYHASH_LEN];
	EVP_PKEY	*pkey;
	X509		*x = NULL;
	BIO		*bio;

	if (c->pem_len > INT_MAX ||
	    (bio = BIO_new_mem_buf(c->pem, (int)c->pem_len)) == NULL)
		return ("out of memory");
	if ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL &&
	    (pkey = X509_get0_pubkey(x)) != NULL) {
		if (base_keyhash_pkey(pkey, hash) == -1)
			bad = "its key is neither RSA nor EC";
		else if (memcmp(hash, c->hash, sizeof(hash)) != 0)
			bad = "it does not belong to its private key";
		else
			bad = NULL;
	}
	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return (bad);
}

static int
add_cert(struct tls_config *cfg, const struct front_tlsctx_cert *c, int first)
{
	const uint8_t	*pem = (const uint8_t *)c->pem;

	if (first)
		return (tls_config_set_keypair_mem(cfg, pem, c->pem_len,
		    NULL, 0));
	return (tls_config_add_keypair_mem(cfg, pem, c->pem_len, NULL, 0));
}

/* Make all settings except the certificates. */
static int
set_protocol(struct tls_config *cfg)
{
	tls_config_use_fake_private_key(cfg);
	tls_config_prefer_ciphers_server(cfg);
	if (tls_config_set_protocols(cfg, TLS_PROTOCOL_TLSv1_2 |
	    TLS_PROTOCOL_TLSv1_3) == -1 ||
	    tls_config_set_ciphers(cfg, SUITES_12) == -1 ||
	    tls_config_set_session_lifetime(cfg, 0) == -1)
		return (-1);
	return (set_alpn(cfg));
}

struct tls_config *
front_tlsctx_config(const struct front_tlsctx_cert *certs, size_t n, char *err,
    size_t errsize)
{
	struct tls_config	*cfg;
	const char		*bad;
	size_t			 i;

	if ((cfg = tls_config_new()) == NULL) {
		snprintf(err, errsize, "out of memory for TLS settings");
		return (NULL);
	}
	if (set_protocol(cfg) == -1) {
		snprintf(err, errsize, "can't set up TLS: %s",
		    tls_config_error(cfg));
		goto fail;
	}
	if (n == 0) {
		snprintf(err, errsize, "there is no certificate to serve");
		goto fail;
	}
	for (i = 0; i < n; i++) {
		if ((bad = check_hash(&certs[i])) == NULL &&
		    add_cert(cfg, &certs[i], i == 0) == -1)
			bad = tls_config_error(cfg);
		if (bad != NULL) {
			snprintf(err, errsize, "certificate %zu of %zu can't"
			    " be served: %s", i + 1, n, bad);
			goto fail;
		}
	}
	return (cfg);

fail:
	tls_config_free(cfg);
	return (NULL);
}

int
front_tlsctx_validates(struct tls_config *cfg)
{
	/* libtls selects it, in place of alpn_select(). */
	return (tls_config_set_alpn(cfg, "acme-tls/1"));
}

struct tls *
front_tlsctx_server(struct tls_config *cfg, char *err, size_t errsize)
{
	struct tls	*ctx;

	if ((ctx = tls_server()) == NULL) {
		snprintf(err, errsize, "out of memory for a TLS server");
		return (NULL);
	}
	if (tls_configure(ctx, cfg) == -1) {
		snprintf(err, errsize, "can't set up the TLS server: %s",
		    tls_error(ctx));
		tls_free(ctx);
		return (NULL);
	}
	return (ctx);
}
