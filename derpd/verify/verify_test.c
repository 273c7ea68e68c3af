/*
 * verify_test: Tests of the process verify in its sandbox: what it requests,
 * and what it makes of answers.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifyfixture.h"

static struct made		 cert;
static struct source_server	 source;

/* Write the request into the file request.N, N its number. */
static void
record_request(const struct guest *g)
{
	char name[32];
	FILE *f;

	snprintf(name, sizeof(name), "request.%d",
	    atomic_load(&counts->requests));
	if ((f = fopen(name, "w")) == NULL || fputs(g->request, f) == EOF ||
	    fclose(f) == EOF)
		_exit(4);
}

/* Admit keys of even bytes. */
static void
serve_even(struct guest *g)
{
	unsigned int first;

	for (;;) {
		first = guest_hear(g);
		record_request(g);
		guest_say(g, first % 2 == 0 ? YES : NO);
	}
}

/* A question over TLS; the connection is kept for the next one. */
ATF_TC_WITHOUT_HEAD(url);
ATF_TC_BODY(url, tc)
{
	const char *ca = make_ca(&cert);
	char body[256], want[1024];

	source_start(&source, &cert, serve_even);
	verify_start(IPC_VERIFY_URL, source.name, ca);
	ATF_CHECK_STREQ("yes", ask(2));
	ATF_CHECK_STREQ("no", ask(3));
	ATF_CHECK_STREQ("yes", ask(4));
	ATF_CHECK_EQ(1, atomic_load(&counts->connections));
	snprintf(body, sizeof(body), "{\"NodePublic\":\"nodekey:02ab%060d\","
	    "\"Source\":\"192.0.2.7\"}", 0);
	snprintf(want, sizeof(want), "POST /verify HTTP/1.1\r\n"
	    "Host: %.*s\r\nUser-Agent: derpd\r\nAccept: application/json\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
	    (int)strcspn(source.name + 8, "/"), source.name + 8, strlen(body),
	    body);
	ATF_CHECK(atf_utils_compare_file("request.1", want));
	verify_stop();
	source_stop(&source);
}

/* Without TLS, on this machine. */
ATF_TC_WITHOUT_HEAD(plain);
ATF_TC_BODY(plain, tc)
{
	source_start(&source, NULL, serve_even);
	verify_start(IPC_VERIFY_URL, source.name, "");
	ATF_CHECK_STREQ("yes", ask(2));
	ATF_CHECK_STREQ("no", ask(3));
	verify_stop();
	source_stop(&source);
}

/* Play tailscaled: its answers to keys that it knows, does not, and others. */
static void
serve_whois(struct guest *g)
{
	static const char *const says[] = {
		HEAD "Content-Length: 11\r\n\r\n{\"Node\":{}}",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 22\r\n\r\n"
		    "no match for IP:port\r\n",
		"HTTP/1.1 403 Forbidden\r\nContent-Length: 20\r\n\r\n"
		    "whois access denied\n",
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 25\r\n\r\n"
		    "invalid 'addr' parameter\n",
		HEAD "Content-Length: 5\r\n\r\nhello"
	};

	for (;;) {
		guest_say(g, says[guest_hear(g)]);
		record_request(g);
	}
}

ATF_TC_WITHOUT_HEAD(tailscaled);
ATF_TC_BODY(tailscaled, tc)
{
	char want[1024];

	source_start_local(&source, serve_whois);
	verify_start(IPC_VERIFY_TAILSCALED, source.name, "");
	ATF_CHECK_STREQ("yes", ask(0));
	ATF_CHECK_STREQ("no", ask(1));
	HAS(ask(2), "403 instead of an answer: whois access denied");
	HAS(ask(3), "too old");
	HAS(ask(4), "not JSON");
	ATF_CHECK_STREQ("yes", ask(0));
	snprintf(want, sizeof(want), "GET /localapi/v0/whois?addr=nodekey%%3A"
	    "00ab%060d HTTP/1.1\r\nHost: local-tailscaled.sock\r\n"
	    "User-Agent: derpd\r\nAccept: application/json\r\n\r\n", 0);
	ATF_CHECK(atf_utils_compare_file("request.1", want));
	source_stop(&source);
	HAS(ask(0), "Connection refused");
	ATF_REQUIRE_EQ(0, unlink(source.name));
	HAS(ask(0), "No such file");
	/* A new tailscaled at the same path. */
	source_start_local(&source, serve_whois);
	ATF_CHECK_STREQ("yes", ask(0));
	verify_stop();
	source_stop(&source);
}

#define CHUNKED	"Transfer-Encoding: chunked\r\n"

/* Responses, by the key; what the source does then; and the answer. */
static const struct {
	const char	*say;
	enum peer_leave	 leave;		/* BYE, CUT or LINGER */
	const char	*answer;	/* or a part of it */
} responses[] = {
	{ YES, BYE, "yes" },
	{ NO, CUT, "no" },
	{ HEAD "\r\n{\"Allow\":true}", BYE, "yes" },
	{ HEAD "\r\n{\"Allow\":true}", CUT, "answer of 127.0.0.1 port" },
	{ HEAD CHUNKED "\r\n7\r\n{\"Allow\r\n7\r\n"
	    "\":true}\r\n0\r\n\r\n", LINGER, "yes" },
	{ HEAD "Content-Length: 2\r\n\r\n{}", LINGER, "no" },
	{ HEAD "Content-Length: 16\r\n\r\n{\"Allow\":\"true\"}", LINGER,
	    "neither true nor false" },
	{ HEAD "Content-Length: 29\r\n\r\n{\"Allow\":true,\"Allow\":false }",
	    LINGER, "Allow 2 times" },
	{ HEAD "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n"
	    "\x1f\x8b\x08", LINGER, "content coding (gzip)" },
	{ HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n", LINGER,
	    "transfer coding" },
	{ "HTTP/1.1 302 Found\r\nLocation: /yes\r\nContent-Length: 0\r\n\r\n",
	    LINGER, "redirects" },
	{ "HTTP/1.1 307 Go\r\nLocation: https://127.0.0.1/\r\n"
	    "Content-Length: 0\r\n\r\n", LINGER, "redirects" },
	{ "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", LINGER, "no" },
	{ "HTTP/1.1 429 Slow\r\nContent-Length: 4\r\n\r\nslow", LINGER,
	    "HTTP status 429 instead of an answer: slow" },
	{ "HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\nb\x1b[31m\r\nx",
	    LINGER, "HTTP status 500 instead of an answer: b?[31m" },
	{ "", BYE, "without a response" },
	{ "HTTP/1.1 200", BYE, "within the head" },
	{ HEAD "Content-Length: 14\r\n\r\n{\"Allow\":tru", BYE,
	    "ended before the body" },
	{ "SSH-2.0-OpenSSH\r\n", LINGER, "not HTTP/1.1" },
	{ "HTTP/1.1 101 x\r\n\r\n", LINGER, "switched protocols" },
	{ HEAD "Content-Length: 65537\r\n\r\n", LINGER, "too large" },
	{ HEAD "Content-Length: 99999999999999999999\r\n\r\n", LINGER,
	    "not HTTP/1.1" },
	{ HEAD "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", LINGER,
	    "not HTTP/1.1" },
	{ HEAD CHUNKED "\r\nzz\r\n", LINGER,
	    "malformed chunk" },
	{ HEAD "Content-Length: 4\r\n\r\ntrue", LINGER, "no object" },
	{ "HTTP/1.1 100 Go\r\n\r\n" YES, LINGER, "yes" }
};
#define NRESPONSES	(sizeof(responses) / sizeof(responses[0]))

/* Behind these, responses without end. */
enum { INTERIM = 100, ENDLESS_HEAD, ENDLESS_BODY, ENDLESS_CHUNKS, TRAILERS };

static void	say_for_ever(struct guest *, const char *, const char *)
		    __attribute__((noreturn));

static void
say_for_ever(struct guest *g, const char *first, const char *then)
{
	guest_say(g, first);
	for (;;)
		guest_say(g, then);
}

static void
serve_response(struct guest *g)
{
	unsigned int n;

	do {
		switch (n = guest_hear(g)) {
		case INTERIM:
			say_for_ever(g, "", "HTTP/1.1 102 Wait\r\n\r\n");
		case ENDLESS_HEAD:
			say_for_ever(g, HEAD, "A: b\r\n");
		case ENDLESS_BODY:
			say_for_ever(g, HEAD "\r\n", "{\"Allow\":true}    ");
		case ENDLESS_CHUNKS:
			say_for_ever(g, HEAD CHUNKED "\r\n", "1\r\n \r\n");
		case TRAILERS:
			say_for_ever(g, HEAD CHUNKED "\r\n0\r\n", "A: b\r\n");
		}
		guest_say(g, responses[n].say);
	} while (responses[n].leave == LINGER);
	if (responses[n].leave == CUT)
		_exit(0);
}

/* Every question gets its answer, whatever the others get at the same time. */
static void
try_responses(void)
{
	const char *text;
	uint64_t cookie;
	size_t i, n;

	for (i = 0; i < NRESPONSES; i++)
		send_ask((unsigned int)i);
	for (i = INTERIM; i <= TRAILERS; i++)
		send_ask((unsigned int)i);
	for (n = NRESPONSES + TRAILERS - INTERIM + 1; n > 0; n--) {
		text = next_answer(&cookie);
		if (cookie == INTERIM)
			HAS(text, "interim");
		else if (cookie == ENDLESS_HEAD)
			HAS(text, "larger than 16384");
		else if (cookie == ENDLESS_BODY || cookie == ENDLESS_CHUNKS)
			HAS(text, "too large");
		else if (cookie == TRAILERS)
			HAS(text, "trailers");
		else {
			ATF_REQUIRE(cookie < NRESPONSES);
			ATF_CHECK_MSG(strstr(text, responses[cookie].answer) !=
			    NULL, "%d: \"%s\", not \"%s\"", (int)cookie, text,
			    responses[cookie].answer);
		}
	}
}

ATF_TC_WITHOUT_HEAD(responses_tls);
ATF_TC_BODY(responses_tls, tc)
{
	const char *ca = make_ca(&cert);

	source_start(&source, &cert, serve_response);
	verify_start(IPC_VERIFY_URL, source.name, ca);
	try_responses();
	ATF_CHECK_STREQ("yes", ask(0));
	verify_stop();
	source_stop(&source);
}

/* Start with a source of this certificate, ask, and return the answer. */
static const char *
ask_with(const struct made *m, const char *ca)
{
	const char *text;

	source_start(&source, m, serve_even);
	verify_start(IPC_VERIFY_URL, source.name, ca);
	text = ask(2);
	verify_stop();
	source_stop(&source);
	return (text);
}

ATF_TC_WITHOUT_HEAD(certificates);
ATF_TC_BODY(certificates, tc)
{
	const char *ca = make_ca(&cert);
	struct made other;

	ATF_CHECK_STREQ("yes", ask_with(&cert, ca));
	/* The system's authorities do not know it. */
	HAS(ask_with(&cert, ""), "certificate verification failed");
	make_cert(&other, "localhost", "IP:127.0.0.1", -DAY, DAY);
	HAS(ask_with(&other, ca), "certificate verification failed");
	make_cert(&other, "x", "IP:127.0.0.1", -2 * DAY, -DAY);
	atf_utils_create_file("ca.pem", "%s", other.cert);
	HAS(ask_with(&other, ca), "expired");
	make_cert(&other, "x", "DNS:a.test,IP:127.0.0.2", -DAY, DAY);
	atf_utils_create_file("ca.pem", "%s", other.cert);
	HAS(ask_with(&other, ca), "name `127.0.0.1' not present");
	atf_utils_create_file("ca.pem", "hello\n");
	HAS(ask_with(&cert, ca), "/ca.pem: ");
	HAS(ask_with(&cert, "/no/such/file"), "/no/such/file: No such file");
}

/* A source that does not speak TLS. */
static void
serve_garbage(struct guest *g)
{
	guest_say(g, g->nth == 0 ? "HTTP/1.1 400 Bad Request\r\n\r\n" :
	    "\x16\x03\x03\xff\xff\x02\x00\x00\x00");
	if (g->nth == 2)
		guest_linger(g);
}

ATF_TC_WITHOUT_HEAD(no_tls);
ATF_TC_BODY(no_tls, tc)
{
	char url[300];
	int i;

	source_start(&source, NULL, serve_garbage);
	snprintf(url, sizeof(url), "https%s", source.name + strlen("http"));
	verify_start(IPC_VERIFY_URL, url, "");
	for (i = 0; i < 3; i++)
		HAS(ask(2), "TLS with 127.0.0.1 port");
	source_stop(&source);
	HAS(ask(2), "Connection refused");
	verify_stop();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, url);
	ATF_TP_ADD_TC(tp, plain);
	ATF_TP_ADD_TC(tp, tailscaled);
	ATF_TP_ADD_TC(tp, responses_tls);
	ATF_TP_ADD_TC(tp, certificates);
	ATF_TP_ADD_TC(tp, no_tls);
	return (atf_no_error());
}
