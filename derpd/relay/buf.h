/*
 * buf: a growing byte buffer of a relay worker.  An empty buffer holds no
 * memory, so that an idle client costs none.
 */
#ifndef BUF_H
#define BUF_H

#include <stddef.h>
#include <stdint.h>

/* The memory of a buffer: the bytes from off to len are valid, at least one. */
struct relay_bytes {
	size_t	 off, len, cap;
	uint8_t	 data[];	/* `cap' bytes */
};

/* A growing byte buffer: one pointer, NULL when it is empty. */
struct relay_buf {
	struct relay_bytes *b;
};

/*
 * Append the `n' bytes at `p'.  Return 0, or -1 without memory.  A buffer above
 * 64 KiB uses at most half more memory than the most that it held.
 */
int	relay_buf_add(struct relay_buf *b, const void *p, size_t n);

/*
 * Like relay_buf_add(), but allocate no more than is needed.  It is for input
 * of unauthenticated connections: each call copies the whole content, which is
 * small.
 */
int	relay_buf_add_tight(struct relay_buf *b, const void *p, size_t n);

/* Remove `n' bytes from the front; the last one frees the memory. */
void	relay_buf_drain(struct relay_buf *b, size_t n);

/* Free the memory and make the buffer empty. */
void	relay_buf_free(struct relay_buf *b);

/* Return the bytes of the content. */
static inline size_t
relay_buf_left(const struct relay_buf *b)
{
	return (b->b == NULL ? 0 : b->b->len - b->b->off);
}

/* Return the content; NULL when the buffer is empty. */
static inline uint8_t *
relay_buf_head(const struct relay_buf *b)
{
	return (b->b == NULL ? NULL : b->b->data + b->b->off);
}

/* Return the bytes that are allocated. */
static inline size_t
relay_buf_memory(const struct relay_buf *b)
{
	return (b->b == NULL ? 0 : sizeof(*b->b) + b->b->cap);
}

#endif
