/*
 * buf: a growing byte buffer; see buf.h.  Called by all modules that keep input
 * or output.
 */
#include <stdlib.h>
#include <string.h>

#include "buf.h"

#define TIGHT	512		/* growth step of conn_buf_add_tight() */
#define SMALL	(64 * 1024)	/* doubles in size up to here */

static void
to_front(struct conn_bytes *v)
{
	memmove(v->data, v->data + v->off, v->len - v->off);
	v->len -= v->off;
	v->off = 0;
}

static int
resize(struct conn_buf *b, size_t cap)
{
	struct conn_bytes *v;

	if ((v = realloc(b->b, sizeof(*v) + cap)) == NULL)
		return (-1);
	if (b->b == NULL)
		v->off = v->len = 0;
	v->cap = cap;
	b->b = v;
	return (0);
}

/*
 * Make room for `n' more bytes.  The content moves to the front once an eighth
 * of the buffer is free there, which bounds the cost of moving.  A buffer that
 * is at least four times too large is then halved.  Return 0, or -1 without
 * memory.
 */
static int
make_room(struct conn_buf *b, size_t n)
{
	struct conn_bytes *v = b->b;
	size_t cap;

	if (v == NULL)
		return (resize(b, n));
	if (v->len + n <= v->cap)
		return (0);
	if (v->off > 0 && (v->off >= v->cap / 8 ||
	    v->len - v->off + n > v->cap)) {
		to_front(v);
		if (v->cap > SMALL && v->len + n <= v->cap / 4)
			return (resize(b, v->cap / 2));
		if (v->len + n <= v->cap)
			return (0);
	}
	cap = v->cap + (v->cap < SMALL ? v->cap : v->cap / 4);
	return (resize(b, cap < v->len + n ? v->len + n : cap));
}

/* Append to a buffer that has room. */
static void
append(struct conn_buf *b, const void *p, size_t n)
{
	memcpy(b->b->data + b->b->len, p, n);
	b->b->len += n;
}

int
conn_buf_add(struct conn_buf *b, const void *p, size_t n)
{
	if (n == 0)
		return (0);
	if (make_room(b, n) == -1)
		return (-1);
	append(b, p, n);
	return (0);
}

int
conn_buf_add_tight(struct conn_buf *b, const void *p, size_t n)
{
	size_t cap;

	if (n == 0)
		return (0);
	if (b->b != NULL && b->b->off > 0)
		to_front(b->b);
	cap = (conn_buf_left(b) + n + TIGHT - 1) / TIGHT * TIGHT;
	if ((b->b == NULL || cap > b->b->cap) && resize(b, cap) == -1)
		return (-1);
	append(b, p, n);
	return (0);
}

int
conn_buf_add_secret(struct conn_buf *b, const void *p, size_t n)
{
	struct conn_buf whole = { NULL };
	size_t have = conn_buf_left(b);

	if (n == 0)
		return (0);
	if (b->b == NULL || b->b->len + n > b->b->cap) {
		if (resize(&whole, (have + n + TIGHT - 1) / TIGHT * TIGHT) ==
		    -1)
			return (-1);
		if (have > 0)
			append(&whole, conn_buf_head(b), have);
		conn_buf_wipe(b);
		*b = whole;
	}
	append(b, p, n);
	return (0);
}

void
conn_buf_drain(struct conn_buf *b, size_t n)
{
	if (n < conn_buf_left(b))
		b->b->off += n;
	else
		conn_buf_free(b);
}

void
conn_buf_free(struct conn_buf *b)
{
	free(b->b);
	b->b = NULL;
}

void
conn_buf_wipe(struct conn_buf *b)
{
	if (b->b != NULL)
		explicit_bzero(b->b->data, b->b->cap);
	conn_buf_free(b);
}
