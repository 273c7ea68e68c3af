/*
 * acme_account: the account with a directory (RFC 8555 7.3); see acme_int.h.
 *
 * Answers of a directory to the lookup of the account, and what follows:
 *
 *	account, valid			it is used
 *	account, deactivated, revoked	another key is needed (ACMEEND_ACCOUNT)
 *	accountDoesNotExist		it is created, with the same key
 *	badPublicKey,			another key is needed, of a kind that
 *	badSignatureAlgorithm		all directories support
 *	rateLimited, serverInternal,	the job ends, to be retried
 *	badNonce, HTTP status alone
 *	externalAccountRequired,	it is created, which also returns an
 *	unauthorized, userActionRequired, existing account (7.3.1): not all
 *	malformed and all others	directories permit a lookup
 *
 * and to its creation:
 *
 *	invalidContact,			it is created without contacts, with a
 *	unsupportedContact		warning
 *	unauthorized			another key is needed if the lookup was
 *					refused likewise and no binding can be
 *					the reason: it has been deactivated
 *	badPublicKey,			another key is needed
 *	badSignatureAlgorithm
 *	externalAccountRequired,	an operator must edit derpd.conf; the
 *	userActionRequired		error has the page to visit
 */
#include <stdio.h>
#include <string.h>

#include "acme_int.h"

enum account_found {
	FOUND_FAILED = -1,	/* a->r has the error */
	FOUND_NONE,		/* the directory has no such account */
	FOUND,			/* found: a->account */
	FOUND_UNCLEAR		/* unknown: a->problem */
};

/* The directory accepts no account for this key. */
static int
key_is_useless(struct helper *a, const struct helper_problem *p)
{
	return (helper_fail(a, ACMEEND_ACCOUNT, a->r->not_before, "the"
	    " directory refuses the account key: %s%s%s%s", p->type,
	    p->detail[0] == '\0' ? "" : " (", p->detail,
	    p->detail[0] == '\0' ? "" : ")"));
}

/* Read the account's URL from the answer, and its status. */
static int
read_account(struct helper *a, const struct net_https_response *res)
{
	enum helper_status	 status;
	char			 err[HELPER_TEXTSIZE];

	if (helper_location(&res->head, a->dir.new_account, a->account) == -1)
		return (helper_fail(a, ACMEEND_UNREACHABLE, 0, "the directory"
		    " does not say where the account is"));
	if (helper_account_parse((char *)res->body, res->body_len, &status, err,
	    sizeof(err)) == -1)
		return (helper_fail(a, ACMEEND_UNREACHABLE, 0, "%s", err));
	if (status == HELPER_DEACTIVATED || status == HELPER_REVOKED)
		return (helper_fail(a, ACMEEND_ACCOUNT, 0, "the account is %s",
		    helper_status_name(status)));
	if (status != HELPER_VALID)
		return (helper_fail(a, ACMEEND_REFUSED, 0, "the account is %s",
		    helper_status_name(status)));
	helper_step(a, "account %s", a->account);
	return (0);
}

/* Handle the refused lookup in a->problem. */
static enum account_found
not_found(struct helper *a)
{
	switch (a->problem.error) {
	case HELPER_E_NOACCOUNT:
		return (FOUND_NONE);
	case HELPER_E_KEY:
	case HELPER_E_ALGORITHM:
		(void)key_is_useless(a, &a->problem);
		return (FOUND_FAILED);
	case HELPER_E_RATE:
	case HELPER_E_SERVER:
	case HELPER_E_NONCE:
		break;
	default:
		/* HTTP errors may come from a proxy. */
		if (strncmp(a->problem.type, "HTTP ", 5) != 0)
			return (FOUND_UNCLEAR);
		break;
	}
	(void)helper_refused(a, &a->problem, "the account", NULL);
	return (FOUND_FAILED);
}

/* Look up the account, by ACMESIGN_LOOKUP or ACMESIGN_LOOKUP_NEXT. */
static enum account_found
find_account(struct helper *a, enum ipc_acmesign what)
{
	struct net_https_response	 res;
	enum account_found		 found;

	switch (helper_post(a, what, a->dir.new_account, "the account", &res)) {
	case HELPER_GOT_OK:
		found = read_account(a, &res) == 0 ? FOUND : FOUND_FAILED;
		break;
	case HELPER_GOT_REFUSED:
		found = not_found(a);
		break;
	default:
		return (FOUND_FAILED);
	}
	net_https_free(&res);
	return (found);
}

/* Check that the configuration has what an account requires.  0, or -1. */
static int
check_wants(struct helper *a)
{
	if (a->dir.needs_eab && a->conf->eab_kid[0] == '\0')
		return (helper_fail(a, ACMEEND_REFUSED, 0, "the directory "
		    "requires an account binding: request a key id and MAC key "
		    "from it and configure eab"));
	if (a->dir.terms[0] != '\0' && !a->conf->agreed)
		return (helper_fail(a, ACMEEND_REFUSED, 0, "the directory "
		    "requires agreement to its terms of service (%s)",
		    a->dir.terms));
	return (0);
}

/*
 * The account was not created: set the error.  `before' is the lookup's result.
 */
static void
not_made(struct helper *a, enum helper_error before)
{
	struct helper_problem	*p = &a->problem;
	int			 bound = a->conf->eab_kid[0] != '\0';

	if (p->error == HELPER_E_KEY || p->error == HELPER_E_ALGORITHM ||
	    (p->error == HELPER_E_UNAUTHORIZED && !bound &&
	    before == HELPER_E_UNAUTHORIZED)) {
		(void)key_is_useless(a, p);
		return;
	}
	/* Without a binding, `unauthorized' must be about the key itself. */
	if (bound && (p->error == HELPER_E_UNAUTHORIZED ||
	    p->error == HELPER_E_MALFORMED))
		p->error = HELPER_E_EAB;
	(void)helper_refused(a, p, "an account", NULL);
}

/* helper_make_account(); `before' is the lookup's result. */
static int
make(struct helper *a, enum helper_error before)
{
	struct net_https_response	 res;
	enum helper_got			 got;
	int				 rv = -1;

	if (check_wants(a) == -1)
		return (-1);
	helper_step(a, "creating an account");
	got = helper_post(a, ACMESIGN_ACCOUNT, a->dir.new_account, "an account",
	    &res);
	if (got == HELPER_GOT_REFUSED && a->problem.error == HELPER_E_CONTACT &&
	    a->conf->ncontacts > 0) {
		helper_warn(a, "the directory refuses the contact (%s): "
		    "creating the account without it; configure another mail "
		    "address", a->problem.detail);
		net_https_free(&res);
		got = helper_post(a, ACMESIGN_ACCOUNT_BARE, a->dir.new_account,
		    "an account", &res);
	}
	if (got == HELPER_GOT_FAILED)
		return (-1);
	if (got == HELPER_GOT_OK)
		rv = read_account(a, &res);
	else
		not_made(a, before);
	net_https_free(&res);
	return (rv);
}

int
helper_make_account(struct helper *a)
{
	a->account_made = 1;
	return (make(a, HELPER_E_NOACCOUNT));
}

/*
 * The account key has no account, or none that is shown.  While a rollover is
 * under way, the account may have the next key already: no second one is
 * created.
 */
static int
without_account(struct helper *a, enum account_found found)
{
	enum helper_error	 before = found == FOUND_NONE ?
			    HELPER_E_NOACCOUNT : a->problem.error;

	if (a->next) {
		found = find_account(a, ACMESIGN_LOOKUP_NEXT);
		if (found == FOUND)
			return (helper_fail(a, ACMEEND_NEXT_KEY, 0,
			    "the account"
			    " has the new key already"));
		if (found == FOUND_FAILED)
			return (-1);
	}
	return (make(a, before));
}

int
helper_need_account(struct helper *a)
{
	enum account_found	 found = find_account(a, ACMESIGN_LOOKUP);

	if (found == FOUND_FAILED || found == FOUND)
		return (found == FOUND ? 0 : -1);
	return (without_account(a, found));
}

/* Which key the account has is unknown: no key may be dropped. */
static int
undecided(struct helper *a)
{
	if (a->r->end == ACMEEND_REFUSED || a->r->end == ACMEEND_ACCOUNT)
		a->r->end = ACMEEND_UNREACHABLE;
	return (-1);
}

/* The account key has no visible account: look up the next key. */
static int
look_up_next(struct helper *a, enum account_found old)
{
	switch (find_account(a, ACMESIGN_LOOKUP_NEXT)) {
	case FOUND:
		return (0);
	case FOUND_FAILED:
		return (undecided(a));
	case FOUND_NONE:
		if (old == FOUND_NONE)
			return (helper_fail(a, ACMEEND_REFUSED, 0, "the"
			    " directory has no account yet whose key could be"
			    " changed"));
		break;
	case FOUND_UNCLEAR:
		break;
	}
	(void)helper_refused(a, &a->problem, "the account", NULL);
	return (undecided(a));
}

int
helper_roll(struct helper *a)
{
	static const char		 doing[] =
	    "the change of the account key";
	struct net_https_response	 res;
	struct helper_problem		 why;
	enum account_found		 found;
	enum helper_got			 got;
	int				 tried;

	for (tried = 0;; tried = 1) {
		found = find_account(a, ACMESIGN_LOOKUP);
		if (found == FOUND_FAILED)
			return (undecided(a));
		if (found != FOUND)
			return (look_up_next(a, found));
		if (tried)
			/*
			 * The directory knows both keys and keeps the old one.
			 */
			return (helper_refused(a, &why, doing, NULL));
		if (a->dir.key_change[0] == '\0')
			return (helper_fail(a, ACMEEND_REFUSED, 0, "the"
			    " directory does not offer %s", doing));
		got = helper_post(a, ACMESIGN_ROLL, a->dir.key_change, doing,
		    &res);
		if (got == HELPER_GOT_FAILED)
			return (undecided(a));
		net_https_free(&res);
		if (got == HELPER_GOT_OK)
			return (0);
		/* An earlier request may have succeeded. */
		why = a->problem;
		a->account[0] = '\0';
	}
}
