/*
 * chain: certificate chains as a CA issues them (RFC 8555 7.4.2) and their
 * properties.  Pure except for libcrypto.  For acme-helper, the parent's
 * validation of its result, and tests.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "acmeconf.h"

#define CHAIN_MAXCERTS	10
#define CHAIN_MAXPEM	65536	/* bytes of a chain */
#define CHAIN_MAXAHEAD	300	/* seconds that a certificate may start in the
				   future, for clock skew */
#define CHAIN_MAXLIFE	(400 * 86400)	/* longest validity, seconds */
#define CHAIN_IDSIZE	256	/* room for a certificate identifier (ARI) */

struct acme_chain {
	int64_t		 not_before, not_after;		/* seconds since 1970 */
	char		 issuer[IPC_ACME_NAMESIZE];	/* common name of the
							   first certificate's
							   issuer */
	char		 root[IPC_ACME_NAMESIZE];	/* of the last
							   certificate's
							   issuer */
	char		 id[CHAIN_IDSIZE];		/* RFC 9773 4.1, ""
							   none */
	unsigned int	 ncerts;
};

/*
 * Parse the `len' bytes of PEM: only certificates, each issued in the name of
 * the next one's subject.  Returns 0, or -1 with `err' of `errsize' bytes.
 */
int	 acme_chain_read(const char *pem, size_t len, struct acme_chain *c,
	    char *err, size_t errsize);

/*
 * Is the chain fit to be served at `now' (seconds since 1970)?  The first
 * certificate must be valid, or start within CHAIN_MAXAHEAD seconds, and for
 * CHAIN_MAXLIFE seconds at most; each one must be signed with the key of the
 * next.  Call acme_chain_read() first.  Returns NULL, or a static line that
 * says what is wrong.
 */
const char *acme_chain_check(const char *pem, size_t len, int64_t now);

/*
 * Does the first certificate cover all `n' names and addresses?  Returns NULL,
 * or the first missing one; "" when there is no certificate.
 */
const char *acme_chain_lacks(const char *pem, size_t len,
	    const char (*names)[IPC_ACME_NAMESIZE], size_t n);

#endif
