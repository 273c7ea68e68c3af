/*
 * buf: a growing byte buffer of a relay worker.  Empty ones hold no memory, so
 * that an idle client costs none.
 */
#ifndef BUF_H
#define BUF_H

#include <stddef.h>
#include <stdint.h>

/* A growing byte buffer; bytes off to len are valid. */
struct relay_buf {
	uint8_t	*p;
	size_t	 off, len, cap;
};

/*
 * Append the `n' bytes at `p'; 0, or -1 without memory.  A buffer above 64 KiB
 * takes at most half more memory than the most that it held.
 */
int	relay_buf_add(struct relay_buf *b, const void *p, size_t n);

/*
 * The same, but no more memory than is needed, for what a stranger sends: a
 * piece costs a copy of all, and so much is small.
 */
int	relay_buf_add_tight(struct relay_buf *b, const void *p, size_t n);

/* Drop `n' bytes from the front; frees the memory when none are left. */
void	relay_buf_drain(struct relay_buf *b, size_t n);

/* Free the memory; the buffer is then empty. */
void	relay_buf_free(struct relay_buf *b);

#define relay_buf_left(b)	((b)->len - (b)->off)
#define relay_buf_head(b)	((b)->p + (b)->off)

#endif
