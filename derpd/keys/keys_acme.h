/*
 * keys_acme: the part of keys that serves ACME.
 *
 *	keys_acme.c     the keys, and the signatures for acme-helper
 *	keys_csr.c      certificate signing requests
 *	keys_jwk.c      account keys in the form of other programs
 *	keys_jws.c      JSON signatures (keys_jws.h)
 *
 * acme-helper, which reads from the network, selects only a request of enum
 * ipc_acmesign and its URL.  The payload is made from the parent's settings.  A
 * compromised helper can therefore obtain certificates for the configured
 * names, for a key that stays in this process, and nothing else.
 *
 * `err' of `errsize' bytes is used as in keys.h.
 */
#ifndef KEYS_ACME_H
#define KEYS_ACME_H

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "acmeconf.h"
#include "codec.h"
#include "msg.h"

#define KEYS_RESULTSIZE	64	/* room for a thumbprint or a key hash */
#define KEYS_MACMIN	16	/* bytes of an account binding's key */
#define KEYS_MACMAX	256

/* Content of MSG_ACME_SIGN. */
struct keys_acme_request {
	uint8_t		 what;		/* enum ipc_acmesign */
	char		 url[IPC_ACME_URLSIZE];
	char		 nonce[IPC_ACME_NONCESIZE];
	char		 account[IPC_ACME_URLSIZE];	/* "" none */
	char		 replaces[IPC_ACME_REPLACESSIZE]; /* "" none */
};

/*
 * Allocate locked memory for the MAC key; part of keys_preload().  Returns 0,
 * or -1.
 */
int	 keys_acme_preload(void);

/*
 * Read a key of the kind `which' (enum ipc_acmekey) from the file `fd', or make
 * one and write it there (`how', enum ipc_acmefile); it replaces the older key.
 * ACMEFILE_CHECK reads the key and keeps the older one.  Returns the bytes of
 * its name in `result' (see MSG_KEY_RESULT), or -1; on failure the older key is
 * kept.
 */
int	 keys_acme_load(unsigned int which, int how, int fd,
	    uint8_t result[KEYS_RESULTSIZE], char *err, size_t errsize);

/* Drop the key of this kind. */
void	 keys_acme_forget(unsigned int which);

/* Set the settings for later requests. */
void	 keys_acme_set_conf(const struct ipc_acme_conf *c);

/*
 * Allow the revocation of the certificate in the `len' bytes of DER for
 * `reason'; with 0 bytes, allow none.  Returns 0, or -1 when it is too large.
 */
int	 keys_acme_set_revoke(const uint8_t *der, size_t len, uint8_t reason);

/*
 * Append the signed request as JSON to `out'.  Returns 0, or -1 when a key or a
 * setting is missing or this kind of request is refused.
 */
int	 keys_acme_sign(const struct keys_acme_request *q, struct ipc_wr *out,
	    char *err, size_t errsize);

/*
 * The same for acme-helper, rate-limited to what an order can need.  Returns 0,
 * or -1 with `err'.
 */
struct ipc_msg_acme_sign;
int	 keys_acme_sign_request(const struct ipc_msg_acme_sign *v,
	    struct ipc_wr *out, char *err, size_t errsize);

/* keys_csr.c */

/*
 * Append to `der' a certificate signing request (RFC 2986) for the `n' names
 * and addresses, signed with `key'.  Returns 0, or -1.
 */
int	 keys_csr_make(EVP_PKEY *key, const char (*names)[IPC_ACME_NAMESIZE],
	    size_t n, struct ipc_wr *der, char *err, size_t errsize);

/* keys_jwk.c */

/*
 * Parse the private key in the `len' bytes of JSON at `text' (RFC 7517; RSA, or
 * EC on P-256 or P-384), certbot's form.  Returns NULL when it is invalid.  The
 * match of its public and private halves is not tested.
 */
EVP_PKEY *keys_jwk_private(const char *text, size_t len);

#endif
