/*
 * order_test: valid and invalid answers of a directory.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"

#define U	"https://ca.example/"

static char	 err[HELPER_TEXTSIZE];

/* A copy on the heap, so that overreads are detected; free it. */
static char *
copy(const char *text)
{
	char	*p = malloc(strlen(text) + 1);

	ATF_REQUIRE(p != NULL);
	memcpy(p, text, strlen(text));
	return (p);
}

ATF_TC_WITHOUT_HEAD(directory);
ATF_TC_BODY(directory, tc)
{
	static const char	 text[] = "{\"newNonce\":\"" U "n\","
	    "\"newAccount\":\"" U "a\",\"newOrder\":\"" U "o\","
	    "\"revokeCert\":\"" U "r\",\"keyChange\":\"" U "k\","
	    "\"renewalInfo\":\"" U "i\",\"x\":[1,{\"newNonce\":2}],"
	    "\"meta\":{\"termsOfService\":\"" U "t\\u00e9\\\"s\","
	    "\"externalAccountRequired\":true,"
	    "\"profiles\":{\"classic\":\"" U "c\",\"shortlived\":\"s\"}}}";
	static const char	 least[] = "{\"newNonce\":\"" U "n\","
	    "\"newAccount\":\"" U "a\",\"newOrder\":\"" U "o\",\"meta\":7}";
	struct helper_directory	 d;

	ATF_REQUIRE_EQ(0, helper_directory_parse(text, strlen(text), &d, err,
	    sizeof(err)));
	ATF_CHECK_STREQ(U "n", d.new_nonce);
	ATF_CHECK_STREQ(U "a", d.new_account);
	ATF_CHECK_STREQ(U "o", d.new_order);
	ATF_CHECK_STREQ(U "r", d.revoke);
	ATF_CHECK_STREQ(U "k", d.key_change);
	ATF_CHECK_STREQ(U "i", d.renewal_info);
	ATF_CHECK_STREQ(U "t?\"s", d.terms);
	ATF_CHECK_EQ(1, d.needs_eab);
	ATF_CHECK_EQ(2, d.nprofiles);
	ATF_CHECK_STREQ("classic", d.profiles[0]);
	ATF_CHECK_STREQ("shortlived", d.profiles[1]);

	ATF_REQUIRE_EQ(0, helper_directory_parse(least, strlen(least), &d, err,
	    sizeof(err)));
	ATF_CHECK_STREQ("", d.renewal_info);
	ATF_CHECK_STREQ("", d.terms);
	ATF_CHECK_EQ(0, d.needs_eab);
}

ATF_TC_WITHOUT_HEAD(bad_directory);
ATF_TC_BODY(bad_directory, tc)
{
	static const char	*t[][2] = {
		{ "", "not JSON" },
		{ "<html>", "not JSON" },
		{ "[]", "not a JSON object" },
		{ "\"x\"", "not a JSON object" },
		{ "{}", "newNonce" },
		{ "{\"newNonce\":\"" U "n\",\"newAccount\":\"" U "a\"}",
		    "newOrder" },
		{ "{\"newNonce\":\"http://ca.example/n\",\"newAccount\":\"" U
		    "a\",\"newOrder\":\"" U "o\"}", "newNonce" },
		{ "{\"newNonce\":[\"" U "n\"],\"newAccount\":\"" U
		    "a\",\"newOrder\":\"" U "o\"}", "newNonce" },
		{ "{\"newNonce\":\"" U "n\",\"newAccount\":\"" U
		    "a\",\"newOrder\":\"" U "o\",\"keyChange\":1}",
		    "keyChange" },
		{ "{\"newNonce\":\"https://u:p@ca.example/n\",\"newAccount\":"
		    "\"" U "a\",\"newOrder\":\"" U "o\"}", "newNonce" },
		{ "{\"newNonce\":\"https://ca.example/a b\",\"newAccount\":"
		    "\"" U "a\",\"newOrder\":\"" U "o\"}", "newNonce" },
		{ "{\"newNonce\":\"" U "\\u000d\\u000aX: y\",\"newAccount\":"
		    "\"" U "a\",\"newOrder\":\"" U "o\"}", "newNonce" },
		{ "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "nested" },
	};
	struct helper_directory	 d;
	size_t			 i;
	char			*p;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		p = copy(t[i][0]);
		ATF_CHECK_EQ_MSG(-1, helper_directory_parse(p, strlen(t[i][0]),
		    &d, err, sizeof(err)), "%s", t[i][0]);
		ATF_CHECK_MSG(strstr(err, t[i][1]) != NULL, "%s: %s", t[i][0],
		    err);
		free(p);
	}
}

ATF_TC_WITHOUT_HEAD(many_profiles);
ATF_TC_BODY(many_profiles, tc)
{
	struct helper_directory	 d;
	char			 text[8192];
	size_t			 n;
	int			 i;

	n = (size_t)snprintf(text, sizeof(text), "{\"newNonce\":\"" U "n\","
	    "\"newAccount\":\"" U "a\",\"newOrder\":\"" U "o\",\"meta\":{"
	    "\"profiles\":{");
	for (i = 0; i < 100; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%s\"p%d\":\"\"", i == 0 ? "" : ",", i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "}}}");
	ATF_REQUIRE_EQ(0, helper_directory_parse(text, n, &d, err,
	    sizeof(err)));
	ATF_CHECK_EQ(HELPER_MAXPROFILES, d.nprofiles);
}

ATF_TC_WITHOUT_HEAD(account);
ATF_TC_BODY(account, tc)
{
	enum helper_status	 s;

	ATF_REQUIRE_EQ(0, helper_account_parse("{\"status\":\"valid\"}", 18, &s,
	    err, sizeof(err)));
	ATF_CHECK_EQ(HELPER_VALID, s);
	ATF_CHECK_STREQ("valid", helper_status_name(s));
	ATF_REQUIRE_EQ(0, helper_account_parse("{\"status\":\"deactivated\"}",
	    24, &s, err, sizeof(err)));
	ATF_CHECK_EQ(HELPER_DEACTIVATED, s);
	ATF_CHECK_EQ(-1, helper_account_parse("{\"status\":\"fine\"}", 17, &s,
	    err, sizeof(err)));
	ATF_CHECK_EQ(-1, helper_account_parse("{}", 2, &s, err, sizeof(err)));
}

ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	static const char	 text[] = "{\"status\":\"pending\","
	    "\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"},"
	    "{\"type\":\"ip\",\"value\":\"192.0.2.1\"}],"
	    "\"authorizations\":[\"" U "z1\",\"" U "z2\"],"
	    "\"finalize\":\"" U "f\"}";
	static const char	 invalid[] = "{\"status\":\"invalid\","
	    "\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\"}],"
	    "\"authorizations\":[],\"finalize\":\"" U "f\",\"error\":"
	    "{\"type\":\"urn:ietf:params:acme:error:caa\","
	    "\"detail\":\"no \\\"caa\\\"\\n\"}}";
	static struct helper_order o;

	ATF_REQUIRE_EQ_MSG(0, helper_order_parse(text, strlen(text), &o, err,
	    sizeof(err)), "%s", err);
	ATF_CHECK_EQ(HELPER_PENDING, o.status);
	ATF_CHECK_EQ(2, o.nnames);
	ATF_CHECK_STREQ("192.0.2.1", o.names[1]);
	ATF_CHECK_EQ(2, o.nauthz);
	ATF_CHECK_STREQ(U "z2", o.authz[1]);
	ATF_CHECK_STREQ(U "f", o.finalize);
	ATF_CHECK_STREQ("", o.certificate);
	ATF_CHECK_EQ(HELPER_E_NONE, o.problem.error);
	ATF_REQUIRE_EQ_MSG(0, helper_order_parse(invalid, strlen(invalid), &o,
	    err, sizeof(err)), "%s", err);
	ATF_CHECK_EQ(HELPER_INVALID, o.status);
	ATF_CHECK_EQ(HELPER_E_CAA, o.problem.error);
	ATF_CHECK_STREQ("no \"caa\" ", o.problem.detail);
}

#define ID	"\"identifiers\":[{\"type\":\"dns\",\"value\":\"a\"}]"
#define FIN	"\"finalize\":\"" U "f\""
#define AZ	"\"authorizations\":[\"" U "z\"]"

/* The certificate of a valid order may not be available yet. */
ATF_TC_WITHOUT_HEAD(no_certificate_yet);
ATF_TC_BODY(no_certificate_yet, tc)
{
	static const char	 t[] = "{\"status\":\"valid\"," ID "," FIN ","
	    AZ "}";
	struct helper_order	 o;

	ATF_REQUIRE_EQ(0, helper_order_parse(t, strlen(t), &o, err,
	    sizeof(err)));
	ATF_CHECK_EQ(HELPER_PROCESSING, o.status);
}

ATF_TC_WITHOUT_HEAD(bad_order);
ATF_TC_BODY(bad_order, tc)
{
	static const char	*t[][2] = {
		{ "{" ID "," FIN "," AZ "}", "status" },
		{ "{\"status\":1," ID "," FIN "," AZ "}", "status" },
		{ "{\"status\":\"pending\"," ID "," AZ "}", "finalize" },
		{ "{\"status\":\"pending\"," FIN "," AZ "}", "identifiers" },
		{ "{\"status\":\"pending\",\"identifiers\":[]," FIN "," AZ
		    "}", "identifiers" },
		{ "{\"status\":\"pending\",\"identifiers\":[{\"type\":\"dns\""
		    ",\"value\":\"\"}]," FIN "," AZ "}", "identifiers" },
		{ "{\"status\":\"pending\",\"identifiers\":[{\"type\":"
		    "\"email\",\"value\":\"a\"}]," FIN "," AZ "}",
		    "identifiers" },
		{ "{\"status\":\"pending\"," ID "," FIN "}",
		    "authorizations" },
		{ "{\"status\":\"pending\"," ID "," FIN
		    ",\"authorizations\":[\"ftp://x\"]}", "authorizations" },
		{ "{\"status\":\"pending\"," ID "," FIN
		    ",\"authorizations\":{\"a\":\"" U "\"}}",
		    "authorizations" },
	};
	static struct helper_order o;
	size_t			 i;
	char			*p;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		p = copy(t[i][0]);
		ATF_CHECK_EQ_MSG(-1, helper_order_parse(p, strlen(t[i][0]), &o,
		    err, sizeof(err)), "%s", t[i][0]);
		ATF_CHECK_MSG(strstr(err, t[i][1]) != NULL, "%s: %s", t[i][0],
		    err);
		free(p);
	}
}

ATF_TC_WITHOUT_HEAD(too_many);
ATF_TC_BODY(too_many, tc)
{
	static struct helper_order o;
	static char		 text[65536];
	size_t			 n;
	int			 i, max;

	for (max = IPC_ACME_MAXNAMES; max <= IPC_ACME_MAXNAMES + 1; max++) {
		n = (size_t)snprintf(text, sizeof(text), "{\"status\":"
		    "\"pending\"," ID "," FIN ",\"authorizations\":[");
		for (i = 0; i < max; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s\"" U "%d\"", i == 0 ? "" : ",", i);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "]}");
		ATF_CHECK_EQ(max == IPC_ACME_MAXNAMES ? 0 : -1,
		    helper_order_parse(text, n, &o, err, sizeof(err)));
	}
}

ATF_TC_WITHOUT_HEAD(authz);
ATF_TC_BODY(authz, tc)
{
	static const char	 text[] = "{\"status\":\"pending\","
	    "\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},"
	    "\"challenges\":[{\"type\":\"dns-01\",\"url\":1},"
	    "{\"type\":\"http-01\",\"url\":\"" U "c\",\"status\":\"pending\","
	    "\"token\":\"abc-_9\"},{\"type\":\"dns-account-01\"}]}";
	static const char	 failed[] = "{\"status\":\"invalid\","
	    "\"identifier\":{\"type\":\"ip\",\"value\":\"::1\"},"
	    "\"challenges\":[{\"type\":\"http-01\",\"url\":\"" U "c\","
	    "\"status\":\"invalid\",\"token\":\"a\",\"error\":{\"type\":"
	    "\"urn:ietf:params:acme:error:connection\",\"detail\":\"no\"}}]}";
	static const char	*bad[] = {
	    "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\","
	    "\"value\":\"a\"},\"challenges\":[{\"type\":\"http-01\",\"url\":\""
	    U "\",\"status\":\"pending\",\"token\":\"a/../b\"}]}",
	    "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\","
	    "\"value\":\"a\"},\"challenges\":[{\"type\":\"http-01\",\"url\":\""
	    U "\",\"status\":\"pending\"}]}",
	    "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\","
	    "\"value\":\"a\"},\"challenges\":\"http-01\"}",
	    "{\"status\":\"pending\",\"challenges\":[]}",
	    "{\"identifier\":{\"type\":\"dns\",\"value\":\"a\"},"
	    "\"challenges\":[]}" };
	struct helper_authz	 a;
	size_t			 i;

	ATF_REQUIRE_EQ_MSG(0, helper_authz_parse(text, strlen(text),
	    ACMECHALLENGE_HTTP, &a, err, sizeof(err)), "%s", err);
	ATF_CHECK_STREQ("a.example", a.name);
	ATF_CHECK_STREQ(U "c", a.url);
	ATF_CHECK_STREQ("abc-_9", a.token);
	ATF_CHECK_EQ(HELPER_PENDING, a.challenge);
	ATF_CHECK_EQ(HELPER_E_NONE, a.problem.error);
	ATF_REQUIRE_EQ_MSG(0, helper_authz_parse(failed, strlen(failed),
	    ACMECHALLENGE_HTTP, &a, err, sizeof(err)), "%s", err);
	ATF_CHECK_EQ(HELPER_INVALID, a.challenge);
	ATF_CHECK_EQ(HELPER_E_CONNECTION, a.problem.error);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_EQ_MSG(-1, helper_authz_parse(bad[i], strlen(bad[i]),
		    ACMECHALLENGE_HTTP, &a, err, sizeof(err)), "%s", bad[i]);
}

ATF_TC_WITHOUT_HEAD(dates);
ATF_TC_BODY(dates, tc)
{
	static const struct {
		const char	*s;
		int64_t		 t;
	} t[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2000-02-29T12:34:56Z", 951827696 },
		{ "2024-03-01T00:00:00Z", 1709251200 },
		{ "2025-12-31T23:59:59.999999999Z", 1767225599 },
		{ "2025-01-01T00:00:00+01:30", 1735684200 },
		{ "2025-01-01t00:00:00-01:00", 1735693200 },
		{ "2100-03-01T00:00:00Z", 4107542400 },
		{ "1970-01-01T00:00:00+01:00", -1 },
		{ "2025-13-01T00:00:00Z", -1 },
		{ "2025-00-01T00:00:00Z", -1 },
		{ "2025-01-32T00:00:00Z", -1 },
		{ "2025-01-01T24:00:00Z", -1 },
		{ "2025-01-01T00:60:00Z", -1 },
		{ "2025-01-01 00:00:00Z", -1 },
		{ "2025-01-01T00:00:00", -1 },
		{ "2025-01-01T00:00:00.Z", -1 },
		{ "2025-01-01T00:00:00Zx", -1 },
		{ "2025-01-01T00:00:00+0130", -1 },
		{ "2025-1-01T00:00:00Z", -1 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "", -1 }, { "2025", -1 }, { "2025-01-01T", -1 },
	};
	size_t	 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ATF_CHECK_EQ_MSG(t[i].t, helper_date(t[i].s), "%s: %lld",
		    t[i].s, (long long)helper_date(t[i].s));
}

ATF_TC_WITHOUT_HEAD(ari);
ATF_TC_BODY(ari, tc)
{
	static const char	 text[] = "{\"suggestedWindow\":{\"start\":"
	    "\"2025-01-02T04:00:00Z\",\"end\":\"2025-01-03T04:00:00Z\"},"
	    "\"explanationURL\":\"" U "why\"}";
	static const char	 back[] = "{\"suggestedWindow\":{\"start\":"
	    "\"2025-01-03T04:00:00Z\",\"end\":\"2025-01-03T04:00:00Z\"}}";
	struct acme_ari		 a;

	ATF_REQUIRE_EQ(0, helper_ari_parse(text, strlen(text), &a, err,
	    sizeof(err)));
	ATF_CHECK_EQ(86400, a.end - a.start);
	ATF_CHECK_STREQ(U "why", a.why);
	ATF_CHECK_EQ(-1, helper_ari_parse(back, strlen(back), &a, err,
	    sizeof(err)));
	ATF_CHECK_EQ(-1, helper_ari_parse("{}", 2, &a, err, sizeof(err)));
}

ATF_TC_WITHOUT_HEAD(problems);
ATF_TC_BODY(problems, tc)
{
	static const struct {
		const char		*text;
		enum helper_error	 error;
		const char		*detail, *name;
		unsigned int		 more;
	} t[] = {
#define P(x)	"\"type\":\"urn:ietf:params:acme:error:" x "\""
		{ "{" P("badNonce") ",\"detail\":\"d\",\"status\":400}",
		    HELPER_E_NONCE, "d", "", 0 },
		{ "{" P("rateLimited") "}", HELPER_E_RATE, "", "", 0 },
		{ "{" P("newThing") ",\"detail\":\"x\"}", HELPER_E_OTHER, "x",
		    "", 0 },
		{ "{\"type\":\"about:blank\"}", HELPER_E_OTHER, "", "", 0 },
		{ "{}", HELPER_E_OTHER, "", "", 0 },
		{ "{" P("compound") ",\"detail\":\"all\",\"subproblems\":[{"
		    P("caa") ",\"detail\":\"c\",\"identifier\":{\"type\":"
		    "\"dns\",\"value\":\"b.example\"}},{" P("dns") "}]}",
		    HELPER_E_CAA, "c", "b.example", 1 },
		{ "{" P("dns") ",\"detail\":\"d\",\"subproblems\":[7]}",
		    HELPER_E_DNS, "d", "", 0 },
		{ "{" P("dns") ",\"detail\":[],\"subproblems\":[]}",
		    HELPER_E_DNS, "", "", 0 },
		{ "{" P("tls") ",\"detail\":\"a\\u001b[2Jb\xc3\xa9\"}",
		    HELPER_E_TLS, "a?[2Jb??", "", 0 },
		{ "{" P("connection") ",\"detail\":\"could not resolve x\"}",
		    HELPER_E_DNS, "could not resolve x", "", 0 },
		{ "<html>", HELPER_E_OTHER, "the answer is not JSON: line 1,"
		    " column 1: a value was expected", "", 0 },
	};
	struct helper_problem	 p;
	size_t			 i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		helper_problem_parse(t[i].text, strlen(t[i].text), &p);
		ATF_CHECK_EQ_MSG(t[i].error, p.error, "%s", t[i].text);
		ATF_CHECK_STREQ(t[i].detail, p.detail);
		ATF_CHECK_STREQ(t[i].name, p.name);
		ATF_CHECK_EQ_MSG(t[i].more, p.more, "%s", t[i].text);
	}
}

ATF_TC_WITHOUT_HEAD(long_detail);
ATF_TC_BODY(long_detail, tc)
{
	struct helper_problem	 p;
	char			 text[4096];
	size_t			 n;

	n = (size_t)snprintf(text, sizeof(text), "{\"detail\":\"%02000d\\",
	    0);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "n\"}");
	helper_problem_parse(text, n, &p);
	ATF_CHECK_EQ(HELPER_TEXTSIZE - 1, strlen(p.detail));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, directory);
	ATF_TP_ADD_TC(tp, bad_directory);
	ATF_TP_ADD_TC(tp, many_profiles);
	ATF_TP_ADD_TC(tp, account);
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, no_certificate_yet);
	ATF_TP_ADD_TC(tp, bad_order);
	ATF_TP_ADD_TC(tp, too_many);
	ATF_TP_ADD_TC(tp, authz);
	ATF_TP_ADD_TC(tp, dates);
	ATF_TP_ADD_TC(tp, ari);
	ATF_TP_ADD_TC(tp, problems);
	ATF_TP_ADD_TC(tp, long_detail);
	return atf_no_error();
}
