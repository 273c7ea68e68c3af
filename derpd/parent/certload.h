/*
 * certload: loads one certificate that the configuration names, and its key
 * into keys: a pair of files, the self-signed pair of the state directory (made
 * at the first start), or the certificate of an ACME directory.  Does not
 * block.
 */
#ifndef CERTLOAD_H
#define CERTLOAD_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"

struct conf_cert;
struct parent;
struct parent_cert;

/*
 * The end of a load.  rv 0: the certificate, which the callback owns; NULL with
 * derpd -n when it does not exist yet.  rv -1: the certificate can't be used;
 * `why' is the line that was logged.
 */
typedef void (*parent_certload_cb)(void *arg, int rv, struct parent_cert *cert,
	    const char *why);

/*
 * A load under way; zero-initialised, `keep' and `changed' set by the caller.
 * After a restart of keys the pair in force stays.
 */
struct parent_certload {
	struct parent	*d;
	const struct conf *conf;
	const struct conf_cert *k;
	enum { CERT_OF_PAIR, CERT_SELFSIGNED, CERT_OF_ACME } kind;
	struct parent_cert	*cert;
	char			 crt[PATH_MAX], key[PATH_MAX];
	char			 name[PATH_MAX]; /* new name of the key file,
						    "" unchanged */
	int			 keep;	/* 1: make no pair anew */
	int			 changed; /* 1: files have changed, and not
					     the configuration */
	int			 anew;	/* 1: a pair is being made anew */
	const char		*names[CONF_MAXNAMES]; /* of the self-signed
						    certificate */
	size_t			 nnames;
	parent_certload_cb done;
	void		*arg;
};

/*
 * Load the certificate of `k' in `conf', and its key into keys.  `done' is
 * called with `arg', from within this call or from the event loop.
 */
void	 parent_certload(struct parent_certload *l, struct parent *d,
	    const struct conf *conf, const struct conf_cert *k,
	    parent_certload_cb done, void *arg);

/* Cancel a load: `done' is not called.  Safe at any time. */
void	 parent_certload_cancel(struct parent_certload *l);

#endif
