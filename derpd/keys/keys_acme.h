/*
 * keys_acme: what keys does for ACME.
 *
 * keys_acme.c     the keys, and what is signed with them for acme-helper
 * keys_csr.c      certificate signing requests
 * keys_jwk.c      account keys in the form of other programs
 * keys_jws.c      JSON signatures (keys_jws.h)
 *
 * acme-helper, which talks to strangers, says only which of the things in
 * enum ipc_acmesign it wants, and to which URL.  What the payload holds comes
 * from the parent; so that a helper that was taken over can get certificates
 * for the configured names, with a key that stays here, and do nothing else.
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

/* What MSG_ACME_SIGN holds. */
struct keys_acme_request {
	uint8_t		 what;		/* enum ipc_acmesign */
	char		 url[IPC_ACME_URLSIZE];
	char		 nonce[IPC_ACME_NONCESIZE];
	char		 account[IPC_ACME_URLSIZE];	/* "" none */
	char		 replaces[IPC_ACME_REPLACESSIZE]; /* "" none */
};

/* Locked memory for the MAC key; part of keys_preload().  0, or -1. */
int	 keys_acme_preload(void);

/*
 * Take a key from the file `fd', or make one and write it there (`how', enum
 * ipc_acmefile); it replaces the one of the kind `which' (enum ipc_acmekey).
 * ACMEFILE_CHECK: read it, and keep the older one.  Its name into `result' (see
 * MSG_KEY_RESULT): bytes, or -1; the older one is then kept.
 */
int	 keys_acme_load(unsigned int which, int how, int fd,
	    uint8_t result[KEYS_RESULTSIZE], char *err, size_t errsize);

/* Forget the key of the kind. */
void	 keys_acme_forget(unsigned int which);

/* Sign for this from now on. */
void	 keys_acme_set_conf(const struct ipc_acme_conf *c);

/*
 * Allow that the certificate in the `len' bytes of DER is revoked for `reason';
 * 0 bytes: none any more.  0, or -1: too large.
 */
int	 keys_acme_set_revoke(const uint8_t *der, size_t len, uint8_t reason);

/*
 * Append to `out' the signed request as JSON.  0, or -1: something that it
 * needs is not there, or the request is not one that is signed.
 */
int	 keys_acme_sign(const struct keys_acme_request *q, struct ipc_wr *out,
	    char *err, size_t errsize);

/*
 * The same for acme-helper: as often as an order may need, no oftener.  0, or
 * -1 with `err'.
 */
struct ipc_msg_acme_sign;
int	 keys_acme_sign_request(const struct ipc_msg_acme_sign *v,
	    struct ipc_wr *out, char *err, size_t errsize);

/* keys_csr.c */

/*
 * Append to `der' a request for a certificate for the `n' names and addresses
 * with `key', which signs it (RFC 2986).  0, or -1.
 */
int	 keys_csr_make(EVP_PKEY *key, const char (*names)[IPC_ACME_NAMESIZE],
	    size_t n, struct ipc_wr *der, char *err, size_t errsize);

/* keys_jwk.c */

/*
 * The private key in the `len' bytes of JSON at `text' (RFC 7517; RSA, or EC on
 * P-256 or P-384), as certbot keeps it.  NULL when it is none; it has not been
 * tried whether its halves belong together.
 */
EVP_PKEY *keys_jwk_private(const char *text, size_t len);

#endif
