/*
 * acme_test: jobs against a directory that is a table in here, with a clock
 * that moves when somebody waits.
 */
#include <atf-c.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme.h"
#include "chain.h"
#include "keys.h"

#define U	"https://ca.example"
#define NOW	1760000000LL
#define P(t)	"\"type\":\"urn:ietf:params:acme:error:" t "\""
#define MAXRULES 16

/* The `nth' to `last' request for `path' is answered with this. */
struct rule {
	const char	*path;
	int		 nth, last, seen;
	const char	*answer;	/* fields and body; NULL none */
};

static struct rule		 rules[MAXRULES];
static int			 nrules;
static int64_t			 now;
static long			 slept;
static int			 asked, tokens, forgot, stop_at, nonces;
static int			 no_token, no_sign, made_account;
static char			 last_replaces[256], last_account[256];
static char			 cert[CERT_PEMSIZE];
static struct acme_conf		 conf;
static struct acme_result	 r;

/* Directory, account and so on, when all goes well. */
static const char *
usual(const char *path)
{
	static char	 text[CERT_PEMSIZE + 128];
	static const char dir[] = "200 OK\r\n\r\n{\"newNonce\":\"" U "/n\","
	    "\"newAccount\":\"" U "/a\",\"newOrder\":\"" U "/o\","
	    "\"revokeCert\":\"" U "/r\",\"keyChange\":\"" U "/k\","
	    "\"renewalInfo\":\"" U "/ari\",\"meta\":{\"termsOfService\":"
	    "\"" U "/t\",\"profiles\":{\"a\":\"\",\"b\":\"\"}}}";

#define ORDER(code, status, more) #code " OK\r\nLocation: " U "/o/1\r\n\r\n"  \
	"{\"status\":\"" status "\",\"identifiers\":[{\"type\":\"dns\","      \
	"\"value\":\"relay.test\"}],\"authorizations\":[\"" U "/z/1\"],"     \
	"\"finalize\":\"" U "/f\"" more "}"
#define RELATIVE "201 OK\r\nLocation: ./orders/1\r\n\r\n"		      \
	"{\"status\":\"pending\",\"identifiers\":[{\"type\":\"dns\","	      \
	"\"value\":\"relay.test\"}],\"authorizations\":[\"" U "/z/1\"],"	      \
	"\"finalize\":\"" U "/f\"}"
#define AUTHZ(status, challenge, more) "200 OK\r\n\r\n{\"status\":\"" status  \
	"\",\"identifier\":{\"type\":\"dns\",\"value\":\"relay.test\"},"      \
	"\"challenges\":[{\"type\":\"http-01\",\"url\":\"" U "/c/1\","      \
	"\"status\":\"" challenge "\",\"token\":\"abc\"" more "}]}"

	if (strcmp(path, "/dir") == 0)
		return (dir);
	if (strcmp(path, "/n") == 0)
		return ("204 No Content\r\n\r\n");
	if (strcmp(path, "/a") == 0)
		return ("200 OK\r\nLocation: " U "/a/7\r\n\r\n"
		    "{\"status\":\"valid\"}");
	if (strcmp(path, "/o") == 0)
		return (ORDER(201, "pending", ""));
	if (strcmp(path, "/o/1") == 0)
		return (ORDER(200, "ready", ""));
	if (strcmp(path, "/z/1") == 0)
		return (tokens == 0 ? AUTHZ("pending", "pending", "") :
		    AUTHZ("valid", "valid", ""));
	if (strcmp(path, "/c/1") == 0)
		return ("200 OK\r\n\r\n{\"status\":\"processing\"}");
	if (strcmp(path, "/f") == 0)
		return (ORDER(200, "valid", ",\"certificate\":\"" U
		    "/cert\""));
	if (strcmp(path, "/cert") == 0) {
		snprintf(text, sizeof(text), "200 OK\r\n\r\n%s", cert);
		return (text);
	}
	if (strncmp(path, "/ari/", 5) == 0)
		return ("200 OK\r\nRetry-After: 21600\r\n\r\n"
		    "{\"suggestedWindow\":{\"start\":\"2025-01-02T04:00:00Z\","
		    "\"end\":\"2025-01-03T04:00:00Z\"}}");
	return ("200 OK\r\n\r\n{}");
}

static const char *
answer_for(const char *path)
{
	const char	*a = usual(path);
	int		 i;

	for (i = 0; i < nrules; i++)
		if (strcmp(rules[i].path, path) == 0 &&
		    ++rules[i].seen >= rules[i].nth &&
		    rules[i].seen <= rules[i].last)
			a = rules[i].answer;
	return (a);
}

static int
do_ask(void *arg, const struct https_request *req, struct https_response *res,
    int ms)
{
	const char	*a, *body;
	size_t		 n, size;

	ATF_REQUIRE(arg == &conf);
	ATF_REQUIRE(ms > 0 && ms <= 60000);
	ATF_REQUIRE(req->max_body > 0 && req->max_body <= 1024 * 1024);
	ATF_REQUIRE(req->trust == STREAM_CAFILE);
	ATF_CHECK_STREQ("/ca.pem", req->trust_arg);
	ATF_REQUIRE(strncmp(req->url, U "/", sizeof(U)) == 0);
	ATF_REQUIRE_MSG(++asked < 2000, "there is no end");
	memset(res, 0, sizeof(*res));
	a = answer_for(req->url + sizeof(U) - 1);
	if (a == NULL) {
		snprintf(res->error, sizeof(res->error), "no connection");
		return (-1);
	}
	if (a[0] == '-') {
		snprintf(res->error, sizeof(res->error), "%s", a + 1);
		return (-1);
	}
	size = strlen(a) + 128;
	ATF_REQUIRE((res->text = malloc(size)) != NULL);
	n = (size_t)snprintf(res->text, size,
	    "HTTP/1.1 %.*sReplay-Nonce: n%d\r\n",
	    (int)(strstr(a, "\r\n") + 2 - a), a, ++nonces);
	ATF_REQUIRE((body = strstr(a, "\r\n\r\n")) != NULL);
	n += (size_t)snprintf(res->text + n, size - n, "%.*s\r\n",
	    (int)(body + 2 - (strstr(a, "\r\n") + 2)), strstr(a, "\r\n") + 2);
	ATF_REQUIRE_EQ_MSG((int)n, http_parse_response(&res->head, res->text,
	    n), "%s", res->text);
	res->body_len = strlen(body + 4);
	ATF_REQUIRE((res->body = malloc(res->body_len + 1)) != NULL);
	memcpy(res->body, body + 4, res->body_len + 1);
	return (0);
}

static int
do_sign(void *arg, const struct acme_wish *w, struct wr *out, char *err,
    size_t errsize)
{
	(void)arg;
	if (no_sign) {
		snprintf(err, errsize, "there is no account key");
		return (-1);
	}
	ATF_CHECK(w->nonce[0] == 'n');
	ATF_CHECK_EQ(w->what == ACMESIGN_LOOKUP || w->what == ACMESIGN_ACCOUNT,
	    w->account[0] == '\0');
	if (w->what == ACMESIGN_ACCOUNT)
		made_account++;
	snprintf(last_account, sizeof(last_account), "%s", w->account);
	if (w->what == ACMESIGN_ORDER)
		snprintf(last_replaces, sizeof(last_replaces), "%s",
		    w->replaces);
	wr_bytes(out, "jws", 3);
	return (0);
}

static int
do_token(void *arg, const char *token)
{
	(void)arg;
	if (token[0] == '\0')
		forgot++;
	else {
		ATF_CHECK_STREQ("abc", token);
		tokens++;
	}
	return (no_token ? -1 : 0);
}

static int
do_wait(void *arg, unsigned int seconds)
{
	(void)arg;
	ATF_REQUIRE(seconds > 0 && seconds <= 60);
	now += seconds;
	slept += seconds;
	return (stop_at > 0 && slept >= stop_at ? -1 : 0);
}

static int64_t
do_now(void *arg)
{
	(void)arg;
	return (now);
}

static void
do_step(void *arg, const char *text)
{
	(void)arg;
	ATF_CHECK(text[0] != '\0');
	fprintf(stderr, "%s\n", text);
}

static void
start(void)
{
	static char	 first[] = "relay.test";
	char		*names[] = { first }, err[256];
	EVP_PKEY	*key;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((key = cert_new_key()) != NULL);
	ATF_REQUIRE(cert_selfsign(key, names, 1, cert, err, sizeof(err)) > 0);
	EVP_PKEY_free(key);
	memset(&conf, 0, sizeof(conf));
	snprintf(conf.directory, sizeof(conf.directory), U "/dir");
	snprintf(conf.ca_file, sizeof(conf.ca_file), "/ca.pem");
	conf.agreed = 1;
	conf.nnames = 1;
	snprintf(conf.names[0], sizeof(conf.names[0]), "relay.test");
}

/* From here on, requests `nth' to `last' for `path' get this. */
static void
rule(const char *path, int nth, int last, const char *answer)
{
	ATF_REQUIRE(nrules < MAXRULES);
	rules[nrules].path = path;
	rules[nrules].nth = nth;
	rules[nrules].last = last;
	rules[nrules++].answer = answer;
}

/* Run a job, with the rules, which are gone then. */
static void
job(enum acme_job what, const char *pem)
{
	struct acme_ops	 ops = { do_ask, do_sign, do_token, do_wait, do_now,
			    do_step, &conf };

	now = NOW;
	slept = 0;
	asked = tokens = forgot = made_account = nonces = 0;
	acme_result_free(&r);
	acme_run(&ops, &conf, what, pem, pem == NULL ? 0 : strlen(pem), &r);
	ATF_CHECK_EQ(r.end == ACME_END_OK, r.error[0] == '\0');
	ATF_CHECK_MSG(strchr(r.error, '\n') == NULL, "%s", r.error);
	ATF_CHECK(tokens == 0 || forgot > 0);
	nrules = 0;
	memset(rules, 0, sizeof(rules));
}

/* The same for a certificate; it must end like that. */
static void
issue(enum acme_outcome end, const char *line)
{
	job(ACME_JOB_ISSUE, NULL);
	ATF_CHECK_EQ_MSG(end, r.end, "%d: %s; expected %d: %s", (int)r.end,
	    r.error, (int)end, line);
	ATF_CHECK_MSG(strstr(r.error, line) != NULL, "%s; expected %s",
	    r.error, line);
	ATF_CHECK_EQ(end == ACME_END_OK, r.chain != NULL);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	start();
	issue(ACME_END_OK, "");
	ATF_REQUIRE_EQ(strlen(cert), r.chain_len);
	ATF_CHECK_EQ(0, memcmp(cert, r.chain, r.chain_len));
	ATF_CHECK_EQ(1, tokens);
	ATF_CHECK_EQ(0, made_account);
	ATF_CHECK_EQ_MSG(0, slept, "%ld", slept);
}

ATF_TC_WITHOUT_HEAD(account);
ATF_TC_BODY(account, tc)
{
	start();
	rule("/a", 1, 1, "400 Bad\r\n\r\n{" P("accountDoesNotExist") "}");
	issue(ACME_END_OK, "");
	ATF_CHECK_EQ(1, made_account);
	rule("/a", 1, 1, "401 Bad\r\n\r\n{" P("externalAccountRequired") "}");
	issue(ACME_END_OK, "");
	ATF_CHECK_EQ(1, made_account);
	rule("/a", 1, 1, "200 OK\r\nLocation: " U "/a/7\r\n\r\n"
	    "{\"status\":\"deactivated\"}");
	issue(ACME_END_REFUSED, "the account is deactivated");
	rule("/a", 1, 1, "200 OK\r\n\r\n{\"status\":\"valid\"}");
	issue(ACME_END_UNREACHABLE, "where the account is");
	rule("/a", 1, 1, "200 OK\r\nLocation: http://ca.example/a\r\n\r\n"
	    "{\"status\":\"valid\"}");
	issue(ACME_END_UNREACHABLE, "where the account is");
	rule("/a", 1, 1, "200 OK\r\nLocation: " U "/a\r\n\r\n[]");
	issue(ACME_END_UNREACHABLE, "the account is not a JSON object");
	rule("/a", 1, 1, "403 Bad\r\n\r\n{" P("unauthorized")
	    ",\"detail\":\"go away\"}");
	issue(ACME_END_REFUSED, "refuses the account: unauthorized (go away)");
	rule("/a", 1, 1, "403 Bad\r\n\r\n{" P("userActionRequired")
	    ",\"detail\":\"new terms\"}");
	issue(ACME_END_REFUSED, "do something first (new terms)");
}

ATF_TC_WITHOUT_HEAD(wants);
ATF_TC_BODY(wants, tc)
{
	start();
	conf.agreed = 0;
	issue(ACME_END_OK, "");	/* the account is there */
	rule("/a", 1, 1, "400 Bad\r\n\r\n{" P("accountDoesNotExist") "}");
	issue(ACME_END_REFUSED, "terms of service (" U "/t)");
	ATF_CHECK_EQ(0, made_account);
	conf.agreed = 1;
	snprintf(conf.profile, sizeof(conf.profile), "c");
	issue(ACME_END_REFUSED, "no profile c; it has a, b");
	snprintf(conf.profile, sizeof(conf.profile), "b");
	issue(ACME_END_OK, "");
	rule("/dir", 1, 1, "200 OK\r\n\r\n{\"newNonce\":\"" U "/n\","
	    "\"newAccount\":\"" U "/a\",\"newOrder\":\"" U "/o\",\"meta\":"
	    "{\"externalAccountRequired\":true}}");
	rule("/a", 1, 1, "400 Bad\r\n\r\n{" P("accountDoesNotExist") "}");
	snprintf(conf.profile, sizeof(conf.profile), "%s", "");
	issue(ACME_END_REFUSED, "wants an account binding");
}

ATF_TC_WITHOUT_HEAD(nonces_refused);
ATF_TC_BODY(nonces_refused, tc)
{
	static const char	 bad[] = "400 Bad\r\n\r\n{" P("badNonce") "}";

	start();
	rule("/o", 1, 15, bad);
	issue(ACME_END_OK, "");
	ATF_CHECK_EQ(0, slept);
	rule("/o", 1, 1000, bad);
	issue(ACME_END_UNREACHABLE, "none of the nonces");
	ATF_CHECK_MSG(asked < 60, "%d", asked);
	rule("/n", 1, 1000, "200 OK\r\nReplay-Nonce: \xff\r\n\r\n");
	issue(ACME_END_OK, "");	/* there is the one of each answer */
}

ATF_TC_WITHOUT_HEAD(tried_again);
ATF_TC_BODY(tried_again, tc)
{
	start();
	rule("/dir", 1, 2, NULL);
	issue(ACME_END_OK, "");
	ATF_CHECK(slept > 0 && slept < 60);
	rule("/dir", 1, 1000, NULL);
	issue(ACME_END_UNREACHABLE, "its directory: no connection");
	ATF_CHECK_EQ(3, asked);
	rule("/o", 1, 2, "500 Oops\r\nRetry-After: 7\r\n\r\n<html>");
	issue(ACME_END_OK, "");
	ATF_CHECK_EQ(14, slept);
	rule("/o", 1, 1000, "503 Oops\r\n\r\n");
	issue(ACME_END_UNREACHABLE, "a failure of its own");
	/* One that wants a longer rest gets it from who comes back. */
	rule("/o", 1, 1000, "503 Oops\r\nRetry-After: 3600\r\n\r\n{"
	    P("serverInternal") ",\"detail\":\"upgrade\"}");
	issue(ACME_END_UNREACHABLE, "failure of its own (upgrade)");
	ATF_CHECK_EQ(0, slept);
	ATF_CHECK_EQ(NOW + 3600, r.not_before);
	rule("/n", 1, 1000, "503 Oops\r\n\r\n");
	rule("/a", 1, 1000, NULL);
	issue(ACME_END_UNREACHABLE, "the account: no connection");
}

ATF_TC_WITHOUT_HEAD(rate_limited);
ATF_TC_BODY(rate_limited, tc)
{
	start();
	rule("/o", 1, 1000, "429 Slow\r\nRetry-After: 900\r\n\r\n{"
	    P("rateLimited") ",\"detail\":\"too many\"}");
	issue(ACME_END_RATE, "asked too often (too many)");
	ATF_CHECK_EQ(NOW + 900, r.not_before);
	ATF_CHECK_EQ(0, slept);
	rule("/o", 1, 1000, "429 Slow\r\nRetry-After: Thu, 09 Oct 2025 "
	    "10:53:20 GMT\r\n\r\n{" P("rateLimited") "}");
	issue(ACME_END_RATE, "asked too often");
	ATF_CHECK_EQ_MSG(1760007200, r.not_before, "%lld",
	    (long long)r.not_before);
	rule("/o", 1, 1000, "429 Slow\r\nRetry-After: 99999999999999999999"
	    "\r\n\r\n");
	issue(ACME_END_RATE, "asked too often");
	ATF_CHECK_EQ(NOW + 30 * 86400, r.not_before);
	rule("/o", 1, 1000, "429 Slow\r\nRetry-After: soon\r\n\r\n");
	issue(ACME_END_RATE, "asked too often");
	ATF_CHECK_EQ(0, r.not_before);
}

ATF_TC_WITHOUT_HEAD(redirects);
ATF_TC_BODY(redirects, tc)
{
	start();
	snprintf(conf.directory, sizeof(conf.directory), U "/old");
	rule("/old", 1, 1, "301 Moved\r\nLocation: " U "/dir\r\n\r\n");
	issue(ACME_END_OK, "");
	rule("/old", 1, 1, "302 Moved\r\nLocation: http://ca.example/dir\r\n"
	    "\r\n");
	issue(ACME_END_UNREACHABLE, "not an https URL");
	rule("/old", 1, 1, "302 Moved\r\n\r\n");
	issue(ACME_END_UNREACHABLE, "not an https URL");
	rule("/old", 1, 1000, "302 Moved\r\nLocation: " U "/old\r\n\r\n");
	issue(ACME_END_REFUSED, "its directory: HTTP status 302");
	ATF_CHECK(asked < 6);
	/* What is signed is signed for one URL. */
	snprintf(conf.directory, sizeof(conf.directory), U "/dir");
	rule("/o", 1, 1000, "307 Moved\r\nLocation: " U "/o2\r\n\r\n");
	issue(ACME_END_REFUSED, "HTTP status 307");
}

/* What is relative is resolved against the URL that was asked for. */
ATF_TC_WITHOUT_HEAD(relative);
ATF_TC_BODY(relative, tc)
{
	start();
	snprintf(conf.directory, sizeof(conf.directory), U "/v2/old");
	rule("/v2/old", 1, 1, "302 Moved\r\nLocation: x/new?\r\n\r\n");
	rule("/v2/x/new?", 1, 1, "302 Moved\r\nLocation: d\r\n\r\n");
	rule("/v2/x/d", 1, 1, "302 Moved\r\nLocation: /dir\r\n\r\n");
	rule("/a", 1, 1, "200 OK\r\nLocation: a/7\r\n\r\n"
	    "{\"status\":\"valid\"}");
	rule("/o", 1, 1, RELATIVE);
	rule("/o/1", 1, 1, "404 No\r\n\r\n");
	rule("/orders/1", 1, 1, ORDER(200, "ready", ""));
	issue(ACME_END_OK, "");
	ATF_CHECK_STREQ(U "/a/7", last_account);
}

ATF_TC_WITHOUT_HEAD(clock_wrong);
ATF_TC_BODY(clock_wrong, tc)
{
	start();
	rule("/dir", 1, 1, "200 OK\r\nDate: Thu, 09 Oct 2025 10:53:21 GMT"
	    "\r\n\r\n{}");
	issue(ACME_END_CLOCK, "says 2025-10-09 08:53 UTC, the directory's"
	    " says 2025-10-09 10:53 UTC");
	rule("/dir", 1, 9, "-certificate verification failed: certificate is"
	    " not yet valid");
	issue(ACME_END_CLOCK, "clock of this machine is wrong: it says"
	    " 2025-10-09 08:53 UTC");
}

ATF_TC_WITHOUT_HEAD(bad_directories);
ATF_TC_BODY(bad_directories, tc)
{
	start();
	rule("/dir", 1, 1, "200 OK\r\n\r\n<html>");
	issue(ACME_END_UNREACHABLE, "this is no ACME directory");
	rule("/dir", 1, 1, "404 No\r\n\r\n<html>");
	issue(ACME_END_REFUSED, "HTTP status 404");
	rule("/o", 1, 1, "201 OK\r\n\r\n{}");
	issue(ACME_END_UNREACHABLE, "where the order is");
	rule("/o", 1, 1, "201 OK\r\nLocation: " U "/o/1\r\n\r\n{}");
	issue(ACME_END_UNREACHABLE, "the order has no usable");
	rule("/o", 1, 1, "201 OK\r\nLocation: " U "/o/1\r\n\r\n{\"status\":"
	    "\"pending\",\"identifiers\":[{\"type\":\"dns\",\"value\":"
	    "\"other.test\"}],\"authorizations\":[\"" U "/z/1\"],"
	    "\"finalize\":\"" U "/f\"}");
	issue(ACME_END_UNREACHABLE, "other names");
	rule("/z/1", 1, 1, "200 OK\r\n\r\n{\"status\":\"pending\","
	    "\"identifier\":{\"type\":\"dns\",\"value\":\"other.test\"},"
	    "\"challenges\":[]}");
	issue(ACME_END_UNREACHABLE, "another name");
	rule("/z/1", 1, 1, "200 OK\r\n\r\n{\"status\":\"pending\","
	    "\"identifier\":{\"type\":\"dns\",\"value\":\"relay.test\"},"
	    "\"challenges\":[{\"type\":\"dns-01\"}]}");
	issue(ACME_END_REFUSED, "relay.test: the directory does not validate"
	    " it by HTTP-01");
	rule("/cert", 1, 1, "200 OK\r\n\r\nhello");
	issue(ACME_END_UNREACHABLE, "of no use");
	rule("/o/1", 1, 1, ORDER(200, "expired", ""));
	issue(ACME_END_REFUSED, "the order is expired, expected ready");
	/* A certificate for somebody else. */
	snprintf(conf.names[0], sizeof(conf.names[0]), "relay.test");
	conf.nnames = 2;
	snprintf(conf.names[1], sizeof(conf.names[1]), "b.test");
#define TWO "\"identifiers\":[{\"type\":\"dns\",\"value\":\"relay.test\"},"   \
	"{\"type\":\"dns\",\"value\":\"b.test\"}],\"authorizations\":[],"    \
	"\"finalize\":\"" U "/f\",\"certificate\":\"" U "/cert\"}"
	rule("/o", 1, 1, "201 OK\r\nLocation: " U "/o/1\r\n\r\n{\"status\":"
	    "\"valid\"," TWO);
	issue(ACME_END_UNREACHABLE, "not for b.test");
}

ATF_TC_WITHOUT_HEAD(validation_fails);
ATF_TC_BODY(validation_fails, tc)
{
	start();
	rule("/z/1", 2, 2, AUTHZ("invalid", "invalid", ",\"error\":{"
	    P("connection") ",\"detail\":\"refused\"}"));
	issue(ACME_END_PORT80, "relay.test: the directory can't connect to its"
	    " port 80 (refused)");
	ATF_CHECK_EQ(1, forgot);
	rule("/z/1", 2, 2, AUTHZ("invalid", "invalid", ",\"error\":{"
	    P("dns") "}"));
	issue(ACME_END_DNS, "relay.test: the directory finds no address");
	rule("/z/1", 2, 2, AUTHZ("invalid", "invalid", ",\"error\":{"
	    P("caa") ",\"detail\":\"issue \\\"x\\\"\"}"));
	issue(ACME_END_REFUSED, "relay.test: its CAA record in DNS does not"
	    " allow this directory (issue \"x\")");
	rule("/z/1", 2, 2, AUTHZ("invalid", "invalid", ",\"error\":{"
	    P("unauthorized") "}"));
	issue(ACME_END_DNS, "relay.test: something else than this server");
	rule("/z/1", 2, 2, AUTHZ("deactivated", "invalid", ""));
	issue(ACME_END_REFUSED, "authorization is deactivated");
	rule("/o/1", 1, 1, ORDER(200, "invalid", ",\"error\":{"
	    P("rejectedIdentifier") ",\"detail\":\"no\",\"subproblems\":[{"
	    P("caa") ",\"identifier\":{\"type\":\"dns\",\"value\":"
	    "\"a.test\"}},{}]}"));
	issue(ACME_END_REFUSED, "a.test: its CAA record in DNS does not allow"
	    " this directory (and 1 more)");
}

ATF_TC_WITHOUT_HEAD(waits_have_bounds);
ATF_TC_BODY(waits_have_bounds, tc)
{
	start();
	rule("/z/1", 2, 1000, AUTHZ("pending", "processing", ""));
	issue(ACME_END_UNREACHABLE, "relay.test: the directory did not"
	    " validate it within 10 minutes");
	ATF_CHECK(slept <= 600 && asked < 100);
	rule("/o/1", 1, 1000, ORDER(200, "processing", ""));
	issue(ACME_END_UNREACHABLE, "kept the order processing");
	ATF_CHECK(slept <= 600 && asked < 100);
	/* Bounds on what Retry-After may ask for, at either end. */
	rule("/z/1", 2, 2, "200 OK\r\nRetry-After: 0\r\n\r\n{\"status\":"
	    "\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":"
	    "\"relay.test\"},\"challenges\":[]}");
	rule("/z/1", 3, 3, "200 OK\r\nRetry-After: 100000\r\n\r\n{\"status\":"
	    "\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":"
	    "\"relay.test\"},\"challenges\":[]}");
	issue(ACME_END_OK, "");
	ATF_CHECK_EQ_MSG(61, slept, "%ld", slept);
	stop_at = 10;
	rule("/z/1", 2, 1000, AUTHZ("pending", "processing", ""));
	issue(ACME_END_STOPPED, "told to end");
	ATF_CHECK(slept < 30);
	stop_at = 0;
}

ATF_TC_WITHOUT_HEAD(finalized_before);
ATF_TC_BODY(finalized_before, tc)
{
	start();
	rule("/f", 1, 1, "403 No\r\n\r\n{" P("orderNotReady") "}");
	rule("/o/1", 2, 2, ORDER(200, "valid", ",\"certificate\":\"" U
	    "/cert\""));
	issue(ACME_END_OK, "");
	rule("/f", 1, 1, "403 No\r\n\r\n{" P("badCSR") ",\"detail\":\"x\"}");
	issue(ACME_END_REFUSED, "does not take the certificate request (x)");
	rule("/f", 1, 1, ORDER(200, "processing", ""));
	rule("/o/1", 2, 3, ORDER(200, "processing", ""));
	rule("/o/1", 4, 4, ORDER(200, "valid", ",\"certificate\":\"" U
	    "/cert\""));
	issue(ACME_END_OK, "");
	ATF_CHECK(slept > 0);
}

ATF_TC_WITHOUT_HEAD(own_side);
ATF_TC_BODY(own_side, tc)
{
	start();
	no_sign = 1;
	issue(ACME_END_INTERNAL, "keys does not sign: there is no account");
	no_sign = 0;
	no_token = 1;
	issue(ACME_END_INTERNAL, "the relay does not answer");
	no_token = 0;
	job((enum acme_job)99, NULL);
	ATF_CHECK_EQ(ACME_END_INTERNAL, r.end);
}

ATF_TC_WITHOUT_HEAD(chains);
ATF_TC_BODY(chains, tc)
{
	static char	 first[CERT_PEMSIZE + 256], second[CERT_PEMSIZE + 64];
	char		 old[CERT_PEMSIZE], other[] = "other.example";
	char		 mine[] = "relay.test", *names[] = { other, mine };
	char		 err[256];
	EVP_PKEY	*key;

	start();
	snprintf(old, sizeof(old), "%s", cert);
	ATF_REQUIRE((key = cert_new_key()) != NULL);
	ATF_REQUIRE(cert_selfsign(key, names, 2, cert, err, sizeof(err)) > 0);
	EVP_PKEY_free(key);
	snprintf(second, sizeof(second), "200 OK\r\n\r\n%s", cert);
	snprintf(cert, sizeof(cert), "%s", old);
	snprintf(first, sizeof(first), "200 OK\r\nLink: <" U "/dir>;rel=index"
	    "\r\nLink: <" U "/alt1>;rel=\"alternate\", <alt2>; "
	    "rel=alternate\r\n\r\n%s", cert);
	rule("/cert", 1, 1, first);
	rule("/alt1", 1, 1, "404 No\r\n\r\n");
	rule("/alt2", 1, 1, second);
	snprintf(conf.issuer, sizeof(conf.issuer), "other.example");
	issue(ACME_END_OK, "");
	ATF_CHECK_MSG(r.chain != NULL && strcmp(r.chain, second + 10) == 0,
	    "not the chain that was wanted");
	/* Without such a one the first is taken. */
	rule("/cert", 1, 1, first);
	rule("/alt1", 1, 1, second);
	rule("/alt2", 1, 1, second);
	snprintf(conf.issuer, sizeof(conf.issuer), "third.example");
	issue(ACME_END_OK, "");
	ATF_CHECK_STREQ(cert, r.chain);
}

ATF_TC_WITHOUT_HEAD(other_jobs);
ATF_TC_BODY(other_jobs, tc)
{
	start();
	job(ACME_JOB_REVOKE, NULL);
	ATF_CHECK_EQ(ACME_END_OK, r.end);
	rule("/r", 1, 1, "400 No\r\n\r\n{" P("alreadyRevoked") "}");
	job(ACME_JOB_REVOKE, NULL);
	ATF_CHECK_EQ(ACME_END_OK, r.end);
	rule("/r", 1, 1, "403 No\r\n\r\n{" P("unauthorized") "}");
	job(ACME_JOB_REVOKE, NULL);
	ATF_CHECK_EQ(ACME_END_REFUSED, r.end);
	job(ACME_JOB_ROLL, NULL);
	ATF_CHECK_EQ(ACME_END_OK, r.end);
	rule("/a", 1, 1, "400 No\r\n\r\n{" P("accountDoesNotExist") "}");
	rule("/k", 1, 1, "500 No\r\n\r\n");
	job(ACME_JOB_ROLL, NULL);
	ATF_CHECK_EQ(ACME_END_OK, r.end);
	ATF_CHECK_EQ(0, made_account);
	rule("/k", 1, 1, "409 No\r\n\r\n{\"detail\":\"in use\"}");
	job(ACME_JOB_ROLL, NULL);
	ATF_CHECK_EQ(ACME_END_REFUSED, r.end);
	ATF_CHECK_MSG(strstr(r.error, "in use") != NULL, "%s", r.error);
	job(ACME_JOB_CONTACT, NULL);
	ATF_CHECK_EQ(ACME_END_OK, r.end);
	rule("/dir", 1, 1, "200 OK\r\n\r\n{\"newNonce\":\"" U "/n\","
	    "\"newAccount\":\"" U "/a\",\"newOrder\":\"" U "/o\"}");
	job(ACME_JOB_ROLL, NULL);
	ATF_CHECK_MSG(strstr(r.error, "does not offer") != NULL, "%s",
	    r.error);
}

/* A certificate that names its authority's key; made with openssl(1). */
#define NAMED_ID	"yMHR6-8SGn6n5oaI4NJGmn6JsRs.AIdlQyEA"
static const char named[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBeTCCASCgAwIBAgIGAIdlQyEAMAoGCCqGSM49BAMCMBkxFzAVBgNVBAMMDnRl\n"
    "c3QgYXV0aG9yaXR5MCAXDTI2MTEyMzE0NTY1NloYDzIwNTQwNDEwMTQ1NjU2WjAM\n"
    "MQowCAYDVQQDDAF4MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEEqzi7RV3Jfl\n"
    "LB45OF0BbsK+OxaJ0fbSZMEiLAvMktyKmBvr3xAWf96BRC366vfdZm1yNcfSOYqz\n"
    "aWAMQVrTMqNfMF0wGwYDVR0RBBQwEoIKcmVsYXkudGVzdIcEwAACATAfBgNVHSME\n"
    "GDAWgBTIwdHr7xIafqfmhojg0kaafomxGzAdBgNVHQ4EFgQUddo/t7GHJ/latRnf\n"
    "7lgDWRurvcgwCgYIKoZIzj0EAwIDRwAwRAIgFGGZB37/zBc2b5c8puy52KM/4rcL\n"
    "E/rihtlxJm4blcECICHabZ8egeAVf7AEaRdpnsX3htgs5E1yBqv4eegPO6U+\n"
    "-----END CERTIFICATE-----\n";

ATF_TC_WITHOUT_HEAD(renewal);
ATF_TC_BODY(renewal, tc)
{
	start();
	job(ACME_JOB_ARI, named);
	ATF_REQUIRE_EQ_MSG(ACME_END_OK, r.end, "%s", r.error);
	ATF_CHECK_EQ(1735790400, r.ari.start);
	ATF_CHECK_EQ(NOW + 21600, r.not_before);
	rule("/dir", 1, 1, "200 OK\r\n\r\n{\"newNonce\":\"" U "/n\","
	    "\"newAccount\":\"" U "/a\",\"newOrder\":\"" U "/o\"}");
	job(ACME_JOB_ARI, named);
	ATF_CHECK_EQ(ACME_END_OK, r.end);
	ATF_CHECK_EQ(0, r.ari.start);
	rule("/ari/" NAMED_ID, 1, 1, "200 OK\r\n\r\n{}");
	job(ACME_JOB_ARI, named);
	ATF_CHECK_EQ(ACME_END_UNREACHABLE, r.end);
	rule("/ari/" NAMED_ID, 1, 1, "404 No\r\n\r\n{}");
	job(ACME_JOB_ARI, named);
	ATF_CHECK_EQ(ACME_END_REFUSED, r.end);
	job(ACME_JOB_ARI, cert);
	ATF_CHECK_EQ(ACME_END_INTERNAL, r.end);
	/* What is renewed is named, unless the directory does not like it. */
	job(ACME_JOB_ISSUE, named);
	ATF_CHECK_EQ(ACME_END_OK, r.end);
	ATF_CHECK_STREQ(NAMED_ID, last_replaces);
	rule("/o", 1, 1, "409 No\r\n\r\n{" P("alreadyReplaced") "}");
	job(ACME_JOB_ISSUE, named);
	ATF_CHECK_EQ(ACME_END_OK, r.end);
	ATF_CHECK_STREQ("", last_replaces);
	rule("/o", 1, 1, "429 No\r\n\r\n{" P("rateLimited") "}");
	job(ACME_JOB_ISSUE, named);
	ATF_CHECK_EQ(ACME_END_RATE, r.end);
	/* Any certificate can be renewed. */
	job(ACME_JOB_ISSUE, "hello");
	ATF_CHECK_EQ(ACME_END_OK, r.end);
	ATF_CHECK_STREQ("", last_replaces);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, account);
	ATF_TP_ADD_TC(tp, wants);
	ATF_TP_ADD_TC(tp, nonces_refused);
	ATF_TP_ADD_TC(tp, tried_again);
	ATF_TP_ADD_TC(tp, rate_limited);
	ATF_TP_ADD_TC(tp, redirects);
	ATF_TP_ADD_TC(tp, relative);
	ATF_TP_ADD_TC(tp, clock_wrong);
	ATF_TP_ADD_TC(tp, bad_directories);
	ATF_TP_ADD_TC(tp, validation_fails);
	ATF_TP_ADD_TC(tp, waits_have_bounds);
	ATF_TP_ADD_TC(tp, finalized_before);
	ATF_TP_ADD_TC(tp, own_side);
	ATF_TP_ADD_TC(tp, chains);
	ATF_TP_ADD_TC(tp, other_jobs);
	ATF_TP_ADD_TC(tp, renewal);
	return atf_no_error();
}
