/*
 * slots: which relay worker owns a key; see slots.h.  Used by the parent, which
 * makes the page, and by fronts and relay workers, which look owners up.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shmem.h"
#include "slots.h"

struct ipc_slots_page {
	_Atomic uint32_t epoch;
	_Atomic uint8_t	 worker[IPC_SLOTS];
};

struct ipc_slots {
	struct ipc_slots_page	*page;
	int		 fd;	/* for reading; -1 in workers */
};

_Static_assert(IPC_MAXWORKERS <= UINT8_MAX, "a worker's number is a byte");

unsigned int
ipc_slot_of(const uint8_t key[IPC_KEYLEN],
    const uint8_t secret[IPC_SLOT_SECRETLEN])
{
	unsigned char h[crypto_shorthash_BYTES];

	_Static_assert(IPC_SLOT_SECRETLEN == crypto_shorthash_KEYBYTES,
	    "the secret is that of crypto_shorthash()");
	crypto_shorthash(h, key, IPC_KEYLEN, secret);
	return ((h[0] | (unsigned int)h[1] << 8) % IPC_SLOTS);
}

static struct ipc_slots *
map(int fd, int prot)
{
	struct ipc_slots *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (NULL);
	s->fd = -1;
	s->page = mmap(NULL, sizeof(*s->page), prot, MAP_SHARED, fd, 0);
	if (s->page == MAP_FAILED) {
		free(s);
		return (NULL);
	}
	return (s);
}

struct ipc_slots *
ipc_slots_new(unsigned int nworkers)
{
	struct ipc_slots *s;
	unsigned int i;
	int fd, reader;

	if ((fd = ipc_shmem_make("slots", sizeof(*s->page), &reader)) == -1)
		return (NULL);
	s = map(fd, PROT_READ | PROT_WRITE);
	close(fd);
	if (s == NULL) {
		close(reader);
		return (NULL);
	}
	s->fd = reader;
	for (i = 0; i < IPC_SLOTS; i++)
		atomic_store(&s->page->worker[i], (uint8_t)(i % nworkers));
	atomic_store(&s->page->epoch, 1);
	return (s);
}

int
ipc_slots_share(const struct ipc_slots *s)
{
	return (fcntl(s->fd, F_DUPFD_CLOEXEC, 0));
}

struct ipc_slots *
ipc_slots_map(int fd)
{
	struct stat st;

	/* To read beyond the end of the file would be fatal. */
	if (fstat(fd, &st) == -1)
		return (NULL);
	if (st.st_size < (off_t)sizeof(struct ipc_slots_page)) {
		errno = EINVAL;
		return (NULL);
	}
	return (map(fd, PROT_READ));
}

void
ipc_slots_free(struct ipc_slots *s)
{
	if (s == NULL)
		return;
	if (s->fd != -1)
		close(s->fd);
	munmap(s->page, sizeof(*s->page));
	free(s);
}

uint32_t
ipc_slots_epoch(const struct ipc_slots *s)
{
	return (atomic_load_explicit(&s->page->epoch, memory_order_acquire));
}

unsigned int
ipc_slots_worker(const struct ipc_slots *s, unsigned int slot,
    unsigned int nworkers)
{
	unsigned int w = atomic_load_explicit(&s->page->worker[slot],
	    memory_order_relaxed);

	return (w < nworkers ? w : IPC_MAXWORKERS);
}
