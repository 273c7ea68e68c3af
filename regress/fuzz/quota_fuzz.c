/*
 * quota_fuzz: the saved use of quotas, without its checksum, which is added.
 * What is loaded is saved as the same bytes.
 */
#include <sodium.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "groups.h"

#define HASHLEN	16

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
on_lease(void *arg, unsigned int worker, uint32_t id, uint64_t bytes)
{
	(void)arg;
	(void)worker;
	(void)id;
	(void)bytes;
	abort();
}

static void
on_over(void *arg, uint32_t id)
{
	(void)arg;
	(void)id;
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct admit_groups_ops ops = { on_lease, on_over };
	struct admit_groups *g = admit_groups_new(&ops, NULL);
	struct ipc_wr w;
	const char *why;
	uint8_t *state;		/* of exact size, to detect overreads */

	if (g == NULL || (state = malloc(size + HASHLEN)) == NULL)
		abort();
	if (size > 0)
		memcpy(state, data, size);
	crypto_generichash(state + size, HASHLEN, data, size, NULL, 0);
	ipc_wr_init(&w);
	if (admit_groups_load(g, state, size + HASHLEN, &why) == 0) {
		admit_groups_turn(g, 1, 1793923200);
		admit_groups_save(g, &w);
		if (w.len != size + HASHLEN || memcmp(w.p, state, w.len) != 0)
			abort();
	} else if (why == NULL || why[0] == '\0')
		abort();
	ipc_wr_free(&w);
	free(state);
	admit_groups_free(g);
	return (0);
}
