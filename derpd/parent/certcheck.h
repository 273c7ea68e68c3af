/*
 * certcheck: what is wrong with certificates for clients: checks all lines of
 * the configuration together, with what they loaded.
 */
#ifndef CERTCHECK_H
#define CERTCHECK_H

#include <time.h>

struct conf;
struct conf_cert;
struct parent_cert;
struct parent_loaded;

enum parent_certlevel {
	CERT_ERROR,	/* clients refuse the relay: it is not put in force */
	CERT_INVALID,	/* not valid now, but served */
	CERT_WARNING,	/* wrong, or will be */
	CERT_NOTE	/* the same, and the configuration allows it */
};

/* What was found; `text' begins with the place in the configuration. */
typedef void (*parent_certcheck_cb)(void *arg, enum parent_certlevel level,
	    const struct conf_cert *k, const char *text);

/*
 * Check the certificates in `l' of the configuration at the time `now'; some of
 * acme and self-signed may be missing.  `old' (NULL: none) has those in force,
 * which a certificate that is not valid does not replace.  `cb' is called for
 * each fault.  Returns the number of errors.
 */
unsigned int parent_certcheck(const struct conf *c,
	    const struct parent_loaded *l, const struct parent_loaded *old,
	    time_t now, parent_certcheck_cb cb, void *arg);

/* The certificate of a line; NULL: it is missing. */
struct parent_cert *parent_certcheck_loaded(const struct conf *c,
	    const struct parent_loaded *l, const struct conf_cert *k);

#endif
