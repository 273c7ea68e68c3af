/*
 * shmem: shared memory with one writer; see shmem.h.  Called by the parent, for
 * slots.c, counters.c, ring_mem.c and the files of admit.
 *
 * The memory is a memfd, sealed against a change of its size, or, where there
 * is none, a POSIX shared memory object without a name.  Readers get another
 * open file of it, opened for reading alone.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shmem.h"

#ifdef HAVE_MEMFD
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL	0x0008U		/* Linux 6.3 */
#endif

static int
new_file(const char *name, size_t size)
{
	int fd;

	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING |
	    MFD_NOEXEC_SEAL);
	if (fd == -1 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1)
		return (-1);
	if (fchmod(fd, S_IRUSR | S_IWUSR) == 0 &&
	    ftruncate(fd, (off_t)size) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW |
	    F_SEAL_SEAL) == 0)
		return (fd);
	close(fd);
	return (-1);
}

int
ipc_shmem_make(const char *name, size_t size, int *reader)
{
	char path[64];
	int fd;

	if ((fd = new_file(name, size)) == -1)
		return (-1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if ((*reader = open(path, O_RDONLY | O_CLOEXEC)) != -1)
		return (fd);
	close(fd);
	return (-1);
}
#else
int
ipc_shmem_make(const char *name, size_t size, int *reader)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/derpd-%.16s.%08x%08x", name,
	    arc4random(), arc4random());
	if ((fd = shm_open(path, O_RDWR | O_CREAT | O_EXCL, 0600)) == -1)
		return (-1);
	*reader = shm_open(path, O_RDONLY, 0);
	(void)shm_unlink(path);
	if (*reader != -1) {
		if (ftruncate(fd, (off_t)size) == 0)
			return (fd);
		close(*reader);
	}
	close(fd);
	return (-1);
}
#endif

/* Write the bytes by a mapping: not every system writes to the descriptor. */
static int
fill(int fd, const void *p, size_t len)
{
	void *map;

	if (len == 0)
		return (0);
	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return (-1);
	memcpy(map, p, len);
	return (munmap(map, len));
}

int
ipc_shmem_copy(const char *name, const void *p, size_t len)
{
	int fd, reader, error;

	if ((fd = ipc_shmem_make(name, len, &reader)) == -1)
		return (-1);
	if (fill(fd, p, len) == -1) {
		error = errno;
		close(reader);
		reader = -1;
		errno = error;
	}
	close(fd);
	return (reader);
}
