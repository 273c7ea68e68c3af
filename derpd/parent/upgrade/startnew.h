/*
 * startnew: starts the parent of the new derpd: which program is executed, and
 * with what.
 */
#ifndef STARTNEW_H
#define STARTNEW_H

#include <sys/types.h>
#include <stddef.h>

#define UPGRADE_FD		3	/* its channel to this parent */
#define UPGRADE_STAND_IN_FD	4	/* for standin.h */
#define UPGRADE_STAND_IN_ENV	"DERPD_STAND_IN"	/* the number of this
							   parent under it,
							   from 1 */

/* What the new parent is started with: as this one was. */
struct upgrade_start {
	const char	*self;		/* full path of the program */
	const char	*conf_path;
	const char	*const *macros;	/* of -D, "NAME=VALUE" */
	size_t		 nmacros;
	int		 from_env;	/* -E, in place of the two above */
	int		 debug;		/* -d */
	int		 verbose;	/* -v */
	int		 between;	/* through a process of between.h */
	int		 stand_in;	/* UPGRADE_STAND_IN_FD for it (not
					   taken); -1: none */
	unsigned int	 number;	/* its number under the stand-in */
};

/*
 * Check that nobody but root and the user of this process can change the
 * program at `path' or put another one there: owners and modes of the file and
 * of all folders above it.  In a folder with the sticky bit nobody can replace
 * what belongs to others.  `real' gets the path without symbolic links.  NULL,
 * or what is wrong, a static line with advice.
 */
const char *upgrade_start_check(const char *path, char *real, size_t size);

/*
 * The arguments, ended by NULL, for the program at `path': -U, and the options
 * of s.  On the heap, as are the strings; NULL without memory.
 */
char	**upgrade_start_args(const struct upgrade_start *s, const char *path);

/*
 * The environment, the same: of `from' only what the new parent needs, and what
 * service managers pass.
 */
char	**upgrade_start_env(const struct upgrade_start *s,
	    char *const *from);

/* Free one of the two. */
void	 upgrade_start_free(char **v);

/*
 * Start it, without a shell: it inherits descriptors 0 to 2, its channel on
 * UPGRADE_FD and the stand-in's pipe, nothing else.  Returns its pid, with the
 * child to wait for, itself or the process in between, in *child, and this end
 * of the channel, a stream socket (close-on-exec), in *fd; or -1 and the
 * reason, a static line, in *why.
 */
pid_t	 upgrade_start(const struct upgrade_start *s, pid_t *child, int *fd,
	    const char **why);

#endif
