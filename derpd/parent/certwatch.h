/*
 * certwatch: certificates that others renew are taken without being told.
 * Part of the parent.
 */
#ifndef CERTWATCH_H
#define CERTWATCH_H

#include <stddef.h>

struct event;
struct parent;
struct parent_filewatch;

struct parent_certwatch {
	struct parent_filewatch **files;
	size_t		 n;
	struct event	*ev;		/* after a change */
	char		 error[512];	/* why the last change was not taken */
};

/*
 * Watch the files of all pairs of the configuration, instead of what was
 * watched before.  What can't be watched is logged.
 */
void	parent_certwatch_begin(struct parent *d);

/* No more. */
void	parent_certwatch_end(struct parent *d);

#endif
