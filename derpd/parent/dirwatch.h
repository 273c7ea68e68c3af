/*
 * dirwatch: change notifications of the kernel for a directory.  One file a
 * backend: dirwatch_inotify.c, dirwatch_kqueue.c; `configure' picks one.
 */
#ifndef DIRWATCH_H
#define DIRWATCH_H

struct parent_dirwatch {
	int	 fd;		/* readable after a change, or -1 */
	int	 dir;		/* the directory itself; -1: unused */
};

/*
 * Watch the directory `dir'; both descriptors are close-on-exec.  0, or -1 with
 * errno and both descriptors -1.
 */
int	parent_dirwatch_open(struct parent_dirwatch *w, const char *dir);

/* Discard pending notifications.  0, or -1 with errno: none will follow. */
int	parent_dirwatch_read(struct parent_dirwatch *w);

/* Close the descriptors. */
void	parent_dirwatch_close(struct parent_dirwatch *w);

#endif
