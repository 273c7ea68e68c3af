/*
 * certtime: whether the server's certificate is valid now, and for how long;
 * see cert.h.
 *
 * Who renews does so when a third of the lifetime is left, or more; so the
 * limits of one that is about to end are shares of the lifetime, with bounds
 * for the usual 90 days.
 */
#include <stdio.h>

#include "cert.h"

#define HOUR	3600
#define DAY	86400

/* "29 days" or, below two of them, "29 hours". */
static const char *
length_of(time_t t, char dst[CHECK_DATE])
{
	const int days = t >= 2 * DAY;

	(void)snprintf(dst, CHECK_DATE, "%lld %s", (long long)t / (days ? DAY :
	    HOUR), days ? "days" : "hours");
	return (dst);
}

static time_t
least(time_t a, time_t b)
{
	return (a < b ? a : b);
}

/* It is valid, for now. */
static void
ends(struct check_run *r, const struct check_addr *a, time_t life, time_t left,
    const char *date)
{
	char text[CHECK_DATE];

	if (left < least(7 * DAY, life / 6))
		check_found(r, a, r->node->port, CHECK_CERT_ENDS_SOON,
		    "it expires on %s, in %s", date, length_of(left, text));
	else if (left < least(14 * DAY, life / 3))
		check_found(r, a, r->node->port, CHECK_CERT_ENDS,
		    "it expires on %s, in %s", date, length_of(left, text));
}

void
check_cert_time(struct check_run *r, const struct check_addr *a,
    struct check_certs *c)
{
	const time_t from = check_cert_seconds(X509_get0_notBefore(c->x[0])),
	    until = check_cert_seconds(X509_get0_notAfter(c->x[0]));
	char date[CHECK_DATE], text[CHECK_DATE];

	if (c->now > until)
		check_found(r, a, r->node->port, CHECK_CERT_EXPIRED,
		    "it expired on %s, %s ago", check_cert_date(until, date),
		    length_of(c->now - until, text));
	else if (c->now < from)
		check_found(r, a, r->node->port, CHECK_CERT_EARLY,
		    "it is valid from %s, in %s", check_cert_date(from, date),
		    length_of(from - c->now, text));
	else {
		c->valid = 1;
		ends(r, a, until - from, until - c->now,
		    check_cert_date(until, date));
	}
}
