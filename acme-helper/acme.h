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
 * world it asks for through struct acme_ops, so that tests can be that world.
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
struct acme_wish {
	enum acmesign	 what;
	const char	*url;
	const char	*nonce;
	const char	*account;	/* "" none */
	const char	*replaces;	/* "" none */
};

struct acme_ops {
	/* As https_ask(). */
	int	(*ask)(void *arg, const struct https_request *req,
		    struct https_response *res, int ms);
	/* Append the signed request to `out'.  0, or -1 with `err'. */
	int	(*sign)(void *arg, const struct acme_wish *wish,
		    struct wr *out, char *err, size_t errsize);
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

struct acme_result {
	enum acme_outcome end;
	char		 error[ACME_LINESIZE];	/* "" when all went well */
	int64_t		 not_before;	/* come back then; 0 unsaid */
	char		*chain;		/* PEM, of ACME_JOB_ISSUE; heap */
	size_t		 chain_len;
	struct acme_ari	 ari;		/* of ACME_JOB_ARI; start 0: the
					   directory has no such thing */
};

/*
 * Do `job' as `c' says.  `next' is 1 when keys has an ACMEKEY_NEXT, else 0.
 * `pem' (`len' bytes; 0 none) is the certificate that is renewed, asked about
 * or revoked.  Fills in *r, which acme_result_free() ends.
 */
void	 acme_run(const struct acme_ops *ops, const struct acme_conf *c,
	    enum acme_job job, int next, const char *pem, size_t len,
	    struct acme_result *r);

/* Free what a result holds. */
void	 acme_result_free(struct acme_result *r);

/*
 * The https URL that `ref' refers to in an answer to a request for `base', into
 * `dst' (ACME_URLSIZE).  An absolute URL is taken as it stands, for a directory
 * knows its objects by it; a relative reference is resolved (RFC 3986 5.2).
 * 0, or -1 and dst "": it is none that can be used.
 */
int	 acme_resolve(const char *base, struct http_str ref, char *dst);

/*
 * The URL in the Location field (RFC 9110 10.2.2) of an answer to a request for
 * `base', into `dst' (ACME_URLSIZE).  0, or -1 when there is none that can be
 * used.
 */
int	 acme_location(const struct http_head *h, const char *base, char *dst);

/*
 * The target of a Link field (RFC 8288) with the relation `rel' in the `n'th
 * place, from 0, of those that can be used, in an answer to a request for
 * `base', into `dst' (ACME_URLSIZE).  0, or -1: there are not so many.
 */
int	 acme_link(const struct http_head *h, const char *base,
	    const char *rel, unsigned int n, char *dst);

#endif
