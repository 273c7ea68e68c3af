/*
 * chain: certificates as a directory gives them (RFC 8555 7.4.2) and what is to
 * be known of them.  Pure but for libcrypto.  For acme-helper, the parent's
 * check of what came back, and tests.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "acmeconf.h"

#define CHAIN_MAXCERTS	10
#define CHAIN_MAXPEM	65536	/* bytes of a chain */
#define CHAIN_MAXAHEAD	300	/* seconds that one may start in the future:
				   clocks differ */
#define CHAIN_MAXLIFE	(400 * 86400)	/* seconds that one may be valid */
#define CHAIN_IDSIZE	256	/* room for a certificate's name for ARI */

struct acme_chain {
	int64_t		 not_before, not_after;		/* seconds since 1970 */
	char		 issuer[IPC_ACME_NAMESIZE];	/* common name of who
							   signed the first
							   certificate */
	char		 root[IPC_ACME_NAMESIZE];	/* and the last one */
	char		 id[CHAIN_IDSIZE];		/* RFC 9773 4.1, ""
							   none */
	unsigned int	 ncerts;
};

/*
 * Read the `len' bytes of PEM: certificates and nothing else, each signed in
 * the name of the next.  0, or -1 with `err' of `errsize' bytes.
 */
int	 acme_chain_read(const char *pem, size_t len, struct acme_chain *c,
	    char *err, size_t errsize);

/*
 * Is the chain fit to be served at `now' (seconds since 1970)?  The first
 * certificate must be valid, from CHAIN_MAXAHEAD seconds before at most, and
 * for CHAIN_MAXLIFE seconds at most; each one must be signed with the key of
 * the next.  NULL, or a static line: what is wrong.  acme_chain_read() comes
 * first.
 */
const char *acme_chain_check(const char *pem, size_t len, int64_t now);

/*
 * Is the first certificate for all of the `n' names and addresses?  NULL, or
 * the first one that it is not for; "" when there is no certificate.
 */
const char *acme_chain_lacks(const char *pem, size_t len,
	    const char (*names)[IPC_ACME_NAMESIZE], size_t n);

#endif
