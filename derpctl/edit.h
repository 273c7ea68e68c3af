/*
 * edit: change a file that a running derpd may use.
 */
#ifndef EDIT_H
#define EDIT_H

#include <sys/types.h>
#include <sys/stat.h>
#include <limits.h>
#include <stddef.h>

#include "ctl.h"

/* A file that is being edited. */
struct ctl_edit {
	const struct ctl *ctl;
	char		 path[PATH_MAX]; /* with symbolic links resolved */
	char		*text;
	size_t		 len;
	struct stat	 st;		/* when it was read */
	int		 is_new;
	int		 lock;		/* file descriptor; -1: none */
};

/*
 * Lock the file against other derpctls, for which it waits 10 seconds, and read
 * it, at most `max' bytes; the text of a missing one is `fresh', NULL: that is
 * an error.  Returns 0, or 1 with an error reported; ctl_edit_close() is due in
 * either case.
 */
int	 ctl_edit_open(struct ctl_edit *e, const struct ctl *ctl,
	    const char *file, size_t max, const char *fresh);

/*
 * Replace the file with the `len' bytes at `p', unless another program has
 * changed it.  Mode and owner stay; a new one has this mode.  Returns 0, or 1
 * with an error reported.
 */
int	 ctl_edit_write(const struct ctl_edit *e, const void *p, size_t len,
	    mode_t mode);

/* Release the file. */
void	 ctl_edit_close(struct ctl_edit *e);

#endif
