/*
 * certself: the self-signed pair of the state directory: which host names it is
 * for, when it is made anew, and how a new pair replaces the old one.
 *
 * self-signed.crt and self-signed.key are in force.  A new pair is made as
 * self-signed-new.crt and self-signed-new.key, the certificate last, and takes
 * the place of the old one once its generation is in force: the old certificate
 * becomes self-signed-old.crt, then the new files get their names.  So there is
 * a complete pair at any time, whose names a start mends after a crash.
 *
 * A new pair has a new pin, so that clients whose map pins the old one stay
 * out.  So it is made anew only when a host name is missing, which keeps
 * clients of that name out, and CERT_SELF_RENEW seconds before its end.
 */
#ifndef CERTSELF_H
#define CERTSELF_H

#include <limits.h>
#include <stddef.h>
#include <time.h>

#include "conf.h"

#define CERT_SELF_WARN	 (90 * 86400)	/* seconds before its end: warn */
#define CERT_SELF_RENEW	 (30 * 86400)	/* the same: make it anew */
#define CERT_SELF_RECENT (30 * 86400)	/* seconds to show the old pin */
#define CERT_SELF_EVERY	 3600		/* seconds between two looks */

struct event;
struct parent;
struct parent_cert;
struct parent_loaded;

struct parent_certself {
	struct event	*ev;		/* of the looks */
	int		 seen;		/* near its end at the last look */
	int		 due;		/* to be made anew */
};

/* Paths of the files of a pair. */
struct parent_certself_pair {
	char	 crt[PATH_MAX], key[PATH_MAX];
};

/* The pair in force, or the new one.  0, or -1 (logged): too long. */
int	 parent_certself_paths(const struct conf *c, int new,
	    struct parent_certself_pair *p);

/*
 * The host names that the self-signed certificate of the line is for: those
 * that no certificate of a file covers, or for acme all.  Their number; 0: the
 * line is left over.
 */
size_t	 parent_certself_names(const struct conf *c, const struct conf_cert *k,
	    const char *names[CONF_MAXNAMES]);

/* The first of the names that the certificate does not cover; NULL: none. */
const char *parent_certself_lacks(const struct parent_cert *cert,
	    const char *const *names, size_t n);

/* Finish the replacement that a crash has interrupted.  0, or -1 (logged). */
int	 parent_certself_mend(const struct conf *c);

/* Fill in cert->was from the certificate that this one has replaced. */
void	 parent_certself_history(const struct conf *c,
	    struct parent_cert *cert);

/* The certificates in d->loaded are in force: replace the files of the pair. */
void	 parent_certself_commit(struct parent *d);

/*
 * Look at the certificate of the pair, every CERT_SELF_EVERY seconds: 1 when it
 * must be made anew, because it was near its end at the last look, too.  So a
 * clock that is wrong for a while changes no pin.
 */
int	 parent_certself_look(struct parent_certself *s,
	    const struct parent_loaded *l, const char *crt, time_t now);

/* Begin to look at it. */
void	 parent_certself_begin(struct parent *d);

#endif
