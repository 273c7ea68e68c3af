/*
 * buf: a growing byte buffer of a connection.  An empty buffer holds no
 * memory, so that an idle client costs none.
 */
#ifndef BUF_H
#define BUF_H

#include <stddef.h>
#include <stdint.h>

/* The memory of a buffer: the bytes from off to len are valid, at least one. */
struct conn_bytes {
	size_t	 off, len, cap;
	uint8_t	 data[];	/* `cap' bytes */
};

/* A growing byte buffer: one pointer, NULL when it is empty. */
struct conn_buf {
	struct conn_bytes *b;
};

/*
 * Append the `n' bytes at `p'.  Return 0, or -1 without memory.  A buffer above
 * 64 KiB uses at most half more memory than the most that it held.
 */
int	conn_buf_add(struct conn_buf *b, const void *p, size_t n);

/*
 * Like conn_buf_add(), but allocate no more than is needed.  It is for input
 * of unauthenticated connections: each call copies the whole content, which is
 * small.
 */
int	conn_buf_add_tight(struct conn_buf *b, const void *p, size_t n);

/*
 * Like conn_buf_add_tight(), for what must not stay in freed memory: whenever
 * the content moves, its old place is zeroed.  Free it by conn_buf_wipe().
 */
int	conn_buf_add_secret(struct conn_buf *b, const void *p, size_t n);

/* Remove `n' bytes from the front; the last one frees the memory. */
void	conn_buf_drain(struct conn_buf *b, size_t n);

/* Free the memory and make the buffer empty. */
void	conn_buf_free(struct conn_buf *b);

/* The same, after zeroing it. */
void	conn_buf_wipe(struct conn_buf *b);

/* Return the bytes of the content. */
static inline size_t
conn_buf_left(const struct conn_buf *b)
{
	return (b->b == NULL ? 0 : b->b->len - b->b->off);
}

/* Return the content; NULL when the buffer is empty. */
static inline uint8_t *
conn_buf_head(const struct conn_buf *b)
{
	return (b->b == NULL ? NULL : b->b->data + b->b->off);
}

/* Return the bytes that are allocated. */
static inline size_t
conn_buf_memory(const struct conn_buf *b)
{
	return (b->b == NULL ? 0 : sizeof(*b->b) + b->b->cap);
}

#endif
