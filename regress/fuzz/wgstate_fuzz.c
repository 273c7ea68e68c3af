/*
 * Fuzz target: the bridge's state file.  What is read is written as it will be
 * read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define DAY	20000

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		abort();
}

static char *
text(struct wg_memory *m, size_t *len)
{
	const size_t size = 256 + 256 * HASH_COUNT(m->table);
	size_t left_out;
	char *p;

	if ((p = malloc(size)) == NULL)
		abort();
	*len = wg_memory_text(m, p, size, DAY, &left_out);
	check(left_out == 0);
	return (p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct wg_memory m = { NULL, 0 };
	char *first, *second;
	size_t n, k;

	(void)wg_memory_load(&m, (const char *)p, len, DAY);
	first = text(&m, &n);
	wg_memory_free(&m);
	check(wg_memory_load(&m, first, n, DAY) == 0);
	second = text(&m, &k);
	check(n == k && memcmp(first, second, n) == 0);
	wg_memory_free(&m);
	free(first);
	free(second);
	return (0);
}
