/*
 * acmeresult: what acme-helper says of a job to the parent: when the directory
 * wants a certificate renewed, and lines for people.  Pure.
 */
#ifndef ACMERESULT_H
#define ACMERESULT_H

#include <stdint.h>

#include "acmeconf.h"

#define ACME_TIMESIZE	32	/* bytes of a time for people, with its NUL */

/* The renewal window of a certificate (RFC 9773 4.2). */
struct acme_ari {
	int64_t		 start, end;	/* of the window, seconds since 1970 */
	char		 why[IPC_ACME_URLSIZE]; /* page for people, "" none */
};

/*
 * Write the time `t' (seconds since 1970) for people, as "2025-01-02 03:04
 * UTC", into `dst' of ACME_TIMESIZE bytes.
 */
void	 acme_time_text(int64_t t, char dst[ACME_TIMESIZE]);

#endif
