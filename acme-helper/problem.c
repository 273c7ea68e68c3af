/*
 * problem: parses problem documents of ACME directories; see order.h.  Pure.
 */
#include <stdio.h>
#include <string.h>

#include "order_json.h"

#define URN	"urn:ietf:params:acme:error:"

static const struct {
	const char		*type;
	enum helper_error	 error;
} types[] = {
	{ "accountDoesNotExist", HELPER_E_NOACCOUNT },
	{ "alreadyReplaced", HELPER_E_REPLACED },
	{ "alreadyRevoked", HELPER_E_REVOKED },
	{ "badCSR", HELPER_E_CSR },
	{ "badNonce", HELPER_E_NONCE },
	{ "badPublicKey", HELPER_E_KEY },
	{ "badRevocationReason", HELPER_E_REASON },
	{ "badSignatureAlgorithm", HELPER_E_ALGORITHM },
	{ "caa", HELPER_E_CAA },
	{ "compound", HELPER_E_COMPOUND },
	{ "connection", HELPER_E_CONNECTION },
	{ "dns", HELPER_E_DNS },
	{ "externalAccountRequired", HELPER_E_EAB },
	{ "incorrectResponse", HELPER_E_RESPONSE },
	{ "invalidContact", HELPER_E_CONTACT },
	{ "invalidProfile", HELPER_E_PROFILE },
	{ "malformed", HELPER_E_MALFORMED },
	{ "orderNotReady", HELPER_E_NOTREADY },
	{ "rateLimited", HELPER_E_RATE },
	{ "rejectedIdentifier", HELPER_E_NAME },
	{ "serverInternal", HELPER_E_SERVER },
	{ "tls", HELPER_E_TLS },
	{ "unauthorized", HELPER_E_UNAUTHORIZED },
	{ "unsupportedContact", HELPER_E_CONTACT },
	{ "unsupportedIdentifier", HELPER_E_UNSUPPORTED },
	{ "userActionRequired", HELPER_E_ACTION }
};

/* Read type, detail and name of one object. */
static void
get_one(const struct json *j, json_ref r, struct helper_problem *p)
{
	char	 type[128];
	size_t	 i;

	memset(p, 0, sizeof(*p));
	p->error = HELPER_E_OTHER;
	helper_text(j, json_get(j, r, "type"), type, sizeof(type));
	if (strncmp(type, URN, sizeof(URN) - 1) == 0) {
		snprintf(p->type, sizeof(p->type), "%.63s",
		    type + sizeof(URN) - 1);
		for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			if (strcmp(p->type, types[i].type) == 0)
				p->error = types[i].error;
	}
	helper_text(j, json_get(j, r, "detail"), p->detail, sizeof(p->detail));
	helper_text(j, json_get(j, r, "instance"), p->instance,
	    sizeof(p->instance));
	/* Pebble reports a name without address so, too. */
	if (p->error == HELPER_E_CONNECTION &&
	    strstr(p->detail, "could not resolve") != NULL)
		p->error = HELPER_E_DNS;
	helper_text(j, json_get(j, json_get(j, r, "identifier"), "value"),
	    p->name, sizeof(p->name));
}

void
helper_problem_get(const struct json *j, json_ref r, struct helper_problem *p)
{
	struct helper_problem	 sub;
	json_ref		 a, s;
	unsigned int		 n;

	memset(p, 0, sizeof(*p));
	p->error = HELPER_E_NONE;
	if (json_type(j, r) != JSON_OBJECT)
		return;
	get_one(j, r, p);
	a = json_get(j, r, "subproblems");
	if (json_type(j, a) != JSON_ARRAY || json_count(j, a) == 0)
		return;
	/* Subproblems name the problem of each name: use one of them. */
	n = (unsigned int)json_count(j, a);
	for (s = json_first(j, a); s != -1; s = json_next(j, s)) {
		if (json_type(j, s) != JSON_OBJECT)
			continue;
		get_one(j, s, &sub);
		if (sub.error == HELPER_E_OTHER)
			continue;
		*p = sub;
		p->more = n - 1;
		return;
	}
}

void
helper_problem_parse(const char *text, size_t len, struct helper_problem *p)
{
	struct json	*j;
	char		 err[HELPER_TEXTSIZE];

	if ((j = helper_json(text, len, "answer", err, sizeof(err))) == NULL) {
		memset(p, 0, sizeof(*p));
		p->error = HELPER_E_OTHER;
		snprintf(p->detail, sizeof(p->detail), "%s", err);
		return;
	}
	helper_problem_get(j, 0, p);
	json_free(j);
}
