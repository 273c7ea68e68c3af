/*
 * codec: length-checked readers and writers for message payloads.
 *
 * All integers are big endian.  Both sides are sticky: after the first error
 * every further call is harmless (reads give 0 or NULL, writes do nothing),
 * and the caller asks once at the end with ipc_rd_ok(), ipc_rd_end() or
 * ipc_wr_ok().
 */
#ifndef CODEC_H
#define CODEC_H

#include <stddef.h>
#include <stdint.h>

struct ipc_rd {
	const uint8_t	*p;	/* next byte */
	size_t		 left;	/* bytes behind p */
	int		 bad;	/* read past the end, or a malformed string */
};

/* Begin to read `len' bytes at `p', which must outlive the reader. */
void	 ipc_rd_init(struct ipc_rd *r, const void *p, size_t len);

/* The next integer of 1, 2, 4 or 8 bytes; 0 when there are too few. */
uint8_t	 ipc_rd_u8(struct ipc_rd *r);
uint16_t ipc_rd_u16(struct ipc_rd *r);
uint32_t ipc_rd_u32(struct ipc_rd *r);
uint64_t ipc_rd_u64(struct ipc_rd *r);

/* The next `n' bytes in place (no copy), NULL when there are fewer. */
const uint8_t *ipc_rd_ptr(struct ipc_rd *r, size_t n);

/* Copy the next `n' bytes to `dst'; zero fills `dst' when there are fewer. */
void	 ipc_rd_bytes(struct ipc_rd *r, void *dst, size_t n);

/*
 * A blob with a 32-bit length in front, in place; *n gets its bytes.  NULL
 * and *n 0 when malformed.  An empty blob gives a pointer that is not NULL.
 */
const uint8_t *ipc_rd_blob(struct ipc_rd *r, size_t *n);

/*
 * A string as ipc_wr_str() writes it, in place.  Bad when it takes more than
 * `size' bytes with its NUL, or the first NUL is not its last byte; "" then.
 */
const char *ipc_rd_cstr(struct ipc_rd *r, size_t size);

/* The same, copied to `dst' (of `size' bytes). */
void	 ipc_rd_str(struct ipc_rd *r, char *dst, size_t size);

/* 1 when nothing failed so far, else 0. */
int	 ipc_rd_ok(const struct ipc_rd *r);

/* 1 when nothing failed and nothing is left, else 0. */
int	 ipc_rd_end(const struct ipc_rd *r);

struct ipc_wr {
	uint8_t	*p;	/* start; heap, owned by the writer */
	size_t	 len;	/* bytes written */
	size_t	 cap;	/* bytes allocated */
	int	 fixed;	/* `p' is the caller's, of `cap' bytes */
	int	 bad;	/* errno of what failed first, else 0 */
};

/* An empty writer; allocates nothing yet. */
void	 ipc_wr_init(struct ipc_wr *w);

/*
 * An empty writer into the `size' bytes at `p', which stay the caller's: what
 * does not fit is refused with EMSGSIZE.
 */
void	 ipc_wr_fixed(struct ipc_wr *w, void *p, size_t size);

/* Append an integer of 1, 2, 4 or 8 bytes. */
void	 ipc_wr_u8(struct ipc_wr *w, uint8_t v);
void	 ipc_wr_u16(struct ipc_wr *w, uint16_t v);
void	 ipc_wr_u32(struct ipc_wr *w, uint32_t v);
void	 ipc_wr_u64(struct ipc_wr *w, uint64_t v);

/* Append `n' bytes as they are. */
void	 ipc_wr_bytes(struct ipc_wr *w, const void *p, size_t n);

/* Append a blob: its 32-bit length, then `n' bytes. */
void	 ipc_wr_blob(struct ipc_wr *w, const void *p, size_t n);

/*
 * Append the string `s' (NULL counts as ""): its 32-bit length, without the
 * NUL, then its bytes with the NUL.
 */
void	 ipc_wr_str(struct ipc_wr *w, const char *s);

/* What is written is of no use, because of `error' (an errno). */
void	 ipc_wr_refuse(struct ipc_wr *w, int error);

/* 1 when nothing failed so far, else 0. */
int	 ipc_wr_ok(const struct ipc_wr *w);

/* Zero what was written, free it, and make the writer empty again. */
void	 ipc_wr_free(struct ipc_wr *w);

#endif
