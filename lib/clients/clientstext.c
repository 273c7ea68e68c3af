/*
 * clientstext: see clientstext.h.  Called by clientsfile.c and names.c.
 */
#include <stdlib.h>
#include <string.h>

#include "clientstext.h"

#define BLOCK	4000

struct clients_block {
	struct clients_block	*older;
	size_t			 used;
	char			 text[BLOCK];
};

const char *
clients_text_keep(struct clients_text *t, const char *s, size_t len)
{
	struct clients_block *b = t->blocks;
	char *copy;

	if (len == 0)
		return ("");
	if (len >= BLOCK)
		return (NULL);
	if (b == NULL || len >= BLOCK - b->used) {
		if ((b = malloc(sizeof(*b))) == NULL)
			return (NULL);
		b->older = t->blocks;
		b->used = 0;
		t->blocks = b;
		t->memory += sizeof(*b);
	}
	copy = b->text + b->used;
	memcpy(copy, s, len);
	copy[len] = '\0';
	b->used += len + 1;
	return (copy);
}

void
clients_text_free(struct clients_text *t)
{
	struct clients_block *b;

	while ((b = t->blocks) != NULL) {
		t->blocks = b->older;
		free(b);
	}
	t->memory = 0;
}
