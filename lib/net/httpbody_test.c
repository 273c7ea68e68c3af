/*
 * httpbody_test: Tests of httpbody.c and httpdate.c.  Each body is fed in
 * pieces of every size, with the same result.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "httpbody.h"
#include "https.h"
#include "tlspeer.h"

#define OK	"HTTP/1.1 200 OK\r\n"
#define CHUNKED	OK "Transfer-Encoding: chunked\r\n\r\n"

/* Parse the head of `text'; its length is stored in *n. */
static struct net_http_head *
head_of(const char *text, size_t *n)
{
	static struct net_http_head h;
	int len;

	len = net_http_parse_response(&h, text, strlen(text));
	ATF_REQUIRE_MSG(len > 0, "head: %d", len);
	*n = (size_t)len;
	return (&h);
}

/*
 * Decode the whole response `text' in pieces of `step' bytes.  Returns the
 * body, "more" when it is incomplete, or "why: ...".
 */
static const char *
decode_by(const char *text, size_t len, size_t max, int head_only, int end,
    size_t step)
{
	static char out[512];
	struct net_http_body b;
	size_t n, take;
	int rv;

	net_http_body_init(&b, head_of(text, &n), head_only, max);
	rv = net_http_body_feed(&b, NULL, 0);
	for (; rv == 0 && n < len; n += take) {
		take = len - n < step ? len - n : step;
		rv = net_http_body_feed(&b, (const uint8_t *)text + n, take);
	}
	if (rv == 0 && end)
		rv = net_http_body_end(&b) == 0 ? 1 : -1;
	ATF_CHECK(b.len <= max);
	if (rv == -1)
		snprintf(out, sizeof(out), "why: %s", b.why);
	else if (rv == 0)
		snprintf(out, sizeof(out), "more");
	else {
		ATF_CHECK_EQ('\0', b.p[b.len]);
		snprintf(out, sizeof(out), "%s", (char *)b.p);
	}
	net_http_body_free(&b);
	return (out);
}

static const char *
decode_max(const char *text, size_t max, int head_only, int end)
{
	static char first[512];
	const char *s;
	size_t step, len = strlen(text);

	strlcpy(first, decode_by(text, len, max, head_only, end, len),
	    sizeof(first));
	for (step = 1; step < 20; step++) {
		s = decode_by(text, len, max, head_only, end, step);
		ATF_CHECK_STREQ_MSG(first, s, "%s, by %zu", text, step);
	}
	return (first);
}

/* Decode `text', after which the connection ends. */
static const char *
decode(const char *text)
{
	return (decode_max(text, 100, 0, 1));
}

ATF_TC_WITHOUT_HEAD(framing);
ATF_TC_BODY(framing, tc)
{
	ATF_CHECK_STREQ("hello", decode(OK "\r\nhello"));
	ATF_CHECK_STREQ("", decode(OK "\r\n"));
	ATF_CHECK_STREQ("more", decode_max(OK "\r\nhello", 100, 0, 0));
	ATF_CHECK_STREQ("hello", decode(OK "Content-Length: 5\r\n\r\nhello"));
	ATF_CHECK_STREQ("hello",
	    decode_max(OK "Content-Length: 5\r\n\r\nhello!", 5, 0, 0));
	ATF_CHECK_STREQ("", decode_max(OK "Content-Length: 0\r\n\r\n", 0, 0,
	    0));
	HAS(decode(OK "Content-Length: 6\r\n\r\nhello"), "ended before");
	/* These responses have no body, whatever their headers say. */
	ATF_CHECK_STREQ("", decode_max(OK "Content-Length: 500\r\n\r\n", 9, 1,
	    0));
	ATF_CHECK_STREQ("", decode_max("HTTP/1.1 304 x\r\n"
	    "Content-Length: 500\r\n\r\nx", 9, 0, 0));
	ATF_CHECK_STREQ("", decode_max("HTTP/1.1 204 x\r\n\r\nx", 9, 0, 0));
}

ATF_TC_WITHOUT_HEAD(chunks);
ATF_TC_BODY(chunks, tc)
{
	ATF_CHECK_STREQ("hello", decode(CHUNKED "5\r\nhello\r\n0\r\n\r\n"));
	ATF_CHECK_STREQ("", decode(CHUNKED "0\r\n\r\n"));
	ATF_CHECK_STREQ("hello, world", decode_max(CHUNKED
	    "5;a=b;c=\"d\"\r\nhello\r\n7 \t;x\r\n, world\r\n000\r\n"
	    "Digest: x\r\nOther:\t\xc3\xa4\r\n\r\nbehind", 12, 0, 0));
	ATF_CHECK_STREQ("0123456789abcdef0123456789",
	    decode(CHUNKED "1a\r\n0123456789abcdef0123456789\r\n0\r\n\r\n"));
	ATF_CHECK_STREQ("0123456789",
	    decode(CHUNKED "A\r\n0123456789\r\n0\r\n\r\n"));
}

ATF_TC_WITHOUT_HEAD(bad_chunks);
ATF_TC_BODY(bad_chunks, tc)
{
	static const char *const bodies[] = {
		"\r\n", "x\r\n", "-5\r\nhello\r\n", "+5\r\nhello\r\n",
		"0x5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n",
		"5\nhello\r\n", "5\r\rhello", "5;a\nhello", "5;a\x01\r\n",
		"5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n",
		"5\r\nhello\r\r", "0\r\n\n", "0\r\nx\r\n\r\n",
		"0\r\n a: b\r\n\r\n", "0\r\na b: c\r\n\r\n", "0\r\n: b\r\n\r\n",
		"0\r\na: b\n\r\n", "0\r\na: b\r\n\rx", "0\r\na: \x7f\r\n\r\n",
		"5 x\r\nhello\r\n", "5,\r\nhello"
	};
	char text[256];
	size_t i;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		snprintf(text, sizeof(text), CHUNKED "%s", bodies[i]);
		HAS(decode(text), "malformed chunk");
	}
	HAS(decode(CHUNKED "5\r\nhello\r\n0\r\n"), "ended before");
	HAS(decode(CHUNKED "5\r\nhel"), "ended before");
	HAS(decode(CHUNKED), "ended before");
}

ATF_TC_WITHOUT_HEAD(bounds);
ATF_TC_BODY(bounds, tc)
{
	static char text[32768];
	size_t i;

	HAS(decode_max(OK "\r\nhello", 4, 0, 1), "too large");
	HAS(decode_max(OK "Content-Length: 5\r\n\r\nhello", 4, 0, 1),
	    "too large");
	HAS(decode_max(OK "Content-Length: 900000000000000000\r\n\r\nx", 4, 0,
	    1), "too large");
	/* The error is reported before the excess data arrives. */
	HAS(decode_max(OK "Content-Length: 5\r\n\r\n", 4, 0, 0), "too large");
	HAS(decode_max(CHUNKED "5\r\n", 4, 0, 0), "too large");
	HAS(decode_max(CHUNKED "3\r\nabc\r\n2\r\n", 4, 0, 0), "too large");
	HAS(decode_max(CHUNKED "ffffffffffffffffffffffffffffffff5\r\n", 99, 0,
	    0), "too large");
	ATF_CHECK_STREQ("abcd",
	    decode_max(CHUNKED "4\r\nabcd\r\n0\r\n\r\n", 4, 0, 0));
	/* Everything around the body has a size limit. */
	snprintf(text, sizeof(text), CHUNKED "%020000d\r\n", 0);
	HAS(decode_by(text, strlen(text), 99, 0, 1, 1000), "extensions");
	snprintf(text, sizeof(text), CHUNKED "1;%020000d\r\n", 0);
	HAS(decode_by(text, strlen(text), 99, 0, 1, 1000), "extensions");
	snprintf(text, sizeof(text), CHUNKED "0\r\na: %020000d\r\n", 0);
	HAS(decode_by(text, strlen(text), 99, 0, 1, 1000), "extensions");
	strlcpy(text, CHUNKED, sizeof(text));
	for (i = 0; i < 2000; i++)
		strlcat(text, "1;12345678\r\na\r\n", sizeof(text));
	HAS(decode_by(text, strlen(text), 9999, 0, 1, 1000), "extensions");
}

/* After an error, every further call fails. */
ATF_TC_WITHOUT_HEAD(sticky);
ATF_TC_BODY(sticky, tc)
{
	struct net_http_body b;
	size_t n;

	net_http_body_init(&b, head_of(CHUNKED, &n), 0, 100);
	ATF_CHECK_EQ(-1, net_http_body_feed(&b, (const uint8_t *)"x", 1));
	ATF_CHECK_EQ(-1, net_http_body_feed(&b, (const uint8_t *)"0\r\n\r\n",
	    5));
	ATF_CHECK_EQ(-1, net_http_body_end(&b));
	net_http_body_free(&b);
}

static long long
date(const char *s)
{
	struct net_http_str v;

	v.p = s;
	v.len = strlen(s);
	return (net_http_date(v));
}

ATF_TC_WITHOUT_HEAD(dates);
ATF_TC_BODY(dates, tc)
{
	static const char *const bad[] = {
		"", "now", "784111777", "Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Son, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nox 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:60:00 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 29 Feb 2001 00:00:00 GMT",
		"Sun, 29 Feb 1900 00:00:00 GMT", "Sun, 06 Nov 1994 08:49:3",
		"Sun, -6 Nov 1994 08:49:37 GMT"
	};
	size_t i;

	ATF_CHECK_EQ(784111777, date("Sun, 06 Nov 1994 08:49:37 GMT"));
	ATF_CHECK_EQ(784111777, date("Sunday, 06-Nov-94 08:49:37 GMT"));
	ATF_CHECK_EQ(784111777, date("Sun Nov  6 08:49:37 1994"));
	ATF_CHECK_EQ(784975777, date("Wed Nov 16 08:49:37 1994"));
	ATF_CHECK_EQ(0, date("Thu, 01 Jan 1970 00:00:00 GMT"));
	ATF_CHECK_EQ(951782400, date("Tue, 29 Feb 2000 00:00:00 GMT"));
	ATF_CHECK_EQ(4107542400LL, date("Mon, 01 Mar 2100 00:00:00 GMT"));
	ATF_CHECK_EQ(2147483647, date("Tuesday, 19-Jan-38 03:14:07 GMT"));
	ATF_CHECK_EQ(253402300800LL, date("Fri, 31 Dec 9999 23:59:60 GMT"));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(-1, date(bad[i]), "%s", bad[i]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, framing);
	ATF_TP_ADD_TC(tp, chunks);
	ATF_TP_ADD_TC(tp, bad_chunks);
	ATF_TP_ADD_TC(tp, bounds);
	ATF_TP_ADD_TC(tp, sticky);
	ATF_TP_ADD_TC(tp, dates);
	return (atf_no_error());
}
