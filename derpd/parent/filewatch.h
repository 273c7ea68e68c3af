/*
 * filewatch: notice that a file was changed, whichever way: written in place,
 * replaced by rename, removed, made, or a symbolic link turned elsewhere.
 *
 * The kernel tells of changes in the file's directory (dirwatch.h); beside that
 * the file is looked at every few seconds, for what the kernel can't tell:
 * network file systems, the far ends of symbolic links.
 */
#ifndef FILEWATCH_H
#define FILEWATCH_H

struct event_base;
struct parent_filewatch;

typedef void (*parent_filewatch_cb)(void *arg);

/*
 * Call `cb' from the loop whenever the file `path' is another than before, as
 * soon as it has been left alone for a moment.  It need not exist.  NULL with
 * errno set when that can't be done.
 */
struct parent_filewatch *parent_filewatch_new(struct event_base *base,
	    const char *path, parent_filewatch_cb cb, void *arg);

/* No more; NULL is fine.  Safe inside the call back. */
void	 parent_filewatch_free(struct parent_filewatch *w);

#endif
