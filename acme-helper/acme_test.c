/*
 * acme_test: jobs with the table-driven directory of fakedir.c.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "fakedir.h"

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	start();
	issue(ACMEEND_OK, "");
	ATF_REQUIRE_EQ(strlen(fake.cert), fake.r.chain_len);
	ATF_CHECK_EQ(0, memcmp(fake.cert, fake.r.chain, fake.r.chain_len));
	ATF_CHECK_EQ(1, fake.tokens);
	ATF_CHECK_EQ(0, fake.made_account);
	ATF_CHECK_EQ_MSG(0, fake.slept, "%ld", fake.slept);
}

ATF_TC_WITHOUT_HEAD(account);
ATF_TC_BODY(account, tc)
{
	start();
	rule("/a", 1, 1, "400 Bad\r\n\r\n{" P("accountDoesNotExist") "}");
	issue(ACMEEND_OK, "");
	ATF_CHECK_EQ(1, fake.made_account);
	rule("/a", 1, 1, "401 Bad\r\n\r\n{" P("externalAccountRequired") "}");
	issue(ACMEEND_OK, "");
	ATF_CHECK_EQ(1, fake.made_account);
	rule("/a", 1, 1, "200 OK\r\nLocation: " U "/a/7\r\n\r\n"
	    "{\"status\":\"deactivated\"}");
	issue(ACMEEND_ACCOUNT, "the account is deactivated");
	rule("/a", 1, 1, "200 OK\r\n\r\n{\"status\":\"valid\"}");
	issue(ACMEEND_UNREACHABLE, "where the account is");
	rule("/a", 1, 1, "200 OK\r\nLocation: http://ca.example/a\r\n\r\n"
	    "{\"status\":\"valid\"}");
	issue(ACMEEND_UNREACHABLE, "where the account is");
	rule("/a", 1, 1, "200 OK\r\nLocation: " U "/a\r\n\r\n[]");
	issue(ACMEEND_UNREACHABLE, "the account is not a JSON object");
}

ATF_TC_WITHOUT_HEAD(wants);
ATF_TC_BODY(wants, tc)
{
	start();
	fake.conf.agreed = 0;
	issue(ACMEEND_OK, "");	/* an existing account needs no terms */
	rule("/a", 1, 1, "400 Bad\r\n\r\n{" P("accountDoesNotExist") "}");
	issue(ACMEEND_REFUSED, "terms of service (" U "/t)");
	ATF_CHECK_EQ(0, fake.made_account);
	fake.conf.agreed = 1;
	snprintf(fake.conf.profile, sizeof(fake.conf.profile), "c");
	issue(ACMEEND_REFUSED, "no profile c; it has a, b");
	snprintf(fake.conf.profile, sizeof(fake.conf.profile), "b");
	issue(ACMEEND_OK, "");
	rule("/dir", 1, 1, "200 OK\r\n\r\n{\"newNonce\":\"" U "/n\","
	    "\"newAccount\":\"" U "/a\",\"newOrder\":\"" U "/o\",\"meta\":"
	    "{\"externalAccountRequired\":true}}");
	rule("/a", 1, 1, "400 Bad\r\n\r\n{" P("accountDoesNotExist") "}");
	snprintf(fake.conf.profile, sizeof(fake.conf.profile), "%s", "");
	issue(ACMEEND_REFUSED, "requires an account binding");
}

ATF_TC_WITHOUT_HEAD(nonces_refused);
ATF_TC_BODY(nonces_refused, tc)
{
	static const char	 bad[] = "400 Bad\r\n\r\n{" P("badNonce") "}";

	start();
	rule("/o", 1, 15, bad);
	issue(ACMEEND_OK, "");
	ATF_CHECK_EQ(0, fake.slept);
	rule("/o", 1, 1000, bad);
	issue(ACMEEND_UNREACHABLE, "its own nonces");
	ATF_CHECK_MSG(fake.requests < 60, "%d", fake.requests);
	rule("/n", 1, 1000, "200 OK\r\nReplay-Nonce: \xff\r\n\r\n");
	issue(ACMEEND_OK, "");	/* each answer has a nonce */
}

ATF_TC_WITHOUT_HEAD(tried_again);
ATF_TC_BODY(tried_again, tc)
{
	start();
	rule("/dir", 1, 2, NULL);
	issue(ACMEEND_OK, "");
	ATF_CHECK(fake.slept > 0 && fake.slept < 60);
	rule("/dir", 1, 1000, NULL);
	issue(ACMEEND_UNREACHABLE, "its directory: no connection");
	ATF_CHECK_EQ(3, fake.requests);
	rule("/o", 1, 2, "500 Oops\r\nRetry-After: 7\r\n\r\n<html>");
	issue(ACMEEND_OK, "");
	ATF_CHECK_EQ(14, fake.slept);
	rule("/o", 1, 1000, "503 Oops\r\n\r\n");
	issue(ACMEEND_UNREACHABLE, "an internal error");
	/* The parent waits for longer delays. */
	rule("/o", 1, 1000, "503 Oops\r\nRetry-After: 3600\r\n\r\n{"
	    P("serverInternal") ",\"detail\":\"upgrade\"}");
	issue(ACMEEND_UNREACHABLE, "internal error (upgrade)");
	ATF_CHECK_EQ(0, fake.slept);
	ATF_CHECK_EQ(NOW + 3600, fake.r.not_before);
	rule("/n", 1, 1000, "503 Oops\r\n\r\n");
	rule("/a", 1, 1000, NULL);
	issue(ACMEEND_UNREACHABLE, "the account: no connection");
}

ATF_TC_WITHOUT_HEAD(rate_limited);
ATF_TC_BODY(rate_limited, tc)
{
	start();
	rule("/o", 1, 1000, "429 Slow\r\nRetry-After: 900\r\n\r\n{"
	    P("rateLimited") ",\"detail\":\"too many\"}");
	issue(ACMEEND_RATE, "rate limit is exceeded (too many)");
	ATF_CHECK_EQ(NOW + 900, fake.r.not_before);
	ATF_CHECK_EQ(0, fake.slept);
	rule("/o", 1, 1000, "429 Slow\r\nRetry-After: Thu, 09 Oct 2025 "
	    "10:53:20 GMT\r\n\r\n{" P("rateLimited") "}");
	issue(ACMEEND_RATE, "rate limit is exceeded");
	ATF_CHECK_EQ_MSG(1760007200, fake.r.not_before, "%lld",
	    (long long)fake.r.not_before);
	rule("/o", 1, 1000, "429 Slow\r\nRetry-After: 99999999999999999999"
	    "\r\n\r\n");
	issue(ACMEEND_RATE, "rate limit is exceeded");
	ATF_CHECK_EQ(NOW + 30 * 86400, fake.r.not_before);
	rule("/o", 1, 1000, "429 Slow\r\nRetry-After: soon\r\n\r\n");
	issue(ACMEEND_RATE, "rate limit is exceeded");
	ATF_CHECK_EQ(0, fake.r.not_before);
}

ATF_TC_WITHOUT_HEAD(redirects);
ATF_TC_BODY(redirects, tc)
{
	start();
	snprintf(fake.conf.directory, sizeof(fake.conf.directory), U "/old");
	rule("/old", 1, 1, "301 Moved\r\nLocation: " U "/dir\r\n\r\n");
	issue(ACMEEND_OK, "");
	rule("/old", 1, 1, "302 Moved\r\nLocation: http://ca.example/dir\r\n"
	    "\r\n");
	issue(ACMEEND_UNREACHABLE, "not an https URL");
	rule("/old", 1, 1, "302 Moved\r\n\r\n");
	issue(ACMEEND_UNREACHABLE, "not an https URL");
	rule("/old", 1, 1000, "302 Moved\r\nLocation: " U "/old\r\n\r\n");
	issue(ACMEEND_REFUSED, "its directory: HTTP status 302");
	ATF_CHECK(fake.requests < 6);
	/* Redirects are not followed for signed requests. */
	snprintf(fake.conf.directory, sizeof(fake.conf.directory), U "/dir");
	rule("/o", 1, 1000, "307 Moved\r\nLocation: " U "/o2\r\n\r\n");
	issue(ACMEEND_REFUSED, "HTTP status 307");
}

/* Relative references are resolved against the request's URL. */
ATF_TC_WITHOUT_HEAD(relative);
ATF_TC_BODY(relative, tc)
{
	start();
	snprintf(fake.conf.directory, sizeof(fake.conf.directory), U "/v2/old");
	rule("/v2/old", 1, 1, "302 Moved\r\nLocation: x/new?\r\n\r\n");
	rule("/v2/x/new?", 1, 1, "302 Moved\r\nLocation: d\r\n\r\n");
	rule("/v2/x/d", 1, 1, "302 Moved\r\nLocation: /dir\r\n\r\n");
	rule("/a", 1, 1, "200 OK\r\nLocation: a/7\r\n\r\n"
	    "{\"status\":\"valid\"}");
	rule("/o", 1, 1, RELATIVE);
	rule("/o/1", 1, 1, "404 No\r\n\r\n");
	rule("/orders/1", 1, 1, ORDER(200, "ready", ""));
	issue(ACMEEND_OK, "");
	ATF_CHECK_STREQ(U "/a/7", fake.last_account);
}

ATF_TC_WITHOUT_HEAD(clock_wrong);
ATF_TC_BODY(clock_wrong, tc)
{
	start();
	rule("/dir", 1, 1, "200 OK\r\nDate: Thu, 09 Oct 2025 10:53:21 GMT"
	    "\r\n\r\n{}");
	issue(ACMEEND_CLOCK, "says 2025-10-09 08:53 UTC, the directory's"
	    " says 2025-10-09 10:53 UTC");
	/* The answer comes from a cache. */
	rule("/dir", 1, 1, "200 OK\r\nDate: Thu, 09 Oct 2025 04:53:21 GMT"
	    "\r\nAge: 14398\r\n\r\n{}");
	issue(ACMEEND_UNREACHABLE, "this is no ACME directory");
	rule("/dir", 1, 1, "200 OK\r\nDate: Thu, 09 Oct 2025 04:53:21 GMT"
	    "\r\nAge: 4x\r\n\r\n{}");
	issue(ACMEEND_CLOCK, "directory's says 2025-10-09 04:53 UTC");
	rule("/dir", 1, 9, "-certificate verification failed: certificate is"
	    " not yet valid");
	issue(ACMEEND_CLOCK, "clock of this machine is wrong: it says"
	    " 2025-10-09 08:53 UTC");
}

ATF_TC_WITHOUT_HEAD(bad_directories);
ATF_TC_BODY(bad_directories, tc)
{
	start();
	rule("/dir", 1, 1, "200 OK\r\n\r\n<html>");
	issue(ACMEEND_UNREACHABLE, "this is no ACME directory");
	rule("/dir", 1, 1, "404 No\r\n\r\n<html>");
	issue(ACMEEND_REFUSED, "HTTP status 404");
	rule("/o", 1, 1, "201 OK\r\n\r\n{}");
	issue(ACMEEND_UNREACHABLE, "where the order is");
	rule("/o", 1, 1, "201 OK\r\nLocation: " U "/o/1\r\n\r\n{}");
	issue(ACMEEND_UNREACHABLE, "the order has no usable");
	rule("/o", 1, 1, "201 OK\r\nLocation: " U "/o/1\r\n\r\n{\"status\":"
	    "\"pending\",\"identifiers\":[{\"type\":\"dns\",\"value\":"
	    "\"other.test\"}],\"authorizations\":[\"" U "/z/1\"],"
	    "\"finalize\":\"" U "/f\"}");
	issue(ACMEEND_UNREACHABLE, "other names");
	rule("/z/1", 1, 1, "200 OK\r\n\r\n{\"status\":\"pending\","
	    "\"identifier\":{\"type\":\"dns\",\"value\":\"other.test\"},"
	    "\"challenges\":[]}");
	issue(ACMEEND_UNREACHABLE, "another name");
	rule("/z/1", 1, 1, "200 OK\r\n\r\n{\"status\":\"pending\","
	    "\"identifier\":{\"type\":\"dns\",\"value\":\"relay.test\"},"
	    "\"challenges\":[{\"type\":\"dns-01\"}]}");
	issue(ACMEEND_PORT, "relay.test: the directory does not validate"
	    " it by HTTP-01");
	rule("/cert", 1, 1, "200 OK\r\n\r\nhello");
	issue(ACMEEND_UNREACHABLE, "can't be used");
	rule("/o/1", 1, 1, ORDER(200, "expired", ""));
	issue(ACMEEND_REFUSED, "the order is expired, expected ready");
	/* A certificate for another name. */
	snprintf(fake.conf.names[0], sizeof(fake.conf.names[0]), "relay.test");
	fake.conf.nnames = 2;
	snprintf(fake.conf.names[1], sizeof(fake.conf.names[1]), "b.test");
#define TWO "\"identifiers\":[{\"type\":\"dns\",\"value\":\"relay.test\"},"   \
	"{\"type\":\"dns\",\"value\":\"b.test\"}],\"authorizations\":[],"    \
	"\"finalize\":\"" U "/f\",\"certificate\":\"" U "/cert\"}"
	rule("/o", 1, 1, "201 OK\r\nLocation: " U "/o/1\r\n\r\n{\"status\":"
	    "\"valid\"," TWO);
	issue(ACMEEND_UNREACHABLE, "not for b.test");
}

ATF_TC_WITHOUT_HEAD(validation_fails);
ATF_TC_BODY(validation_fails, tc)
{
	start();
	rule("/z/1", 2, 2, AUTHZ("invalid", "invalid", ",\"error\":{"
	    P("connection") ",\"detail\":\"refused\"}"));
	issue(ACMEEND_PORT, "relay.test: the directory can't connect to its"
	    " port 80 (refused)");
	ATF_CHECK_EQ(1, fake.forgot);
	rule("/z/1", 2, 2, AUTHZ("invalid", "invalid", ",\"error\":{"
	    P("dns") "}"));
	issue(ACMEEND_DNS, "relay.test: the directory finds no address");
	rule("/z/1", 2, 2, AUTHZ("invalid", "invalid", ",\"error\":{"
	    P("caa") ",\"detail\":\"issue \\\"x\\\"\"}"));
	issue(ACMEEND_REFUSED, "relay.test: its CAA record in DNS does not"
	    " allow this directory (issue \"x\")");
	rule("/z/1", 2, 2, AUTHZ("invalid", "invalid", ",\"error\":{"
	    P("unauthorized") "}"));
	issue(ACMEEND_DNS, "relay.test: another server answers");
	rule("/z/1", 2, 2, AUTHZ("deactivated", "invalid", ""));
	issue(ACMEEND_REFUSED, "authorization is deactivated");
	rule("/o/1", 1, 1, ORDER(200, "invalid", ",\"error\":{"
	    P("rejectedIdentifier") ",\"detail\":\"no\",\"subproblems\":[{"
	    P("caa") ",\"identifier\":{\"type\":\"dns\",\"value\":"
	    "\"a.test\"}},{}]}"));
	issue(ACMEEND_REFUSED, "a.test: its CAA record in DNS does not allow"
	    " this directory (and 1 more)");
}

/* An order with many authorizations, all for the same name. */
static void
issue_many(void)
{
	static char	 order[16384];
	size_t		 n;
	int		 i;

	n = (size_t)snprintf(order, sizeof(order), "201 OK\r\nLocation: " U
	    "/o/1\r\n\r\n{\"status\":\"pending\",\"identifiers\":[{\"type\":"
	    "\"dns\",\"value\":\"relay.test\"}],\"finalize\":\"" U
	    "/f\",\"authorizations\":[");
	for (i = 0; i < IPC_ACME_MAXNAMES; i++)
		n += (size_t)snprintf(order + n, sizeof(order) - n,
		    "%s\"" U "/z/1\"", i == 0 ? "" : ",");
	snprintf(order + n, sizeof(order) - n, "]}");
	rule("/o", 1, 1, order);
	rule("/z/1", 1, 1000, AUTHZ("pending", "pending", ""));
	issue(ACMEEND_UNREACHABLE, "within 30 minutes");
}

ATF_TC_WITHOUT_HEAD(waits_have_bounds);
ATF_TC_BODY(waits_have_bounds, tc)
{
	start();
	rule("/z/1", 2, 1000, AUTHZ("pending", "processing", ""));
	issue(ACMEEND_UNREACHABLE, "relay.test: the directory did not"
	    " validate it within 10 minutes");
	ATF_CHECK(fake.slept <= 600 && fake.requests < 100);
	rule("/o/1", 1, 1000, ORDER(200, "processing", ""));
	issue(ACMEEND_UNREACHABLE, "kept the order processing");
	ATF_CHECK(fake.slept <= 600 && fake.requests < 100);
	/* Retry-After is bounded at both ends. */
	rule("/z/1", 2, 2, "200 OK\r\nRetry-After: 0\r\n\r\n{\"status\":"
	    "\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":"
	    "\"relay.test\"},\"challenges\":[]}");
	rule("/z/1", 3, 3, "200 OK\r\nRetry-After: 100000\r\n\r\n{\"status\":"
	    "\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":"
	    "\"relay.test\"},\"challenges\":[]}");
	issue(ACMEEND_OK, "");
	ATF_CHECK_EQ_MSG(61, fake.slept, "%ld", fake.slept);
	/* A directory that always answers, as slowly as permitted. */
	fake.slow = 29;
	rule("/z/1", 2, 1000, AUTHZ("pending", "processing", ""));
	issue(ACMEEND_UNREACHABLE, "within 10 minutes");
	rule("/o", 1, 1000, "400 No\r\n\r\n{" P("badNonce") "}");
	issue(ACMEEND_UNREACHABLE, "its own nonces");
	issue_many();
	ATF_CHECK_MSG(fake.now <= NOW + 1800 + 60, "%lld s",
	    (long long)(fake.now - NOW));
	fake.slow = 0;
	fake.stop_at = 10;
	rule("/z/1", 2, 1000, AUTHZ("pending", "processing", ""));
	issue(ACMEEND_STOPPED, "stopped on request");
	ATF_CHECK(fake.slept < 30);
	fake.stop_at = 0;
}

ATF_TC_WITHOUT_HEAD(finalized_before);
ATF_TC_BODY(finalized_before, tc)
{
	start();
	rule("/f", 1, 1, "403 No\r\n\r\n{" P("orderNotReady") "}");
	rule("/o/1", 2, 2, ORDER(200, "valid", ",\"certificate\":\"" U
	    "/cert\""));
	issue(ACMEEND_OK, "");
	rule("/f", 1, 1, "403 No\r\n\r\n{" P("badCSR") ",\"detail\":\"x\"}");
	issue(ACMEEND_REFUSED, "refuses the certificate request (x)");
	rule("/f", 1, 1, ORDER(200, "processing", ""));
	rule("/o/1", 2, 3, ORDER(200, "processing", ""));
	rule("/o/1", 4, 4, ORDER(200, "valid", ",\"certificate\":\"" U
	    "/cert\""));
	issue(ACMEEND_OK, "");
	ATF_CHECK(fake.slept > 0);
}

ATF_TC_WITHOUT_HEAD(tls_alpn);
ATF_TC_BODY(tls_alpn, tc)
{
#define BOTH(status, more) "200 OK\r\n\r\n{\"status\":\"" status "\","	      \
	"\"identifier\":{\"type\":\"dns\",\"value\":\"Relay.test.\"},"     \
	"\"challenges\":[{\"type\":\"http-01\",\"url\":\"" U "/c/2\","      \
	"\"status\":\"pending\",\"token\":\"other\"},{\"type\":"	      \
	"\"tls-alpn-01\",\"url\":\"" U "/c/1\",\"status\":\"pending\","     \
	"\"token\":\"abc\"" more "}]}"
	start();
	fake.conf.challenge = ACMECHALLENGE_TLS_ALPN;
	rule("/z/1", 1, 1, BOTH("pending", ""));
	issue(ACMEEND_OK, "");
	ATF_CHECK_STREQ("relay.test", fake.token_name);
	rule("/z/1", 1, 1, BOTH("pending", ""));
	rule("/z/1", 2, 2, BOTH("invalid", ",\"error\":{" P("connection") "}"));
	issue(ACMEEND_PORT, "relay.test: the directory can't connect to its"
	    " port 443: make port 443 reachable");
	/* The directory offers HTTP-01 alone. */
	issue(ACMEEND_PORT, "does not validate it by TLS-ALPN-01");
	fake.conf.challenge = ACMECHALLENGE_HTTP;
	issue(ACMEEND_OK, "");
	ATF_CHECK_STREQ("", fake.token_name);
}

ATF_TC_WITHOUT_HEAD(own_side);
ATF_TC_BODY(own_side, tc)
{
	start();
	fake.no_sign = 1;
	issue(ACMEEND_INTERNAL, "keys does not sign: there is no account");
	fake.no_sign = 0;
	fake.no_token = 1;
	issue(ACMEEND_INTERNAL, "the relay does not answer");
	fake.no_token = 0;
	job((enum ipc_acme_job)99, NULL);
	ATF_CHECK_EQ(ACMEEND_INTERNAL, fake.r.end);
}

ATF_TC_WITHOUT_HEAD(chains);
ATF_TC_BODY(chains, tc)
{
	static char	 first[KEYS_PEMSIZE + 256], second[KEYS_PEMSIZE + 64];
	char		 old[KEYS_PEMSIZE], other[] = "other.example";
	char		 mine[] = "relay.test", *names[] = { other, mine };
	char		 err[256];
	EVP_PKEY	*key;

	start();
	snprintf(old, sizeof(old), "%s", fake.cert);
	ATF_REQUIRE((key = keys_cert_new_key()) != NULL);
	ATF_REQUIRE(keys_cert_selfsign(key, names, 2, fake.cert, err,
	    sizeof(err)) > 0);
	EVP_PKEY_free(key);
	snprintf(second, sizeof(second), "200 OK\r\n\r\n%s", fake.cert);
	snprintf(fake.cert, sizeof(fake.cert), "%s", old);
	snprintf(first, sizeof(first), "200 OK\r\nLink: <" U "/dir>;rel=index"
	    "\r\nLink: <" U "/alt1>;rel=\"alternate\", <alt2>; "
	    "rel=alternate\r\n\r\n%s", fake.cert);
	rule("/cert", 1, 1, first);
	rule("/alt1", 1, 1, "404 No\r\n\r\n");
	rule("/alt2", 1, 1, second);
	snprintf(fake.conf.issuer, sizeof(fake.conf.issuer), "other.example");
	issue(ACMEEND_OK, "");
	ATF_CHECK_MSG(fake.r.chain != NULL &&
	    strcmp(fake.r.chain, second + 10) == 0,
	    "not the chain that was wanted");
	/* Without a match the first chain is used. */
	rule("/cert", 1, 1, first);
	rule("/alt1", 1, 1, second);
	rule("/alt2", 1, 1, second);
	snprintf(fake.conf.issuer, sizeof(fake.conf.issuer), "third.example");
	issue(ACMEEND_OK, "");
	ATF_CHECK_STREQ(fake.cert, fake.r.chain);
}

ATF_TC_WITHOUT_HEAD(other_jobs);
ATF_TC_BODY(other_jobs, tc)
{
	start();
	job(ACMEJOB_REVOKE, NULL);
	ATF_CHECK_EQ(ACMEEND_OK, fake.r.end);
	rule("/r", 1, 1, "400 No\r\n\r\n{" P("alreadyRevoked") "}");
	job(ACMEJOB_REVOKE, NULL);
	ATF_CHECK_EQ(ACMEEND_OK, fake.r.end);
	rule("/r", 1, 2, "403 No\r\n\r\n{" P("unauthorized") "}");
	job(ACMEJOB_REVOKE, NULL);
	ATF_CHECK_EQ(ACMEEND_REFUSED, fake.r.end);
	job(ACMEJOB_ROLL, NULL);
	ATF_CHECK_EQ(ACMEEND_OK, fake.r.end);
	rule("/a", 1, 1, "400 No\r\n\r\n{" P("accountDoesNotExist") "}");
	rule("/k", 1, 1, "500 No\r\n\r\n");
	job(ACMEJOB_ROLL, NULL);
	ATF_CHECK_EQ(ACMEEND_OK, fake.r.end);
	ATF_CHECK_EQ(0, fake.made_account);
	rule("/k", 1, 1, "409 No\r\n\r\n{\"detail\":\"in use\"}");
	job(ACMEJOB_ROLL, NULL);
	ATF_CHECK_EQ(ACMEEND_REFUSED, fake.r.end);
	ATF_CHECK_MSG(strstr(fake.r.error, "in use") != NULL, "%s",
	    fake.r.error);
	job(ACMEJOB_CONTACT, NULL);
	ATF_CHECK_EQ(ACMEEND_OK, fake.r.end);
	rule("/dir", 1, 1, "200 OK\r\n\r\n{\"newNonce\":\"" U "/n\","
	    "\"newAccount\":\"" U "/a\",\"newOrder\":\"" U "/o\"}");
	job(ACMEJOB_ROLL, NULL);
	ATF_CHECK_MSG(strstr(fake.r.error, "does not offer") != NULL, "%s",
	    fake.r.error);
}

ATF_TC_WITHOUT_HEAD(renewal);
ATF_TC_BODY(renewal, tc)
{
	start();
	job(ACMEJOB_ARI, named);
	ATF_REQUIRE_EQ_MSG(ACMEEND_OK, fake.r.end, "%s", fake.r.error);
	ATF_CHECK_EQ(1735790400, fake.r.ari.start);
	ATF_CHECK_EQ(NOW + 21600, fake.r.not_before);
	rule("/dir", 1, 1, "200 OK\r\n\r\n{\"newNonce\":\"" U "/n\","
	    "\"newAccount\":\"" U "/a\",\"newOrder\":\"" U "/o\"}");
	job(ACMEJOB_ARI, named);
	ATF_CHECK_EQ(ACMEEND_OK, fake.r.end);
	ATF_CHECK_EQ(0, fake.r.ari.start);
	rule("/ari/" NAMED_ID, 1, 1, "200 OK\r\n\r\n{}");
	job(ACMEJOB_ARI, named);
	ATF_CHECK_EQ(ACMEEND_UNREACHABLE, fake.r.end);
	rule("/ari/" NAMED_ID, 1, 1, "404 No\r\n\r\n{}");
	job(ACMEJOB_ARI, named);
	ATF_CHECK_EQ(ACMEEND_REFUSED, fake.r.end);
	job(ACMEJOB_ARI, fake.cert);
	ATF_CHECK_EQ(ACMEEND_INTERNAL, fake.r.end);
	/*
	 * The renewed certificate is named, unless the directory refuses that.
	 */
	job(ACMEJOB_ISSUE, named);
	ATF_CHECK_EQ(ACMEEND_OK, fake.r.end);
	ATF_CHECK_STREQ(NAMED_ID, fake.last_replaces);
	rule("/o", 1, 1, "409 No\r\n\r\n{" P("alreadyReplaced") "}");
	job(ACMEJOB_ISSUE, named);
	ATF_CHECK_EQ(ACMEEND_OK, fake.r.end);
	ATF_CHECK_STREQ("", fake.last_replaces);
	rule("/o", 1, 2, "429 No\r\n\r\n{" P("rateLimited") "}");
	job(ACMEJOB_ISSUE, named);
	ATF_CHECK_EQ(ACMEEND_RATE, fake.r.end);
	/* Any certificate can be renewed. */
	job(ACMEJOB_ISSUE, "hello");
	ATF_CHECK_EQ(ACMEEND_OK, fake.r.end);
	ATF_CHECK_STREQ("", fake.last_replaces);
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
	ATF_TP_ADD_TC(tp, tls_alpn);
	ATF_TP_ADD_TC(tp, own_side);
	ATF_TP_ADD_TC(tp, chains);
	ATF_TP_ADD_TC(tp, other_jobs);
	ATF_TP_ADD_TC(tp, renewal);
	return atf_no_error();
}
