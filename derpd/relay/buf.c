/*
 * buf: a growing byte buffer of a relay worker; see buf.h.
 */
#include <stdlib.h>
#include <string.h>

#include "buf.h"

#define TIGHT	512		/* growth step of relay_buf_add_tight() */
#define SMALL	(64 * 1024)	/* doubles in size up to here */

static void
to_front(struct relay_buf *b)
{
	memmove(b->p, relay_buf_head(b), relay_buf_left(b));
	b->len -= b->off;
	b->off = 0;
}

static int
resize(struct relay_buf *b, size_t cap)
{
	uint8_t *q;

	if ((q = realloc(b->p, cap)) == NULL)
		return (-1);
	b->p = q;
	b->cap = cap;
	return (0);
}

/*
 * Make room for `n' more bytes.  The content moves to the front once an eighth
 * of the buffer is free there, which bounds the cost of moving.  A buffer that
 * is at least four times too large is then halved.  Return 0, or -1 without
 * memory.
 */
static int
make_room(struct relay_buf *b, size_t n)
{
	size_t cap;

	if (b->len + n <= b->cap)
		return (0);
	if (b->off > 0 && (b->off >= b->cap / 8 ||
	    relay_buf_left(b) + n > b->cap)) {
		to_front(b);
		if (b->cap > SMALL && b->len + n <= b->cap / 4)
			return (resize(b, b->cap / 2));
		if (b->len + n <= b->cap)
			return (0);
	}
	cap = b->cap + (b->cap < SMALL ? b->cap : b->cap / 4);
	return (resize(b, cap < b->len + n ? b->len + n : cap));
}

int
relay_buf_add(struct relay_buf *b, const void *p, size_t n)
{
	if (n == 0)
		return (0);
	if (make_room(b, n) == -1)
		return (-1);
	memcpy(b->p + b->len, p, n);
	b->len += n;
	return (0);
}

int
relay_buf_add_tight(struct relay_buf *b, const void *p, size_t n)
{
	size_t cap;

	if (n == 0)
		return (0);
	if (b->off > 0)
		to_front(b);
	cap = (b->len + n + TIGHT - 1) / TIGHT * TIGHT;
	if (cap > b->cap && resize(b, cap) == -1)
		return (-1);
	memcpy(b->p + b->len, p, n);
	b->len += n;
	return (0);
}

void
relay_buf_drain(struct relay_buf *b, size_t n)
{
	b->off += n;
	if (b->off >= b->len)
		relay_buf_free(b);
}

void
relay_buf_free(struct relay_buf *b)
{
	free(b->p);
	memset(b, 0, sizeof(*b));
}
