/*
 * fakedir: see fakedir.h.
 */
#include <atf-c.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakedir.h"
#include "testcert.h"

#define MAXRULES 16

/* The answer to the `nth' to `last' request for `path'. */
struct fake_rule {
	const char	*path;
	int		 nth, last, seen;
	const char	*answer;	/* fields and body; NULL: none */
};

static struct fake_rule		 rules[MAXRULES];
static int			 nrules;
struct fake			 fake;

const char named[] = ACME_TEST_CERT;

/* Directory, account and so on, when all goes well. */
static const char *
usual(const char *path)
{
	static char	 text[KEYS_PEMSIZE + 128];
	static const char dir[] = "200 OK\r\n\r\n{\"newNonce\":\"" U "/n\","
	    "\"newAccount\":\"" U "/a\",\"newOrder\":\"" U "/o\","
	    "\"revokeCert\":\"" U "/r\",\"keyChange\":\"" U "/k\","
	    "\"renewalInfo\":\"" U "/ari\",\"meta\":{\"termsOfService\":"
	    "\"" U "/t\",\"profiles\":{\"a\":\"\",\"b\":\"\"}}}";

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
		return (fake.tokens == 0 ? AUTHZ("pending", "pending", "") :
		    AUTHZ("valid", "valid", ""));
	if (strcmp(path, "/c/1") == 0)
		return ("200 OK\r\n\r\n{\"status\":\"processing\"}");
	if (strcmp(path, "/f") == 0)
		return (ORDER(200, "valid", ",\"certificate\":\"" U
		    "/cert\""));
	if (strcmp(path, "/cert") == 0) {
		snprintf(text, sizeof(text), "200 OK\r\n\r\n%s", fake.cert);
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
do_request(void *arg, const struct net_https_request *req,
    struct net_https_response *res, int ms)
{
	const char	*a, *body;
	size_t		 n, size;

	ATF_REQUIRE(arg == &fake);
	ATF_REQUIRE(ms > 0 && ms <= 60000);
	ATF_REQUIRE(req->max_body > 0 && req->max_body <= 1024 * 1024);
	ATF_REQUIRE(req->trust == STREAM_CAFILE);
	ATF_CHECK_STREQ("/ca.pem", req->trust_arg);
	ATF_REQUIRE(strncmp(req->url, U "/", sizeof(U)) == 0);
	ATF_REQUIRE_MSG(++fake.requests < 2000, "there is no end");
	memset(res, 0, sizeof(*res));
	fake.now += fake.slow;
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
	    (int)(strstr(a, "\r\n") + 2 - a), a, ++fake.nonces);
	ATF_REQUIRE((body = strstr(a, "\r\n\r\n")) != NULL);
	n += (size_t)snprintf(res->text + n, size - n, "%.*s\r\n",
	    (int)(body + 2 - (strstr(a, "\r\n") + 2)), strstr(a, "\r\n") + 2);
	ATF_REQUIRE_EQ_MSG((int)n, net_http_parse_response(&res->head,
	    res->text, n), "%s", res->text);
	res->body_len = strlen(body + 4);
	ATF_REQUIRE((res->body = malloc(res->body_len + 1)) != NULL);
	memcpy(res->body, body + 4, res->body_len + 1);
	return (0);
}

/* For enum ipc_acmesign; capitals, except for reads and the challenge. */
static const char letters[] = {
	[ACMESIGN_LOOKUP] = 'L', [ACMESIGN_LOOKUP_NEXT] = 'N',
	[ACMESIGN_ACCOUNT] = 'A', [ACMESIGN_ACCOUNT_BARE] = 'B',
	[ACMESIGN_CONTACT] = 'C', [ACMESIGN_ORDER] = 'O',
	[ACMESIGN_ORDER_BARE] = 'P', [ACMESIGN_GET] = 'g',
	[ACMESIGN_CHALLENGE] = 'c', [ACMESIGN_FINALIZE] = 'F',
	[ACMESIGN_REVOKE] = 'R', [ACMESIGN_REVOKE_BARE] = 'S',
	[ACMESIGN_REVOKE_KEY] = 'X', [ACMESIGN_ROLL] = 'K'
};

static int
do_sign(void *arg, const struct helper_sign_request *w, struct ipc_wr *out,
    char *err, size_t errsize)
{
	size_t	 n;

	(void)arg;
	if (fake.no_sign) {
		snprintf(err, errsize, "there is no account key");
		return (-1);
	}
	ATF_CHECK(w->nonce[0] == 'n');
	ATF_CHECK_EQ(w->what == ACMESIGN_LOOKUP ||
	    w->what == ACMESIGN_LOOKUP_NEXT || w->what == ACMESIGN_ACCOUNT ||
	    w->what == ACMESIGN_ACCOUNT_BARE ||
	    w->what == ACMESIGN_REVOKE_KEY, w->account[0] == '\0');
	n = strlen(fake.signed_for);
	snprintf(fake.signed_for + n, sizeof(fake.signed_for) - n, "%c",
	    letters[w->what]);
	if (w->what == ACMESIGN_ACCOUNT || w->what == ACMESIGN_ACCOUNT_BARE)
		fake.made_account++;
	snprintf(fake.last_account, sizeof(fake.last_account), "%s",
	    w->account);
	if (w->what == ACMESIGN_ORDER || w->what == ACMESIGN_ORDER_BARE)
		snprintf(fake.last_replaces, sizeof(fake.last_replaces), "%s",
		    w->replaces);
	ipc_wr_bytes(out, "jws", 3);
	return (0);
}

static int
do_token(void *arg, const char *token, const char *name)
{
	(void)arg;
	if (token[0] == '\0')
		fake.forgot++;
	else {
		ATF_CHECK_STREQ("abc", token);
		fake.tokens++;
		snprintf(fake.token_name, sizeof(fake.token_name), "%s",
		    name);
	}
	return (fake.no_token ? -1 : 0);
}

static int
do_wait(void *arg, unsigned int seconds)
{
	(void)arg;
	ATF_REQUIRE(seconds > 0 && seconds <= 60);
	fake.now += seconds;
	fake.slept += seconds;
	return (fake.stop_at > 0 && fake.slept >= fake.stop_at ? -1 : 0);
}

static int64_t
do_now(void *arg)
{
	(void)arg;
	return (fake.now);
}

static void
do_step(void *arg, const char *text)
{
	(void)arg;
	ATF_CHECK(text[0] != '\0');
	fprintf(stderr, "%s\n", text);
}

static void
do_warn(void *arg, const char *text)
{
	(void)arg;
	ATF_CHECK(text[0] != '\0');
	fprintf(stderr, "warning: %s\n", text);
	snprintf(fake.warned, sizeof(fake.warned), "%s", text);
}

void
start(void)
{
	static char	 first[] = "relay.test";
	char		*names[] = { first }, err[256];
	EVP_PKEY	*key;

	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE((key = keys_cert_new_key()) != NULL);
	ATF_REQUIRE(keys_cert_selfsign(key, names, 1, fake.cert, err,
	    sizeof(err)) > 0);
	EVP_PKEY_free(key);
	memset(&fake.conf, 0, sizeof(fake.conf));
	snprintf(fake.conf.directory, sizeof(fake.conf.directory), U "/dir");
	snprintf(fake.conf.ca_file, sizeof(fake.conf.ca_file), "/ca.pem");
	fake.conf.agreed = 1;
	fake.conf.nnames = 1;
	snprintf(fake.conf.names[0], sizeof(fake.conf.names[0]), "relay.test");
}

void
rule(const char *path, int nth, int last, const char *answer)
{
	ATF_REQUIRE(nrules < MAXRULES);
	rules[nrules].path = path;
	rules[nrules].nth = nth;
	rules[nrules].last = last;
	rules[nrules++].answer = answer;
}

void
job(enum ipc_acme_job what, const char *pem)
{
	struct helper_ops	 ops = { do_request, do_sign, do_token, do_wait,
			    do_now, do_step, do_warn, &fake };

	fake.now = fake.clock != 0 ? fake.clock : NOW;
	fake.slept = 0;
	fake.requests = fake.nonces = fake.tokens = fake.forgot = 0;
	fake.made_account = 0;
	fake.signed_for[0] = fake.warned[0] = fake.last_replaces[0] = '\0';
	helper_result_free(&fake.r);
	helper_run(&ops, &fake.conf, what, fake.next_key, pem, pem == NULL ? 0 :
	    strlen(pem), &fake.r);
	ATF_CHECK_EQ(fake.r.end == ACMEEND_OK, fake.r.error[0] == '\0');
	ATF_CHECK_MSG(strchr(fake.r.error, '\n') == NULL, "%s", fake.r.error);
	ATF_CHECK(fake.tokens == 0 || fake.forgot > 0);
	nrules = 0;
	memset(rules, 0, sizeof(rules));
}

void
issue(enum ipc_acme_outcome end, const char *line)
{
	job(ACMEJOB_ISSUE, NULL);
	ATF_CHECK_EQ_MSG(end, fake.r.end, "%d: %s; expected %d: %s",
	    (int)fake.r.end, fake.r.error, (int)end, line);
	ATF_CHECK_MSG(strstr(fake.r.error, line) != NULL, "%s; expected %s",
	    fake.r.error, line);
	ATF_CHECK_EQ(end == ACMEEND_OK, fake.r.chain != NULL);
}
