/*
 * served: see served.h.  Called by ifaceset.c and wgslots.c.
 */
#include <stdlib.h>
#include <string.h>

#include "served.h"

static int
by_key(const void *a, const void *b)
{
	return (memcmp(a, b, WG_KEYLEN));
}

int
wg_served_set(struct wg_served *s, const uint8_t *keys, size_t n)
{
	uint8_t *copy;

	if ((copy = calloc(n + 1, WG_KEYLEN)) == NULL)
		return (-1);
	memcpy(copy, keys, n * WG_KEYLEN);
	qsort(copy, n, WG_KEYLEN, by_key);
	free(s->keys);
	s->keys = copy;
	s->n = n;
	s->listed = 1;
	return (0);
}

int
wg_served_has(const struct wg_served *s, const uint8_t key[WG_KEYLEN])
{
	return (!s->listed || bsearch(key, s->keys, s->n, WG_KEYLEN,
	    by_key) != NULL);
}

void
wg_served_free(struct wg_served *s)
{
	free(s->keys);
	memset(s, 0, sizeof(*s));
}
