/*
 * acme_int: shared by the files of acme.h.
 */
#ifndef ACME_INT_H
#define ACME_INT_H

#include "acme.h"
#include "chain.h"

/* Bounds; acme_http.c and acme_order.c enforce them. */
#define HELPER_REQUEST_MS	30000	/* one request and its answer */
#define HELPER_MAXBODY		(256 * 1024)	/* bytes of an answer */
#define HELPER_JOB_S		1800	/* seconds a job may take */
#define HELPER_MAXCLOCK		3600	/* tolerated clock error, seconds */

struct helper {
	const struct helper_ops		*ops;
	const struct ipc_acme_conf	*conf;
	struct helper_result		*r;
	int64_t				 until;		/* deadline of the
							   job */
	struct helper_directory		 dir;
	char				 nonce[512];	/* "" none */
	int				 next;		/* 1: keys has an
							   ACMEKEY_NEXT */
	char				 account[IPC_ACME_URLSIZE];
	int				 account_made;	/* by this job */
	struct helper_problem		 problem;	/* last refusal */
	/* The current order. */
	char			 order_url[IPC_ACME_URLSIZE];
	struct helper_order	 order;
	struct helper_authz	 authz;
	struct acme_chain	 old;		/* certificate to renew */
	int			 bare;		/* order without profile */
};

/* Results of a request. */
enum helper_got {
	HELPER_GOT_FAILED = -1,	/* a->r has the error */
	HELPER_GOT_OK,		/* status 2xx */
	HELPER_GOT_REFUSED	/* a->problem is set, a->r is not */
};

/* End the job with an error line, `end' and the next try (0 unknown).  -1. */
int	 helper_fail(struct helper *a, enum ipc_acme_outcome end,
	    int64_t not_before, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));

/* End the job with the problem `p'; `doing' and `name' as in explain.h.  -1. */
int	 helper_refused(struct helper *a, const struct helper_problem *p,
	    const char *doing, const char *name);

/* Log the next step. */
void	 helper_step(struct helper *a, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Log a warning. */
void	 helper_warn(struct helper *a, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Wait, if the job has that much time left.  0, or -1 failed. */
int	 helper_wait(struct helper *a, unsigned int seconds);

/*
 * GET `url' without signing, following redirects to https.  `doing' names the
 * object in messages.  net_https_free(res) unless HELPER_GOT_FAILED.
 */
enum helper_got helper_get(struct helper *a, const char *url, const char *doing,
	    struct net_https_response *res);

/* POST what keys signs for `what' and `url'.  `doing' and `res' as above. */
enum helper_got helper_post(struct helper *a, enum ipc_acmesign what,
	    const char *url, const char *doing, struct net_https_response *res);

/* POST; any refusal ends the job.  0, or -1. */
int	 helper_must(struct helper *a, enum ipc_acmesign what, const char *url,
	    const char *doing, struct net_https_response *res);

/* Seconds of Retry-After; -1: missing or malformed. */
int64_t	 helper_retry_after(struct helper *a, const struct net_http_head *h);

/*
 * acme_account.c: get the URL of the account key's account into a->account; it
 * is created if there is none.  0, or -1.
 */
int	 helper_need_account(struct helper *a);

/* Create the account, or get the existing one.  0, or -1. */
int	 helper_make_account(struct helper *a);

/*
 * Key rollover: replace the account key by ACMEKEY_NEXT.  0: replaced.  -1 with
 * ACMEEND_REFUSED: the account key stays, or the directory knows neither; -1
 * with any other end: it is unknown which of them the directory has.
 */
int	 helper_roll(struct helper *a);

/*
 * 1 when an order may deviate from the configuration, because hardly any time
 * is left to fix the configuration; else 0.
 */
int	 helper_is_urgent(struct helper *a);

/* acme_order.c: get a certificate with the account.  0, or -1. */
int	 helper_issue(struct helper *a);

#endif
