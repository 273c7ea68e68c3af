/*
 * certwatch: certificates that others renew are taken without being told.
 * Part of the parent.
 */
#ifndef CERTWATCH_H
#define CERTWATCH_H

#include <stddef.h>

struct derpd;
struct event;
struct filewatch;

struct certwatch {
	struct filewatch **files;
	size_t		 n;
	struct event	*ev;		/* after a change */
	char		 error[512];	/* why the last change was not taken */
};

/*
 * Watch the files of all pairs of the configuration, instead of what was
 * watched before.  What can't be watched is logged.
 */
void	certwatch_begin(struct derpd *d);

/* No more. */
void	certwatch_end(struct derpd *d);

#endif
