/*
 * crypto: see crypto.h.  Called by fronts, relay workers and mesh.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "log.h"

#ifndef LIBRESSL_VERSION_NUMBER
#ifdef __linux__
#include <malloc.h>
#else
#include <malloc_np.h>		/* FreeBSD */
#endif

/*
 * Pointers are those of malloc(3), without a header of ours: libtls passes some
 * memory of libcrypto (the names in a server's certificate) to free(3).
 */
static void *
block_alloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return (malloc(n));
}

static void
block_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	if (p == NULL)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *
block_realloc(void *p, size_t n, const char *file, int line)
{
	size_t had;
	void *q;

	if ((q = block_alloc(n, file, line)) == NULL || p == NULL)
		return (q);
	had = malloc_usable_size(p);
	memcpy(q, p, n < had ? n : had);
	block_free(p, file, line);
	return (q);
}

int
net_crypto_zero_freed(void)
{
	return (CRYPTO_set_mem_functions(block_alloc, block_realloc,
	    block_free) == 1 ? 0 : -1);
}

#else

int
net_crypto_zero_freed(void)
{
	return (0);
}

#endif

void
net_crypto_preload(void)
{
	unsigned char mac[EVP_MAX_MD_SIZE], byte = 0;
	unsigned int n;

	/* The first use makes libcrypto read its configuration. */
	if (HMAC(EVP_sha256(), &byte, 1, &byte, 1, mac, &n) == NULL ||
	    HMAC(EVP_sha384(), &byte, 1, &byte, 1, mac, &n) == NULL)
		fatalx("can't initialise libcrypto: %s",
		    ERR_reason_error_string(ERR_peek_last_error()));
}
