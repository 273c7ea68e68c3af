/*
 * atomicfile: replace a file as a whole, or not at all.
 */
#ifndef ATOMICFILE_H
#define ATOMICFILE_H

#include <sys/types.h>
#include <stddef.h>

/* What the file is to have. */
struct base_file_attr {
	mode_t		 mode;
	uid_t		 uid;
	gid_t		 gid;
};

/*
 * Put the `len' bytes at `p' in the place of the file `path', or make it: by a
 * temporary file beside it, fsync, rename, and fsync of the directory.  `attr'
 * NULL: mode 0644, and the ids of the caller.  0, or -1 with a line in `err' of
 * `errsize' bytes, which says whether the file is as it was, or is replaced but
 * its directory could not be synced.  Nothing is left beside it either way.
 */
int	base_file_replace(const char *path, const void *p, size_t len,
	    const struct base_file_attr *attr, char *err, size_t errsize);

/*
 * Write to the disk what was done to the directory that the file `path' is in:
 * that a name is new, or another file's.  0, or -1 with errno.
 */
int	base_sync_dir(const char *path);

#endif
