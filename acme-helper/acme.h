/*
 * acme: one job with an ACME directory from its first request to its end
 * (RFC 8555; RFC 8738, RFC 9773, profiles).
 *
 * acme.c          the jobs
 * acme_account.c  the account: lookup, creation, key rollover
 * acme_order.c    an order, from the names to the certificate
 * acme_link.c     Location and Link fields, and their targets
 * acme_http.c     requests, nonces, and retries
 * acme_int.h      shared by these files
 *
 * A job runs from top to bottom and blocks where it must.  All access to the
 * system goes through struct helper_ops, which tests replace.  Every wait,
 * every repetition and every size has a bound.
 */
#ifndef ACME_H
#define ACME_H

#include "acmeconf.h"
#include "acmeresult.h"
#include "codec.h"
#include "explain.h"
#include "https.h"
#include "msg.h"
#include "order.h"

/* A request to be signed; see MSG_ACME_SIGN. */
struct helper_sign_request {
	enum ipc_acmesign	 what;
	const char		*url;
	const char		*nonce;
	const char		*account;	/* "" none */
	const char		*replaces;	/* "" none */
};

struct helper_ops {
	/* As net_https_fetch(). */
	int	(*fetch)(void *arg, const struct net_https_request *req,
		    struct net_https_response *res, int ms);
	/* Append the signed request to `out'.  0, or -1 with `err'. */
	int	(*sign)(void *arg, const struct helper_sign_request *wish,
		    struct ipc_wr *out, char *err, size_t errsize);
	/*
	 * Publish the token on port 80 or, with a name, for that name on port
	 * 443, and return when that is done; "": remove all tokens.  0, or -1
	 * on failure.
	 */
	int	(*token)(void *arg, const char *token, const char *name);
	/* Wait for `seconds'.  0, or -1: end now. */
	int	(*wait)(void *arg, unsigned int seconds);
	/* Seconds since 1970. */
	int64_t	(*now)(void *arg);
	/* Log the next step. */
	void	(*step)(void *arg, const char *text);
	/* Log a warning; the job goes on. */
	void	(*warn)(void *arg, const char *text);
	void	*arg;
};

struct helper_result {
	enum ipc_acme_outcome end;
	char		 error[IPC_ACME_LINESIZE];	/* "" after
							   success */
	int64_t		 not_before;	/* earliest next try; 0 unknown */
	char		*chain;		/* PEM, of ACMEJOB_ISSUE; heap */
	size_t		 chain_len;
	struct acme_ari	 ari;		/* of ACMEJOB_ARI; start 0: the
					   directory has none */
};

/*
 * Do `job' with the settings `c'.  `next' is 1 when keys has an ACMEKEY_NEXT,
 * else 0.  `pem' (`len' bytes; 0: none) is the certificate to renew, to query
 * or to revoke.  Fills in *r, which helper_result_free() frees.
 */
void	 helper_run(const struct helper_ops *ops, const struct ipc_acme_conf *c,
	    enum ipc_acme_job job, int next, const char *pem, size_t len,
	    struct helper_result *r);

/* Free the members of a result. */
void	 helper_result_free(struct helper_result *r);

/*
 * Resolve `ref', from an answer to a request for `base', to an https URL in
 * `dst' (IPC_ACME_URLSIZE).  An absolute URL stays unchanged, because the
 * directory identifies its objects by it; a relative reference is resolved (RFC
 * 3986 5.2).  0, or -1 and dst "": it is not a usable URL.
 */
int	 helper_resolve(const char *base, struct net_http_str ref, char *dst);

/*
 * The URL in the Location field (RFC 9110 10.2.2) of an answer to a request for
 * `base', in `dst' (IPC_ACME_URLSIZE).  0, or -1: there is no usable one.
 */
int	 helper_location(const struct net_http_head *h, const char *base,
	    char *dst);

/*
 * The target of the `n'th usable Link field (RFC 8288), counted from 0, with
 * the relation `rel' in an answer to a request for `base', in `dst'
 * (IPC_ACME_URLSIZE).  0, or -1: there are fewer.
 */
int	 helper_link(const struct net_http_head *h, const char *base,
	    const char *rel, unsigned int n, char *dst);

#endif
