/*
 * refused_test: refusals by a directory, and the possible states of its
 * objects: each leads to another kind of request, or to an error with advice.
 */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "fakedir.h"

#define NONE	"{" P("accountDoesNotExist") "}"

/* A certificate is issued, although the first answer at `path' is this. */
static void
heals(const char *path, const char *answer, const char *pem, const char *want)
{
	rule(path, 1, 1, answer);
	job(ACMEJOB_ISSUE, pem);
	ATF_CHECK_EQ_MSG(ACMEEND_OK, fake.r.end, "%s: %s: %s", path, answer,
	    fake.r.error);
	ATF_CHECK_STREQ_MSG(want, fake.signed_for, "%s: %s", path, answer);
}

/* The job ends so when `path' always has this answer. */
static void
ends(const char *path, const char *answer, enum ipc_acme_outcome end,
    const char *line)
{
	rule(path, 1, 1000, answer);
	issue(end, line);
}

/* A renewal that names the old certificate may be refused for any reason. */
ATF_TC_WITHOUT_HEAD(replaces);
ATF_TC_BODY(replaces, tc)
{
	static const char *const answers[] = {
		"403 No\r\n\r\n{" P("unauthorized") ",\"detail\":\"requester"
		    " account did not request the certificate\"}",
		"404 No\r\n\r\n{" P("malformed") "}",
		"409 No\r\n\r\n{" P("alreadyReplaced") "}",
		"409 No\r\n\r\n{" P("conflict") "}",
		"400 No\r\n\r\n{" P("rejectedIdentifier") "}",
		"403 No\r\n\r\n{" P("accountDoesNotExist") "}",
		"429 No\r\nRetry-After: 9000\r\n\r\n{" P("rateLimited") "}",
		"500 No\r\nRetry-After: 9000\r\n\r\n{" P("serverInternal") "}",
		"403 No\r\n\r\n<html>", "409 No\r\n\r\n", "400 No\r\n\r\n{}"
	};
	size_t	 i;

	start();
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		heals("/o", answers[i], named, "LOOgcggFg");
		ATF_CHECK_STREQ("", fake.last_replaces);
	}
	/* Only once, and only such an order. */
	rule("/o", 1, 1000, answers[0]);
	job(ACMEJOB_ISSUE, named);
	ATF_CHECK_EQ(ACMEEND_REFUSED, fake.r.end);
	ATF_CHECK_STREQ("LOO", fake.signed_for);
	ends("/o", answers[0], ACMEEND_REFUSED, "did not request");
	ATF_CHECK_STREQ("LO", fake.signed_for);
	/* The longer delay counts. */
	rule("/o", 1, 1, answers[6]);
	rule("/o", 2, 2, "429 No\r\nRetry-After: 60\r\n\r\n{" P("rateLimited")
	    "}");
	job(ACMEJOB_ISSUE, named);
	ATF_CHECK_EQ(ACMEEND_RATE, fake.r.end);
	ATF_CHECK_EQ(NOW + 9000, fake.r.not_before);
}

/* Lookup and creation of the account. */
ATF_TC_WITHOUT_HEAD(account);
ATF_TC_BODY(account, tc)
{
	static const char *const answers[] = {
		"400 No\r\n\r\n" NONE, "404 No\r\n\r\n{" P("malformed") "}",
		"401 No\r\n\r\n{" P("unauthorized") "}",
		"403 No\r\n\r\n{" P("externalAccountRequired") "}",
		"403 No\r\n\r\n{" P("userActionRequired") "}",
		"400 No\r\n\r\n{" P("conflict") "}"
	};
	size_t	 i;

	start();
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		heals("/a", answers[i], NULL, "LAOgcggFg");
	/* HTTP errors are not about the account. */
	ends("/a", "403 No\r\n\r\n<html>", ACMEEND_REFUSED,
	    "refuses the account: HTTP status 403");
	ATF_CHECK_STREQ("L", fake.signed_for);
	ends("/a", "429 No\r\n\r\n{" P("rateLimited") "}", ACMEEND_RATE, "");
	ATF_CHECK_STREQ("L", fake.signed_for);
	/*
	 * The account disappears while it is used: it is created again, once.
	 */
	heals("/o", "400 No\r\n\r\n" NONE, NULL, "LOAOgcggFg");
	ends("/o", "400 No\r\n\r\n" NONE, ACMEEND_REFUSED, "has no account");
	ATF_CHECK_STREQ("LOAO", fake.signed_for);
}

/* An account key that is refused. */
ATF_TC_WITHOUT_HEAD(useless_key);
ATF_TC_BODY(useless_key, tc)
{
	start();
	ends("/a", "200 OK\r\nLocation: " U "/a/7\r\n\r\n{\"status\":"
	    "\"deactivated\"}", ACMEEND_ACCOUNT, "the account is deact");
	ends("/a", "200 OK\r\nLocation: " U "/a/7\r\n\r\n{\"status\":"
	    "\"revoked\"}", ACMEEND_ACCOUNT, "the account is revoked");
	ends("/a", "403 No\r\n\r\n{" P("unauthorized") ",\"detail\":\"is"
	    " deactivated\"}", ACMEEND_ACCOUNT, "unauthorized (is deac");
	ATF_CHECK_STREQ("LA", fake.signed_for);
	ends("/a", "400 No\r\n\r\n{" P("badPublicKey") "}", ACMEEND_ACCOUNT,
	    "refuses the account key: badPublicKey");
	ends("/a", "400 No\r\n\r\n{" P("badSignatureAlgorithm") "}",
	    ACMEEND_ACCOUNT, "refuses the account key");
	rule("/a", 1, 1, "400 No\r\n\r\n" NONE);
	rule("/a", 2, 2, "400 No\r\n\r\n{" P("badPublicKey") "}");
	issue(ACMEEND_ACCOUNT, "refuses the account key");
	/* A refused binding is not about the key. */
	snprintf(fake.conf.eab_kid, sizeof(fake.conf.eab_kid), "kid");
	ends("/a", "403 No\r\n\r\n{" P("unauthorized") "}", ACMEEND_REFUSED,
	    "binding, or refuses this one");
	/* Refusal of the creation alone is not about the key, either. */
	fake.conf.eab_kid[0] = '\0';
	rule("/a", 1, 1, "400 No\r\n\r\n" NONE);
	rule("/a", 2, 2, "403 No\r\n\r\n{" P("unauthorized") "}");
	issue(ACMEEND_REFUSED, "refuses an account: unauthorized");
}

/* During a rollover no second account is created with the old key. */
ATF_TC_WITHOUT_HEAD(next_key);
ATF_TC_BODY(next_key, tc)
{
	start();
	fake.next_key = 1;
	issue(ACMEEND_OK, "");
	ATF_CHECK_STREQ("LOgcggFg", fake.signed_for);
	rule("/a", 1, 1, "400 No\r\n\r\n" NONE);
	issue(ACMEEND_NEXT_KEY, "has the new key");
	ATF_CHECK_STREQ("LN", fake.signed_for);
	rule("/a", 1, 2, "400 No\r\n\r\n" NONE);
	issue(ACMEEND_OK, "");
	ATF_CHECK_STREQ("LNAOgcggFg", fake.signed_for);
	fake.next_key = 0;
}

ATF_TC_WITHOUT_HEAD(contact);
ATF_TC_BODY(contact, tc)
{
	static const char *const answers[] = {
		"400 No\r\n\r\n{" P("invalidContact") ",\"detail\":\"x@y\"}",
		"400 No\r\n\r\n{" P("unsupportedContact") "}"
	};
	size_t	 i;

	start();
	for (i = 0; i < 2; i++) {
		fake.conf.ncontacts = 1;
		rule("/a", 1, 1, "400 No\r\n\r\n" NONE);
		rule("/a", 2, 2, answers[i]);
		issue(ACMEEND_OK, "");
		ATF_CHECK_STREQ("LABOgcggFg", fake.signed_for);
		ATF_CHECK_MSG(strstr(fake.warned, "refuses the contact")
		    != NULL, "%s", fake.warned);
		/* Without contacts the error is another one. */
		fake.conf.ncontacts = 0;
		rule("/a", 1, 1, "400 No\r\n\r\n" NONE);
		rule("/a", 2, 9, answers[i]);
		issue(ACMEEND_REFUSED, "refuses the contact");
		ATF_CHECK_STREQ("LA", fake.signed_for);
	}
}

/* Actions for a person: the error names the page. */
ATF_TC_WITHOUT_HEAD(action);
ATF_TC_BODY(action, tc)
{
	start();
	ends("/o", "403 No\r\n\r\n{" P("userActionRequired") ",\"detail\":"
	    "\"new terms\",\"instance\":\"https://ca.example/agree?x\"}",
	    ACMEEND_REFUSED, "owner first (new terms): visit "
	    "https://ca.example/agree?x");
	ends("/o", "403 No\r\nLink: </terms2>;rel=\"terms-of-service\"\r\n\r\n"
	    "{" P("userActionRequired") "}", ACMEEND_REFUSED,
	    "owner first: visit " U "/terms2");
	ends("/o", "403 No\r\n\r\n{" P("userActionRequired") "}",
	    ACMEEND_REFUSED, "owner first: visit " U "/t");
	ends("/a", "403 No\r\n\r\n{" P("userActionRequired") "}",
	    ACMEEND_REFUSED, "owner first: visit " U "/t");
}

/* A missing profile must not prevent a renewal. */
ATF_TC_WITHOUT_HEAD(profile);
ATF_TC_BODY(profile, tc)
{
	static const char	 no[] = "400 No\r\n\r\n{" P("invalidProfile")
	    "}";

	start();
	snprintf(fake.conf.profile, sizeof(fake.conf.profile), "c");
	job(ACMEJOB_ISSUE, named);
	ATF_CHECK_EQ(ACMEEND_REFUSED, fake.r.end);
	fake.clock = 2650838400;	/* three months before expiry */
	job(ACMEJOB_ISSUE, named);
	ATF_CHECK_EQ_MSG(ACMEEND_OK, fake.r.end, "%s", fake.r.error);
	ATF_CHECK_STREQ("LPgcggFg", fake.signed_for);
	ATF_CHECK_MSG(strstr(fake.warned, "has no profile c") != NULL, "%s",
	    fake.warned);
	snprintf(fake.conf.profile, sizeof(fake.conf.profile), "b");
	rule("/o", 1, 2, no);
	job(ACMEJOB_ISSUE, named);
	ATF_CHECK_EQ_MSG(ACMEEND_OK, fake.r.end, "%s", fake.r.error);
	ATF_CHECK_STREQ("LOOPgcggFg", fake.signed_for);
	fake.clock = 0;
	ends("/o", no, ACMEEND_REFUSED, "refuses the profile");
}

/* An order is not ready when the certificate request is sent. */
ATF_TC_WITHOUT_HEAD(not_ready);
ATF_TC_BODY(not_ready, tc)
{
	static const char	 no[] = "403 No\r\n\r\n{" P("orderNotReady")
	    "}";

	start();
	heals("/f", no, NULL, "LOgcggFgFg");
	ATF_CHECK(fake.slept > 0);
	/* A replica shows the order as pending for a while. */
	rule("/f", 1, 1, no);
	rule("/o/1", 2, 4, ORDER(200, "pending", ""));
	issue(ACMEEND_OK, "");
	/* Retry-After is obeyed. */
	rule("/f", 1, 1, "403 No\r\nRetry-After: 17\r\n\r\n{"
	    P("orderNotReady") "}");
	issue(ACMEEND_OK, "");
	ATF_CHECK_EQ_MSG(17, fake.slept, "%ld", fake.slept);
	/* The request succeeded, and the answer is an older one. */
	heals("/f", ORDER(200, "ready", ""), NULL, "LOgcggFgFg");
	ends("/f", no, ACMEEND_REFUSED, "orderNotReady");
	ATF_CHECK_MSG(fake.slept > 5 && fake.slept < 120, "%ld", fake.slept);
	ends("/f", ORDER(200, "ready", ""), ACMEEND_REFUSED,
	    "the order is ready, expected valid");
	ATF_CHECK(fake.requests < 60);
}

/* Orders and authorizations of an earlier try. */
ATF_TC_WITHOUT_HEAD(found);
ATF_TC_BODY(found, tc)
{
	start();
	heals("/o", ORDER(201, "ready", ""), NULL, "LOFg");
	heals("/o", ORDER(201, "processing", ""), NULL, "LOgFg");
	heals("/o", ORDER(201, "valid", ",\"certificate\":\"" U "/cert\""),
	    NULL, "LOg");
	ends("/o", ORDER(201, "invalid", ",\"error\":{" P("caa") "}"),
	    ACMEEND_REFUSED, "caa");
	ends("/o", ORDER(201, "invalid", ""), ACMEEND_REFUSED,
	    "the order is invalid, expected ready");
	/* Valid; the certificate's URL comes later. */
	rule("/f", 1, 1, ORDER(200, "valid", ""));
	rule("/o/1", 2, 2, ORDER(200, "valid", ",\"certificate\":\"" U
	    "/cert\""));
	issue(ACMEEND_OK, "");
	/* A challenge under way: its token is published, nothing more. */
	rule("/z/1", 1, 1, AUTHZ("pending", "processing", ""));
	issue(ACMEEND_OK, "");
	ATF_CHECK_STREQ("LOgggFg", fake.signed_for);
	ATF_CHECK_EQ(1, fake.tokens);
	rule("/z/1", 1, 2, AUTHZ("valid", "valid", ""));
	issue(ACMEEND_OK, "");
	ATF_CHECK_STREQ("LOgggFg", fake.signed_for);
	ends("/z/1", AUTHZ("expired", "pending", ""), ACMEEND_REFUSED,
	    "authorization is expired");
	ends("/z/1", AUTHZ("revoked", "valid", ""), ACMEEND_REFUSED,
	    "authorization is revoked");
	/* The error of a failed challenge is reported after the wait. */
	ends("/z/1", AUTHZ("pending", "invalid", ",\"error\":{" P("dns") "}"),
	    ACMEEND_DNS, "relay.test: the directory finds no address");
}

/* The certificate is not on all replicas yet, or never appears. */
ATF_TC_WITHOUT_HEAD(download);
ATF_TC_BODY(download, tc)
{
	static const char	 no[] = "404 No\r\n\r\n{" P("malformed") "}";

	start();
	heals("/cert", no, NULL, "LOgcggFgg");
	ATF_CHECK(fake.slept > 0);
	ends("/cert", no, ACMEEND_REFUSED, "refuses the certificate");
	ATF_CHECK(fake.slept < 60);
	ends("/cert", "429 No\r\nRetry-After: 60\r\n\r\n{" P("rateLimited")
	    "}", ACMEEND_RATE, "");
	ATF_CHECK_EQ(NOW + 60, fake.r.not_before);
}

/* The first specific subproblem is used. */
ATF_TC_WITHOUT_HEAD(compound);
ATF_TC_BODY(compound, tc)
{
	start();
	ends("/o", "400 No\r\n\r\n{" P("compound") ",\"subproblems\":[7,{"
	    P("new") "},{" P("caa") ",\"identifier\":{\"type\":\"dns\","
	    "\"value\":\"relay.test\"}}]}", ACMEEND_REFUSED,
	    "relay.test: its CAA record");
	ends("/o", "400 No\r\n\r\n{" P("compound") ",\"detail\":\"both\","
	    "\"subproblems\":[{" P("new") "}]}", ACMEEND_REFUSED,
	    "refuses the order: compound (both)");
}

ATF_TC_WITHOUT_HEAD(revocation);
ATF_TC_BODY(revocation, tc)
{
	start();
	rule("/r", 1, 1, "400 No\r\n\r\n{" P("badRevocationReason") "}");
	job(ACMEJOB_REVOKE, NULL);
	ATF_CHECK_EQ(ACMEEND_OK, fake.r.end);
	ATF_CHECK_STREQ("LRS", fake.signed_for);
	ATF_CHECK_MSG(strstr(fake.warned, "reason") != NULL, "%s",
	    fake.warned);
	rule("/r", 1, 2, "400 No\r\n\r\n{" P("badRevocationReason") "}");
	job(ACMEJOB_REVOKE, NULL);
	ATF_CHECK_EQ(ACMEEND_REFUSED, fake.r.end);
	rule("/r", 1, 1, "400 No\r\n\r\n{" P("badRevocationReason") "}");
	rule("/r", 2, 2, "400 No\r\n\r\n{" P("alreadyRevoked") "}");
	job(ACMEJOB_REVOKE, NULL);
	ATF_CHECK_EQ(ACMEEND_OK, fake.r.end);
	/* The certificate is of another account: its own key signs. */
	rule("/r", 1, 1, "403 No\r\n\r\n{" P("unauthorized") "}");
	job(ACMEJOB_REVOKE, NULL);
	ATF_CHECK_EQ(ACMEEND_OK, fake.r.end);
	ATF_CHECK_STREQ("LRX", fake.signed_for);
	rule("/r", 1, 9, "403 No\r\n\r\n{" P("unauthorized") "}");
	job(ACMEJOB_REVOKE, NULL);
	ATF_CHECK_EQ(ACMEEND_REFUSED, fake.r.end);
	ATF_CHECK_STREQ("LRX", fake.signed_for);
}

/* Check the outcome of a key rollover, and the requests that were signed. */
static void
rolls(enum ipc_acme_outcome end, const char *line, const char *want)
{
	job(ACMEJOB_ROLL, NULL);
	ATF_CHECK_EQ_MSG(end, fake.r.end, "%d: %s; expected %d",
	    (int)fake.r.end, fake.r.error, (int)end);
	ATF_CHECK_MSG(strstr(fake.r.error, line) != NULL, "%s", fake.r.error);
	ATF_CHECK_STREQ(want, fake.signed_for);
}

/*
 * ACMEEND_OK and ACMEEND_REFUSED drop a key: only when the directory has shown
 * which one it has.
 */
ATF_TC_WITHOUT_HEAD(roll);
ATF_TC_BODY(roll, tc)
{
	static const char	 none[] = "400 No\r\n\r\n" NONE;
	static const char	 eab[] = "403 No\r\n\r\n{"
	    P("externalAccountRequired") "}";
	static const char	 conflict[] = "409 No\r\n\r\n{\"detail\":"
	    "\"in use\"}";

	start();
	fake.next_key = 1;
	rolls(ACMEEND_OK, "", "LK");
	/* The rollover was done before: the new key is known. */
	rule("/a", 1, 1, none);
	rolls(ACMEEND_OK, "", "LN");
	/* Neither key is known. */
	rule("/a", 1, 2, none);
	rolls(ACMEEND_REFUSED, "no account yet", "LN");
	/* The directory shows no account without a binding. */
	rule("/a", 1, 2, eab);
	rolls(ACMEEND_UNREACHABLE, "requires an account binding", "LN");
	rule("/a", 1, 1, eab);
	rule("/a", 2, 2, none);
	rolls(ACMEEND_UNREACHABLE, "", "LN");
	rule("/a", 1, 1, none);
	rule("/a", 2, 2, eab);
	rolls(ACMEEND_UNREACHABLE, "requires an account binding", "LN");
	rule("/a", 1, 1, eab);
	rolls(ACMEEND_OK, "", "LN");
	/* Refused, and the old key is known as before. */
	rule("/k", 1, 1, conflict);
	rolls(ACMEEND_REFUSED, "in use", "LKL");
	/* Refused, because a request whose answer got lost had done it. */
	rule("/k", 1, 1, conflict);
	rule("/a", 2, 2, none);
	rolls(ACMEEND_OK, "", "LKLN");
	/* No answer at all. */
	rule("/k", 1, 1000, NULL);
	rolls(ACMEEND_UNREACHABLE, "", "LKKK");
	rule("/k", 1, 1, "429 No\r\n\r\n{" P("rateLimited") "}");
	rolls(ACMEEND_RATE, "", "LKL");
	/* The account itself can't be used any more. */
	rule("/a", 1, 1, "200 OK\r\nLocation: " U "/a/7\r\n\r\n{\"status\":"
	    "\"deactivated\"}");
	rolls(ACMEEND_UNREACHABLE, "deactivated", "L");
	rule("/a", 1, 1, "403 No\r\n\r\n<html>");
	rolls(ACMEEND_UNREACHABLE, "403", "L");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, replaces);
	ATF_TP_ADD_TC(tp, account);
	ATF_TP_ADD_TC(tp, useless_key);
	ATF_TP_ADD_TC(tp, next_key);
	ATF_TP_ADD_TC(tp, contact);
	ATF_TP_ADD_TC(tp, action);
	ATF_TP_ADD_TC(tp, profile);
	ATF_TP_ADD_TC(tp, not_ready);
	ATF_TP_ADD_TC(tp, found);
	ATF_TP_ADD_TC(tp, download);
	ATF_TP_ADD_TC(tp, compound);
	ATF_TP_ADD_TC(tp, revocation);
	ATF_TP_ADD_TC(tp, roll);
	return atf_no_error();
}
