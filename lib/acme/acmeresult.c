/*
 * acmeresult: see acmeresult.h.  Pure.
 */
#include <stdio.h>
#include <time.h>

#include "acmeresult.h"

void
acme_time_text(int64_t t, char dst[ACME_TIMESIZE])
{
	struct tm	 tm;
	time_t		 tt = (time_t)t;

	if (gmtime_r(&tt, &tm) == NULL ||
	    strftime(dst, ACME_TIMESIZE, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		snprintf(dst, ACME_TIMESIZE, "?");
}
