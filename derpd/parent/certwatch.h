/*
 * certwatch: reloads certificate files when another program renews them.  Part
 * of the parent.
 */
#ifndef CERTWATCH_H
#define CERTWATCH_H

#include <stddef.h>

struct event;
struct parent;
struct watch_file;

struct parent_certwatch {
	struct watch_file **files;
	size_t		 n;
	struct event	*ev;		/* runs after a change */
	char		 error[512];	/* why the last change was refused */
};

/*
 * Watch the files of all pairs of the configuration, instead of those watched
 * before.  A file that can't be watched is logged.
 */
void	parent_certwatch_begin(struct parent *d);

/* Look at the files soon: they may have changed before they were watched. */
void	parent_certwatch_look(struct parent *d);

/* Stop watching. */
void	parent_certwatch_end(struct parent *d);

#endif
