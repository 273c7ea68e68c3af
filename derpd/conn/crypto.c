/*
 * crypto: see crypto.h.  Called by fronts and relay workers.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "log.h"

#ifndef LIBRESSL_VERSION_NUMBER

/* Memory of libcrypto has its size in front. */
union conn_block {
	size_t		 n;
	max_align_t	 align;
};

static void *
block_alloc(size_t n, const char *file, int line)
{
	union conn_block	*b;

	(void)file;
	(void)line;
	if (n > SIZE_MAX - sizeof(*b) || (b = malloc(sizeof(*b) + n)) == NULL)
		return (NULL);
	b->n = n;
	return (b + 1);
}

static void
block_free(void *p, const char *file, int line)
{
	union conn_block	*b = p;

	(void)file;
	(void)line;
	if (p == NULL)
		return;
	b--;
	explicit_bzero(p, b->n);
	free(b);
}

static void *
block_realloc(void *p, size_t n, const char *file, int line)
{
	union conn_block	*b = p;
	void		*q;

	if (p == NULL)
		return (block_alloc(n, file, line));
	b--;
	if ((q = block_alloc(n, file, line)) == NULL)
		return (NULL);
	memcpy(q, p, n < b->n ? n : b->n);
	block_free(p, file, line);
	return (q);
}

int
conn_crypto_zero_freed(void)
{
	return (CRYPTO_set_mem_functions(block_alloc, block_realloc,
	    block_free) == 1 ? 0 : -1);
}

#else

int
conn_crypto_zero_freed(void)
{
	return (0);
}

#endif

void
conn_crypto_preload(void)
{
	unsigned char mac[EVP_MAX_MD_SIZE], byte = 0;
	unsigned int n;

	/* The first use makes libcrypto read its configuration. */
	if (HMAC(EVP_sha256(), &byte, 1, &byte, 1, mac, &n) == NULL ||
	    HMAC(EVP_sha384(), &byte, 1, &byte, 1, mac, &n) == NULL)
		fatalx("can't initialise libcrypto: %s",
		    ERR_reason_error_string(ERR_peek_last_error()));
}
