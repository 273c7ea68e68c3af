/*
 * acmeproblem: a problem document of an ACME directory (RFC 8555 6.7), as
 * problem.c reads it and explain.c explains it.
 */
#ifndef ACMEPROBLEM_H
#define ACMEPROBLEM_H

#include "acmeconf.h"

#define HELPER_TEXTSIZE	512	/* for a message */

/* Error types of problem documents (RFC 8555 6.7 and later). */
enum helper_error {
	HELPER_E_OTHER,		/* any other */
	HELPER_E_NONE,		/* no problem */
	HELPER_E_NOACCOUNT, HELPER_E_REPLACED, HELPER_E_REVOKED, HELPER_E_CSR,
	HELPER_E_NONCE, HELPER_E_KEY, HELPER_E_REASON, HELPER_E_ALGORITHM,
	    HELPER_E_CAA,
	HELPER_E_COMPOUND, HELPER_E_CONNECTION, HELPER_E_DNS, HELPER_E_EAB,
	HELPER_E_RESPONSE, HELPER_E_CONTACT, HELPER_E_PROFILE,
	    HELPER_E_MALFORMED,
	HELPER_E_NOTREADY, HELPER_E_RATE, HELPER_E_NAME, HELPER_E_SERVER,
	    HELPER_E_TLS,
	HELPER_E_UNAUTHORIZED, HELPER_E_UNSUPPORTED, HELPER_E_ACTION
};

struct helper_problem {
	enum helper_error	 error;
	char			 type[64];	/* last part of the type's
						   URN */
	char			 detail[HELPER_TEXTSIZE];
	/* name concerned; "" unknown */
	char			 name[IPC_ACME_NAMESIZE];
	/* page for the user; "" none */
	char			 instance[IPC_ACME_URLSIZE];
	unsigned int		 more;		/* further problems of the
						   same type */
};

#endif
