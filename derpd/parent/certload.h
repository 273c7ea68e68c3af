/*
 * certload: one certificate that the configuration names, and its key in keys:
 * a pair of files, the self-signed pair of the state directory, which is made
 * on the first start, or the one from an ACME directory.  It does not block.
 */
#ifndef CERTLOAD_H
#define CERTLOAD_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct conf;
struct conf_cert;
struct parent;
struct parent_cert;

/*
 * The end.  rv 0 and the certificate, which is the owner's to free; NULL: only
 * checked, and not there yet.  -1: it can't be used, for the reason `why', a
 * line that has been logged.
 */
typedef void (*parent_certload_cb)(void *arg, int rv, struct parent_cert *cert,
	    const char *why);

/* One that is under way; zero-initialised. */
struct parent_certload {
	struct parent	*d;
	const struct conf *conf;
	const struct conf_cert *k;
	enum { CERT_OF_PAIR, CERT_SELFSIGNED, CERT_OF_ACME } kind;
	struct parent_cert	*cert;
	char			 crt[PATH_MAX], key[PATH_MAX];
	char			 name[PATH_MAX]; /* that the key file gets, or
						    "" */
	parent_certload_cb done;
	void		*arg;
};

/*
 * Read what `k' of `conf' names, and have keys read its key.  `done' is called
 * with `arg', within this call or from the event loop.
 */
void	 parent_certload(struct parent_certload *l, struct parent *d,
	    const struct conf *conf, const struct conf_cert *k,
	    parent_certload_cb done, void *arg);

/* Forget it: `done' is not called any more.  Fine at any time. */
void	 parent_certload_cancel(struct parent_certload *l);

#endif
