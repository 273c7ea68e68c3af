/*
 * buf: a growing byte buffer of a relay worker; see relay.h.  Empty ones hold
 * no memory, so that an idle client costs none.
 */
#include <stdlib.h>
#include <string.h>

#include "relay.h"

int
buf_add(struct buf *b, const void *p, size_t n)
{
	size_t cap;
	uint8_t *q;

	if (n == 0)
		return (0);
	/* Move to the front only what is less than what is free there. */
	if (b->len + n > b->cap && b->off > b->cap / 2) {
		memmove(b->p, buf_head(b), buf_left(b));
		b->len -= b->off;
		b->off = 0;
	}
	if (b->len + n > b->cap) {
		cap = b->cap == 0 ? n : b->cap * 2;
		if (cap < b->len + n)
			cap = b->len + n;
		if ((q = realloc(b->p, cap)) == NULL)
			return (-1);
		b->p = q;
		b->cap = cap;
	}
	memcpy(b->p + b->len, p, n);
	b->len += n;
	return (0);
}

void
buf_drain(struct buf *b, size_t n)
{
	b->off += n;
	if (b->off >= b->len)
		buf_free(b);
}

void
buf_free(struct buf *b)
{
	free(b->p);
	memset(b, 0, sizeof(*b));
}
