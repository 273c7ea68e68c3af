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
	int			 next;		/* there is an ACMEKEY_NEXT */
	char			 account[ACME_URLSIZE];
	int			 account_made;	/* by this job */
	struct acme_problem	 problem;	/* of the last refusal */
	/* The order at hand. */
	char			 order_url[ACME_URLSIZE];
	struct acme_order	 order;
	struct acme_authz	 authz;
	struct chain		 old;		/* what is renewed */
	int			 bare;		/* order without profile */
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

/* Say what people should know. */
void	 acme_warn(struct acme *a, const char *fmt, ...)
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

/*
 * acme_account.c: have the URL of the account that belongs to the account key
 * in a->account; it is made if there is none.  0, or -1.
 */
int	 acme_need_account(struct acme *a);

/* Make the account, or have the directory say that it is there.  0, or -1. */
int	 acme_make_account(struct acme *a);

/*
 * Have the directory take ACMEKEY_NEXT in place of the account key.  0 it has
 * it; -1, with ACME_END_REFUSED: it stays with the account key, or knows
 * neither; with another end: which of them it takes is not known.
 */
int	 acme_roll(struct acme *a);

/*
 * May an order that deviates from the configuration be made, because there is
 * hardly time left for anybody to mend that?  1 yes, 0 no.
 */
int	 acme_is_urgent(struct acme *a);

/* acme_order.c: get a certificate with the account.  0, or -1. */
int	 acme_issue(struct acme *a);

#endif
