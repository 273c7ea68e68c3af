/*
 * map_test: Tests of map.c and mapfetch.c against servers of maps that a child
 * process plays.
 */
#include "mapcheck.h"
#include "runfixture.h"
#include "tlspeer.h"

#define NODE	"{\"Name\":\"900a\",\"RegionID\":900,\"HostName\":\"a.test\"}"
#define MAP	"{\"Regions\":{\"900\":{\"RegionID\":900," \
		"\"RegionCode\":\"a\",\"RegionName\":\"A\",\"Nodes\":[" NODE \
		"]}}}\n"
#define JSON	"Content-Type: application/json\r\n"

static struct run_fixture x;
static struct made cert;
static struct check_map map;
static char why[256];

/* A response with these fields and this body. */
static const char *
response(const char *line, const char *fields, const char *body)
{
	static char text[4][4096];
	static int next;
	char *t = text[next++ % 4];

	(void)snprintf(t, sizeof(text[0]), "HTTP/1.1 %s\r\n%s"
	    "Content-Length: %zu\r\n\r\n%s", line, fields, strlen(body), body);
	return (t);
}

/* Request the map at `path' from a server that plays these scenes. */
static int
fetch(const struct scene *scenes, int n, int needed, int ms)
{
	struct peer_server p;
	char url[128];
	int rv;

	free(map.text);
	make_cert(&cert, "map.test", "DNS:map.test", -DAY, DAY);
	peer_start(&p, &cert, scenes, n);
	run_begin(&x);
	x.opts.trust = STREAM_ANY;
	x.opts.ms = ms;
	(void)snprintf(url, sizeof(url), "https://map.test:%d/derpmap/default",
	    p.port);
	rv = check_map(url, "127.0.0.1", needed, &x.opts, &x.sink, &map, why,
	    sizeof(why));
	peer_stop(&p);
	/* A map is given when there is nothing to say against its text. */
	ATF_CHECK_EQ(map.text == NULL,
	    run_measure(&x, CHECK_FACT_MAP_BYTES) == NULL);
	return (rv);
}

/* A server that says `say' to each request. */
static void
check(const char *say, int needed)
{
	const struct scene scene = { say, 0, BYE };

	ATF_CHECK_EQ(0, fetch(&scene, 1, needed, 0));
}

static void
good(void)
{
	ATF_CHECK_EQ(0, x.nfound);
	ATF_REQUIRE(map.text != NULL);
	ATF_CHECK_STREQ(MAP, map.text);
	ATF_CHECK_EQ(strlen(MAP), map.len);
	ATF_CHECK_EQ(0, map.absent);
}

ATF_TC_WITHOUT_HEAD(valid);
ATF_TC_BODY(valid, tc)
{
	check(response("200 OK", JSON, MAP), 1);
	good();
	ATF_CHECK_EQ(1, run_measure(&x, CHECK_FACT_MAP_REGIONS)->n);
	ATF_CHECK_EQ(1, run_measure(&x, CHECK_FACT_MAP_NODES)->n);
	ATF_CHECK_EQ((int64_t)strlen(MAP),
	    run_measure(&x, CHECK_FACT_MAP_BYTES)->n);
	check(response("200 OK", "Content-Type: Application/JSON; "
	    "charset=utf-8\r\nAge: 20\r\nContent-Encoding: identity\r\n", MAP),
	    0);
	good();
	ATF_CHECK_EQ(20, run_measure(&x, CHECK_FACT_MAP_AGE)->n);
}

ATF_TC_WITHOUT_HEAD(not_sent);
ATF_TC_BODY(not_sent, tc)
{
	char large[256];

	check(response("404 Not Found", "Server: nginx\r\n",
	    "<title>404 Not Found</title>"), 1);
	run_only(&x, CHECK_MAP_STATUS,
	    "map.test answers with HTTP status 404 from "
	    "nginx, with the text \"404 Not Found\"");
	check(response("302 Found", "Location: http://other.test/\r\n", ""), 1);
	run_only(&x, CHECK_MAP_STATUS, "status 302, to \"http://other.test/\"");
	check("", 1);
	run_only(&x, CHECK_MAP_UNREACHABLE, "map.test: the server closed");
	check("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", 1);
	run_only(&x, CHECK_MAP_UNREACHABLE, "ended before the body did");
	check("nonsense\r\n\r\n", 1);
	run_only(&x, CHECK_MAP_UNREACHABLE, "not HTTP/1.1");
	(void)snprintf(large, sizeof(large), "HTTP/1.1 200 OK\r\n" JSON
	    "Content-Length: %d\r\n\r\n{", MAP_MAX_SIZE + 1);
	check(large, 1);
	run_only(&x, CHECK_MAP_LARGE, "more than 524288 bytes");
	check(response("200 OK", JSON "Content-Encoding: gzip\r\n", "x"), 1);
	run_only(&x, CHECK_MAP_ENCODING, "it is sent as gzip");
	check(response("200 OK", JSON, "\x1f\x8b\x08"), 1);
	run_only(&x, CHECK_MAP_ENCODING, "without Content-Encoding");
}

ATF_TC_WITHOUT_HEAD(invalid);
ATF_TC_BODY(invalid, tc)
{
	check(response("200 OK", JSON, "{\"Regions\":{\n\"900\":{},}}"), 1);
	run_only(&x, CHECK_MAP_INVALID, "line 2, column ");
	check(response("200 OK", JSON, "{\"Regions\":{\"900\":{"
	    "\"RegionID\":901,\"Nodes\":[]}}}"), 1);
	run_only(&x, CHECK_MAP_INVALID, " more error");
	HAS(x.found[0].what, "line 1, column ");
	HAS(x.found[0].what, "Regions.900");
	check(response("200 OK", JSON, "\xef\xbb\xbf" MAP), 1);
	run_only(&x, CHECK_MAP_INVALID, "begins with a byte order mark");
	check(response("200 OK", JSON, ""), 1);
	run_only(&x, CHECK_MAP_INVALID, "line 1");
	/* A page is one fault, not a wrong type as well. */
	check(response("200 OK", "Content-Type: text/html\r\n",
	    "<title>Hello</title>"), 1);
	run_only(&x, CHECK_MAP_INVALID,
	    "status 200, with the text \"Hello\", which is "
	    "no map");
}

/* The map is valid, but not as it should be. */
ATF_TC_WITHOUT_HEAD(details);
ATF_TC_BODY(details, tc)
{
	check(response("200 OK", "Content-Type: text/plain\r\n", MAP), 1);
	run_only(&x, CHECK_MAP_TYPE, "it is sent as \"text/plain\"");
	ATF_CHECK(map.text != NULL);
	check(response("200 OK", "", MAP), 1);
	run_only(&x, CHECK_MAP_TYPE, "without Content-Type");
	check(response("200 OK", JSON "Age: 3600\r\nVia: 1.1 squid\r\n", MAP),
	    1);
	run_only(&x, CHECK_MAP_CACHED, "3600 seconds old (1.1 squid)");
	ATF_CHECK(map.text != NULL);
}

/* mapfetch.c connects once before the request. */
ATF_TC_WITHOUT_HEAD(redirects);
ATF_TC_BODY(redirects, tc)
{
	const struct scene moved[] = { { "", 0, BYE },
	    { response("301 Moved", "Location: /map.json\r\n", ""), 0, BYE },
	    { "", 0, BYE }, { response("200 OK", JSON, MAP), 0, BYE } };
	const struct scene round = { response("302 Found",
	    "Location: ?again\r\n", ""), 0, BYE };

	ATF_CHECK_EQ(0, fetch(moved, 4, 1, 0));
	run_only(&x, CHECK_MAP_REDIRECT, "the map is at https://map.test:");
	HAS(x.found[0].what, "/map.json");
	ATF_CHECK_STREQ(MAP, map.text == NULL ? "" : map.text);
	ATF_CHECK(atf_utils_grep_file("^GET /map.json HTTP/1.1", "request.3"));
	/* Not for ever. */
	ATF_CHECK_EQ(0, fetch(&round, 1, 1, 0));
	run_only(&x, CHECK_MAP_STATUS, "HTTP status 302, to \"?again\"");
	ATF_CHECK_EQ(0, fetch(&round, 1, 0, 0));
	ATF_CHECK_EQ(0, x.nfound);
	ATF_CHECK_EQ(1, map.absent);
}

/* In the server: a response that takes longer than 3/5 of a step. */
static void
dawdle(struct tls *t)
{
	const char *say = response("200 OK", JSON, MAP);

	(void)usleep(350 * 1000);
	(void)tls_write(t, say, strlen(say));
}

ATF_TC_WITHOUT_HEAD(slow);
ATF_TC_BODY(slow, tc)
{
	const char *say = response("200 OK", JSON, MAP);
	const struct scene twice = { "", 0, ACT };
	const struct scene once[] = { { "", 0, BYE }, { "", 0, ACT },
	    { say, 0, BYE } };

	peer_act = dawdle;
	ATF_CHECK_EQ(0, fetch(&twice, 1, 1, 500));
	run_only(&x, CHECK_MAP_SLOW, "twice it took more than 0.3 seconds");
	ATF_CHECK(map.text != NULL);
	/* Once is chance. */
	ATF_CHECK_EQ(0, fetch(once, 3, 1, 500));
	good();
}

/* Check a server with a certificate for `san', valid until then. */
static void
certified(const char *san, long until, const char *cafile, const char *host)
{
	const struct scene moved = { response("302 Found",
	    "Location: /again\r\n", ""), 0, BYE };
	struct peer_server p;
	char url[128];

	make_cert(&cert, "map.test", san, -9 * DAY, until);
	atf_utils_create_file("ca.pem", "%s", cert.cert);
	peer_start(&p, &cert, &moved, 1);
	run_begin(&x);
	x.opts.trust = cafile == NULL ? STREAM_ROOTS : STREAM_CAFILE;
	x.opts.trust_arg = cafile;
	(void)snprintf(url, sizeof(url), "https://%s:%d/", host, p.port);
	ATF_CHECK_EQ(0, check_map(url, "127.0.0.1", 1, &x.opts, &x.sink, &map,
	    why, sizeof(why)));
	peer_stop(&p);
}

/* The certificate is checked as a relay's, once; the response is, too. */
ATF_TC_WITHOUT_HEAD(certificate);
ATF_TC_BODY(certificate, tc)
{
	certified("DNS:map.test", 90 * DAY, "ca.pem", "map.test");
	run_only(&x, CHECK_MAP_STATUS, "status 302");
	certified("DNS:map.test", -DAY, "ca.pem", "map.test");
	ATF_REQUIRE_EQ(2, x.nfound);
	ATF_CHECK_STREQ("cert-expired",
	    check_fault_row(x.found[0].id)->name);
	ATF_CHECK_EQ(CHECK_MAP_STATUS, x.found[1].id);
	/* Clients of maps check the name of an address, too. */
	certified("DNS:map.test", 90 * DAY, "ca.pem", "127.0.0.1");
	run_only(&x, CHECK_MAP_UNREACHABLE, "127.0.0.1: ");
	/* Of an unknown CA: the map is requested all the same. */
	certified("DNS:map.test", 90 * DAY, NULL, "map.test");
	ATF_CHECK_EQ(1, run_count(&x, CHECK_MAP_STATUS));
	ATF_CHECK_EQ(2, x.nfound);
}

ATF_TC_WITHOUT_HEAD(no_server);
ATF_TC_BODY(no_server, tc)
{
	struct peer_server p;
	char url[128];

	make_cert(&cert, "map.test", NULL, -DAY, DAY);
	peer_start(&p, &cert, NULL, 0);
	peer_stop(&p);
	run_begin(&x);
	(void)snprintf(url, sizeof(url), "https://map.test:%d/", p.port);
	ATF_CHECK_EQ(0, check_map(url, "127.0.0.1", 1, &x.opts, &x.sink, &map,
	    why, sizeof(why)));
	run_only(&x, CHECK_MAP_UNREACHABLE, "map.test: Connection refused");
	HAS(x.found[0].where, "127.0.0.1 port ");
	/* What is this machine's affair is no fault. */
	ATF_CHECK_EQ(-1, check_map("ftp://map.test/", NULL, 1, &x.opts, &x.sink,
	    &map, why, sizeof(why)));
	ATF_CHECK_STREQ("\"ftp://map.test/\" is no https URL", why);
	ATF_CHECK_EQ(1, x.nfound);
}

/* A server that need not serve a map answers whatever it likes. */
ATF_TC_WITHOUT_HEAD(absent);
ATF_TC_BODY(absent, tc)
{
	const char *const answers[] = { response("404 No", JSON, "{}"),
	    response("200 OK", "Content-Type: text/html\r\n", "<h1>DERP</h1>"),
	    "", "nonsense\r\n\r\n" };
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		check(answers[i], 0);
		ATF_CHECK_EQ_MSG(0, x.nfound, "%s", answers[i]);
		ATF_CHECK_EQ(1, map.absent);
		ATF_CHECK_EQ(NULL, map.text);
	}
	/* But a map that it serves is checked. */
	check(response("200 OK", JSON, "{\"Regions\":{}}"), 0);
	run_only(&x, CHECK_MAP_INVALID, "at least one region");
	ATF_CHECK_EQ(0, map.absent);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, valid);
	ATF_TP_ADD_TC(tp, not_sent);
	ATF_TP_ADD_TC(tp, invalid);
	ATF_TP_ADD_TC(tp, details);
	ATF_TP_ADD_TC(tp, redirects);
	ATF_TP_ADD_TC(tp, slow);
	ATF_TP_ADD_TC(tp, certificate);
	ATF_TP_ADD_TC(tp, no_server);
	ATF_TP_ADD_TC(tp, absent);
	return (atf_no_error());
}
