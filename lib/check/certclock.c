/*
 * certclock: a certificate that is valid by the clock of its relay, and not by
 * that of this machine: the clock that is wrong explains it.  Called when all
 * addresses of a node are checked.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cert.h"

/* Is it about a certificate that is valid by the relay's clock? */
static int
explained(const struct check_run *r, const struct check_kept *k)
{
	const int64_t now = time(NULL) + r->clock_off;

	return ((k->f.id == CHECK_CERT_EXPIRED ||
	    k->f.id == CHECK_CERT_EARLY) && k->a != NULL && !k->dropped &&
	    now >= k->a->cert_from && now <= k->a->cert_until);
}

void
check_cert_clock(struct check_run *r)
{
	struct check_kept *clock = NULL;
	size_t i, len, n = 0;

	for (i = 0; i < r->nkept; i++)
		if (r->kept[i].f.id == CHECK_CLOCK_OFF && !r->kept[i].dropped)
			clock = &r->kept[i];
	for (i = 0; clock != NULL && i < r->nkept; i++)
		if (explained(r, &r->kept[i])) {
			r->kept[i].dropped = 1;
			n++;
		}
	if (n == 0)
		return;
	len = strlen(clock->f.what);
	(void)snprintf(clock->f.what + len, sizeof(clock->f.what) - len,
	    "; by its clock its certificate is valid, by the other it is not");
}
