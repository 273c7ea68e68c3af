/*
 * lately_fuzz: the saved state of who was admitted lately, without its
 * checksum, which is added.  What is loaded and saved is loaded again.
 */
#include <sodium.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lately.h"

#define HASHLEN	16
#define NOW	1793923200

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A process with two sources, whose names are all 1 and all 2. */
static struct admit_lately *
start(void)
{
	struct admit_lately *l = admit_lately_new(64);
	uint8_t ids[2][ADMIT_LATELY_IDLEN];

	if (l == NULL)
		abort();
	memset(ids[0], 1, sizeof(ids[0]));
	memset(ids[1], 2, sizeof(ids[1]));
	admit_lately_clock(l, 1, NOW);
	admit_lately_sources(l, ids, 2, 86400);
	return (l);
}

/* Save what was loaded; another process must load and save the same. */
static void
check_again(struct admit_lately *l)
{
	struct admit_lately *other = start();
	struct ipc_wr a, b;

	ipc_wr_init(&a);
	ipc_wr_init(&b);
	admit_lately_save(l, &a);
	if (admit_lately_load(other, a.p, a.len) != NULL ||
	    admit_lately_count(other) != admit_lately_count(l))
		abort();
	admit_lately_save(other, &b);
	if (a.len != b.len || memcmp(a.p, b.p, a.len) != 0)
		abort();
	ipc_wr_free(&a);
	ipc_wr_free(&b);
	admit_lately_free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct admit_lately *l = start();
	uint8_t *state;		/* of exact size, to detect overreads */

	if ((state = malloc(size + HASHLEN)) == NULL)
		abort();
	if (size > 0)
		memcpy(state, data, size);
	crypto_generichash(state + size, HASHLEN, data, size, NULL, 0);
	if (admit_lately_load(l, state, size + HASHLEN) == NULL)
		check_again(l);
	else if (admit_lately_count(l) != 0)
		abort();
	free(state);
	admit_lately_free(l);
	return (0);
}
