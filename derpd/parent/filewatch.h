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
struct parent_filewatch;

typedef void (*parent_filewatch_cb)(void *arg);

/*
 * Call `cb' from the loop after each change of the file `path', as soon as it
 * has settled.  The file need not exist.  NULL with errno set when it can't be
 * watched.
 */
struct parent_filewatch *parent_filewatch_new(struct event_base *base,
	    const char *path, parent_filewatch_cb cb, void *arg);

/* Stop watching; NULL is fine.  Safe inside the callback. */
void	 parent_filewatch_free(struct parent_filewatch *w);

#endif
