/*
 * filewatch: notices every change of a file: written in place, replaced by
 * rename, removed, made, or a symbolic link that changes.
 *
 * The kernel notifies of changes in the file's directory (dirwatch.h).  The
 * file is polled every few seconds as well, for changes that the kernel does
 * not report: network file systems, targets of symbolic links.
 */
#ifndef FILEWATCH_H
#define FILEWATCH_H

struct event_base;
struct watch_file;

typedef void (*watch_file_cb)(void *arg);

/*
 * Call `cb' from the loop after each change of the file `path', as soon as it
 * has settled.  The file need not exist.  NULL with errno set when it can't be
 * watched.
 */
struct watch_file *watch_file_new(struct event_base *base,
	    const char *path, watch_file_cb cb, void *arg);

/* Stop watching; NULL is fine.  Safe inside the callback. */
void	 watch_file_free(struct watch_file *w);

#endif
