/*
 * acmeproblem: what an ACME directory says that is wrong (RFC 8555 6.7), as
 * problem.c reads it and explain.c puts it into words.
 */
#ifndef ACMEPROBLEM_H
#define ACMEPROBLEM_H

#include "acmeconf.h"

#define ACME_TEXTSIZE	512	/* for what is said to people */

/* What kind of error a problem document names (RFC 8555 6.7 and later). */
enum acme_error {
	ACME_E_OTHER,		/* none of these */
	ACME_E_NONE,		/* there is no problem */
	ACME_E_NOACCOUNT, ACME_E_REPLACED, ACME_E_REVOKED, ACME_E_CSR,
	ACME_E_NONCE, ACME_E_KEY, ACME_E_REASON, ACME_E_ALGORITHM, ACME_E_CAA,
	ACME_E_COMPOUND, ACME_E_CONNECTION, ACME_E_DNS, ACME_E_EAB,
	ACME_E_RESPONSE, ACME_E_CONTACT, ACME_E_PROFILE, ACME_E_MALFORMED,
	ACME_E_NOTREADY, ACME_E_RATE, ACME_E_NAME, ACME_E_SERVER, ACME_E_TLS,
	ACME_E_UNAUTHORIZED, ACME_E_UNSUPPORTED, ACME_E_ACTION
};

struct acme_problem {
	enum acme_error	 error;
	char		 type[64];	/* last part of the type's URN */
	char		 detail[ACME_TEXTSIZE];
	char		 name[ACME_NAMESIZE];	/* it is about; "" unsaid */
	char		 instance[ACME_URLSIZE]; /* page for people; "" none */
	unsigned int	 more;		/* further problems of the kind */
};

#endif
