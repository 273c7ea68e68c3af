/*
 * http_test: Tests of http.c, exchange.c and clock.c against relays, proxies
 * and other servers that a child process plays.
 */
#include <time.h>

#include "runfixture.h"
#include "tlspeer.h"

#define CLOSE	"Connection: close\r\n"
#define CORS	"Access-Control-Allow-Origin: *\r\n"
#define PROBE	"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" CORS CLOSE "\r\n"
#define UPGRADE	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\n" \
		"Connection: Upgrade\r\nDerp-Version: 2\r\n\r\n"

static struct run_fixture x;
static struct made cert;
static int status;	/* of the last check */
static int asks_cert, h2_alone;	/* what the handshake has shown */

/* Check a server that plays these scenes, with steps of `ms'. */
static void
check_within(const struct scene *scenes, int n, int ms)
{
	struct check_addr *a;
	struct peer_server p;

	make_cert(&cert, "relay.test", "DNS:relay.test", -DAY, DAY);
	peer_start(&p, &cert, scenes, n);
	run_begin(&x);
	(void)snprintf(x.node.host, sizeof(x.node.host), "relay.test");
	x.opts.ms = ms;
	x.node.port = (unsigned int)p.port;
	a = run_address(&x, "127.0.0.1");
	a->asks_cert = asks_cert;
	a->h2_alone = h2_alone;
	status = check_http(&x.run, a);
	peer_stop(&p);
}

static void
check(const struct scene *scenes, int n)
{
	check_within(scenes, n, 0);
}

/* The same for a server that answers the measurement, then the upgrade. */
static void
answers(const char *probe, const char *upgrade)
{
	const struct scene scenes[] = { { probe, 0, BYE },
	    { upgrade, 0, BYE } };

	check(scenes, 2);
}

/* Exactly this was found, with `part' in its text. */
static void
only(enum check_fault id, const char *part)
{
	run_only(&x, id, part);
	HAS(x.found[0].where, "127.0.0.1 port ");
	ATF_CHECK_EQ(check_fault_row(id)->level == CHECK_NOTE ||
	    id == CHECK_PROBE_FAILS || id == CHECK_CLOCK_OFF, status);
}

/* A response with this status line, fields and body. */
static const char *
response(const char *line, const char *fields, const char *body)
{
	static char text[4][2048];
	static int next;
	char *t = text[next++ % 4];

	(void)snprintf(t, sizeof(text[0]), "HTTP/1.1 %s\r\n" CLOSE
	    "Content-Length: %zu\r\n%s\r\n%s", line, strlen(body), fields,
	    body);
	return (t);
}

ATF_TC_WITHOUT_HEAD(relay);
ATF_TC_BODY(relay, tc)
{
	answers(PROBE, UPGRADE);
	ATF_CHECK_EQ(1, status);
	ATF_CHECK_EQ(1, x.run.addrs[0].upgrades);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK(run_measure(&x, CHECK_FACT_HTTP) != NULL);
	ATF_CHECK(run_measure(&x, CHECK_FACT_SERVER) == NULL);
	ATF_CHECK(run_measure(&x, CHECK_FACT_CLOCK) == NULL);
	ATF_CHECK(atf_utils_grep_file("^GET /derp/latency-check HTTP/1.1",
	    "request.0"));
	ATF_CHECK(atf_utils_grep_file("^Host: relay.test:[0-9]*", "request.0"));
	ATF_CHECK(atf_utils_grep_file("^GET /derp HTTP/1.1", "request.1"));
	ATF_CHECK(atf_utils_grep_file("^Host: relay.test:[0-9]*", "request.1"));
	/* What a proxy adds is told. */
	answers(response("200 OK", CORS "Server: nginx/1.22\r\n"
	    "Via: 1.1 front\r\n", ""), UPGRADE);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_REQUIRE(run_measure(&x, CHECK_FACT_SERVER) != NULL);
	ATF_CHECK_STREQ("nginx/1.22", run_measure(&x,
	    CHECK_FACT_SERVER)->text);
	ATF_REQUIRE(run_measure(&x, CHECK_FACT_VIA) != NULL);
	ATF_CHECK_STREQ("1.1 front", run_measure(&x, CHECK_FACT_VIA)->text);
}

/* In the server: answer one more request. */
static void
answer_again(struct tls *t)
{
	hear(t, 1);
	(void)tls_write(t, UPGRADE, strlen(UPGRADE));
}

/* The two requests take one connection if the server keeps it. */
ATF_TC_WITHOUT_HEAD(one_connection);
ATF_TC_BODY(one_connection, tc)
{
	static const struct scene kept[] = { { "HTTP/1.1 200 OK\r\n" CORS
	    "Content-Length: 0\r\n\r\n", 0, ACT }, { "", 0, CUT } };
	static const struct scene closed[] = { { "HTTP/1.1 200 OK\r\n" CORS
	    "Content-Length: 0\r\n\r\n", 0, BYE }, { UPGRADE, 0, BYE } };

	peer_act = answer_again;
	check(kept, 2);
	ATF_CHECK_EQ(1, status);
	ATF_CHECK_EQ(0, x.nfound);
	/* It said that it would keep it, and closed. */
	check(closed, 2);
	ATF_CHECK_EQ(1, status);
	ATF_CHECK_EQ(0, x.nfound);
}

ATF_TC_WITHOUT_HEAD(another_server);
ATF_TC_BODY(another_server, tc)
{
	const struct scene malformed[] = { { "HTTP/1.1 200 OK\nA: b\n\n", 0,
	    BYE } };
	const char *page = response("404 Not Found", "Server: nginx/1.22.1\r\n",
	    "<html><head><title>404 Not Found</title></head></html>\n");

	answers(page, page);
	only(CHECK_NOT_RELAY, "is answered with HTTP status 404 from "
	    "nginx/1.22.1, with the text \"404 Not Found\"");
	page = response("200 OK", "Server: Caddy\r\n", "");
	answers(page, page);
	only(CHECK_NOT_RELAY, "HTTP status 200 from Caddy");
	/* Control characters do not pass. */
	page = response("404 No", "", "<TITLE>\033[31mhi\r</TITLE>");
	answers(page, page);
	only(CHECK_NOT_RELAY, "\"?[31mhi\"");
	check(malformed, 1);
	only(CHECK_NOT_RELAY, "its response is malformed: \"HTTP/1.1 200 OK\"");
	answers(PROBE, response("404 Not Found", "", "derp server disabled\n"));
	only(CHECK_DERP_DISABLED, "derp server disabled");
	/* It hangs up over a request to upgrade. */
	answers(response("404 No", "", "gone"), "");
	only(CHECK_NOT_RELAY, "status 404, with the text \"gone\", and");
}

ATF_TC_WITHOUT_HEAD(proxies);
ATF_TC_BODY(proxies, tc)
{
	const char *page = response("502 Bad Gateway", "Server: nginx\r\n",
	    "<title>502 Bad Gateway</title>");

	answers(page, page);
	only(CHECK_PROXY_BACKEND, "HTTP status 502 from nginx");
	page = response("522 x", "Server: cloudflare\r\n", "");
	answers(page, page);
	only(CHECK_PROXY_BACKEND, "HTTP status 522 from cloudflare");
	page = response("301 Moved", "Location: https://other.test/derp\r\n",
	    "");
	answers(page, page);
	only(CHECK_REDIRECTED, "301, to \"https://other.test/derp\"");
	page = response("400 Bad Request", "",
	    "Client sent an HTTP request to an HTTPS server.\n");
	answers(page, page);
	only(CHECK_PROXY_PLAIN, "HTTP status 400");
	page = response("400 x", "Server: nginx\r\n", "<title>400 The plain "
	    "HTTP request was sent to HTTPS port</title>");
	answers(page, page);
	only(CHECK_PROXY_PLAIN, "HTTP status 400 from nginx");
	page = response("401 Who", "", "");
	answers(page, page);
	only(CHECK_FORBIDDEN, "HTTP status 401");
	page = response("429 Too Many Requests", "", "");
	answers(page, page);
	only(CHECK_FORBIDDEN, "HTTP status 429");
}

/* A relay is there, but the upgrade does not reach it. */
ATF_TC_WITHOUT_HEAD(no_upgrade);
ATF_TC_BODY(no_upgrade, tc)
{
	const struct scene silent[] = { { PROBE, 0, BYE }, { "", 0, BYE } };

	answers(PROBE, response("426 Upgrade Required", "",
	    "DERP requires connection upgrade\n"));
	only(CHECK_NO_UPGRADE, "\"DERP requires connection upgrade\"");
	answers(response("404 No", "", ""), response("426 x", "",
	    "DERP requires connection upgrade"));
	only(CHECK_NO_UPGRADE, "HTTP status 426");
	answers(PROBE, response("400 Bad Request", "", ""));
	only(CHECK_NO_UPGRADE, "HTTP status 400");
	/* A proxy that speaks HTTP/2 to the relay. */
	answers(PROBE, response("502 Bad Gateway", "Server: Caddy\r\n", ""));
	only(CHECK_NO_UPGRADE, "HTTP status 502 from Caddy");
	answers(PROBE, "HTTP/1.1 101 x\r\nUpgrade: h2c\r\n\r\n");
	only(CHECK_NO_UPGRADE, "status 101, to \"h2c\"");
	answers(PROBE, "HTTP/1.1 101 x\r\n\r\n");
	only(CHECK_NO_UPGRADE, "with HTTP status 101");
	check(silent, 2);
	only(CHECK_NO_UPGRADE, "not the request for an upgrade");
}

ATF_TC_WITHOUT_HEAD(no_http);
ATF_TC_BODY(no_http, tc)
{
	static const struct scene mail[] = { { "220 mail.test ESMTP\r\n"
	    "500 what?\r\n", 0, BYE } };
	static const struct scene closes[] = { { "", 0, BYE } };
	static const struct scene cuts[] = { { "", 0, CUT } };
	static const struct scene cut[] = { { "HTTP/1.1 200 O", 0, BYE } };
	static const struct scene huge[] = { { "HTTP/1.1 404 x\r\n"
	    "Content-Length: 999999999\r\n\r\n", 0, BYE } };

	check(mail, 1);
	only(CHECK_NOT_HTTP_SERVER, "over TLS as a mail or FTP server: "
	    "\"220 mail.test ESMTP\"");
	check(closes, 1);
	only(CHECK_HTTP_SILENT, "closed the connection without a response");
	/* Now nobody has the port. */
	x.nfound = 0;
	status = check_http(&x.run, &x.run.addrs[0]);
	only(CHECK_PORT_UNSTEADY, "Connection refused");
	check(cuts, 1);
	only(CHECK_HTTP_SILENT, "the server cut the connection without a");
	check(cut, 1);
	only(CHECK_HTTP_SILENT, "within the head");
	check(huge, 1);
	only(CHECK_NOT_RELAY, "HTTP status 404");
}

/* Check a server that says this, and then waits for more. */
static void
check_waiting(const char *say)
{
	const struct scene waits = { say, 0, LINGER };

	check_within(&waits, 1, 300);
}

ATF_TC_WITHOUT_HEAD(silent);
ATF_TC_BODY(silent, tc)
{
	check_waiting("");
	only(CHECK_HTTP_SILENT, "no response in time");
	check_waiting("HTTP/1.1 200 OK\r\n");
	only(CHECK_HTTP_SILENT, "the response did not end in time");
	check_waiting("* OK mail.test IMAP4rev1\r\n");
	only(CHECK_NOT_HTTP_SERVER, "an IMAP server");
	check_waiting("HT");
	only(CHECK_HTTP_SILENT, "the response did not end in time");
}

/* What fails is the measurement alone: clients can log in. */
ATF_TC_WITHOUT_HEAD(probe);
ATF_TC_BODY(probe, tc)
{
	answers(response("404 Not Found", "Server: nginx\r\n", ""), UPGRADE);
	only(CHECK_PROBE_FAILS, "/derp/latency-check is answered with HTTP "
	    "status 404 from nginx");
	answers("", UPGRADE);
	only(CHECK_PROBE_FAILS, "without a response");
	answers(response("200 OK", "", ""), UPGRADE);
	only(CHECK_PROBE_NO_CORS, "without Access-Control-Allow-Origin");
	/* Clients take any of 2xx. */
	answers(response("204 x", CORS, ""), UPGRADE);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK_EQ(1, status);
}

/* Check a relay whose clock is `off' seconds ahead. */
static void
check_off(long off, const char *more)
{
	char date[64], fields[256];
	const time_t t = time(NULL) + off;

	(void)strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT",
	    gmtime(&t));
	(void)snprintf(fields, sizeof(fields), CORS "Date: %s\r\n%s", date,
	    more);
	answers(response("200 OK", fields, ""), UPGRADE);
}

ATF_TC_WITHOUT_HEAD(clock_of_relay);
ATF_TC_BODY(clock_of_relay, tc)
{
	const struct check_measure *m;

	check_off(0, "");
	ATF_CHECK_EQ(0, x.nfound);
	ATF_REQUIRE((m = run_measure(&x, CHECK_FACT_CLOCK)) != NULL);
	ATF_CHECK(m->n >= -5 && m->n <= 5);
	check_off(40, "");
	ATF_CHECK_EQ(0, x.nfound);
	check_off(-40, "");
	ATF_CHECK_EQ(0, x.nfound);
	check_off(26 * 3600 + 30, "");
	only(CHECK_CLOCK_OFF, "its clock is 1 d 2 h ahead of the clock of this "
	    "machine: it says ");
	check_off(-5 * 3600 - 610, "");
	only(CHECK_CLOCK_OFF, "its clock is 5 h 10 min behind");
	check_off(-200, "");
	only(CHECK_CLOCK_OFF, " s behind");
	/* The date of a cache's copy says nothing. */
	check_off(-7200, "Age: 7200\r\n");
	ATF_CHECK_EQ(0, x.nfound);
	answers(response("200 OK", CORS "Date: yesterday\r\n", ""), UPGRADE);
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK(run_measure(&x, CHECK_FACT_CLOCK) == NULL);
}

/* What the handshake has shown explains what HTTP does. */
ATF_TC_WITHOUT_HEAD(handshake);
ATF_TC_BODY(handshake, tc)
{
	static const struct scene h2_settings[] = {
	    { "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\144", 15, BYE } };
	const char *bad = response("400 Bad Request", "Server: nginx/1.22\r\n",
	    "400 No required SSL certificate was sent");

	asks_cert = 1;
	answers(bad, bad);
	only(CHECK_CLIENT_CERT, "400 No required SSL certificate was sent");
	answers(PROBE, UPGRADE);
	ATF_CHECK_EQ(0, x.nfound);
	asks_cert = 0;
	answers(bad, bad);
	only(CHECK_NOT_RELAY, "HTTP status 400");
	check(h2_settings, 1);
	only(CHECK_H2_ALONE, "answers a request of HTTP/1.1 in HTTP/2");
	h2_alone = 1;
	answers("", "");
	only(CHECK_H2_ALONE, "does not answer HTTP/1.1");
	answers(PROBE, UPGRADE);
	ATF_CHECK_EQ(0, x.nfound);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, relay);
	ATF_TP_ADD_TC(tp, one_connection);
	ATF_TP_ADD_TC(tp, handshake);
	ATF_TP_ADD_TC(tp, another_server);
	ATF_TP_ADD_TC(tp, proxies);
	ATF_TP_ADD_TC(tp, no_upgrade);
	ATF_TP_ADD_TC(tp, no_http);
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, probe);
	ATF_TP_ADD_TC(tp, clock_of_relay);
	return (atf_no_error());
}
