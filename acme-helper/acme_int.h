/*
 * acme_int: what the files of acme.h share.
 */
#ifndef ACME_INT_H
#define ACME_INT_H

#include "acme.h"
#include "chain.h"

/* Bounds, see acme_http.c and acme_order.c for where they hold. */
#define ACME_ASK_MS	30000	/* one request and its answer */
#define ACME_MAXBODY	(256 * 1024)	/* bytes of an answer */
#define ACME_JOB_S	1800	/* seconds a job may take */
#define ACME_MAXCLOCK	3600	/* seconds that the clock may be off */

struct acme {
	const struct acme_ops	*ops;
	const struct acme_conf	*conf;
	struct acme_result	*r;
	int64_t			 until;		/* end of the job at last */
	struct acme_directory	 dir;
	char			 nonce[512];	/* "" none at hand */
	char			 account[ACME_URLSIZE];
	struct acme_problem	 problem;	/* of the last refusal */
	/* The order at hand. */
	char			 order_url[ACME_URLSIZE];
	struct acme_order	 order;
	struct acme_authz	 authz;
	struct chain		 old;		/* what is renewed */
};

/* Results of a request. */
enum acme_got {
	ACME_GOT_FAILED = -1,	/* a->r says why */
	ACME_GOT_OK,		/* status 2xx */
	ACME_GOT_REFUSED	/* a->problem says why; a->r not yet */
};

/* End the job with a line, `end' and when to come back (0 unsaid).  -1. */
int	 acme_fail(struct acme *a, enum acme_outcome end, int64_t not_before,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * End the job with what the problem `p' means; `doing' and `name' as in
 * explain.h.  -1.
 */
int	 acme_refused(struct acme *a, const struct acme_problem *p,
	    const char *doing, const char *name);

/* Say what is done next. */
void	 acme_step(struct acme *a, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Let seconds pass, if the job has that much time left.  0, or -1 failed. */
int	 acme_wait(struct acme *a, unsigned int seconds);

/*
 * GET `url' without signing, following redirects to https.  `doing' says for
 * people what is read.  https_free(res) unless ACME_GOT_FAILED.
 */
enum acme_got acme_get(struct acme *a, const char *url, const char *doing,
	    struct https_response *res);

/*
 * POST what keys signs for `what' and `url'.  The same for `doing' and `res'.
 */
enum acme_got acme_post(struct acme *a, enum acmesign what, const char *url,
	    const char *doing, struct https_response *res);

/* Post, and take every refusal for the end.  0, or -1. */
int	 acme_must(struct acme *a, enum acmesign what, const char *url,
	    const char *doing, struct https_response *res);

/* Seconds that Retry-After asks for; -1 when there is none that is sound. */
int64_t	 acme_retry_after(struct acme *a, const struct http_head *h);

/* acme_order.c: get a certificate with the account.  0, or -1. */
int	 acme_issue(struct acme *a);

#endif
