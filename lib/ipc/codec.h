/*
 * codec: length-checked readers and writers for message payloads.
 *
 * All integers are big endian.  Both sides are sticky: after the first error
 * every further call is harmless (reads give 0 or NULL, writes do nothing),
 * and the caller asks once at the end with rd_ok(), rd_end() or wr_ok().
 */
#ifndef CODEC_H
#define CODEC_H

#include <stddef.h>
#include <stdint.h>

struct rd {
	const uint8_t	*p;	/* next byte */
	size_t		 left;	/* bytes behind p */
	int		 bad;	/* read past the end, or a malformed string */
};

/* Begin to read `len' bytes at `p', which must outlive the reader. */
void	 rd_init(struct rd *r, const void *p, size_t len);

/* The next integer of 1, 2, 4 or 8 bytes; 0 when there are too few. */
uint8_t	 rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);

/* The next `n' bytes in place (no copy), NULL when there are fewer. */
const uint8_t *rd_ptr(struct rd *r, size_t n);

/* Copy the next `n' bytes to `dst'; zero fills `dst' when there are fewer. */
void	 rd_bytes(struct rd *r, void *dst, size_t n);

/*
 * A blob with a 32-bit length in front, in place; *n gets its bytes.  NULL
 * and *n 0 when malformed.  An empty blob gives a pointer that is not NULL.
 */
const uint8_t *rd_blob(struct rd *r, size_t *n);

/*
 * A string as wr_str() writes it, in place.  Bad when it takes more than `size'
 * bytes with its NUL, or the first NUL is not its last byte; "" then.
 */
const char *rd_cstr(struct rd *r, size_t size);

/* The same, copied to `dst' (of `size' bytes). */
void	 rd_str(struct rd *r, char *dst, size_t size);

/* 1 when nothing failed so far, else 0. */
int	 rd_ok(const struct rd *r);

/* 1 when nothing failed and nothing is left, else 0. */
int	 rd_end(const struct rd *r);

struct wr {
	uint8_t	*p;	/* start; heap, owned by the writer */
	size_t	 len;	/* bytes written */
	size_t	 cap;	/* bytes allocated */
	int	 fixed;	/* `p' is the caller's, of `cap' bytes */
	int	 bad;	/* errno of what failed first, else 0 */
};

/* An empty writer; allocates nothing yet. */
void	 wr_init(struct wr *w);

/*
 * An empty writer into the `size' bytes at `p', which stay the caller's: what
 * does not fit is refused with EMSGSIZE.
 */
void	 wr_fixed(struct wr *w, void *p, size_t size);

/* Append an integer of 1, 2, 4 or 8 bytes. */
void	 wr_u8(struct wr *w, uint8_t v);
void	 wr_u16(struct wr *w, uint16_t v);
void	 wr_u32(struct wr *w, uint32_t v);
void	 wr_u64(struct wr *w, uint64_t v);

/* Append `n' bytes as they are. */
void	 wr_bytes(struct wr *w, const void *p, size_t n);

/* Append a blob: its 32-bit length, then `n' bytes. */
void	 wr_blob(struct wr *w, const void *p, size_t n);

/*
 * Append the string `s' (NULL counts as ""): its 32-bit length, without the
 * NUL, then its bytes with the NUL.
 */
void	 wr_str(struct wr *w, const char *s);

/* What is written is of no use, because of `error' (an errno). */
void	 wr_refuse(struct wr *w, int error);

/* 1 when nothing failed so far, else 0. */
int	 wr_ok(const struct wr *w);

/* Zero what was written, free it, and make the writer empty again. */
void	 wr_free(struct wr *w);

#endif
