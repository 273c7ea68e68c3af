/*
 * dirwatch: what a kernel tells of the changes in a directory.  One backend a
 * file: dirwatch_inotify.c, dirwatch_kqueue.c; `configure' picks one.
 */
#ifndef DIRWATCH_H
#define DIRWATCH_H

struct parent_dirwatch {
	int	 fd;		/* readable when something has changed; -1 */
	int	 dir;		/* the directory itself, -1 not needed */
};

/*
 * Watch the directory `dir'; both descriptors are close-on-exec.  0, or -1 with
 * errno and both descriptors -1.
 */
int	parent_dirwatch_open(struct parent_dirwatch *w, const char *dir);

/* Take the news away.  0, or -1 with errno: there will be no more. */
int	parent_dirwatch_read(struct parent_dirwatch *w);

/* Close what is open. */
void	parent_dirwatch_close(struct parent_dirwatch *w);

#endif
