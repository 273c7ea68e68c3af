/*
 * acme: the account and the jobs; see acme.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme_int.h"

/* Is the directory's clock ours, about?  0, or -1. */
static int
check_clock(struct acme *a, const struct http_head *h)
{
	char	 here[EXPLAIN_TIMESIZE], there[EXPLAIN_TIMESIZE];
	int64_t	 now = a->ops->now(a->ops->arg), date;

	if ((date = http_date(http_field(h, "Date"))) == -1 ||
	    (now - date <= ACME_MAXCLOCK && date - now <= ACME_MAXCLOCK))
		return (0);
	explain_time(now, here);
	explain_time(date, there);
	return (acme_fail(a, ACME_END_CLOCK, 0, "the clock of this machine is"
	    " wrong: it says %s, the directory's says %s; set it, and keep it"
	    " right with NTP", here, there));
}

static int
get_directory(struct acme *a)
{
	struct https_response	 res;
	char			 err[ACME_TEXTSIZE];
	int			 rv = -1;

	switch (acme_get(a, a->conf->directory, "its directory", &res)) {
	case ACME_GOT_FAILED:
		return (-1);
	case ACME_GOT_REFUSED:
		(void)acme_refused(a, &a->problem, "its directory", NULL);
		break;
	case ACME_GOT_OK:
		if (check_clock(a, &res.head) == -1)
			break;
		rv = acme_directory_parse((char *)res.body, res.body_len,
		    &a->dir, err, sizeof(err));
		if (rv == -1)
			(void)acme_fail(a, ACME_END_UNREACHABLE, 0, "%s: this"
			    " is no ACME directory: %s", a->conf->directory,
			    err);
		break;
	}
	https_free(&res);
	return (rv);
}

/* Does the directory have the profile?  0, or -1. */
static int
check_profile(struct acme *a)
{
	char	 list[ACME_MAXPROFILES * (ACME_PROFILESIZE + 2)] = "";
	size_t	 n = 0;
	unsigned int i;

	if (a->conf->profile[0] == '\0')
		return (0);
	for (i = 0; i < a->dir.nprofiles; i++) {
		if (strcmp(a->dir.profiles[i], a->conf->profile) == 0)
			return (0);
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
		    i == 0 ? "" : ", ", a->dir.profiles[i]);
	}
	for (i = 0; list[i] != '\0'; i++)
		if (list[i] < ' ' || list[i] > '~')
			list[i] = '?';
	return (acme_fail(a, ACME_END_REFUSED, 0, "the directory has no"
	    " profile %s; it has %s", a->conf->profile,
	    n == 0 ? "none" : list));
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
	if (status != ACME_VALID)
		return (acme_fail(a, ACME_END_REFUSED, 0, "the account is %s:"
		    " move the account key away to have a new one made",
		    acme_status_name(status)));
	acme_step(a, "account %s", a->account);
	return (0);
}

/*
 * Look for the account.  1 it is there, 0 it is not, -1 failed.
 */
static int
find_account(struct acme *a)
{
	struct https_response	 res;
	int			 rv = -1;

	switch (acme_post(a, ACMESIGN_LOOKUP, a->dir.new_account,
	    "the account", &res)) {
	case ACME_GOT_FAILED:
		return (-1);
	case ACME_GOT_OK:
		rv = take_account(a, &res) == 0 ? 1 : -1;
		break;
	case ACME_GOT_REFUSED:
		/* Some want the binding before they look. */
		if (a->problem.error == ACME_E_NOACCOUNT ||
		    a->problem.error == ACME_E_EAB)
			rv = 0;
		else
			(void)acme_refused(a, &a->problem, "the account",
			    NULL);
		break;
	}
	https_free(&res);
	return (rv);
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

/* Make the account.  0, or -1. */
static int
make_account(struct acme *a)
{
	struct https_response	 res;
	enum acme_got		 got;
	int			 rv = -1;

	if (check_wants(a) == -1)
		return (-1);
	acme_step(a, "making an account");
	got = acme_post(a, ACMESIGN_ACCOUNT, a->dir.new_account, "an account",
	    &res);
	if (got == ACME_GOT_FAILED)
		return (-1);
	if (got == ACME_GOT_OK)
		rv = take_account(a, &res);
	else {
		/* Whom else would it not authorize to have an account? */
		if (a->conf->eab_kid[0] != '\0' &&
		    (a->problem.error == ACME_E_UNAUTHORIZED ||
		    a->problem.error == ACME_E_MALFORMED))
			a->problem.error = ACME_E_EAB;
		(void)acme_refused(a, &a->problem, "an account", NULL);
	}
	https_free(&res);
	return (rv);
}

/* Find or make the account.  0, or -1. */
static int
need_account(struct acme *a)
{
	int	 found = find_account(a);

	if (found == 0)
		return (make_account(a));
	return (found == 1 ? 0 : -1);
}

static int
do_issue(struct acme *a)
{
	if (get_directory(a) == -1 || check_profile(a) == -1 ||
	    need_account(a) == -1)
		return (-1);
	if (a->dir.renewal_info[0] == '\0')
		a->old.id[0] = '\0';
	return (acme_issue(a));
}

static int
take_ari(struct acme *a, const struct https_response *res)
{
	char	 err[ACME_TEXTSIZE];
	int64_t	 pause = acme_retry_after(a, &res->head);

	if (pause != -1)
		a->r->not_before = a->ops->now(a->ops->arg) + pause;
	if (acme_ari_parse((char *)res->body, res->body_len, &a->r->ari, err,
	    sizeof(err)) == -1)
		return (acme_fail(a, ACME_END_UNREACHABLE, 0, "%s", err));
	return (0);
}

static int
do_ari(struct acme *a)
{
	struct https_response	 res;
	char			 url[ACME_URLSIZE];
	int			 n, rv = -1;

	if (a->old.id[0] == '\0')
		return (acme_fail(a, ACME_END_INTERNAL, 0, "the certificate"
		    " does not name its authority's key"));
	if (get_directory(a) == -1)
		return (-1);
	if (a->dir.renewal_info[0] == '\0')
		return (0);
	n = snprintf(url, sizeof(url), "%s/%s", a->dir.renewal_info,
	    a->old.id);
	if (n >= (int)sizeof(url))
		return (acme_fail(a, ACME_END_UNREACHABLE, 0, "the URL for"
		    " renewal information is too long"));
	switch (acme_get(a, url, "renewal information", &res)) {
	case ACME_GOT_FAILED:
		return (-1);
	case ACME_GOT_REFUSED:
		(void)acme_refused(a, &a->problem, "renewal information",
		    NULL);
		break;
	case ACME_GOT_OK:
		rv = take_ari(a, &res);
		break;
	}
	https_free(&res);
	return (rv);
}

/* Post something to `url' of the directory with the account.  0, or -1. */
static int
do_post(struct acme *a, enum acmesign what, const char *url,
    const char *doing)
{
	struct https_response	 res;
	enum acme_got		 got;

	if (url[0] == '\0')
		return (acme_fail(a, ACME_END_REFUSED, 0, "the directory does"
		    " not offer %s", doing));
	got = acme_post(a, what, url, doing, &res);
	if (got == ACME_GOT_FAILED)
		return (-1);
	if (got == ACME_GOT_REFUSED && a->problem.error == ACME_E_REVOKED)
		got = ACME_GOT_OK;
	if (got == ACME_GOT_REFUSED)
		(void)acme_refused(a, &a->problem, doing, NULL);
	https_free(&res);
	return (got == ACME_GOT_OK ? 0 : -1);
}

static int
do_revoke(struct acme *a)
{
	if (get_directory(a) == -1 || need_account(a) == -1)
		return (-1);
	return (do_post(a, ACMESIGN_REVOKE, a->dir.revoke,
	    "the revocation"));
}

/*
 * Change the account key.  Without an account of the old key there is nothing
 * to change: there never was one, or it has been changed and the answer got
 * lost.
 */
static int
do_roll(struct acme *a)
{
	int	 found;

	if (get_directory(a) == -1 || (found = find_account(a)) == -1)
		return (-1);
	if (!found)
		return (0);
	return (do_post(a, ACMESIGN_ROLL, a->dir.key_change,
	    "the change of the account key"));
}

static int
do_contact(struct acme *a)
{
	if (get_directory(a) == -1 || need_account(a) == -1)
		return (-1);
	return (do_post(a, ACMESIGN_CONTACT, a->account, "the contact"));
}

static int
run(struct acme *a, enum acme_job job)
{
	switch (job) {
	case ACME_JOB_ISSUE:
		return (do_issue(a));
	case ACME_JOB_ARI:
		return (do_ari(a));
	case ACME_JOB_REVOKE:
		return (do_revoke(a));
	case ACME_JOB_ROLL:
		return (do_roll(a));
	case ACME_JOB_CONTACT:
		return (do_contact(a));
	}
	return (acme_fail(a, ACME_END_INTERNAL, 0, "there is no such job"));
}

void
acme_run(const struct acme_ops *ops, const struct acme_conf *c,
    enum acme_job job, const char *pem, size_t len, struct acme_result *r)
{
	struct acme	*a;
	char		 err[256];

	memset(r, 0, sizeof(*r));
	if ((a = calloc(1, sizeof(*a))) == NULL) {
		r->end = ACME_END_INTERNAL;
		snprintf(r->error, sizeof(r->error), "out of memory");
		return;
	}
	a->ops = ops;
	a->conf = c;
	a->r = r;
	a->until = ops->now(ops->arg) + ACME_JOB_S;
	if (len > 0 && chain_read(pem, len, &a->old, err, sizeof(err)) == -1) {
		/* A certificate of somebody's making may be renewed, too. */
		memset(&a->old, 0, sizeof(a->old));
		acme_step(a, "the certificate at hand: %s", err);
	}
	if (run(a, job) == 0) {
		r->end = ACME_END_OK;
		r->error[0] = '\0';
		if (job != ACME_JOB_ARI)
			r->not_before = 0;
	}
	free(a);
}

void
acme_result_free(struct acme_result *r)
{
	free(r->chain);
	memset(r, 0, sizeof(*r));
}
