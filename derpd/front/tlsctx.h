/*
 * tlsctx: TLS server contexts of a front, and settings of libssl that libtls
 * has no call for.
 */
#ifndef TLSCTX_H
#define TLSCTX_H

#include <stddef.h>
#include <stdint.h>
#include <tls.h>

#include "msg.h"

/* In libtls, but not declared by libretls' <tls.h>. */
void	 tls_config_use_fake_private_key(struct tls_config *);

/* One certificate to serve. */
struct front_tlsctx_cert {
	const char	*pem;		/* chain, leaf first */
	size_t		 pem_len;	/* bytes */
	uint8_t		 hash[IPC_KEYHASH_LEN];	/* of its key, as in keys */
};

/*
 * Make libcrypto and libtls read the files and random bytes that they need
 * (openssl.cnf, error texts), so that TLS needs no file after sandboxing.
 * Exits with a message on failure.
 */
void	 front_tlsctx_preload(void);

/*
 * Create a server configuration for the `n' certificates at `certs' (copied):
 * TLS 1.2 and 1.3, AEAD suites with forward secrecy, ALPN http/1.1, no session
 * resumption.  The first certificate serves clients without SNI or with an
 * unknown name.  Private keys are fake: front_tlskey_init() must have been
 * called.  NULL with a message in `err' (of `errsize' bytes) when a certificate
 * does not parse or does not match its hash.  Free it with tls_config_free(),
 * if desired at once after front_tlsctx_server().
 */
struct tls_config *front_tlsctx_config(const struct front_tlsctx_cert *certs,
	    size_t n, char *err, size_t errsize);

/*
 * Make the configuration speak acme-tls/1 alone (RFC 8737).  0, or -1: see
 * tls_config_error().
 */
int	 front_tlsctx_validates(struct tls_config *cfg);

/*
 * Create a server context with `cfg', for tls_accept_cbs(); NULL with a message
 * in `err' on failure.  Connections whose handshake has not finished refer to
 * it: tls_free() an old one only after the last of them.
 */
struct tls *front_tlsctx_server(struct tls_config *cfg, char *err,
	    size_t errsize);

/*
 * Look up libssl's or libcrypto's function `name', which one of ours replaces,
 * and store it in the pointer at `fn' of `size' bytes; exits with a message
 * when there is none.  Not with LibreSSL.
 */
void	 front_tlsctx_next(const char *name, void *fn, size_t size);

#endif
