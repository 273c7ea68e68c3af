/*
 * answer_test: Tests of answer.c: what responses say about a client.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "tlspeer.h"

/* Judge a response.  Returns "yes", "no", "no: WHY", or "failed: WHY". */
static const char *
judged(enum ipc_verify_kind kind, int status, const char *fields,
    const char *body, size_t len)
{
	static const char *const words[] = { "no", "yes", "failed" };
	static char out[512];
	char head[512], why[IPC_WHYSIZE];
	struct net_http_reader r;
	enum ipc_verify_answer a;

	snprintf(head, sizeof(head), "HTTP/1.1 %d x\r\nContent-Length: %zu\r\n"
	    "%s\r\n", status, len, fields);
	ATF_REQUIRE_EQ(0, net_http_reader_init(&r, 0, VERIFY_MAX_BODY));
	(void)net_http_reader_feed(&r, (const uint8_t *)head, strlen(head));
	ATF_REQUIRE_EQ(1, net_http_reader_feed(&r, (const uint8_t *)body,
	    len));
	a = verify_answer_of(kind, &r, why, sizeof(why));
	ATF_CHECK(a != IPC_VERIFY_YES || why[0] == '\0');
	ATF_CHECK(a != IPC_VERIFY_FAILED || why[0] != '\0');
	snprintf(out, sizeof(out), "%s%s%s", words[a], why[0] != '\0' ? ": " :
	    "", why);
	net_http_reader_free(&r);
	return (out);
}

static const char *
url(int status, const char *body)
{
	return (judged(IPC_VERIFY_URL, status, "", body, strlen(body)));
}

static const char *
whois(int status, const char *body)
{
	return (judged(IPC_VERIFY_TAILSCALED, status, "", body, strlen(body)));
}

ATF_TC_WITHOUT_HEAD(allow);
ATF_TC_BODY(allow, tc)
{
	ATF_CHECK_STREQ("yes", url(200, "{\"Allow\":true}"));
	ATF_CHECK_STREQ("yes", url(200, " {\"x\":[{}], \"Allow\" : true}\n"));
	ATF_CHECK_STREQ("no", url(200, "{\"Allow\":false}"));
	/* As Go's decoder, which derper uses: the case, escapes, null. */
	ATF_CHECK_STREQ("yes", url(200, "{\"allow\":true}"));
	ATF_CHECK_STREQ("yes", url(200, "{\"\\u0041LLOW\":true}"));
	ATF_CHECK_STREQ("no", url(200, "{\"Allow\":null}"));
	ATF_CHECK_STREQ("no", url(200, "{}"));
	ATF_CHECK_STREQ("no", url(200, "{\"Allowed\":true}"));
	ATF_CHECK_STREQ("no", url(200, "{\"a\":{\"Allow\":true}}"));
	ATF_CHECK_STREQ("no", url(200, "{\"Allow\\u0000\":true}"));
}

/* A body that is not the answer of an admission controller. */
ATF_TC_WITHOUT_HEAD(junk);
ATF_TC_BODY(junk, tc)
{
	static const char *const types[] = {
		"\"true\"", "1", "0", "[true]", "{}", "\"\""
	};
	char body[64];
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(body, sizeof(body), "{\"Allow\":%s}", types[i]);
		ATF_CHECK_STREQ_MSG("failed: Allow is neither true nor false "
		    "in the answer", url(200, body), "%s", types[i]);
	}
	HAS(url(200, "{\"Allow\":true,\"Allow\":true}"), "Allow 2 times");
	HAS(url(200, "{\"Allow\":false,\"x\":1,\"allow\":true}"),
	    "Allow 2 times");
	HAS(url(200, ""), "failed: the answer is not JSON");
	HAS(url(200, "<html>"), "not JSON: line 1, column 1");
	HAS(url(200, "{\"Allow\":true"), "not JSON");
	HAS(url(200, "{\"Allow\":true}{\"Allow\":true}"), "not JSON");
	HAS(url(200, "{\"Allow\":TRUE}"), "not JSON");
	HAS(url(200, "true"), "no object");
	HAS(url(200, "null"), "no object");
	HAS(url(200, "[{\"Allow\":true}]"), "no object");
	HAS(judged(IPC_VERIFY_URL, 200, "", "{\"Allow\":true}\0", 15),
	    "not JSON");
	HAS(judged(IPC_VERIFY_URL, 200, "Content-Encoding: br\r\n",
	    "{\"Allow\":true}", 14), "content coding (br)");
	ATF_CHECK_STREQ("yes", judged(IPC_VERIFY_URL, 200,
	    "Content-Encoding: Identity\r\n", "{\"Allow\":true}", 14));
}

ATF_TC_WITHOUT_HEAD(statuses);
ATF_TC_BODY(statuses, tc)
{
	static const int refuse[] = { 400, 401, 403, 404, 405, 410, 418, 422,
	    451, 499 };
	static const int fail[] = { 201, 202, 206, 299, 300, 301, 302, 303,
	    307, 308, 399, 407, 408, 421, 425, 429, 500, 501, 502, 503, 504,
	    599 };
	char want[64];
	size_t i;

	for (i = 0; i < sizeof(refuse) / sizeof(refuse[0]); i++) {
		snprintf(want, sizeof(want), "no: HTTP status %d instead of an "
		    "answer", refuse[i]);
		ATF_CHECK_STREQ(want, url(refuse[i], ""));
	}
	for (i = 0; i < sizeof(fail) / sizeof(fail[0]); i++) {
		snprintf(want, sizeof(want), "failed: HTTP status %d", fail[i]);
		HAS(url(fail[i], "{\"Allow\":true}"), want);
	}
	HAS(url(302, ""), "redirects, which is not followed");
	/* The first line of the body, without what a terminal would obey. */
	ATF_CHECK_STREQ("failed: HTTP status 500 instead of an answer: a?[1mb",
	    url(500, "a\x1b[1mb\r\nc"));
	ATF_CHECK_EQ(strlen("failed: HTTP status 500 instead of an answer: ") +
	    100, strlen(url(500, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")));
}

ATF_TC_WITHOUT_HEAD(tailscaled);
ATF_TC_BODY(tailscaled, tc)
{
	ATF_CHECK_STREQ("yes", whois(200, "{\"Node\":{\"ID\":1}}"));
	ATF_CHECK_STREQ("no", whois(404, "no match for IP:port\n"));
	HAS(whois(200, ""), "failed: the answer is not JSON");
	HAS(whois(200, "[]"), "failed: the answer is JSON, but no object");
	ATF_CHECK_STREQ("failed: HTTP status 403 instead of an answer: "
	    "whois access denied", whois(403, "whois access denied\n"));
	HAS(whois(400, "invalid 'addr' parameter\n"), "too old");
	HAS(whois(400, "no\n"), "failed: HTTP status 400");
	HAS(whois(302, ""), "failed: HTTP status 302");
	HAS(whois(500, "no backend\n"), "failed: HTTP status 500");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, allow);
	ATF_TP_ADD_TC(tp, junk);
	ATF_TP_ADD_TC(tp, statuses);
	ATF_TP_ADD_TC(tp, tailscaled);
	return (atf_no_error());
}
