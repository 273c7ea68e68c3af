/*
 * httpreader_test: Tests of httpreader.c.  Each response is fed in pieces of
 * every size, with the same result.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "httpreader.h"
#include "tlspeer.h"

#define OK	"HTTP/1.1 200 OK\r\n"
#define MAX	100

/* What became of a response. */
struct read_result {
	int	 rv;		/* as net_http_reader_feed() */
	int	 reusable;
	char	 text[512];	/* the body, or why not */
};

/* Read `text' in pieces of `step' bytes; with `end', then the connection. */
static void
read_by(struct read_result *o, const char *text, size_t step, int end)
{
	struct net_http_reader r;
	size_t n = 0, len = strlen(text), take;

	memset(o, 0, sizeof(*o));
	ATF_REQUIRE_EQ(0, net_http_reader_init(&r, 0, MAX));
	ATF_CHECK(net_http_reader_empty(&r));
	for (; o->rv == 0 && n < len; n += take) {
		take = len - n < step ? len - n : step;
		o->rv = net_http_reader_feed(&r, (const uint8_t *)text + n,
		    take);
		ATF_CHECK(!net_http_reader_empty(&r));
	}
	if (o->rv == 0 && end)
		o->rv = net_http_reader_end(&r) == 0 ? 1 : -1;
	if (o->rv == 1) {
		snprintf(o->text, sizeof(o->text), "%d %s", r.head.status,
		    (char *)r.body.p);
		o->reusable = net_http_reader_reusable(&r);
	} else
		snprintf(o->text, sizeof(o->text), "%s", r.why);
	net_http_reader_free(&r);
}

/* Read it in pieces of all sizes; the results are equal. */
static struct read_result
outcome_of(const char *text, int end)
{
	struct read_result first, o;
	size_t step, len = strlen(text);

	read_by(&first, text, 1, end);
	for (step = 2; step <= len; step += step < 300 ? 1 : 101) {
		read_by(&o, text, step, end);
		ATF_CHECK_EQ_MSG(first.rv, o.rv, "%zu: %s", step, text);
		ATF_CHECK_STREQ(first.text, o.text);
	}
	return (first);
}

static void
whole(const char *text, int end, const char *want, int reusable)
{
	struct read_result o = outcome_of(text, end);

	ATF_CHECK_EQ_MSG(1, o.rv, "%s: %s", text, o.text);
	ATF_CHECK_STREQ(want, o.text);
	ATF_CHECK_EQ_MSG(reusable, o.reusable, "%s", text);
}

static void
refused(const char *text, int end, const char *why)
{
	struct read_result o = outcome_of(text, end);

	ATF_CHECK_EQ_MSG(-1, o.rv, "%s: %s", text, o.text);
	HAS(o.text, why);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	whole(OK "Content-Length: 5\r\n\r\nhello", 0, "200 hello", 1);
	whole(OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	    0, "200 hello", 1);
	whole("HTTP/1.1 204 No\r\n\r\n", 0, "204 ", 1);
	whole("HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Hint\r\nA: b\r\n\r\n"
	    "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 0, "404 ", 1);
	/* Connections that end with the response. */
	whole(OK "\r\nhello", 1, "200 hello", 0);
	whole(OK "Connection: x, close\r\nContent-Length: 0\r\n\r\n", 0,
	    "200 ", 0);
	whole("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 0, "200 x", 0);
	whole("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
	    "Content-Length: 1\r\n\r\nx", 0, "200 x", 1);
}

/* What is cut off is no response. */
ATF_TC_WITHOUT_HEAD(cut);
ATF_TC_BODY(cut, tc)
{
	struct read_result o;

	refused("", 1, "without a response");
	refused("HTTP/1.1 200", 1, "within the head");
	refused("HTTP/1.1 100 Go\r\n\r\n", 1, "within the head");
	refused(OK "Content-Length: 5\r\n\r\nhell", 1, "ended before");
	refused(OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 1,
	    "ended before");
	read_by(&o, OK "Content-Length: 5\r\n\r\nhell", 100, 0);
	ATF_CHECK_EQ(0, o.rv);
	read_by(&o, OK "\r\nhell", 100, 0);
	ATF_CHECK_EQ(0, o.rv);
}

ATF_TC_WITHOUT_HEAD(bad);
ATF_TC_BODY(bad, tc)
{
	char text[HTTP_MAX_HEAD + 64] = "";
	int i;

	refused("SSH-2.0-x\r\n", 0, "not HTTP/1.1");
	refused("\x15\x03\x03", 0, "not HTTP/1.1");
	refused(OK "no field\r\n\r\n", 0, "not HTTP/1.1");
	refused("HTTP/1.1 101 Other\r\n\r\n", 0, "switched protocols");
	refused(OK "Transfer-Encoding: gzip, chunked\r\n\r\n", 0,
	    "transfer coding");
	refused(OK "Content-Length: 101\r\n\r\n", 0, "too large (HTTP status "
	    "200, 0 bytes so far, at most 100)");
	refused(OK "Transfer-Encoding: chunked\r\n\r\n65\r\n", 0, "too large");
	refused(OK "Transfer-Encoding: chunked\r\n\r\nx", 0, "malformed");
	for (i = 0; i < 15; i++)
		strlcat(text, "HTTP/1.1 102 Wait\r\n\r\n", sizeof(text));
	strlcat(text, OK "Content-Length: 0\r\n\r\n", sizeof(text));
	whole(text, 0, "200 ", 1);
	text[15 * strlen("HTTP/1.1 102 Wait\r\n\r\n")] = '\0';
	strlcat(text, "HTTP/1.1 102 Wait\r\n\r\n", sizeof(text));
	refused(text, 0, "interim");
}

/* All heads together are bounded. */
ATF_TC_WITHOUT_HEAD(large);
ATF_TC_BODY(large, tc)
{
	static char text[HTTP_MAX_HEAD + 64];
	struct read_result o;
	size_t n;

	strlcpy(text, "HTTP/1.1 100 Go\r\n\r\n" OK "A: ", sizeof(text));
	n = strlen(text);
	memset(text + n, 'x', HTTP_MAX_HEAD - n - 4);
	strlcpy(text + HTTP_MAX_HEAD - 4, "\r\n\r\nx", 8);
	read_by(&o, text, 1000, 1);
	ATF_CHECK_STREQ("200 x", o.text);
	strlcpy(text + HTTP_MAX_HEAD - 4, "y\r\n\r\nx", 8);
	read_by(&o, text, 1000, 1);
	HAS(o.text, "larger than 16384");
	read_by(&o, text, sizeof(text), 1);
	HAS(o.text, "larger than 16384");
}

/* Bytes behind a response: the connection is not used again. */
ATF_TC_WITHOUT_HEAD(behind);
ATF_TC_BODY(behind, tc)
{
	static const char *const texts[] = {
		OK "Content-Length: 1\r\n\r\nxy",
		OK "Content-Length: 0\r\n\r\n" OK,
		OK "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nH",
		"HTTP/1.1 204 No\r\n\r\n\r\n"
	};
	struct read_result o;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		read_by(&o, texts[i], 1000, 0);
		ATF_CHECK_EQ(1, o.rv);
		ATF_CHECK_EQ_MSG(0, o.reusable, "%s", texts[i]);
		/* As long as they have not arrived, nobody knows. */
		read_by(&o, texts[i], 1, 0);
		ATF_CHECK_EQ(1, o.rv);
		ATF_CHECK_EQ(1, o.reusable);
	}
}

/* With `upgrade' set, 101 ends a response; what follows is not touched. */
ATF_TC_WITHOUT_HEAD(upgrade);
ATF_TC_BODY(upgrade, tc)
{
	static const char text[] = "HTTP/1.1 103 Early\r\n\r\n"
	    "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nHTTP/1.1";
	struct net_http_reader r;

	ATF_REQUIRE_EQ(0, net_http_reader_init(&r, 0, MAX));
	r.upgrade = 1;
	ATF_REQUIRE_EQ(1, net_http_reader_feed(&r, (const uint8_t *)text,
	    sizeof(text) - 1));
	ATF_CHECK_EQ(101, r.head.status);
	ATF_REQUIRE_EQ(8, r.end - r.used);
	ATF_CHECK_EQ(0, memcmp(r.text + r.used, "HTTP/1.1", 8));
	ATF_CHECK_EQ(0, net_http_reader_reusable(&r));
	net_http_reader_free(&r);
}

/* A body that is too large is told apart from other errors. */
ATF_TC_WITHOUT_HEAD(too_large);
ATF_TC_BODY(too_large, tc)
{
	static const char *const texts[] = {
		OK "Content-Length: 101\r\n\r\n" "x",
		OK "Transfer-Encoding: chunked\r\n\r\nfff\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\n?\r\n",
		"junk\r\n\r\n"
	};
	struct net_http_reader r;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ATF_REQUIRE_EQ(0, net_http_reader_init(&r, 0, MAX));
		ATF_CHECK_EQ(-1, net_http_reader_feed(&r,
		    (const uint8_t *)texts[i], strlen(texts[i])));
		ATF_CHECK_EQ_MSG(i < 2, net_http_reader_too_large(&r), "%s",
		    texts[i]);
		net_http_reader_free(&r);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, cut);
	ATF_TP_ADD_TC(tp, bad);
	ATF_TP_ADD_TC(tp, large);
	ATF_TP_ADD_TC(tp, behind);
	ATF_TP_ADD_TC(tp, upgrade);
	ATF_TP_ADD_TC(tp, too_large);
	return (atf_no_error());
}
