/*
 * codec: length-checked readers and writers; see codec.h.  Pure.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"

#define WR_FIRST	256	/* bytes of the first allocation */

void
ipc_rd_init(struct ipc_rd *r, const void *p, size_t len)
{
	r->p = p;
	r->left = len;
	r->bad = 0;
}

const uint8_t *
ipc_rd_ptr(struct ipc_rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || n > r->left) {
		r->bad = 1;
		return (NULL);
	}
	if (p == NULL)		/* an empty message may have no pointer */
		return ((const uint8_t *)"");
	r->p += n;
	r->left -= n;
	return (p);
}

static uint64_t
rd_int(struct ipc_rd *r, size_t n)
{
	const uint8_t *p;
	uint64_t v = 0;

	if ((p = ipc_rd_ptr(r, n)) == NULL)
		return (0);
	while (n-- > 0)
		v = v << 8 | *p++;
	return (v);
}

uint8_t
ipc_rd_u8(struct ipc_rd *r)
{
	return ((uint8_t)rd_int(r, 1));
}

uint16_t
ipc_rd_u16(struct ipc_rd *r)
{
	return ((uint16_t)rd_int(r, 2));
}

uint32_t
ipc_rd_u32(struct ipc_rd *r)
{
	return ((uint32_t)rd_int(r, 4));
}

uint64_t
ipc_rd_u64(struct ipc_rd *r)
{
	return (rd_int(r, 8));
}

void
ipc_rd_bytes(struct ipc_rd *r, void *dst, size_t n)
{
	const uint8_t *p;

	if ((p = ipc_rd_ptr(r, n)) == NULL)
		memset(dst, 0, n);
	else
		memcpy(dst, p, n);
}

const uint8_t *
ipc_rd_blob(struct ipc_rd *r, size_t *n)
{
	const uint8_t *p;

	*n = ipc_rd_u32(r);
	if ((p = ipc_rd_ptr(r, *n)) == NULL)
		*n = 0;
	return (p);
}

const char *
ipc_rd_cstr(struct ipc_rd *r, size_t size)
{
	const char *p;
	size_t n = ipc_rd_u32(r);

	if (n >= size) {
		r->bad = 1;
		return ("");
	}
	if ((p = (const char *)ipc_rd_ptr(r, n + 1)) == NULL)
		return ("");
	if (strnlen(p, n + 1) != n) {
		r->bad = 1;
		return ("");
	}
	return (p);
}

void
ipc_rd_str(struct ipc_rd *r, char *dst, size_t size)
{
	(void)strlcpy(dst, ipc_rd_cstr(r, size), size);
}

int
ipc_rd_ok(const struct ipc_rd *r)
{
	return (!r->bad);
}

int
ipc_rd_end(const struct ipc_rd *r)
{
	return (!r->bad && r->left == 0);
}

void
ipc_wr_init(struct ipc_wr *w)
{
	memset(w, 0, sizeof(*w));
}

void
ipc_wr_fixed(struct ipc_wr *w, void *p, size_t size)
{
	ipc_wr_init(w);
	w->p = p;
	w->cap = size;
	w->fixed = 1;
}

/*
 * Make room for `n' more bytes, without realloc, which could leave secrets in
 * freed memory.
 */
static int
wr_room(struct ipc_wr *w, size_t n)
{
	size_t cap = w->cap == 0 ? WR_FIRST : w->cap;
	uint8_t *p;

	if (!w->bad && n <= w->cap - w->len)
		return (0);
	if (n > UINT32_MAX - w->len || (w->fixed && n > w->cap - w->len))
		ipc_wr_refuse(w, EMSGSIZE);
	if (w->bad)
		return (-1);
	while (cap < w->len + n)
		cap = cap > UINT32_MAX / 2 ? UINT32_MAX : cap * 2;
	if ((p = malloc(cap)) == NULL) {
		ipc_wr_refuse(w, ENOMEM);
		return (-1);
	}
	if (w->p != NULL) {
		memcpy(p, w->p, w->len);
		explicit_bzero(w->p, w->len);
		free(w->p);
	}
	w->p = p;
	w->cap = cap;
	return (0);
}

void
ipc_wr_bytes(struct ipc_wr *w, const void *p, size_t n)
{
	if (wr_room(w, n) == -1 || n == 0)
		return;
	memcpy(w->p + w->len, p, n);
	w->len += n;
}

static void
wr_int(struct ipc_wr *w, uint64_t v, size_t n)
{
	uint8_t b[8];
	size_t i;

	for (i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	ipc_wr_bytes(w, b, n);
}

void
ipc_wr_u8(struct ipc_wr *w, uint8_t v)
{
	wr_int(w, v, 1);
}

void
ipc_wr_u16(struct ipc_wr *w, uint16_t v)
{
	wr_int(w, v, 2);
}

void
ipc_wr_u32(struct ipc_wr *w, uint32_t v)
{
	wr_int(w, v, 4);
}

void
ipc_wr_u64(struct ipc_wr *w, uint64_t v)
{
	wr_int(w, v, 8);
}

void
ipc_wr_blob(struct ipc_wr *w, const void *p, size_t n)
{
	if (n > UINT32_MAX) {
		ipc_wr_refuse(w, EMSGSIZE);
		return;
	}
	ipc_wr_u32(w, (uint32_t)n);
	ipc_wr_bytes(w, p, n);
}

void
ipc_wr_str(struct ipc_wr *w, const char *s)
{
	if (s == NULL)
		s = "";
	ipc_wr_blob(w, s, strlen(s));
	ipc_wr_u8(w, '\0');
}

void
ipc_wr_refuse(struct ipc_wr *w, int error)
{
	if (!w->bad)
		w->bad = error;
}

int
ipc_wr_ok(const struct ipc_wr *w)
{
	return (!w->bad);
}

void
ipc_wr_free(struct ipc_wr *w)
{
	if (w->p != NULL) {
		explicit_bzero(w->p, w->len);
		if (!w->fixed)
			free(w->p);
	}
	ipc_wr_init(w);
}
