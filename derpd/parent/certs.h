/*
 * certs: certificate files as the parent holds them.  Parses only what the
 * operator wrote or keys made, nothing from a network.
 */
#ifndef CERTS_H
#define CERTS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "msg.h"

#define CERT_MAXFILE	(256 * 1024)	/* bytes of a certificate file */
#define CERT_MAXCHAIN	16		/* certificates in it */
#define CERT_PINLEN	(11 + 64)	/* "sha256-raw:" and 64 hex digits */

struct parent_cert {
	unsigned int	 refs;		/* beyond the first user */
	char		*path;		/* its file, for messages */
	char		*pem;		/* the chain, leaf first: only
					   the certificates of the file */
	size_t		 pem_len;	/* bytes, without the NUL behind them */
	uint8_t		 hash[IPC_KEYHASH_LEN]; /* of the leaf's public key,
						   equal to keys' answer to
						   MSG_KEY_TLS when key and
						   certificate match */
	char		 pin[CERT_PINLEN + 1]; /* CertName of a map node:
					   SHA-256 of the leaf's DER */
	char		 issuer[256];	/* common name or organization of the
					   issuer, "" unknown */
	char		**names;	/* DNS names, then addresses of the
					   leaf; its common name if none */
	size_t		 nnames;
	int		 cn_only;	/* 1: the only name is the common name,
					   which clients do not verify */
	int		 selfsigned;	/* 1: signed with its own key */
	char		*chain;		/* what is wrong with the chain, see
					   certchain.h; NULL: nothing */
	time_t		 not_before;
	time_t		 not_after;
	char		 was[CERT_PINLEN + 1]; /* pin of the self-signed
					   certificate that this one
					   replaced, "" none */
	time_t		 was_until;	/* when it was replaced */
};

/*
 * Read and check the PEM chain in the file `path'.  NULL when it can't be read
 * or used (no certificate, malformed, or a key that TLS can't sign with here:
 * only RSA of 2048 to 8192 bits, P-256 and P-384 can); `err' (`errsize' bytes)
 * then gets the reason, beginning with the path.  The validity period is not
 * checked: see parent_cert_days_left().
 */
struct parent_cert *parent_cert_load(const char *path, char *err,
	    size_t errsize);

/* The same for `len' bytes at `pem'; `path' is for messages only. */
struct parent_cert *parent_cert_parse(const char *path, const char *pem,
	    size_t len, char *err, size_t errsize);

/*
 * Whole days of validity left at `now': 0 on the last day, negative when
 * expired.
 */
int	 parent_cert_days_left(const struct parent_cert *c, time_t now);

/*
 * 1 when the certificate has `name' (host name or address), so that a client
 * that requests it gets this certificate; else 0.
 */
int	 parent_cert_has(const struct parent_cert *c, const char *name);

/*
 * 1 when the certificate is valid for `name' by the rules of clients, else 0:
 * the common name does not count (RFC 9525, 6.3).
 */
int	 parent_cert_covers(const struct parent_cert *c, const char *name);

/* Add a reference, which parent_cert_free() releases. */
struct parent_cert *parent_cert_ref(struct parent_cert *c);

/* Release a reference; the last one frees the certificate.  NULL is fine. */
void	 parent_cert_free(struct parent_cert *c);

#endif
