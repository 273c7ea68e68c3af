/*
 * keyfiles: key files, certificates and other files of state, which the parent
 * opens and replaces.  Called by the parent's modules.
 */
#ifndef KEYFILES_H
#define KEYFILES_H

#include <stddef.h>

/*
 * Open a private key file for keys: a regular file of at most 64 KiB whose mode
 * derpd(8) allows.  `what' names it in messages ("relay key").  A descriptor,
 * or -1 (logged).
 */
int	 parent_keyfile_open(const char *path, const char *what);

/*
 * Make an empty temporary file beside `path', whose directory is made if
 * missing, and write its name to `temp' of `size' bytes.  A descriptor, or -1
 * (logged).
 */
int	 parent_keyfile_temp(const char *path, char *temp, size_t size);

/*
 * Sync the complete file `temp' and rename it to `path'.  0, or -1 (logged;
 * `temp' is removed).
 */
int	 parent_keyfile_commit(const char *temp, const char *path);

/* Sync the file `from' and rename it to `to'.  0, or -1 (logged). */
int	 parent_keyfile_rename(const char *from, const char *to);

/*
 * Make or replace a file without secrets, of the `len' bytes at `p', by a
 * temporary file and rename.  0, or -1 (logged; the old file stays).
 */
int	 parent_keyfile_public(const char *path, const void *p, size_t len);

/*
 * The same for a file that only its owner may read.  0, or -1 with a line in
 * `err' of `errsize' bytes, which is not logged.
 */
int	 parent_keyfile_private(const char *path, const void *p, size_t len,
	    char *err, size_t errsize);

#endif
