/*
 * acme_http: requests to a directory; see acme_int.h.
 *
 * A refused nonce is replaced, MAX_NONCES times a request.  A failure that is
 * not about the request itself (no connection, 5xx) is retried, MAX_TRIES times
 * in all.  Redirects are followed for unsigned requests only, MAX_REDIRECTS
 * times, and only to https.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acme_int.h"
#include "base64url.h"

#define MAX_NONCES	20
#define MAX_TRIES	3
#define MAX_REDIRECTS	3
#define MAX_PAUSE	60		/* seconds between two tries */
#define MAX_RETRY	(30 * 86400)	/* bound on Retry-After, seconds */

int
helper_fail(struct helper *a, enum ipc_acme_outcome end, int64_t not_before,
    const char *fmt, ...)
{
	va_list	 ap;

	a->r->end = end;
	a->r->not_before = not_before;
	va_start(ap, fmt);
	vsnprintf(a->r->error, sizeof(a->r->error), fmt, ap);
	va_end(ap);
	return (-1);
}

int
helper_refused(struct helper *a, const struct helper_problem *p,
    const char *doing, const char *name)
{
	char	 line[IPC_ACME_LINESIZE];

	helper_explain_problem(p, a->conf->challenge, doing, name, line,
	    sizeof(line));
	return (helper_fail(a, helper_explain_outcome(p, name),
	    a->r->not_before, "%s", line));
}

void
helper_step(struct helper *a, const char *fmt, ...)
{
	char	 text[IPC_ACME_LINESIZE];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	a->ops->step(a->ops->arg, text);
}

void
helper_warn(struct helper *a, const char *fmt, ...)
{
	char	 text[IPC_ACME_LINESIZE];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	a->ops->warn(a->ops->arg, text);
}

int
helper_wait(struct helper *a, unsigned int seconds)
{
	if (a->ops->now(a->ops->arg) + seconds > a->until)
		return (helper_fail(a, ACMEEND_UNREACHABLE, 0, "the directory "
		    "is too slow: the job was not done within %d minutes",
		    HELPER_JOB_S / 60));
	if (a->ops->wait(a->ops->arg, seconds) == -1)
		return (helper_fail(a, ACMEEND_STOPPED, 0, "stopped on "
		    "request"));
	return (0);
}

int64_t
helper_retry_after(struct helper *a, const struct net_http_head *h)
{
	struct net_http_str	 s = net_http_field(h, "Retry-After");
	int64_t			 t = 0;
	size_t			 i;

	if (s.p == NULL || s.len == 0)
		return (-1);
	for (i = 0; i < s.len && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		if ((t = t * 10 + (s.p[i] - '0')) > MAX_RETRY)
			t = MAX_RETRY;
	if (i < s.len) {
		if ((t = net_http_date(s)) == -1)
			return (-1);
		if ((t -= a->ops->now(a->ops->arg)) < 0)
			t = 0;
	}
	return (t > MAX_RETRY ? MAX_RETRY : t);
}

/* Keep the nonce of an answer. */
static void
keep_nonce(struct helper *a, const struct net_http_head *h)
{
	struct net_http_str	 s = net_http_field(h, "Replay-Nonce");

	a->nonce[0] = '\0';
	if (s.p == NULL || s.len >= sizeof(a->nonce))
		return;
	memcpy(a->nonce, s.p, s.len);
	a->nonce[s.len] = '\0';
	if (strlen(a->nonce) != s.len ||
	    !base64url_is(a->nonce, sizeof(a->nonce) - 1))
		a->nonce[0] = '\0';
}

/* The connection failed. */
static int
unreachable(struct helper *a, const char *doing, const char *error)
{
	char	 when[ACME_TIMESIZE];

	if (!helper_explain_is_clock(error))
		return (helper_fail(a, ACMEEND_UNREACHABLE, 0,
		    "can't query the directory for %s: %s", doing, error));
	acme_time_text(a->ops->now(a->ops->arg), when);
	return (helper_fail(a, ACMEEND_CLOCK, 0, "can't query the directory "
	    "for %s: %s, or the clock of this machine is wrong: it says %s",
	    doing, error, when));
}

/*
 * One request.  0 when an answer came, with any status; -1 and the error in
 * `failed'.
 */
static int
request(struct helper *a, const char *method, const char *url,
    const struct ipc_wr *body, struct net_https_response *res)
{
	struct net_https_request	 req;

	if (a->ops->now(a->ops->arg) > a->until) {
		memset(res, 0, sizeof(*res));
		snprintf(res->error, sizeof(res->error), "no time is left");
		return (-1);
	}
	memset(&req, 0, sizeof(req));
	memset(res, 0, sizeof(*res));
	req.method = method;
	req.url = url;
	req.fields = "Accept-Language: en\r\n";
	if (body != NULL) {
		req.fields = "Accept-Language: en\r\n"
		    "Content-Type: application/jose+json\r\n";
		req.body = body->p;
		req.body_len = body->len;
	}
	req.trust = a->conf->ca_file[0] != '\0' ? STREAM_CAFILE : STREAM_ROOTS;
	req.trust_arg = a->conf->ca_file[0] != '\0' ? a->conf->ca_file : NULL;
	req.max_body = HELPER_MAXBODY;
	if (a->ops->fetch(a->ops->arg, &req, res, HELPER_REQUEST_MS) == -1)
		return (-1);
	keep_nonce(a, &res->head);
	return (0);
}

/*
 * When another try may help and fewer than MAX_TRIES were made (`tried' so
 * far), wait.  1 try again, 0 no, -1 failed.
 */
static int
again(struct helper *a, const struct net_https_response *res, int failed,
    int tried)
{
	int64_t	 pause = failed ? -1 : helper_retry_after(a, &res->head);

	if (tried >= MAX_TRIES || (!failed && res->head.status < 500))
		return (0);
	/* The parent waits for longer times itself. */
	if (pause > MAX_PAUSE)
		return (0);
	if (pause < 1)
		pause = 1 << tried;
	helper_step(a, "%s, trying again in %lld s", failed ? res->error :
	    "the directory has an internal error", (long long)pause);
	return (helper_wait(a, (unsigned int)pause) == -1 ? -1 : 1);
}

/* The page for the user from the Link field, if the problem has none. */
static void
find_page(struct helper *a, const struct net_https_response *res,
    const char *url)
{
	struct helper_problem	*p = &a->problem;

	if (p->error != HELPER_E_ACTION || p->instance[0] != '\0' ||
	    helper_link(&res->head, url, "terms-of-service", 0,
	    p->instance) == 0)
		return;
	snprintf(p->instance, sizeof(p->instance), "%s", a->dir.terms);
}

/* Record the problem in the refusal by `url', and Retry-After. */
static enum helper_got
refusal(struct helper *a, const struct net_https_response *res, const char *url)
{
	int64_t	 pause = helper_retry_after(a, &res->head);

	helper_problem_parse((const char *)res->body, res->body_len,
	    &a->problem);
	if (a->problem.type[0] == '\0') {
		/* Not from the directory itself, or from a broken one. */
		snprintf(a->problem.type, sizeof(a->problem.type),
		    "HTTP status %d", res->head.status);
		if (res->head.status >= 500)
			a->problem.error = HELPER_E_SERVER;
		else if (res->head.status == 429)
			a->problem.error = HELPER_E_RATE;
	}
	find_page(a, res, url);
	a->r->not_before = pause == -1 ? 0 :
	    a->ops->now(a->ops->arg) + pause;
	return (HELPER_GOT_REFUSED);
}

/* Replace `url' by the target of a redirect.  0, or -1. */
static int
redirected(struct helper *a, const struct net_https_response *res,
    const char *doing, char *url)
{
	char	 to[IPC_ACME_URLSIZE];

	if (helper_location(&res->head, url, to) == 0) {
		memcpy(url, to, sizeof(to));
		return (0);
	}
	return (helper_fail(a, ACMEEND_UNREACHABLE, 0, "the directory "
	    "redirects the request for %s to something that is not an https "
	    "URL",
	    doing));
}

enum helper_got
helper_get(struct helper *a, const char *url, const char *doing,
    struct net_https_response *res)
{
	char	 at[IPC_ACME_URLSIZE];
	int	 hops = 0, tried = 1, failed, more;

	snprintf(at, sizeof(at), "%s", url);
	helper_step(a, "requesting %s", doing);
	for (;;) {
		failed = request(a, "GET", at, NULL, res) == -1;
		if (!failed && res->head.status / 100 == 2)
			return (HELPER_GOT_OK);
		if ((more = again(a, res, failed, tried++)) == 0 && failed)
			(void)unreachable(a, doing, res->error);
		else if (more == 0 && res->head.status / 100 == 3 &&
		    hops++ < MAX_REDIRECTS)
			more = redirected(a, res, doing, at) == 0 ? 1 : -1;
		else if (more == 0)
			return (refusal(a, res, at));
		net_https_free(res);
		if (more != 1)
			return (HELPER_GOT_FAILED);
	}
}

/* Get a nonce if there is none.  0, or -1. */
static int
need_nonce(struct helper *a)
{
	struct net_https_response	 res;
	int				 failed, tried = 1, more;

	while (a->nonce[0] == '\0') {
		failed = request(a, "HEAD", a->dir.new_nonce, NULL, &res) == -1;
		if ((more = again(a, &res, failed, tried++)) == 0 && failed)
			(void)unreachable(a, "a nonce", res.error);
		else if (more == 0 && a->nonce[0] == '\0')
			(void)helper_fail(a, ACMEEND_UNREACHABLE, 0,
			    "the directory provides no nonce (HTTP status %d)",
			    res.head.status);
		else if (more == 0)
			more = 1;
		net_https_free(&res);
		if (more != 1)
			return (-1);
	}
	return (0);
}

/* Have keys sign the request.  0, or -1. */
static int
sign(struct helper *a, enum ipc_acmesign what, const char *url,
    struct ipc_wr *jws)
{
	struct helper_sign_request	 wish = { what, url, a->nonce, "", "" };
	char				 err[256];
	int				 rv;

	if (what != ACMESIGN_LOOKUP && what != ACMESIGN_LOOKUP_NEXT &&
	    what != ACMESIGN_ACCOUNT && what != ACMESIGN_ACCOUNT_BARE &&
	    what != ACMESIGN_REVOKE_KEY)
		wish.account = a->account;
	if (what == ACMESIGN_ORDER || what == ACMESIGN_ORDER_BARE)
		wish.replaces = a->old.id;
	ipc_wr_init(jws);
	rv = a->ops->sign(a->ops->arg, &wish, jws, err, sizeof(err));
	a->nonce[0] = '\0';
	if (rv == 0 && ipc_wr_ok(jws))
		return (0);
	ipc_wr_free(jws);
	return (helper_fail(a, ACMEEND_INTERNAL, 0, "keys does not sign: %s",
	    rv == 0 ? "out of memory" : err));
}

/* One signed request with a fresh nonce.  1: answer, 0: none, -1: failed. */
static int
post_once(struct helper *a, enum ipc_acmesign what, const char *url,
    struct net_https_response *res)
{
	struct ipc_wr	 jws;
	int		 rv;

	if (need_nonce(a) == -1 || sign(a, what, url, &jws) == -1)
		return (-1);
	rv = request(a, "POST", url, &jws, res);
	ipc_wr_free(&jws);
	return (rv == 0);
}

enum helper_got
helper_post(struct helper *a, enum ipc_acmesign what, const char *url,
    const char *doing, struct net_https_response *res)
{
	int	 nonces = 0, tried = 1, came, more;

	for (;;) {
		if ((came = post_once(a, what, url, res)) == -1)
			return (HELPER_GOT_FAILED);
		if (came && res->head.status / 100 == 2)
			return (HELPER_GOT_OK);
		if (came && refusal(a, res, url) == HELPER_GOT_REFUSED &&
		    a->problem.error == HELPER_E_NONCE && ++nonces < MAX_NONCES)
			more = 1;
		else if ((more = again(a, res, !came, tried++)) == 0 && !came)
			(void)unreachable(a, doing, res->error);
		else if (more == 0)
			return (HELPER_GOT_REFUSED);
		net_https_free(res);
		if (more != 1)
			return (HELPER_GOT_FAILED);
	}
}

int
helper_must(struct helper *a, enum ipc_acmesign what, const char *url,
    const char *doing, struct net_https_response *res)
{
	enum helper_got	 got = helper_post(a, what, url, doing, res);

	if (got == HELPER_GOT_REFUSED) {
		(void)helper_refused(a, &a->problem, doing, NULL);
		net_https_free(res);
	}
	return (got == HELPER_GOT_OK ? 0 : -1);
}
