/*
 * counters: the counters of a process in shared memory; see counters.h.  Used
 * by the parent, which makes the pages, by fronts and by relay workers.
 *
 * The writer changes its counters by plain stores, which are whole where a
 * register has 64 bits; elsewhere a reader may see half of one.  Readers load
 * each counter once.  Without HAVE_MEMFD a writer could shorten its memory, and
 * a reader that has mapped it would be killed: it reads it as a file there.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "shmem.h"

struct ipc_counters_page {
	_Atomic uint64_t runs;		/* 1: the writer runs */
	_Atomic uint64_t v[IPC_MAXCOUNTERS];
};

struct ipc_counters {
	struct ipc_counters_page *page;	/* NULL: not mapped */
	int		 writer;	/* descriptors; -1: none */
	int		 reader;
};

_Static_assert(sizeof(_Atomic uint64_t) == sizeof(uint64_t),
    "the writer sees plain integers");

/* The descriptors are taken, except on failure. */
static struct ipc_counters *
make(struct ipc_counters_page *page, int writer, int reader)
{
	struct ipc_counters *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->page = page;
	c->writer = writer;
	c->reader = reader;
	return (c);
}

struct ipc_counters *
ipc_counters_new(void)
{
	struct ipc_counters *c;
	int writer, reader;

	writer = ipc_shmem_make("counters", sizeof(*c->page), &reader);
	if (writer == -1)
		return (NULL);
	if ((c = make(NULL, writer, reader)) == NULL) {
		close(writer);
		close(reader);
	}
	return (c);
}

int
ipc_counters_share_write(const struct ipc_counters *c)
{
	/* An earlier writer may have shortened it, where it can. */
	if (ftruncate(c->writer, sizeof(*c->page)) == -1)
		return (-1);
	return (fcntl(c->writer, F_DUPFD_CLOEXEC, 0));
}

int
ipc_counters_share_read(const struct ipc_counters *c)
{
	return (fcntl(c->reader, F_DUPFD_CLOEXEC, 0));
}

void
ipc_counters_ended(const struct ipc_counters *c)
{
	const uint64_t runs = 0;
	ssize_t n;

	n = pwrite(c->writer, &runs, sizeof(runs),
	    offsetof(struct ipc_counters_page, runs));
	(void)n;
}

/* Map the page of `fd'.  NULL on failure, with errno. */
static struct ipc_counters_page *
map(int fd, int prot)
{
	struct ipc_counters_page *page;
	struct stat st;

	/* To touch what is beyond the end of the file would be fatal. */
	if (fstat(fd, &st) == -1)
		return (NULL);
	if (st.st_size < (off_t)sizeof(*page)) {
		errno = EINVAL;
		return (NULL);
	}
	page = mmap(NULL, sizeof(*page), prot, MAP_SHARED, fd, 0);
	return (page == MAP_FAILED ? NULL : page);
}

/* Map the page of `fd', which is closed. */
static struct ipc_counters *
open_page(int fd, int prot)
{
	struct ipc_counters_page *page = map(fd, prot);
	struct ipc_counters *c = NULL;
	int error;

	if (page != NULL && (c = make(page, -1, -1)) == NULL)
		munmap(page, sizeof(*page));
	error = errno;
	close(fd);
	errno = error;
	return (c);
}

struct ipc_counters *
ipc_counters_map_write(int fd)
{
	return (open_page(fd, PROT_READ | PROT_WRITE));
}

#ifdef HAVE_MEMFD
struct ipc_counters *
ipc_counters_map_read(int fd)
{
	return (open_page(fd, PROT_READ));
}
#else
struct ipc_counters *
ipc_counters_map_read(int fd)
{
	struct ipc_counters *c;

	if ((c = make(NULL, -1, fd)) == NULL)
		close(fd);
	return (c);
}
#endif

uint64_t *
ipc_counters_values(struct ipc_counters *c)
{
	return ((uint64_t *)(void *)c->page->v);
}

void
ipc_counters_begin(struct ipc_counters *c)
{
	atomic_store_explicit(&c->page->runs, 1, memory_order_release);
}

/* Return the page, or a copy in `copy', 0 from where the file ends. */
static const struct ipc_counters_page *
look(const struct ipc_counters *c, struct ipc_counters_page *copy)
{
	ssize_t n;

	if (c->page != NULL)
		return (c->page);
	memset(copy, 0, sizeof(*copy));
	n = pread(c->reader, copy, sizeof(*copy), 0);
	(void)n;
	return (copy);
}

int
ipc_counters_read(const struct ipc_counters *c, uint64_t *v, size_t n)
{
	struct ipc_counters_page copy;
	const struct ipc_counters_page *page = look(c, &copy);
	size_t i;
	int runs;

	runs = atomic_load_explicit(&page->runs, memory_order_acquire) == 1;
	for (i = 0; i < n && i < IPC_MAXCOUNTERS; i++)
		v[i] = atomic_load_explicit(&page->v[i], memory_order_relaxed);
	return (runs);
}

void
ipc_counters_free(struct ipc_counters *c)
{
	if (c == NULL)
		return;
	if (c->page != NULL)
		munmap(c->page, sizeof(*c->page));
	if (c->writer != -1)
		close(c->writer);
	if (c->reader != -1)
		close(c->reader);
	free(c);
}
