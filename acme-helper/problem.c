/*
 * problem: problem documents of ACME directories; see order.h.  Pure.
 */
#include <stdio.h>
#include <string.h>

#include "order_json.h"

#define URN	"urn:ietf:params:acme:error:"

static const struct {
	const char	*type;
	enum acme_error	 error;
} types[] = {
	{ "accountDoesNotExist", ACME_E_NOACCOUNT },
	{ "alreadyReplaced", ACME_E_REPLACED },
	{ "alreadyRevoked", ACME_E_REVOKED },
	{ "badCSR", ACME_E_CSR },
	{ "badNonce", ACME_E_NONCE },
	{ "badPublicKey", ACME_E_KEY },
	{ "badRevocationReason", ACME_E_REASON },
	{ "badSignatureAlgorithm", ACME_E_ALGORITHM },
	{ "caa", ACME_E_CAA },
	{ "compound", ACME_E_COMPOUND },
	{ "connection", ACME_E_CONNECTION },
	{ "dns", ACME_E_DNS },
	{ "externalAccountRequired", ACME_E_EAB },
	{ "incorrectResponse", ACME_E_RESPONSE },
	{ "invalidContact", ACME_E_CONTACT },
	{ "invalidProfile", ACME_E_PROFILE },
	{ "malformed", ACME_E_MALFORMED },
	{ "orderNotReady", ACME_E_NOTREADY },
	{ "rateLimited", ACME_E_RATE },
	{ "rejectedIdentifier", ACME_E_NAME },
	{ "serverInternal", ACME_E_SERVER },
	{ "tls", ACME_E_TLS },
	{ "unauthorized", ACME_E_UNAUTHORIZED },
	{ "unsupportedContact", ACME_E_CONTACT },
	{ "unsupportedIdentifier", ACME_E_UNSUPPORTED },
	{ "userActionRequired", ACME_E_ACTION }
};

/* Type, detail and name of one object. */
static void
get_one(const struct json *j, json_ref r, struct acme_problem *p)
{
	char	 type[128];
	size_t	 i;

	memset(p, 0, sizeof(*p));
	p->error = ACME_E_OTHER;
	acme_text(j, json_get(j, r, "type"), type, sizeof(type));
	if (strncmp(type, URN, sizeof(URN) - 1) == 0) {
		snprintf(p->type, sizeof(p->type), "%.63s",
		    type + sizeof(URN) - 1);
		for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			if (strcmp(p->type, types[i].type) == 0)
				p->error = types[i].error;
	}
	acme_text(j, json_get(j, r, "detail"), p->detail, sizeof(p->detail));
	acme_text(j, json_get(j, r, "instance"), p->instance,
	    sizeof(p->instance));
	/* Pebble says so of a name without address, too. */
	if (p->error == ACME_E_CONNECTION &&
	    strstr(p->detail, "could not resolve") != NULL)
		p->error = ACME_E_DNS;
	acme_text(j, json_get(j, json_get(j, r, "identifier"), "value"),
	    p->name, sizeof(p->name));
}

void
acme_problem_get(const struct json *j, json_ref r, struct acme_problem *p)
{
	struct acme_problem	 sub;
	json_ref		 a, s;
	unsigned int		 n;

	memset(p, 0, sizeof(*p));
	p->error = ACME_E_NONE;
	if (json_type(j, r) != JSON_OBJECT)
		return;
	get_one(j, r, p);
	a = json_get(j, r, "subproblems");
	if (json_type(j, a) != JSON_ARRAY || json_count(j, a) == 0)
		return;
	/* Subproblems say of which name what is wrong: one goes on. */
	n = (unsigned int)json_count(j, a);
	for (s = json_first(j, a); s != -1; s = json_next(j, s)) {
		if (json_type(j, s) != JSON_OBJECT)
			continue;
		get_one(j, s, &sub);
		if (sub.error == ACME_E_OTHER)
			continue;
		*p = sub;
		p->more = n - 1;
		return;
	}
}

void
acme_problem_parse(const char *text, size_t len, struct acme_problem *p)
{
	struct json	*j;
	char		 err[ACME_TEXTSIZE];

	if ((j = acme_json(text, len, "answer", err, sizeof(err))) == NULL) {
		memset(p, 0, sizeof(*p));
		p->error = ACME_E_OTHER;
		snprintf(p->detail, sizeof(p->detail), "%s", err);
		return;
	}
	acme_problem_get(j, 0, p);
	json_free(j);
}
