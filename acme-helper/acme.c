/*
 * acme: the jobs; see acme.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme_int.h"

#define MAX_AGE		(365 * 86400)	/* bound on an Age, seconds */
#define URGENT_PART	20	/* urgent: 1/20 of the lifetime is left */

/* Seconds that an answer has spent in caches (RFC 9111 5.1). */
static int64_t
age_of(const struct net_http_head *h)
{
	struct net_http_str	 s = net_http_field(h, "Age");
	int64_t			 n = 0;
	size_t			 i;

	for (i = 0; i < s.len && s.p[i] >= '0' && s.p[i] <= '9' &&
	    n < MAX_AGE; i++)
		n = n * 10 + (s.p[i] - '0');
	return (i < s.len ? 0 : n);
}

/* Compare the directory's clock with this machine's.  0, or -1. */
static int
check_clock(struct helper *a, const struct net_http_head *h)
{
	char	 here[ACME_TIMESIZE], there[ACME_TIMESIZE];
	int64_t	 now = a->ops->now(a->ops->arg), date;

	if ((date = net_http_date(net_http_field(h, "Date"))) == -1)
		return (0);
	date += age_of(h);
	if (now - date <= HELPER_MAXCLOCK && date - now <= HELPER_MAXCLOCK)
		return (0);
	acme_time_text(now, here);
	acme_time_text(date, there);
	return (helper_fail(a, ACMEEND_CLOCK, 0, "the clock of this machine is"
	    " wrong: it says %s, the directory's says %s; set it, and keep it"
	    " right with NTP", here, there));
}

static int
get_directory(struct helper *a)
{
	struct net_https_response	 res;
	char				 err[HELPER_TEXTSIZE];
	int				 rv = -1;

	switch (helper_get(a, a->conf->directory, "its directory", &res)) {
	case HELPER_GOT_FAILED:
		return (-1);
	case HELPER_GOT_REFUSED:
		(void)helper_refused(a, &a->problem, "its directory", NULL);
		break;
	case HELPER_GOT_OK:
		if (check_clock(a, &res.head) == -1)
			break;
		rv = helper_directory_parse((char *)res.body, res.body_len,
		    &a->dir, err, sizeof(err));
		if (rv == -1)
			(void)helper_fail(a, ACMEEND_UNREACHABLE, 0, "%s: this"
			    " is no ACME directory: %s", a->conf->directory,
			    err);
		break;
	}
	net_https_free(&res);
	return (rv);
}

int
helper_is_urgent(struct helper *a)
{
	int64_t	 life = a->old.not_after - a->old.not_before;

	return (a->old.not_after != 0 && a->ops->now(a->ops->arg) >
	    a->old.not_after - life / URGENT_PART);
}

/* Check that the directory has the profile.  0, or -1. */
static int
check_profile(struct helper *a)
{
	char	 list[HELPER_MAXPROFILES * (IPC_ACME_PROFILESIZE + 2)] = "";
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
	if (helper_is_urgent(a)) {
		helper_warn(a,
		    "the directory has no profile %s any more, it has %s: as "
		    "the certificate is about to expire, the next one is "
		    "ordered without profile; configure another one",
		    a->conf->profile, n == 0 ? "none" : list);
		a->bare = 1;
		return (0);
	}
	return (helper_fail(a, ACMEEND_REFUSED, 0, "the directory has no"
	    " profile %s; it has %s", a->conf->profile,
	    n == 0 ? "none" : list));
}

static int
do_issue(struct helper *a)
{
	if (get_directory(a) == -1 || check_profile(a) == -1 ||
	    helper_need_account(a) == -1)
		return (-1);
	if (a->dir.renewal_info[0] == '\0')
		a->old.id[0] = '\0';
	return (helper_issue(a));
}

static int
read_ari(struct helper *a, const struct net_https_response *res)
{
	char	 err[HELPER_TEXTSIZE];
	int64_t	 pause = helper_retry_after(a, &res->head);

	if (pause != -1)
		a->r->not_before = a->ops->now(a->ops->arg) + pause;
	if (helper_ari_parse((char *)res->body, res->body_len, &a->r->ari, err,
	    sizeof(err)) == -1)
		return (helper_fail(a, ACMEEND_UNREACHABLE, 0, "%s", err));
	return (0);
}

static int
do_ari(struct helper *a)
{
	struct net_https_response	 res;
	char				 url[IPC_ACME_URLSIZE];
	int				 n, rv = -1;

	if (a->old.id[0] == '\0')
		return (helper_fail(a, ACMEEND_INTERNAL, 0, "the certificate"
		    " does not name its authority's key"));
	if (get_directory(a) == -1)
		return (-1);
	if (a->dir.renewal_info[0] == '\0')
		return (0);
	n = snprintf(url, sizeof(url), "%s/%s", a->dir.renewal_info,
	    a->old.id);
	if (n >= (int)sizeof(url))
		return (helper_fail(a, ACMEEND_UNREACHABLE, 0, "the URL for"
		    " renewal information is too long"));
	switch (helper_get(a, url, "renewal information", &res)) {
	case HELPER_GOT_FAILED:
		return (-1);
	case HELPER_GOT_REFUSED:
		(void)helper_refused(a, &a->problem, "renewal information",
		    NULL);
		break;
	case HELPER_GOT_OK:
		rv = read_ari(a, &res);
		break;
	}
	net_https_free(&res);
	return (rv);
}

/* Post a request of the account to `url'. */
static enum helper_got
do_post(struct helper *a, enum ipc_acmesign what, const char *url,
    const char *doing)
{
	struct net_https_response	 res;
	enum helper_got			 got;

	got = helper_post(a, what, url, doing, &res);
	if (got != HELPER_GOT_FAILED)
		net_https_free(&res);
	return (got);
}

static int
do_revoke(struct helper *a)
{
	static const char	 doing[] = "the revocation";
	enum helper_got		 got;

	if (get_directory(a) == -1 || helper_need_account(a) == -1)
		return (-1);
	if (a->dir.revoke[0] == '\0')
		return (helper_fail(a, ACMEEND_REFUSED, 0, "the directory does"
		    " not offer %s", doing));
	got = do_post(a, ACMESIGN_REVOKE, a->dir.revoke, doing);
	if (got == HELPER_GOT_REFUSED && a->problem.error == HELPER_E_REASON) {
		helper_warn(a, "the directory refuses the reason (%s): "
		    "revoking without it", a->problem.detail);
		got = do_post(a, ACMESIGN_REVOKE_BARE, a->dir.revoke, doing);
	}
	if (got == HELPER_GOT_REFUSED &&
	    a->problem.error == HELPER_E_UNAUTHORIZED) {
		/*
		 * The certificate is of another account: its own key may sign
		 * (7.6).
		 */
		helper_step(a,
		    "refused (%s): revoking by the certificate's key",
		    a->problem.detail);
		got = do_post(a, ACMESIGN_REVOKE_KEY, a->dir.revoke, doing);
	}
	if (got == HELPER_GOT_REFUSED && a->problem.error == HELPER_E_REVOKED)
		return (0);
	if (got == HELPER_GOT_REFUSED)
		(void)helper_refused(a, &a->problem, doing, NULL);
	return (got == HELPER_GOT_OK ? 0 : -1);
}

static int
do_roll(struct helper *a)
{
	return (get_directory(a) == -1 ? -1 : helper_roll(a));
}

static int
do_contact(struct helper *a)
{
	static const char	 doing[] = "the contact";
	enum helper_got		 got;

	if (get_directory(a) == -1 || helper_need_account(a) == -1)
		return (-1);
	got = do_post(a, ACMESIGN_CONTACT, a->account, doing);
	if (got == HELPER_GOT_REFUSED)
		(void)helper_refused(a, &a->problem, doing, NULL);
	return (got == HELPER_GOT_OK ? 0 : -1);
}

static int
run(struct helper *a, enum ipc_acme_job job)
{
	switch (job) {
	case ACMEJOB_ISSUE:
		return (do_issue(a));
	case ACMEJOB_ARI:
		return (do_ari(a));
	case ACMEJOB_REVOKE:
		return (do_revoke(a));
	case ACMEJOB_ROLL:
		return (do_roll(a));
	case ACMEJOB_CONTACT:
		return (do_contact(a));
	}
	return (helper_fail(a, ACMEEND_INTERNAL, 0, "there is no such job"));
}

void
helper_run(const struct helper_ops *ops, const struct ipc_acme_conf *c,
    enum ipc_acme_job job, int next, const char *pem, size_t len,
    struct helper_result *r)
{
	struct helper	*a;
	char		 err[256];

	memset(r, 0, sizeof(*r));
	if ((a = calloc(1, sizeof(*a))) == NULL) {
		r->end = ACMEEND_INTERNAL;
		snprintf(r->error, sizeof(r->error), "out of memory");
		return;
	}
	a->ops = ops;
	a->conf = c;
	a->r = r;
	a->next = next;
	a->until = ops->now(ops->arg) + HELPER_JOB_S;
	if (len > 0 && acme_chain_read(pem, len, &a->old, err,
	    sizeof(err)) == -1) {
		/* A certificate without an ARI id can be renewed, too. */
		memset(&a->old, 0, sizeof(a->old));
		helper_step(a, "the current certificate: %s", err);
	}
	if (run(a, job) == 0) {
		r->end = ACMEEND_OK;
		r->error[0] = '\0';
		if (job != ACMEJOB_ARI)
			r->not_before = 0;
	}
	free(a);
}

void
helper_result_free(struct helper_result *r)
{
	free(r->chain);
	memset(r, 0, sizeof(*r));
}
