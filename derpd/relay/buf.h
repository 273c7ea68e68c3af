/*
 * buf: a growing byte buffer of a relay worker.  An empty buffer holds no
 * memory, so that an idle client costs none.
 */
#ifndef BUF_H
#define BUF_H

#include <stddef.h>
#include <stdint.h>

/* A growing byte buffer; the bytes from off to len are valid. */
struct relay_buf {
	uint8_t	*p;
	size_t	 off, len, cap;
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

#define relay_buf_left(b)	((b)->len - (b)->off)
#define relay_buf_head(b)	((b)->p + (b)->off)

#endif
