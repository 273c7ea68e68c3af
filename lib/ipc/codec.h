/*
 * codec: length-checked readers and writers for message payloads.
 *
 * All integers are big endian.  Errors are sticky on both sides: after the
 * first one every further call is harmless (reads return 0 or NULL, writes do
 * nothing), and the caller checks once at the end with ipc_rd_ok(),
 * ipc_rd_end() or ipc_wr_ok().
 */
#ifndef CODEC_H
#define CODEC_H

#include <stddef.h>
#include <stdint.h>

struct ipc_rd {
	const uint8_t	*p;	/* next byte */
	size_t		 left;	/* bytes behind p */
	int		 bad;	/* read past the end, or malformed data */
};

/* Begin to read `len' bytes at `p', which must outlive the reader. */
void	 ipc_rd_init(struct ipc_rd *r, const void *p, size_t len);

/* The next integer of 1, 2, 4 or 8 bytes; 0 when there are too few. */
uint8_t	 ipc_rd_u8(struct ipc_rd *r);
uint16_t ipc_rd_u16(struct ipc_rd *r);
uint32_t ipc_rd_u32(struct ipc_rd *r);
uint64_t ipc_rd_u64(struct ipc_rd *r);

/* The next `n' bytes in place (no copy); NULL when there are fewer. */
const uint8_t *ipc_rd_ptr(struct ipc_rd *r, size_t n);

/* Copy the next `n' bytes to `dst'; zero `dst' when there are fewer. */
void	 ipc_rd_bytes(struct ipc_rd *r, void *dst, size_t n);

/*
 * A blob after its 32-bit length, in place; *n is set to its bytes.  NULL with
 * *n 0 when malformed.  An empty blob has a pointer other than NULL.
 */
const uint8_t *ipc_rd_blob(struct ipc_rd *r, size_t *n);

/*
 * A string as written by ipc_wr_str(), in place.  Malformed when it is longer
 * than `size' bytes with its NUL, or its first NUL is not its last byte; then
 * "".
 */
const char *ipc_rd_cstr(struct ipc_rd *r, size_t size);

/* The same, copied to `dst' (of `size' bytes). */
void	 ipc_rd_str(struct ipc_rd *r, char *dst, size_t size);

/* Returns 1 when no error occurred so far, else 0. */
int	 ipc_rd_ok(const struct ipc_rd *r);

/* Returns 1 when no error occurred and nothing is left, else 0. */
int	 ipc_rd_end(const struct ipc_rd *r);

struct ipc_wr {
	uint8_t	*p;	/* start; heap, owned by the writer */
	size_t	 len;	/* bytes written */
	size_t	 cap;	/* bytes allocated */
	int	 fixed;	/* `p' is the caller's buffer of `cap' bytes */
	int	 bad;	/* errno of the first error, else 0 */
};

/* Initialise an empty writer without allocating memory. */
void	 ipc_wr_init(struct ipc_wr *w);

/*
 * Initialise a writer into the caller's buffer of `size' bytes at `p'.  Data
 * that does not fit is refused with EMSGSIZE.
 */
void	 ipc_wr_fixed(struct ipc_wr *w, void *p, size_t size);

/* Append an integer of 1, 2, 4 or 8 bytes. */
void	 ipc_wr_u8(struct ipc_wr *w, uint8_t v);
void	 ipc_wr_u16(struct ipc_wr *w, uint16_t v);
void	 ipc_wr_u32(struct ipc_wr *w, uint32_t v);
void	 ipc_wr_u64(struct ipc_wr *w, uint64_t v);

/* Append `n' bytes unchanged. */
void	 ipc_wr_bytes(struct ipc_wr *w, const void *p, size_t n);

/* Append a blob: its 32-bit length, then `n' bytes. */
void	 ipc_wr_blob(struct ipc_wr *w, const void *p, size_t n);

/*
 * Append the string `s' (NULL counts as ""): its 32-bit length, without the
 * NUL, then its bytes with the NUL.
 */
void	 ipc_wr_str(struct ipc_wr *w, const char *s);

/* Mark the output as invalid, with `error' (an errno). */
void	 ipc_wr_refuse(struct ipc_wr *w, int error);

/* Returns 1 when no error occurred so far, else 0. */
int	 ipc_wr_ok(const struct ipc_wr *w);

/* Zero and free the output; the writer is empty again. */
void	 ipc_wr_free(struct ipc_wr *w);

#endif
