/*
 * keymem: locked and zeroed memory for libcrypto; see keymem.h.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "keylock.h"
#include "keymem.h"
#include "log.h"

#define SECUREHEAP	(1024 * 1024)	/* bytes of locked heap, libcrypto */

#ifndef LIBRESSL_VERSION_NUMBER
/* What precedes a block of libcrypto. */
struct block_head {
	alignas(max_align_t) size_t n;	/* bytes of the block */
};

static void *
block_alloc(size_t n, const char *file, int line)
{
	struct block_head *h;

	(void)file;
	(void)line;
	if (n == 0 || n > SIZE_MAX - sizeof(*h) ||
	    (h = malloc(sizeof(*h) + n)) == NULL)
		return (NULL);
	h->n = n;
	return (h + 1);
}

static void
block_free(void *p, const char *file, int line)
{
	struct block_head *h = p;

	(void)file;
	(void)line;
	if (h == NULL)
		return;
	h--;
	explicit_bzero(h, sizeof(*h) + h->n);
	free(h);
}

static void *
block_realloc(void *p, size_t n, const char *file, int line)
{
	const struct block_head *h = p;
	void *new = NULL;

	if (n > 0 && (new = block_alloc(n, file, line)) == NULL)
		return (NULL);
	if (h != NULL && new != NULL)
		memcpy(new, p, h[-1].n < n ? h[-1].n : n);
	block_free(p, file, line);
	return (new);
}

/* Set up libcrypto's memory.  Returns 1 when its heap for keys is locked. */
static int
set_up(void)
{
	/* A test that used libcrypto before keeps its functions. */
	(void)CRYPTO_set_mem_functions(block_alloc, block_realloc, block_free);
	if (CRYPTO_secure_malloc_initialized())
		return (1);
	/* Unlocked memory (result 2) is still excluded from core dumps. */
	switch (CRYPTO_secure_malloc_init(SECUREHEAP, 32)) {
	case 0:
		fatalx("can't set up %d bytes of memory for keys "
		    "(mmap, mprotect)", SECUREHEAP);
	case 1:
		return (1);
	default:
		return (0);
	}
}
#else
static int
set_up(void)
{
	return (1);
}
#endif

void
base_keymem_init(size_t more)
{
	const int locked = set_up();

	if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG |
	    OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL) != 1)
		fatalx("can't initialise libcrypto: %s",
		    ERR_reason_error_string(ERR_peek_last_error()));
	base_keylock_check(locked, more);
}
