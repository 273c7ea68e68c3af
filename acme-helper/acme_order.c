/*
 * acme_order: an order from the names to the certificate (RFC 8555 7.4, 7.5,
 * 8.3); see acme_int.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme_int.h"

#define POLL_S		600	/* seconds to wait for one change of state */
#define MIN_PAUSE	1	/* seconds between two looks */
#define MAX_PAUSE	60
#define MAX_ALTERNATES	8	/* chains to choose from */

/* Is the name of the directory's one of ours? */
static int
is_ours(const struct acme *a, const char *name)
{
	char	 normal[ACME_NAMESIZE];
	unsigned int i;

	if (acme_name(name, normal) != NULL)
		return (0);
	for (i = 0; i < a->conf->nnames; i++)
		if (strcmp(normal, a->conf->names[i]) == 0)
			return (1);
	return (0);
}

/* Take the order out of an answer.  0, or -1. */
static int
take_order(struct acme *a, const struct https_response *res)
{
	char	 err[ACME_TEXTSIZE];
	unsigned int i;

	if (acme_order_parse((char *)res->body, res->body_len, &a->order, err,
	    sizeof(err)) == -1)
		return (acme_fail(a, ACME_END_UNREACHABLE, 0, "%s", err));
	for (i = 0; i < a->order.nnames; i++)
		if (!is_ours(a, a->order.names[i]))
			break;
	if (i == a->order.nnames && i == a->conf->nnames)
		return (0);
	return (acme_fail(a, ACME_END_UNREACHABLE, 0, "the directory made an"
	    " order for other names"));
}

/* Why a directory does not want to have a certificate replaced. */
static int
is_about_replacing(const struct acme_problem *p)
{
	return (p->error == ACME_E_REPLACED ||
	    p->error == ACME_E_MALFORMED || p->error == ACME_E_OTHER);
}

static int
new_order(struct acme *a)
{
	struct https_response	 res;
	enum acme_got		 got;
	int			 rv = -1;

	acme_step(a, "ordering a certificate for %s%s", a->conf->names[0],
	    a->conf->nnames > 1 ? " and more" : "");
	got = acme_post(a, ACMESIGN_ORDER, a->dir.new_order, "the order",
	    &res);
	if (got == ACME_GOT_REFUSED && a->old.id[0] != '\0' &&
	    is_about_replacing(&a->problem)) {
		/* It need not be a renewal: RFC 9773 5 allows to ask so. */
		acme_step(a, "ordering without naming the old certificate");
		https_free(&res);
		a->old.id[0] = '\0';
		got = acme_post(a, ACMESIGN_ORDER, a->dir.new_order,
		    "the order", &res);
	}
	if (got == ACME_GOT_FAILED)
		return (-1);
	if (got == ACME_GOT_REFUSED)
		(void)acme_refused(a, &a->problem, "the order", NULL);
	else if (acme_location(&res.head, a->dir.new_order,
	    a->order_url) == -1)
		(void)acme_fail(a, ACME_END_UNREACHABLE, 0, "the directory"
		    " does not say where the order is");
	else
		rv = take_order(a, &res);
	https_free(&res);
	return (rv);
}

/* The next pause between two looks, by Retry-After or growing. */
static unsigned int
pause_after(struct acme *a, const struct http_head *h, unsigned int looks)
{
	int64_t	 s = acme_retry_after(a, h);

	if (s == -1)
		s = 1 + looks;
	if (s < MIN_PAUSE)
		s = MIN_PAUSE;
	return ((unsigned int)(s > MAX_PAUSE ? MAX_PAUSE : s));
}

/* Read an authorization; *pause gets what to wait before the next look. */
static int
get_authz(struct acme *a, const char *url, unsigned int looks,
    unsigned int *pause)
{
	struct https_response	 res;
	char			 err[ACME_TEXTSIZE];
	int			 rv;

	if (acme_must(a, ACMESIGN_GET, url, "the authorization", &res) == -1)
		return (-1);
	rv = acme_authz_parse((char *)res.body, res.body_len, &a->authz, err,
	    sizeof(err));
	*pause = pause_after(a, &res.head, looks);
	https_free(&res);
	if (rv == -1)
		return (acme_fail(a, ACME_END_UNREACHABLE, 0, "%s", err));
	if (!is_ours(a, a->authz.name))
		return (acme_fail(a, ACME_END_UNREACHABLE, 0, "the directory"
		    " wants to validate another name than was ordered"));
	return (0);
}

/* An authorization that is neither pending nor valid. */
static int
authz_failed(struct acme *a)
{
	if (a->authz.problem.error != ACME_E_NONE)
		return (acme_refused(a, &a->authz.problem, "the validation",
		    a->authz.name));
	return (acme_fail(a, ACME_END_REFUSED, 0, "%s: the directory's"
	    " authorization is %s", a->authz.name,
	    acme_status_name(a->authz.status)));
}

/*
 * Have the challenge of the authorization at `url' answered, and the directory
 * look.  0, or -1.
 */
static int
begin_authz(struct acme *a, const char *url)
{
	struct https_response	 res;
	unsigned int		 pause;

	if (get_authz(a, url, 0, &pause) == -1)
		return (-1);
	if (a->authz.status == ACME_VALID)
		return (0);
	if (a->authz.status != ACME_PENDING)
		return (authz_failed(a));
	if (a->authz.url[0] == '\0')
		return (acme_fail(a, ACME_END_REFUSED, 0, "%s: the directory"
		    " does not validate it by HTTP-01", a->authz.name));
	if (a->authz.challenge != ACME_PENDING)
		return (0);
	acme_step(a, "having %s validated", a->authz.name);
	if (a->ops->token(a->ops->arg, a->authz.token) == -1)
		return (acme_fail(a, ACME_END_INTERNAL, 0, "the relay does not"
		    " answer for the directory on port 80"));
	if (acme_must(a, ACMESIGN_CHALLENGE, a->authz.url, "the challenge",
	    &res) == -1)
		return (-1);
	https_free(&res);
	return (0);
}

/* Wait until the authorization at `url' is valid.  0, or -1. */
static int
await_authz(struct acme *a, const char *url)
{
	unsigned int	 looks = 0, pause, waited = 0;

	for (;; looks++, waited += pause) {
		if (get_authz(a, url, looks, &pause) == -1)
			return (-1);
		if (a->authz.status == ACME_VALID)
			return (0);
		if (a->authz.status != ACME_PENDING)
			return (authz_failed(a));
		if (waited + pause > POLL_S)
			return (acme_fail(a, ACME_END_UNREACHABLE, 0, "%s: the"
			    " directory did not validate it within %d minutes",
			    a->authz.name, POLL_S / 60));
		if (acme_wait(a, pause) == -1)
			return (-1);
	}
}

/* Have all names validated.  0, or -1. */
static int
validate(struct acme *a)
{
	unsigned int	 i;

	for (i = 0; i < a->order.nauthz; i++)
		if (begin_authz(a, a->order.authz[i]) == -1)
			return (-1);
	for (i = 0; i < a->order.nauthz; i++)
		if (await_authz(a, a->order.authz[i]) == -1)
			return (-1);
	return (0);
}

/* Wait while the order is `state' or processing.  0, or -1. */
static int
await_order(struct acme *a, enum acme_status state, unsigned int pause)
{
	struct https_response	 res;
	unsigned int		 looks = 0, waited = 0;
	int			 rv;

	while (a->order.status == state ||
	    a->order.status == ACME_PROCESSING) {
		if (waited + pause > POLL_S)
			return (acme_fail(a, ACME_END_UNREACHABLE, 0, "the"
			    " directory kept the order %s for %d minutes",
			    acme_status_name(a->order.status), POLL_S / 60));
		if (looks++ > 0 && acme_wait(a, pause) == -1)
			return (-1);
		waited += pause;
		if (acme_must(a, ACMESIGN_GET, a->order_url, "the order",
		    &res) == -1)
			return (-1);
		rv = take_order(a, &res);
		pause = pause_after(a, &res.head, looks);
		https_free(&res);
		if (rv == -1)
			return (-1);
	}
	return (0);
}

/* The order is not `want': say why.  -1. */
static int
order_failed(struct acme *a, enum acme_status want)
{
	if (a->order.problem.error != ACME_E_NONE)
		return (acme_refused(a, &a->order.problem, "the order", NULL));
	return (acme_fail(a, ACME_END_REFUSED, 0, "the order is %s, expected"
	    " %s", acme_status_name(a->order.status),
	    acme_status_name(want)));
}

/* Send the certificate request and wait for the certificate.  0, or -1. */
static int
finalize(struct acme *a)
{
	struct https_response	 res;
	enum acme_got		 got;
	unsigned int		 pause = MIN_PAUSE;
	int			 rv = 0;

	acme_step(a, "sending the certificate request");
	got = acme_post(a, ACMESIGN_FINALIZE, a->order.finalize,
	    "the certificate request", &res);
	if (got == ACME_GOT_FAILED)
		return (-1);
	if (got == ACME_GOT_OK) {
		rv = take_order(a, &res);
		pause = pause_after(a, &res.head, 0);
	} else if (a->problem.error != ACME_E_NOTREADY)
		rv = acme_refused(a, &a->problem, "the certificate request",
		    NULL);
	else
		/* It came through once before, and its answer got lost. */
		a->order.status = ACME_PROCESSING;
	https_free(&res);
	if (rv == 0)
		rv = await_order(a, ACME_PROCESSING, pause);
	if (rv == 0 && a->order.status != ACME_VALID)
		return (order_failed(a, ACME_VALID));
	return (rv);
}

/* Read the chain at `url' into `res' and *c.  0, or -1. */
static int
get_chain(struct acme *a, const char *url, struct https_response *res,
    struct chain *c)
{
	const char	*lacks;
	char		 err[256];
	int		 rv = -1;

	if (acme_must(a, ACMESIGN_GET, url, "the certificate", res) == -1)
		return (-1);
	if (chain_read((char *)res->body, res->body_len, c, err,
	    sizeof(err)) == -1)
		(void)acme_fail(a, ACME_END_UNREACHABLE, 0, "what the"
		    " directory gave out as certificate is of no use: %s",
		    err);
	else if ((lacks = chain_lacks((char *)res->body, res->body_len,
	    (const char (*)[ACME_NAMESIZE])a->conf->names,
	    a->conf->nnames)) != NULL)
		(void)acme_fail(a, ACME_END_UNREACHABLE, 0, "the directory"
		    " gave out a certificate that is not for %s", lacks);
	else
		rv = 0;
	if (rv == -1)
		https_free(res);
	return (rv);
}

/* Keep the chain of an answer as the result. */
static void
keep_chain(struct acme *a, struct https_response *res)
{
	free(a->r->chain);
	a->r->chain = (char *)res->body;
	a->r->chain_len = res->body_len;
	res->body = NULL;
	https_free(res);
}

/*
 * Download the certificate, with the chain that ends in what the configuration
 * names if there is one.  0, or -1.
 */
static int
download(struct acme *a)
{
	struct https_response	 first, other;
	struct chain		 c;
	char			 url[ACME_URLSIZE];
	unsigned int		 i;
	int			 found;

	acme_step(a, "getting the certificate");
	if (get_chain(a, a->order.certificate, &first, &c) == -1)
		return (-1);
	found = a->conf->issuer[0] == '\0' ||
	    strcmp(c.root, a->conf->issuer) == 0;
	for (i = 0; !found && i < MAX_ALTERNATES; i++) {
		if (acme_link(&first.head, a->order.certificate,
		    "alternate", i, url) == -1)
			break;
		if (get_chain(a, url, &other, &c) == -1) {
			/* The first one is good, and better than none. */
			acme_step(a, "another chain: %s", a->r->error);
			if (a->r->end == ACME_END_STOPPED)
				break;
			continue;
		}
		if ((found = strcmp(c.root, a->conf->issuer) == 0))
			keep_chain(a, &other);
		else
			https_free(&other);
	}
	if (!found)
		acme_step(a, "the directory has no chain that ends in %s",
		    a->conf->issuer);
	if (a->r->chain == NULL)
		keep_chain(a, &first);
	else
		https_free(&first);
	return (0);
}

int
acme_issue(struct acme *a)
{
	int	 rv;

	if (new_order(a) == -1)
		return (-1);
	if (a->order.status == ACME_PENDING) {
		rv = validate(a);
		/* Whatever came of it, the tokens are of no more use. */
		(void)a->ops->token(a->ops->arg, "");
		if (rv == -1 || await_order(a, ACME_PENDING, MIN_PAUSE) == -1)
			return (-1);
	}
	if (a->order.status == ACME_READY && finalize(a) == -1)
		return (-1);
	if (a->order.status == ACME_PROCESSING &&
	    await_order(a, ACME_PROCESSING, MIN_PAUSE) == -1)
		return (-1);
	if (a->order.status != ACME_VALID)
		return (order_failed(a, ACME_READY));
	return (download(a));
}
