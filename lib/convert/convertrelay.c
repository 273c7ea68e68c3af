/*
 * convertrelay: the block relay of derpd.conf(5); see convertset.h.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "convertset.h"

#define MS		INT64_C(1000000)	/* nanoseconds */
#define SECOND		INT64_C(1000000000)
#define GO_KEEPALIVE	15			/* seconds, for 0 */
#define MAX_MS		3600000
#define MAX_IDLE	32767			/* seconds, of Linux */
#define MAX_RATE	1000000
#define MAX_URL		1000

/* Is it a URL of visible ASCII that begins with `scheme'?  1 or 0. */
static int
is_url(const char *s, const char *scheme)
{
	const size_t n = strlen(scheme);

	if (strncmp(s, scheme, n) != 0 || strlen(s) > MAX_URL ||
	    s[n] == '\0' || s[n] == '/')
		return (0);
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s >= 0x7f || strchr("\"<>\\", *s) != NULL)
			return (0);
	return (1);
}

static void
put_home(struct convert *c)
{
	const char *s = convert_get(c, CONVERT_HOME);

	if (s == NULL)
		return;
	if (strcmp(s, "blank") == 0)
		convert_put(c, "\thome blank\n");
	else if (is_url(s, "https://") || is_url(s, "http://"))
		convert_line(c, "\thome redirect", s, "");
	else
		convert_bad(c, CONVERT_HOME, "blank, or a URL that begins "
		    "with https:// or http://");
}

/*
 * The limit of connections a second, 0: none, rounded up to a whole number as
 * derpd counts; an error was said of anything else.
 */
static int64_t
accept_limit(struct convert *c)
{
	const char *s = convert_get(c, CONVERT_ACCEPT_LIMIT);
	char *end;
	double v;

	if (s == NULL)
		return (0);
	v = strtod(s, &end);
	if (*end != '\0' || s[strcspn(s, "xX \t")] != '\0' || isnan(v) ||
	    v <= 0) {
		convert_bad(c, CONVERT_ACCEPT_LIMIT, "connections a second, "
		    "more than 0");
		return (0);
	}
	if (isinf(v))
		return (0);
	return (v > MAX_RATE ? MAX_RATE : (int64_t)ceil(v));
}

static void
put_accept(struct convert *c)
{
	const int64_t limit = accept_limit(c);
	const int64_t burst = convert_number(c, CONVERT_ACCEPT_BURST, 0, 1,
	    INT64_MAX, "connections at once, a number of at least 1");

	if (limit == 0)
		return;
	if (burst == 0) {
		convert_note(c, "%s without %s is no limit, as in derper",
		    convert_name(c, CONVERT_ACCEPT_LIMIT),
		    convert_name(c, CONVERT_ACCEPT_BURST));
		return;
	}
	convert_comment(c, "The rate is that of each front, and a whole "
	    "number.");
	convert_put(c, "\taccept rate %lld burst %lld\n", (long long)limit,
	    (long long)(burst > MAX_RATE ? MAX_RATE : burst));
}

static void
put_timeouts(struct convert *c)
{
	int64_t v;

	if ((v = convert_time(c, CONVERT_KEEPALIVE, -2, SECOND, MAX_IDLE,
	    "a duration of at most 9h6m7s, such as 10m; negative: off")) != -2)
		convert_put(c, "\tkeepalive %lld\n", (long long)(v == 0 ?
		    GO_KEEPALIVE : v == -1 ? 0 : v));
	if ((v = convert_time(c, CONVERT_USER_TIMEOUT, -2, MS, MAX_MS,
	    "a duration of at most 1h, such as 15s; 0: the system's")) == -1)
		convert_bad(c, CONVERT_USER_TIMEOUT, "a duration that is not "
		    "negative");
	else if (v != -2)
		convert_put(c, "\tuser timeout %lld\n", (long long)v);
	if ((v = convert_time(c, CONVERT_WRITE_TIMEOUT, -2, MS, MAX_MS,
	    "a duration of at most 1h, such as 2s; 0: none")) == -1)
		convert_bad(c, CONVERT_WRITE_TIMEOUT, "a duration that is not "
		    "negative");
	else if (v != -2)
		convert_put(c, "\twrite timeout %lld\n", (long long)v);
}

void
convert_relay_text(struct convert *c, const char *key)
{
	const char *rates;

	convert_put(c, "relay {\n");
	convert_line(c, "\tkey", key, "");
	put_home(c);
	put_accept(c);
	if ((rates = convert_path(c, CONVERT_RATE_CONFIG,
	    CONVERT_MAXSTRING)) != NULL)
		convert_line(c, "\tclient rate file", rates, "");
	put_timeouts(c);
	convert_put(c, "}\n");
}
