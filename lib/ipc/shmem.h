/*
 * shmem: shared memory that one process may write and others can only read.
 */
#ifndef SHMEM_H
#define SHMEM_H

#include <stddef.h>

/*
 * Make shared memory of `size' bytes, all 0; `name' is a word that names its
 * kind.  Return a descriptor to write, and in *reader another one, which allows
 * no writing: a mapping of it can't be made writable.  Return -1 on failure,
 * with errno.
 *
 * With HAVE_MEMFD nobody can change the size.  Without it the owner of the
 * first descriptor can: to read beyond the end of a mapping is fatal then.
 */
int	ipc_shmem_make(const char *name, size_t size, int *reader);

/*
 * Make shared memory of the `len' bytes at `p', which nobody writes any more.
 * Return a descriptor to read, or -1 with errno.
 */
int	ipc_shmem_copy(const char *name, const void *p, size_t len);

#endif
