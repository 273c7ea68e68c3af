/*
 * explain: problem documents explained; see explain.h.  Pure.
 */
#include <stdio.h>
#include <string.h>

#include "explain.h"

/* `about' 1: of a name, which goes first.  The detail follows `text'. */
static const struct {
	enum helper_error	 error;
	enum ipc_acme_outcome	 end;
	int			 about;
	const char		*text, *todo;
	const char		*alpn, *alpn_todo;	/* the same for
							   TLS-ALPN-01; NULL */
} lines[] = {
	{ HELPER_E_NOACCOUNT, ACMEEND_REFUSED, 0,
	    "the directory has no account for this account key", "",
	    NULL, NULL },
	{ HELPER_E_CSR, ACMEEND_REFUSED, 0,
	    "the directory refuses the certificate request", "",
	    NULL, NULL },
	{ HELPER_E_NONCE, ACMEEND_UNREACHABLE, 0,
	    "the directory refuses its own nonces", "",
	    NULL, NULL },
	{ HELPER_E_KEY, ACMEEND_REFUSED, 0,
	    "the directory does not support this kind of key", "",
	    NULL, NULL },
	{ HELPER_E_ALGORITHM, ACMEEND_REFUSED, 0,
	    "the directory does not support this kind of account key", "",
	    NULL, NULL },
	{ HELPER_E_CAA, ACMEEND_REFUSED, 1,
	    "its CAA record in DNS does not allow this directory",
	    "name the directory in it, or remove it",
	    NULL, NULL },
	{ HELPER_E_CONNECTION, ACMEEND_PORT, 1,
	    "the directory can't connect to its port 80",
	    "make port 80 reachable from everywhere",
	    "the directory can't connect to its port 443",
	    "make port 443 reachable from everywhere" },
	{ HELPER_E_TLS, ACMEEND_PORT, 1,
	    "the directory was redirected from port 80 to a server without TLS",
	    "forward port 80 to this server without a redirect",
	    "the TLS of its port 443 is not this server's",
	    "forward port 443 to this server unchanged" },
	{ HELPER_E_DNS, ACMEEND_DNS, 1,
	    "the directory finds no address for it in DNS",
	    "publish an A or AAAA record that points here",
	    NULL, NULL },
	{ HELPER_E_EAB, ACMEEND_REFUSED, 0,
	    "the directory requires an account binding, or refuses this one",
	    "request a key id and MAC key from it and configure eab",
	    NULL, NULL },
	{ HELPER_E_RESPONSE, ACMEEND_DNS, 1,
	    "another server answers on its port 80",
	    "check its addresses in DNS, and any proxy in front of this "
	    "server",
	    "another server answers on its port 443",
	    "check its addresses in DNS, and any proxy in front of this "
	    "server" },
	{ HELPER_E_UNAUTHORIZED, ACMEEND_DNS, 1,
	    "another server answers on its port 80",
	    "check its addresses in DNS, and any proxy in front of this "
	    "server",
	    "another server answers on its port 443",
	    "check its addresses in DNS, and any proxy in front of this "
	    "server" },
	{ HELPER_E_CONTACT, ACMEEND_REFUSED, 0,
	    "the directory refuses the contact",
	    "configure another mail address",
	    NULL, NULL },
	{ HELPER_E_PROFILE, ACMEEND_REFUSED, 0,
	    "the directory refuses the profile",
	    "configure another one, or none",
	    NULL, NULL },
	{ HELPER_E_RATE, ACMEEND_RATE, 0,
	    "the directory's rate limit is exceeded", "",
	    NULL, NULL },
	{ HELPER_E_NAME, ACMEEND_REFUSED, 1,
	    "the directory issues no certificate for it", "",
	    NULL, NULL },
	{ HELPER_E_UNSUPPORTED, ACMEEND_REFUSED, 1,
	    "the directory issues no certificates for names of this kind",
	    "",
	    NULL, NULL },
	{ HELPER_E_SERVER, ACMEEND_UNREACHABLE, 0,
	    "the directory has an internal error", "",
	    NULL, NULL },
	{ HELPER_E_ACTION, ACMEEND_REFUSED, 0,
	    "the directory requires an action by the account's owner first",
	    "",
	    NULL, NULL }
};

#define NLINES	(sizeof(lines) / sizeof(lines[0]))

/*
 * The row for the problem; NLINES: none.  Rows about names do not apply to
 * accounts.
 */
static size_t
line_of(const struct helper_problem *p, const char *name)
{
	size_t	 i;

	for (i = 0; i < NLINES; i++)
		if (lines[i].error == p->error && (!lines[i].about ||
		    name != NULL || p->name[0] != '\0'))
			return (i);
	return (NLINES);
}

enum ipc_acme_outcome
helper_explain_outcome(const struct helper_problem *p, const char *name)
{
	size_t	 i = line_of(p, name);

	/* An unknown error is treated as permanent. */
	return (i < NLINES ? lines[i].end : ACMEEND_REFUSED);
}

void
helper_explain_problem(const struct helper_problem *p,
    enum ipc_acme_challenge kind, const char *doing, const char *name,
    char *dst, size_t size)
{
	const char	*text, *todo = "", *who = p->name;
	char		 refused[128], more[32] = "";
	char		 visit[sizeof(p->instance) + 8];
	size_t		 i = line_of(p, name);

	snprintf(refused, sizeof(refused), "the directory refuses %s%s%s",
	    doing, p->type[0] == '\0' ? "" : ": ", p->type);
	text = refused;
	if (i < NLINES) {
		text = lines[i].text;
		todo = lines[i].todo;
		if (kind == ACMECHALLENGE_TLS_ALPN && lines[i].alpn != NULL) {
			text = lines[i].alpn;
			todo = lines[i].alpn_todo;
		}
		if (who[0] == '\0' && lines[i].about)
			who = name;
	}
	if (p->error == HELPER_E_ACTION && p->instance[0] != '\0') {
		snprintf(visit, sizeof(visit), "visit %s", p->instance);
		todo = visit;
	}
	if (p->more > 0)
		snprintf(more, sizeof(more), " (and %u more)", p->more);
	snprintf(dst, size, "%s%s%s%s%s%s%s%s%s", who,
	    who[0] == '\0' ? "" : ": ", text,
	    p->detail[0] == '\0' ? "" : " (", p->detail,
	    p->detail[0] == '\0' ? "" : ")", more,
	    todo[0] == '\0' ? "" : ": ", todo);
}

int
helper_explain_is_clock(const char *error)
{
	return (strstr(error, "not yet valid") != NULL ||
	    strstr(error, "has expired") != NULL);
}
