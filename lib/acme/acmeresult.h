/*
 * acmeresult: parts of acme-helper's result for the parent: the renewal window,
 * and times as text.  Pure.
 */
#ifndef ACMERESULT_H
#define ACMERESULT_H

#include <stdint.h>

#include "acmeconf.h"

#define ACME_TIMESIZE	32	/* bytes of a formatted time, with its NUL */

/* The renewal window of a certificate (RFC 9773 4.2). */
struct acme_ari {
	int64_t		 start, end;	/* of the window, seconds since 1970 */
	char		 why[IPC_ACME_URLSIZE]; /* explanation for people; ""
						   none */
};

/*
 * Format the time `t' (seconds since 1970) as "2025-01-02 03:04 UTC" into `dst'
 * of ACME_TIMESIZE bytes.
 */
void	 acme_time_text(int64_t t, char dst[ACME_TIMESIZE]);

#endif
