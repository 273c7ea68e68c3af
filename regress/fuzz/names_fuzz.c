/*
 * Fuzz target: lists of nodes.  What is accepted gives names that are valid and
 * short; what is refused has a message.
 */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct clients_names *n;
	uint8_t key[CLIENTS_KEYLEN] = { 0 };
	const char *name;
	char why[512] = "";
	size_t found = 0, count, i;
	int rv;

	must(sodium_init() != -1);
	must((n = clients_names_new()) != NULL);
	rv = clients_names_add(n, "f", (const char *)p, len, why, sizeof(why));
	must((rv == -1) == (strncmp(why, "f:", 2) == 0));
	/* The keys of the seeds differ in their last byte. */
	for (i = 0; i < 256; i++) {
		key[CLIENTS_KEYLEN - 1] = (uint8_t)i;
		name = clients_names_find(n, key);
		found += name[0] != '\0';
		must(name[0] == '\0' || clients_name_valid(name, strlen(name)));
	}
	count = clients_names_count(n);
	must(found <= count);
	/* The names of the same list again are none. */
	if (rv == 0) {
		must(clients_names_add(n, "f", (const char *)p, len, why,
		    sizeof(why)) == 0);
		must(clients_names_count(n) == count);
	}
	clients_names_free(n);
	return (0);
}
