/*
 * atomicfile: replace the whole content of a file atomically.
 */
#ifndef ATOMICFILE_H
#define ATOMICFILE_H

#include <sys/types.h>
#include <stddef.h>

/* Mode and owner of the new file. */
struct base_file_attr {
	mode_t		 mode;
	uid_t		 uid;
	gid_t		 gid;
};

/*
 * Replace or create the file `path' with the `len' bytes at `p': write a
 * temporary file beside it, fsync, rename, and fsync the directory.  `attr'
 * NULL means mode 0644 and the ids of the caller.  Returns 0, or -1 with a line
 * in `err' of `errsize' bytes that says whether the file is unchanged, or
 * replaced without a sync of its directory.  No temporary file is left behind
 * in either case.
 */
int	base_file_replace(const char *path, const void *p, size_t len,
	    const struct base_file_attr *attr, char *err, size_t errsize);

/*
 * Sync the directory of the file `path', so that a new, renamed or removed name
 * is on disk.  Returns 0, or -1 with errno.
 */
int	base_sync_dir(const char *path);

#endif
