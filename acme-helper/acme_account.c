/*
 * acme_account: the account with a directory (RFC 8555 7.3); see acme_int.h.
 *
 * What a directory answers when the account is looked for, and what then:
 *
 *	account, valid			it is used
 *	account, deactivated, revoked	another key is wanted (ACME_END_ACCOUNT)
 *	accountDoesNotExist		it is made, with the same key
 *	badPublicKey,			another key is wanted: ours is of a kind
 *	badSignatureAlgorithm		that all directories take
 *	rateLimited, serverInternal,	the job ends, to be tried again
 *	badNonce, HTTP status alone
 *	externalAccountRequired,	it is made, for that gives the account
 *	unauthorized, userActionRequired, that is there, too (7.3.1): not all
 *	malformed and all others	directories let an account be looked for
 *
 * and when it is made:
 *
 *	invalidContact,			it is made without contacts; the log
 *	unsupportedContact		says so
 *	unauthorized			another key is wanted if the account was
 *					refused so before and no binding may be
 *					the reason: it has been deactivated
 *	badPublicKey,			another key is wanted
 *	badSignatureAlgorithm
 *	externalAccountRequired,	a person must say so in derpd.conf; the
 *	userActionRequired		line has the page to go to
 */
#include <stdio.h>
#include <string.h>

#include "acme_int.h"

enum found {
	FOUND_FAILED = -1,	/* a->r says why */
	FOUND_NONE,		/* the directory has no such account */
	FOUND,			/* it has; a->account */
	FOUND_UNCLEAR		/* it does not say; a->problem */
};

/* No account can be had with the key. */
static int
key_is_useless(struct acme *a, const struct acme_problem *p)
{
	return (acme_fail(a, ACME_END_ACCOUNT, a->r->not_before, "the"
	    " directory refuses the account key: %s%s%s%s", p->type,
	    p->detail[0] == '\0' ? "" : " (", p->detail,
	    p->detail[0] == '\0' ? "" : ")"));
}

/* The account's URL out of the answer, and whether it is in force. */
static int
take_account(struct acme *a, const struct https_response *res)
{
	enum acme_status	 status;
	char			 err[ACME_TEXTSIZE];

	if (acme_location(&res->head, a->dir.new_account, a->account) == -1)
		return (acme_fail(a, ACME_END_UNREACHABLE, 0, "the directory"
		    " does not say where the account is"));
	if (acme_account_parse((char *)res->body, res->body_len, &status, err,
	    sizeof(err)) == -1)
		return (acme_fail(a, ACME_END_UNREACHABLE, 0, "%s", err));
	if (status == ACME_DEACTIVATED || status == ACME_REVOKED)
		return (acme_fail(a, ACME_END_ACCOUNT, 0, "the account is %s",
		    acme_status_name(status)));
	if (status != ACME_VALID)
		return (acme_fail(a, ACME_END_REFUSED, 0, "the account is %s",
		    acme_status_name(status)));
	acme_step(a, "account %s", a->account);
	return (0);
}

/* The account was looked for and a->problem is the answer. */
static enum found
not_found(struct acme *a)
{
	switch (a->problem.error) {
	case ACME_E_NOACCOUNT:
		return (FOUND_NONE);
	case ACME_E_KEY:
	case ACME_E_ALGORITHM:
		(void)key_is_useless(a, &a->problem);
		return (FOUND_FAILED);
	case ACME_E_RATE:
	case ACME_E_SERVER:
	case ACME_E_NONCE:
		break;
	default:
		/* Not from the directory itself: something is in between. */
		if (strncmp(a->problem.type, "HTTP ", 5) != 0)
			return (FOUND_UNCLEAR);
		break;
	}
	(void)acme_refused(a, &a->problem, "the account", NULL);
	return (FOUND_FAILED);
}

/* Look for the account, by ACMESIGN_LOOKUP or ACMESIGN_LOOKUP_NEXT. */
static enum found
find_account(struct acme *a, enum acmesign what)
{
	struct https_response	 res;
	enum found		 found;

	switch (acme_post(a, what, a->dir.new_account, "the account", &res)) {
	case ACME_GOT_OK:
		found = take_account(a, &res) == 0 ? FOUND : FOUND_FAILED;
		break;
	case ACME_GOT_REFUSED:
		found = not_found(a);
		break;
	default:
		return (FOUND_FAILED);
	}
	https_free(&res);
	return (found);
}

/* Has the configuration what an account wants?  0, or -1. */
static int
check_wants(struct acme *a)
{
	if (a->dir.needs_eab && a->conf->eab_kid[0] == '\0')
		return (acme_fail(a, ACME_END_REFUSED, 0, "the directory wants"
		    " an account binding: get key id and MAC key from it and"
		    " write eab"));
	if (a->dir.terms[0] != '\0' && !a->conf->agreed)
		return (acme_fail(a, ACME_END_REFUSED, 0, "the directory wants"
		    " its terms of service (%s) agreed to", a->dir.terms));
	return (0);
}

/* The account is not made: say why.  `before' is what looking for it gave. */
static void
not_made(struct acme *a, enum acme_error before)
{
	struct acme_problem	*p = &a->problem;
	int			 bound = a->conf->eab_kid[0] != '\0';

	if (p->error == ACME_E_KEY || p->error == ACME_E_ALGORITHM ||
	    (p->error == ACME_E_UNAUTHORIZED && !bound &&
	    before == ACME_E_UNAUTHORIZED)) {
		(void)key_is_useless(a, p);
		return;
	}
	/* Whom else would it not authorize to have an account? */
	if (bound && (p->error == ACME_E_UNAUTHORIZED ||
	    p->error == ACME_E_MALFORMED))
		p->error = ACME_E_EAB;
	(void)acme_refused(a, p, "an account", NULL);
}

/* acme_make_account(); `before' is what looking for it gave. */
static int
make(struct acme *a, enum acme_error before)
{
	struct https_response	 res;
	enum acme_got		 got;
	int			 rv = -1;

	if (check_wants(a) == -1)
		return (-1);
	acme_step(a, "making an account");
	got = acme_post(a, ACMESIGN_ACCOUNT, a->dir.new_account, "an account",
	    &res);
	if (got == ACME_GOT_REFUSED && a->problem.error == ACME_E_CONTACT &&
	    a->conf->ncontacts > 0) {
		acme_warn(a, "the directory does not take the contact (%s):"
		    " making the account without; write another contact, as"
		    " mail address", a->problem.detail);
		https_free(&res);
		got = acme_post(a, ACMESIGN_ACCOUNT_BARE, a->dir.new_account,
		    "an account", &res);
	}
	if (got == ACME_GOT_FAILED)
		return (-1);
	if (got == ACME_GOT_OK)
		rv = take_account(a, &res);
	else
		not_made(a, before);
	https_free(&res);
	return (rv);
}

int
acme_make_account(struct acme *a)
{
	a->account_made = 1;
	return (make(a, ACME_E_NOACCOUNT));
}

/*
 * The account key has none, or one that is not shown.  While another key waits
 * to take its place the account may have that already: no second one is made.
 */
static int
without_account(struct acme *a, enum found found)
{
	enum acme_error	 before = found == FOUND_NONE ? ACME_E_NOACCOUNT :
			    a->problem.error;

	if (a->next) {
		found = find_account(a, ACMESIGN_LOOKUP_NEXT);
		if (found == FOUND)
			return (acme_fail(a, ACME_END_NEXT_KEY, 0, "the account"
			    " has the new key already"));
		if (found == FOUND_FAILED)
			return (-1);
	}
	return (make(a, before));
}

int
acme_need_account(struct acme *a)
{
	enum found	 found = find_account(a, ACMESIGN_LOOKUP);

	if (found == FOUND_FAILED || found == FOUND)
		return (found == FOUND ? 0 : -1);
	return (without_account(a, found));
}

/* Which key the account has is not known: nothing may be thrown away. */
static int
undecided(struct acme *a)
{
	if (a->r->end == ACME_END_REFUSED || a->r->end == ACME_END_ACCOUNT)
		a->r->end = ACME_END_UNREACHABLE;
	return (-1);
}

/* The account key has no account, or none that is shown: has the next one? */
static int
look_for_next(struct acme *a, enum found old)
{
	switch (find_account(a, ACMESIGN_LOOKUP_NEXT)) {
	case FOUND:
		return (0);
	case FOUND_FAILED:
		return (undecided(a));
	case FOUND_NONE:
		if (old == FOUND_NONE)
			return (acme_fail(a, ACME_END_REFUSED, 0, "the"
			    " directory has no account yet whose key could be"
			    " changed"));
		break;
	case FOUND_UNCLEAR:
		break;
	}
	(void)acme_refused(a, &a->problem, "the account", NULL);
	return (undecided(a));
}

int
acme_roll(struct acme *a)
{
	static const char	 doing[] = "the change of the account key";
	struct https_response	 res;
	struct acme_problem	 why;
	enum found		 found;
	enum acme_got		 got;
	int			 asked;

	for (asked = 0;; asked = 1) {
		found = find_account(a, ACMESIGN_LOOKUP);
		if (found == FOUND_FAILED)
			return (undecided(a));
		if (found != FOUND)
			return (look_for_next(a, found));
		if (asked)
			/* It has heard of both, and stays with the old one. */
			return (acme_refused(a, &why, doing, NULL));
		if (a->dir.key_change[0] == '\0')
			return (acme_fail(a, ACME_END_REFUSED, 0, "the"
			    " directory does not offer %s", doing));
		got = acme_post(a, ACMESIGN_ROLL, a->dir.key_change, doing,
		    &res);
		if (got == ACME_GOT_FAILED)
			return (undecided(a));
		https_free(&res);
		if (got == ACME_GOT_OK)
			return (0);
		/* It may have said yes before, to a request like this. */
		why = a->problem;
		a->account[0] = '\0';
	}
}
