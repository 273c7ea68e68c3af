/*
 * acme_int: what the files of acme.h share.
 */
#ifndef ACME_INT_H
#define ACME_INT_H

#include "acme.h"
#include "chain.h"

/* Bounds, see acme_http.c and acme_order.c for where they hold. */
#define HELPER_REQUEST_MS	30000	/* one request and its answer */
#define HELPER_MAXBODY		(256 * 1024)	/* bytes of an answer */
#define HELPER_JOB_S		1800	/* seconds a job may take */
#define HELPER_MAXCLOCK		3600	/* seconds that the clock may be off */

struct helper {
	const struct helper_ops		*ops;
	const struct ipc_acme_conf	*conf;
	struct helper_result		*r;
	int64_t				 until;		/* end of the job at
							   last */
	struct helper_directory		 dir;
	char				 nonce[512];	/* "" none at hand */
	int				 next;		/* there is an
							   ACMEKEY_NEXT */
	char				 account[IPC_ACME_URLSIZE];
	int				 account_made;	/* by this job */
	struct helper_problem		 problem;	/* of the last
							   refusal */
	/* The order at hand. */
	char			 order_url[IPC_ACME_URLSIZE];
	struct helper_order	 order;
	struct helper_authz	 authz;
	struct acme_chain	 old;		/* what is renewed */
	int			 bare;		/* order without profile */
};

/* Results of a request. */
enum helper_got {
	HELPER_GOT_FAILED = -1,	/* a->r says why */
	HELPER_GOT_OK,		/* status 2xx */
	HELPER_GOT_REFUSED	/* a->problem says why; a->r not yet */
};

/* End the job with a line, `end' and when to come back (0 unsaid).  -1. */
int	 helper_fail(struct helper *a, enum ipc_acme_outcome end,
	    int64_t not_before, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));

/*
 * End the job with what the problem `p' means; `doing' and `name' as in
 * explain.h.  -1.
 */
int	 helper_refused(struct helper *a, const struct helper_problem *p,
	    const char *doing, const char *name);

/* Say what is done next. */
void	 helper_step(struct helper *a, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Say what people should know. */
void	 helper_warn(struct helper *a, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Let seconds pass, if the job has that much time left.  0, or -1 failed. */
int	 helper_wait(struct helper *a, unsigned int seconds);

/*
 * GET `url' without signing, following redirects to https.  `doing' says for
 * people what is read.  net_https_free(res) unless HELPER_GOT_FAILED.
 */
enum helper_got helper_get(struct helper *a, const char *url, const char *doing,
	    struct net_https_response *res);

/*
 * POST what keys signs for `what' and `url'.  The same for `doing' and `res'.
 */
enum helper_got helper_post(struct helper *a, enum ipc_acmesign what,
	    const char *url, const char *doing, struct net_https_response *res);

/* Post, and take every refusal for the end.  0, or -1. */
int	 helper_must(struct helper *a, enum ipc_acmesign what, const char *url,
	    const char *doing, struct net_https_response *res);

/* Seconds that Retry-After asks for; -1 when there is none that is sound. */
int64_t	 helper_retry_after(struct helper *a, const struct net_http_head *h);

/*
 * acme_account.c: have the URL of the account that belongs to the account key
 * in a->account; it is made if there is none.  0, or -1.
 */
int	 helper_need_account(struct helper *a);

/* Make the account, or have the directory say that it is there.  0, or -1. */
int	 helper_make_account(struct helper *a);

/*
 * Have the directory take ACMEKEY_NEXT in place of the account key.  0 it has
 * it; -1, with ACMEEND_REFUSED: it stays with the account key, or knows
 * neither; with another end: which of them it takes is not known.
 */
int	 helper_roll(struct helper *a);

/*
 * May an order that deviates from the configuration be made, because there is
 * hardly time left for anybody to mend that?  1 yes, 0 no.
 */
int	 helper_is_urgent(struct helper *a);

/* acme_order.c: get a certificate with the account.  0, or -1. */
int	 helper_issue(struct helper *a);

#endif
