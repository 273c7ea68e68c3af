/*
 * dirwatch: change notifications of the kernel for a directory.  One file a
 * backend: dirwatch_inotify.c, dirwatch_kqueue.c; `configure' picks one.
 */
#ifndef DIRWATCH_H
#define DIRWATCH_H

struct watch_dir {
	int	 fd;		/* readable after a change, or -1 */
	int	 dir;		/* the directory itself; -1: unused */
};

/*
 * Watch the directory `dir'; both descriptors are close-on-exec.  0, or -1 with
 * errno and both descriptors -1.
 */
int	watch_dir_open(struct watch_dir *w, const char *dir);

/* Discard pending notifications.  0, or -1 with errno: none will follow. */
int	watch_dir_read(struct watch_dir *w);

/* Close the descriptors. */
void	watch_dir_close(struct watch_dir *w);

#endif
