/*
 * tlssecrets: see tlssecrets.h.  Called by derpd/front/tlsctx.c and
 * transport.c.
 *
 * libtls gives no secrets, and hides libssl's objects.  So libssl calls us when
 * libtls makes a context: that is what the first function of an index for data
 * of applications is for (CRYPTO_get_ex_new_index(3)).
 *
 * `handshake' is state of the process, because libssl's call-back has libssl's
 * arguments alone.
 */
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <string.h>

#include "hex.h"
#include "tlssecrets.h"

#ifndef LIBRESSL_VERSION_NUMBER

static struct net_tlssecrets *handshake;	/* the one that runs */

/* Decode `hex' to `p', of NET_RECORD_SECRET bytes: its length, 0: too long. */
static size_t
secret(const char *hex, uint8_t *p)
{
	size_t n = strlen(hex) / 2;

	return (n > NET_RECORD_SECRET || base_hex_get(p, n, hex) == -1 ? 0 : n);
}

/*
 * Libssl has derived a secret (the format is NSS's key log): store those of
 * application data.
 */
static void
keylog(const SSL *ssl, const char *line)
{
	static const char client[] = "CLIENT_TRAFFIC_SECRET_0 ";
	static const char server[] = "SERVER_TRAFFIC_SECRET_0 ";
	struct net_tlssecrets *s = handshake;
	const char *hex = strrchr(line, ' ');

	if (s == NULL || hex == NULL)
		return;
	s->ssl = ssl;
	if (strncmp(line, client, sizeof(client) - 1) == 0)
		s->nclient = secret(hex + 1, s->client);
	else if (strncmp(line, server, sizeof(server) - 1) == 0)
		s->nserver = secret(hex + 1, s->server);
}

void
net_tlssecrets_report(struct ssl_ctx_st *ctx)
{
	SSL_CTX_set_keylog_callback(ctx, keylog);
}

/* Libssl makes a context. */
static void
made(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl,
    void *argp)
{
	(void)ptr;
	(void)ad;
	(void)index;
	(void)argl;
	(void)argp;
	net_tlssecrets_report(parent);
}

int
net_tlssecrets_init(void)
{
	return (SSL_CTX_get_ex_new_index(0, NULL, made, NULL, NULL) == -1 ?
	    -1 : 0);
}

int
net_tlssecrets_handshake(struct tls *tls, struct net_tlssecrets *s)
{
	int rv;

	handshake = s;
	rv = tls_handshake(tls);
	handshake = NULL;
	return (rv);
}

/* Return the maximum content of a record for the peer (RFC 6066 4); 0: any. */
static size_t
fragment(const SSL *ssl)
{
	unsigned int mode;

	mode = SSL_SESSION_get_max_fragment_length(SSL_get0_session(ssl));
	return (mode >= TLSEXT_max_fragment_length_512 &&
	    mode <= TLSEXT_max_fragment_length_4096 ? (size_t)256 << mode : 0);
}

int
net_tlssecrets_take_over(const struct net_tlssecrets *s, struct net_record *r,
    struct net_record_cache *c)
{
	const SSL *ssl = s->ssl;
	const SSL_CIPHER *cipher;
	int client, rv;

	if (ssl == NULL || SSL_version(ssl) != TLS1_3_VERSION)
		return (0);
	/*
	 * Sequence numbers are 0, because libssl has read and written nothing.
	 */
	if (SSL_has_pending(ssl) || s->nclient != s->nserver ||
	    (cipher = SSL_get_current_cipher(ssl)) == NULL)
		return (-1);
	client = !SSL_is_server(ssl);
	rv = net_record_begin(r, c, SSL_CIPHER_get_protocol_id(cipher),
	    client ? s->server : s->client, client ? s->client : s->server,
	    s->nclient, fragment(ssl), client);
	return (rv == -1 ? -1 : 1);
}

#else /* LIBRESSL_VERSION_NUMBER */

int
net_tlssecrets_init(void)
{
	return (0);
}

int
net_tlssecrets_handshake(struct tls *tls, struct net_tlssecrets *s)
{
	(void)s;
	return (tls_handshake(tls));
}

int
net_tlssecrets_take_over(const struct net_tlssecrets *s, struct net_record *r,
    struct net_record_cache *c)
{
	(void)s;
	(void)r;
	(void)c;
	return (0);
}

#endif
