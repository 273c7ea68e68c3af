/*
 * clock: whether the far end's clock agrees with this machine's, by the Date of
 * a response (RFC 9110 6.6.1).
 */
#include <stdio.h>

#include "exchange.h"
#include "https.h"

#define US		1000000
#define TOLERANCE	(60 * (int64_t)US)

/* "2 d 3 h", "5 h 10 min", "90 s": the two largest units. */
static void
span(char *dst, size_t size, int64_t s)
{
	if (s >= 86400)
		(void)snprintf(dst, size, "%lld d %lld h",
		    (long long)(s / 86400), (long long)(s / 3600 % 24));
	else if (s >= 3600)
		(void)snprintf(dst, size, "%lld h %lld min",
		    (long long)(s / 3600), (long long)(s / 60 % 60));
	else
		(void)snprintf(dst, size, "%lld s", (long long)s);
}

/*
 * Microseconds that the far end's clock is ahead; negative: behind.  Its second
 * may have begun at any time between request and response, and lasts one
 * second.
 */
static int64_t
ahead(int64_t date, int64_t sent, int64_t received)
{
	const int64_t begin = date * US, end = begin + US;

	if (begin > received)
		return (begin - received);
	return (end < sent ? end - sent : 0);
}

void
check_clock(struct check_run *r, const struct check_addr *a, unsigned int port,
    const struct check_exchange *e)
{
	struct net_http_str field;
	char by[64], text[64];
	int64_t date, off;

	/* A cache answers with the date at which it was filled. */
	if (!e->r.final || net_http_field(&e->r.head, "Age").p != NULL)
		return;
	field = net_http_field(&e->r.head, "Date");
	if (field.p == NULL || (date = net_http_date(field)) == -1)
		return;
	off = ahead(date, e->sent, e->sent + e->took);
	check_number(r, a, CHECK_FACT_CLOCK, off / US);
	/* The addresses of a node have one clock. */
	if ((off >= -TOLERANCE && off <= TOLERANCE) || r->has[CHECK_CLOCK_OFF])
		return;
	r->clock_off = off / US;
	span(by, sizeof(by), (off < 0 ? -off : off) / US);
	check_quote(text, sizeof(text), field);
	check_found(r, a, port, CHECK_CLOCK_OFF, "its clock is %s %s the clock "
	    "of this machine: it says %s", by, off < 0 ? "behind" : "ahead of",
	    text);
}
