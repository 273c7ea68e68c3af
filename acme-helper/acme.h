/*
 * acme: one job with an ACME directory from its first request to its end
 * (RFC 8555; RFC 8738, RFC 9773, profiles).
 *
 * acme.c          the jobs
 * acme_account.c  the account: found, made, its key changed
 * acme_order.c    an order, from the names to the certificate
 * acme_link.c     Location and Link fields, and what they refer to
 * acme_http.c     requests, nonces, and what may be tried again
 * acme_int.h      what those three share
 *
 * It runs from top to bottom and waits where it must; whatever it needs of the
 * world it asks for through struct helper_ops, so that tests can be that world.
 * Every wait, every repetition and every size has a bound.
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

/* What is to be signed; see MSG_ACME_SIGN. */
struct helper_sign_request {
	enum ipc_acmesign	 what;
	const char		*url;
	const char		*nonce;
	const char		*account;	/* "" none */
	const char		*replaces;	/* "" none */
};

struct helper_ops {
	/* As net_https_fetch(). */
	int	(*ask)(void *arg, const struct net_https_request *req,
		    struct net_https_response *res, int ms);
	/* Append the signed request to `out'.  0, or -1 with `err'. */
	int	(*sign)(void *arg, const struct helper_sign_request *wish,
		    struct ipc_wr *out, char *err, size_t errsize);
	/*
	 * Have the token answered on port 80, and return when it is; "": forget
	 * all.  0, or -1 when nobody does.
	 */
	int	(*token)(void *arg, const char *token);
	/* Let `seconds' pass.  0, or -1: end now. */
	int	(*wait)(void *arg, unsigned int seconds);
	/* Seconds since 1970. */
	int64_t	(*now)(void *arg);
	/* What is done next, for the log. */
	void	(*step)(void *arg, const char *text);
	/* What people should know although it goes on, for the log. */
	void	(*warn)(void *arg, const char *text);
	void	*arg;
};

struct helper_result {
	enum ipc_acme_outcome end;
	char		 error[IPC_ACME_LINESIZE];	/* "" when all went
							   well */
	int64_t		 not_before;	/* come back then; 0 unsaid */
	char		*chain;		/* PEM, of ACMEJOB_ISSUE; heap */
	size_t		 chain_len;
	struct acme_ari	 ari;		/* of ACMEJOB_ARI; start 0: the
					   directory has no such thing */
};

/*
 * Do `job' as `c' says.  `next' is 1 when keys has an ACMEKEY_NEXT, else 0.
 * `pem' (`len' bytes; 0 none) is the certificate that is renewed, asked about
 * or revoked.  Fills in *r, which helper_result_free() ends.
 */
void	 helper_run(const struct helper_ops *ops, const struct ipc_acme_conf *c,
	    enum ipc_acme_job job, int next, const char *pem, size_t len,
	    struct helper_result *r);

/* Free what a result holds. */
void	 helper_result_free(struct helper_result *r);

/*
 * The https URL that `ref' refers to in an answer to a request for `base', into
 * `dst' (IPC_ACME_URLSIZE).  An absolute URL is taken as it stands, for a
 * directory knows its objects by it; a relative reference is resolved (RFC 3986
 * 5.2). 0, or -1 and dst "": it is none that can be used.
 */
int	 helper_resolve(const char *base, struct net_http_str ref, char *dst);

/*
 * The URL in the Location field (RFC 9110 10.2.2) of an answer to a request for
 * `base', into `dst' (IPC_ACME_URLSIZE).  0, or -1 when there is none that can
 * be used.
 */
int	 helper_location(const struct net_http_head *h, const char *base,
	    char *dst);

/*
 * The target of a Link field (RFC 8288) with the relation `rel' in the `n'th
 * place, from 0, of those that can be used, in an answer to a request for
 * `base', into `dst' (IPC_ACME_URLSIZE).  0, or -1: there are not so many.
 */
int	 helper_link(const struct net_http_head *h, const char *base,
	    const char *rel, unsigned int n, char *dst);

#endif
