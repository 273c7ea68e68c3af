/*
 * explain: refusals in words; see explain.h.  Pure.
 */
#include <stdio.h>
#include <string.h>

#include "explain.h"

/* `about' 1: of a name, which is put in front.  The detail follows `text'. */
static const struct {
	enum acme_error		 error;
	enum acme_outcome	 end;
	int			 about;
	const char		*text, *todo;
} lines[] = {
	{ ACME_E_NOACCOUNT, ACME_END_REFUSED, 0,
	    "the directory has no account for this account key", "" },
	{ ACME_E_CSR, ACME_END_REFUSED, 0,
	    "the directory does not take the certificate request", "" },
	{ ACME_E_NONCE, ACME_END_UNREACHABLE, 0,
	    "the directory takes none of the nonces that it gives out", "" },
	{ ACME_E_KEY, ACME_END_REFUSED, 0,
	    "the directory does not take this kind of key", "" },
	{ ACME_E_ALGORITHM, ACME_END_REFUSED, 0,
	    "the directory does not take this kind of account key", "" },
	{ ACME_E_CAA, ACME_END_REFUSED, 1,
	    "its CAA record in DNS does not allow this directory",
	    "name the directory in it, or remove it" },
	{ ACME_E_CONNECTION, ACME_END_PORT80, 1,
	    "the directory can't connect to its port 80",
	    "let port 80 through to here, from everywhere" },
	{ ACME_E_TLS, ACME_END_PORT80, 1,
	    "the directory was led away from port 80 to something that does"
	    " not speak TLS",
	    "let port 80 through to here, without redirect" },
	{ ACME_E_DNS, ACME_END_DNS, 1,
	    "the directory finds no address for it in DNS",
	    "publish an A or AAAA record that leads here" },
	{ ACME_E_EAB, ACME_END_REFUSED, 0,
	    "the directory wants an account binding, or not this one",
	    "get key id and MAC key from it and write eab" },
	{ ACME_E_RESPONSE, ACME_END_DNS, 1,
	    "something else than this server answers on its port 80",
	    "see to what its addresses in DNS are, and what is in front" },
	{ ACME_E_UNAUTHORIZED, ACME_END_DNS, 1,
	    "something else than this server answers on its port 80",
	    "see to what its addresses in DNS are, and what is in front" },
	{ ACME_E_CONTACT, ACME_END_REFUSED, 0,
	    "the directory does not take the contact",
	    "write another one, as mail address" },
	{ ACME_E_PROFILE, ACME_END_REFUSED, 0,
	    "the directory does not take the profile",
	    "write another one, or none" },
	{ ACME_E_RATE, ACME_END_RATE, 0,
	    "the directory has been asked too often", "" },
	{ ACME_E_NAME, ACME_END_REFUSED, 1,
	    "the directory gives out no certificate for it", "" },
	{ ACME_E_UNSUPPORTED, ACME_END_REFUSED, 1,
	    "the directory gives out no certificates for names of this kind",
	    "" },
	{ ACME_E_SERVER, ACME_END_UNREACHABLE, 0,
	    "the directory has a failure of its own", "" },
	{ ACME_E_ACTION, ACME_END_REFUSED, 0,
	    "the directory wants a person to do something first", "" }
};

#define NLINES	(sizeof(lines) / sizeof(lines[0]))

/*
 * The line for the problem, NLINES for none: what is about a name does not mean
 * the same of an account.
 */
static size_t
line_of(const struct acme_problem *p, const char *name)
{
	size_t	 i;

	for (i = 0; i < NLINES; i++)
		if (lines[i].error == p->error && (!lines[i].about ||
		    name != NULL || p->name[0] != '\0'))
			return (i);
	return (NLINES);
}

enum acme_outcome
explain_outcome(const struct acme_problem *p, const char *name)
{
	size_t	 i = line_of(p, name);

	/* One that is not understood may go away, or not: as if it stayed. */
	return (i < NLINES ? lines[i].end : ACME_END_REFUSED);
}

void
explain_problem(const struct acme_problem *p, const char *doing,
    const char *name, char *dst, size_t size)
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
		if (who[0] == '\0' && lines[i].about)
			who = name;
	}
	if (p->error == ACME_E_ACTION && p->instance[0] != '\0') {
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
explain_is_clock(const char *error)
{
	return (strstr(error, "not yet valid") != NULL ||
	    strstr(error, "has expired") != NULL);
}
