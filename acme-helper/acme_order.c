/*
 * acme_order: an order from the names to the certificate (RFC 8555 7.4, 7.5,
 * 8.3; RFC 8737); see acme_int.h.
 *
 * Refusals of an order, and what follows:
 *
 *	any refusal of one with		the same without: the certificate may be
 *	"replaces" (RFC 9773 5)		of another account or directory, or
 *					have been replaced
 *	accountDoesNotExist		the account is created again, once
 *	invalidProfile			an order without profile, if the
 *					certificate is about to expire
 *	all others			the job ends, to be retried
 *
 * An order may be in any state, because a directory may return the order of an
 * earlier try (7.4), and its replicas may lag:
 *
 *	pending		its pending authorizations are validated
 *	ready		the certificate request is sent.  orderNotReady: the
 *			order is read again, and handled by its state
 *	processing	wait
 *	valid		the certificate is downloaded.  The parent refuses one
 *			for the key of an earlier try
 *	invalid, ...	the job ends with the order's problem
 *
 * and so may an authorization and its challenge:
 *
 *	valid		done
 *	pending, the challenge pending: publish its token, and start it
 *	pending, the challenge processing: an earlier try started it; publish
 *			its token, because the directory may connect again
 *	pending, the challenge valid or invalid: wait
 *	invalid, deactivated, expired, revoked: the job ends with the
 *			challenge's problem; the next order gets a new
 *			authorization
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme_int.h"

#define POLL_S		600	/* limit for a change of state, seconds */
#define MIN_PAUSE	1	/* seconds between two polls */
#define MAX_PAUSE	60
#define MAX_FINALIZE	8	/* certificate requests for one order */
#define MAX_DOWNLOAD	4	/* tries for one chain */
#define MAX_ALTERNATES	8	/* alternate chains */

/* 1 when the name in the directory's answer is one of ours. */
static int
is_ours(const struct helper *a, const char *name)
{
	char	 normal[IPC_ACME_NAMESIZE];
	unsigned int i;

	if (acme_name(name, normal) != NULL)
		return (0);
	for (i = 0; i < a->conf->nnames; i++)
		if (strcmp(normal, a->conf->names[i]) == 0)
			return (1);
	return (0);
}

/* Read the order from an answer.  0, or -1. */
static int
read_order(struct helper *a, const struct net_https_response *res)
{
	char	 err[HELPER_TEXTSIZE];
	unsigned int i;

	if (helper_order_parse((char *)res->body, res->body_len, &a->order, err,
	    sizeof(err)) == -1)
		return (helper_fail(a, ACMEEND_UNREACHABLE, 0, "%s", err));
	for (i = 0; i < a->order.nnames; i++)
		if (!is_ours(a, a->order.names[i]))
			break;
	if (i == a->order.nnames && i == a->conf->nnames)
		return (0);
	return (helper_fail(a, ACMEEND_UNREACHABLE, 0, "the directory made an"
	    " order for other names"));
}

/*
 * The order was refused with a->problem: prepare another kind of order, each
 * kind once.  1 prepared, 0 none left, -1 failed.
 */
static int
try_otherwise(struct helper *a)
{
	if (a->old.id[0] != '\0') {
		helper_step(a, "refused: %s (%s); ordering without naming the"
		    " old certificate", a->problem.type, a->problem.detail);
		a->old.id[0] = '\0';
		return (1);
	}
	if (a->problem.error == HELPER_E_NOACCOUNT && !a->account_made)
		return (helper_make_account(a) == -1 ? -1 : 1);
	if (a->problem.error == HELPER_E_PROFILE && !a->bare &&
	    helper_is_urgent(a)) {
		helper_warn(a,
		    "the directory refuses the profile %s (%s): as the "
		    "certificate is about to expire, the next one is ordered "
		    "without it; configure another one", a->conf->profile,
		    a->problem.detail);
		a->bare = 1;
		return (1);
	}
	return (0);
}

/* Post the order, one kind after the other. */
static enum helper_got
post_order(struct helper *a, struct net_https_response *res)
{
	enum helper_got	 got;
	int64_t		 not_before = 0;
	int		 more;

	for (;;) {
		got = helper_post(a, a->bare ? ACMESIGN_ORDER_BARE :
		    ACMESIGN_ORDER, a->dir.new_order, "the order", res);
		if (got != HELPER_GOT_REFUSED)
			return (got);
		/* The longest requested delay counts. */
		if (a->r->not_before < not_before)
			a->r->not_before = not_before;
		not_before = a->r->not_before;
		if ((more = try_otherwise(a)) == 0)
			return (got);
		net_https_free(res);
		if (more == -1)
			return (HELPER_GOT_FAILED);
	}
}

static int
new_order(struct helper *a)
{
	struct net_https_response	 res;
	enum helper_got			 got;
	int				 rv = -1;

	helper_step(a, "ordering a certificate for %s%s", a->conf->names[0],
	    a->conf->nnames > 1 ? " and more" : "");
	if ((got = post_order(a, &res)) == HELPER_GOT_FAILED)
		return (-1);
	if (got == HELPER_GOT_REFUSED)
		(void)helper_refused(a, &a->problem, "the order", NULL);
	else if (helper_location(&res.head, a->dir.new_order,
	    a->order_url) == -1)
		(void)helper_fail(a, ACMEEND_UNREACHABLE, 0, "the directory"
		    " does not say where the order is");
	else
		rv = read_order(a, &res);
	net_https_free(&res);
	return (rv);
}

/* The next pause between two polls, by Retry-After or growing. */
static unsigned int
pause_after(struct helper *a, const struct net_http_head *h, unsigned int polls)
{
	int64_t	 s = helper_retry_after(a, h);

	if (s == -1)
		s = 1 + polls;
	if (s < MIN_PAUSE)
		s = MIN_PAUSE;
	return ((unsigned int)(s > MAX_PAUSE ? MAX_PAUSE : s));
}

/* Read an authorization; *pause gets the delay before the next poll. */
static int
get_authz(struct helper *a, const char *url, unsigned int polls,
    unsigned int *pause)
{
	struct net_https_response	 res;
	char				 err[HELPER_TEXTSIZE];
	char				 name[IPC_ACME_NAMESIZE];
	int				 rv;

	if (helper_must(a, ACMESIGN_GET, url, "the authorization", &res) == -1)
		return (-1);
	rv = helper_authz_parse((char *)res.body, res.body_len,
	    a->conf->challenge, &a->authz, err, sizeof(err));
	*pause = pause_after(a, &res.head, polls);
	net_https_free(&res);
	if (rv == -1)
		return (helper_fail(a, ACMEEND_UNREACHABLE, 0, "%s", err));
	if (!is_ours(a, a->authz.name))
		return (helper_fail(a, ACMEEND_UNREACHABLE, 0, "the directory"
		    " wants to validate another name than was ordered"));
	/* derpd compares it as it is. */
	(void)acme_name(a->authz.name, name);
	strlcpy(a->authz.name, name, sizeof(a->authz.name));
	return (0);
}

/* The authorization is neither pending nor valid. */
static int
authz_failed(struct helper *a)
{
	if (a->authz.problem.error != HELPER_E_NONE)
		return (helper_refused(a, &a->authz.problem, "the validation",
		    a->authz.name));
	return (helper_fail(a, ACMEEND_REFUSED, 0, "%s: the directory's"
	    " authorization is %s", a->authz.name,
	    helper_status_name(a->authz.status)));
}

/*
 * Publish the token of the authorization at `url', and start the challenge.  0,
 * or -1.
 */
static int
begin_authz(struct helper *a, const char *url)
{
	int				 alpn;
	const char			*kind;
	struct net_https_response	 res;
	unsigned int			 pause;

	alpn = a->conf->challenge == ACMECHALLENGE_TLS_ALPN;
	kind = alpn ? "TLS-ALPN-01" : "HTTP-01";
	if (get_authz(a, url, 0, &pause) == -1)
		return (-1);
	if (a->authz.status == HELPER_VALID)
		return (0);
	if (a->authz.status != HELPER_PENDING)
		return (authz_failed(a));
	if (a->authz.url[0] == '\0')
		return (helper_fail(a, ACMEEND_PORT, 0, "%s: the directory"
		    " does not validate it by %s", a->authz.name, kind));
	if (a->authz.challenge != HELPER_PENDING &&
	    a->authz.challenge != HELPER_PROCESSING)
		return (0);
	helper_step(a, "validating %s by %s", a->authz.name, kind);
	if (a->ops->token(a->ops->arg, a->authz.token, alpn ? a->authz.name :
	    "") == -1)
		return (helper_fail(a, ACMEEND_INTERNAL, 0, "the relay does "
		    "not answer the challenge on port %s", alpn ? "443" :
		    "80"));
	if (a->authz.challenge == HELPER_PROCESSING)
		return (0);
	if (helper_must(a, ACMESIGN_CHALLENGE, a->authz.url, "the challenge",
	    &res) == -1)
		return (-1);
	net_https_free(&res);
	return (0);
}

/* Wait until the authorization at `url' is valid.  0, or -1. */
static int
await_authz(struct helper *a, const char *url)
{
	unsigned int	 polls = 0, pause, waited = 0;

	for (;; polls++, waited += pause) {
		if (get_authz(a, url, polls, &pause) == -1)
			return (-1);
		if (a->authz.status == HELPER_VALID)
			return (0);
		if (a->authz.status != HELPER_PENDING)
			return (authz_failed(a));
		/* The challenge may have the error of a try so far. */
		if (waited + pause > POLL_S &&
		    a->authz.problem.error != HELPER_E_NONE)
			return (authz_failed(a));
		if (waited + pause > POLL_S)
			return (helper_fail(a, ACMEEND_UNREACHABLE, 0, "%s: the"
			    " directory did not validate it within %d minutes",
			    a->authz.name, POLL_S / 60));
		if (helper_wait(a, pause) == -1)
			return (-1);
	}
}

/* Have all names validated.  0, or -1. */
static int
validate(struct helper *a)
{
	unsigned int	 i;
	int		 rv = 0;

	for (i = 0; rv == 0 && i < a->order.nauthz; i++)
		rv = begin_authz(a, a->order.authz[i]);
	for (i = 0; rv == 0 && i < a->order.nauthz; i++)
		rv = await_authz(a, a->order.authz[i]);
	/* The tokens are of no more use, whatever the outcome. */
	(void)a->ops->token(a->ops->arg, "", "");
	return (rv);
}

/* Read the order; *pause gets the delay before the next poll. */
static int
get_order(struct helper *a, unsigned int polls, unsigned int *pause)
{
	struct net_https_response	 res;
	int				 rv;

	if (helper_must(a, ACMESIGN_GET, a->order_url, "the order", &res) == -1)
		return (-1);
	rv = read_order(a, &res);
	*pause = pause_after(a, &res.head, polls);
	net_https_free(&res);
	return (rv);
}

/*
 * Wait while the order is `state' or processing, `pause' seconds before the
 * first poll.  0, or -1.
 */
static int
await_order(struct helper *a, enum helper_status state, unsigned int pause)
{
	unsigned int	 polls = 0, waited = 0;

	while (a->order.status == state ||
	    a->order.status == HELPER_PROCESSING) {
		if (waited + pause > POLL_S)
			return (helper_fail(a, ACMEEND_UNREACHABLE, 0, "the"
			    " directory kept the order %s for %d minutes",
			    helper_status_name(a->order.status), POLL_S / 60));
		if (pause > 0 && helper_wait(a, pause) == -1)
			return (-1);
		waited += pause;
		if (get_order(a, ++polls, &pause) == -1)
			return (-1);
	}
	return (0);
}

/* The order is not in the state `want': set the error.  -1. */
static int
order_failed(struct helper *a, enum helper_status want)
{
	if (a->order.problem.error != HELPER_E_NONE)
		return (helper_refused(a, &a->order.problem, "the order",
		    NULL));
	return (helper_fail(a, ACMEEND_REFUSED, 0, "the order is %s, expected"
	    " %s", helper_status_name(a->order.status),
	    helper_status_name(want)));
}

/*
 * Send the certificate request, the `tried'th time, from 0.  The order's state
 * is updated.  0, or -1.
 */
static int
finalize(struct helper *a, unsigned int tried)
{
	struct net_https_response	 res;
	enum helper_got			 got;
	unsigned int			 pause;
	int				 rv = -1;

	helper_step(a, "sending the certificate request");
	got = helper_post(a, ACMESIGN_FINALIZE, a->order.finalize,
	    "the certificate request", &res);
	if (got == HELPER_GOT_FAILED)
		return (-1);
	pause = pause_after(a, &res.head, tried);
	if (got == HELPER_GOT_OK) {
		if ((rv = read_order(a, &res)) == 0 &&
		    (a->order.status == HELPER_READY ||
		    a->order.status == HELPER_PENDING))
			rv = 1;
	} else if (a->problem.error != HELPER_E_NOTREADY ||
	    tried + 1 == MAX_FINALIZE)
		(void)helper_refused(a, &a->problem, "the certificate request",
		    NULL);
	else
		rv = 1;
	net_https_free(&res);
	if (rv == 1) {
		/* An earlier request succeeded, or a replica lags. */
		helper_step(a, "the order is not ready: reading it again");
		rv = helper_wait(a, pause) == -1 ? -1 :
		    get_order(a, tried, &pause);
	} else if (rv == 0)
		rv = await_order(a, HELPER_PROCESSING, pause);
	return (rv);
}

/* Complete the order from its current state.  0, or -1. */
static int
complete(struct helper *a)
{
	unsigned int	 tried = 0;
	int		 rv = 0;

	/* Only an order that was ready can become pending again. */
	while (rv == 0 && a->order.status != HELPER_VALID)
		switch (a->order.status) {
		case HELPER_PENDING:
			if ((rv = validate(a)) == 0)
				rv = await_order(a, HELPER_PENDING, 0);
			break;
		case HELPER_READY:
			rv = tried == MAX_FINALIZE ?
			    order_failed(a, HELPER_VALID) :
			    finalize(a, tried++);
			break;
		case HELPER_PROCESSING:
			rv = await_order(a, HELPER_PROCESSING, 0);
			break;
		default:
			rv = order_failed(a, tried == 0 ? HELPER_READY :
			    HELPER_VALID);
			break;
		}
	return (rv);
}

/* Download `url'; replicas may not have it yet.  0, or -1. */
static int
get_pem(struct helper *a, const char *url, struct net_https_response *res)
{
	enum helper_got	 got;
	unsigned int	 tried, pause;

	for (tried = 1;; tried++) {
		got = helper_post(a, ACMESIGN_GET, url, "the certificate", res);
		if (got == HELPER_GOT_FAILED)
			return (-1);
		if (got == HELPER_GOT_OK)
			return (0);
		pause = pause_after(a, &res->head, tried);
		net_https_free(res);
		if (tried == MAX_DOWNLOAD || a->problem.error == HELPER_E_RATE)
			return (helper_refused(a, &a->problem,
			    "the certificate", NULL));
		if (helper_wait(a, pause) == -1)
			return (-1);
	}
}

/* Read the chain at `url' into `res' and *c.  0, or -1. */
static int
get_chain(struct helper *a, const char *url, struct net_https_response *res,
    struct acme_chain *c)
{
	const char	*lacks;
	char		 err[256];
	int		 rv = -1;

	if (get_pem(a, url, res) == -1)
		return (-1);
	if (acme_chain_read((char *)res->body, res->body_len, c, err,
	    sizeof(err)) == -1)
		(void)helper_fail(a, ACMEEND_UNREACHABLE, 0, "the directory's "
		    "certificate can't be used: %s",
		    err);
	else if ((lacks = acme_chain_lacks((char *)res->body, res->body_len,
	    (const char (*)[IPC_ACME_NAMESIZE])a->conf->names,
	    a->conf->nnames)) != NULL)
		(void)helper_fail(a, ACMEEND_UNREACHABLE, 0, "the directory "
		    "issued a certificate that is not for %s", lacks);
	else
		rv = 0;
	if (rv == -1)
		net_https_free(res);
	return (rv);
}

/* Keep the chain of an answer as the result. */
static void
keep_chain(struct helper *a, struct net_https_response *res)
{
	free(a->r->chain);
	a->r->chain = (char *)res->body;
	a->r->chain_len = res->body_len;
	res->body = NULL;
	net_https_free(res);
}

/*
 * Download the certificate, if possible with the chain to the configured root.
 * 0, or -1.
 */
static int
download(struct helper *a)
{
	struct net_https_response	 first, other;
	struct acme_chain		 c;
	char				 url[IPC_ACME_URLSIZE];
	unsigned int			 i;
	int				 found;

	helper_step(a, "downloading the certificate");
	if (get_chain(a, a->order.certificate, &first, &c) == -1)
		return (-1);
	found = a->conf->issuer[0] == '\0' ||
	    strcmp(c.root, a->conf->issuer) == 0;
	for (i = 0; !found && i < MAX_ALTERNATES; i++) {
		if (helper_link(&first.head, a->order.certificate,
		    "alternate", i, url) == -1)
			break;
		if (get_chain(a, url, &other, &c) == -1) {
			/* The first chain is valid, and will do. */
			helper_step(a, "another chain: %s", a->r->error);
			if (a->r->end == ACMEEND_STOPPED)
				break;
			continue;
		}
		if ((found = strcmp(c.root, a->conf->issuer) == 0))
			keep_chain(a, &other);
		else
			net_https_free(&other);
	}
	if (!found)
		helper_step(a, "the directory has no chain that ends in %s",
		    a->conf->issuer);
	if (a->r->chain == NULL)
		keep_chain(a, &first);
	else
		net_https_free(&first);
	return (0);
}

int
helper_issue(struct helper *a)
{
	if (new_order(a) == -1 || complete(a) == -1)
		return (-1);
	return (download(a));
}
