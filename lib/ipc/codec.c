/*
 * codec: length-checked readers and writers; see codec.h.  Pure.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"

#define WR_FIRST	256	/* bytes of the first allocation */

void
rd_init(struct rd *r, const void *p, size_t len)
{
	r->p = p;
	r->left = len;
	r->bad = 0;
}

const uint8_t *
rd_ptr(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || n > r->left) {
		r->bad = 1;
		return (NULL);
	}
	if (p == NULL)		/* an empty message has no bytes to point at */
		return ((const uint8_t *)"");
	r->p += n;
	r->left -= n;
	return (p);
}

static uint64_t
rd_int(struct rd *r, size_t n)
{
	const uint8_t *p;
	uint64_t v = 0;

	if ((p = rd_ptr(r, n)) == NULL)
		return (0);
	while (n-- > 0)
		v = v << 8 | *p++;
	return (v);
}

uint8_t
rd_u8(struct rd *r)
{
	return ((uint8_t)rd_int(r, 1));
}

uint16_t
rd_u16(struct rd *r)
{
	return ((uint16_t)rd_int(r, 2));
}

uint32_t
rd_u32(struct rd *r)
{
	return ((uint32_t)rd_int(r, 4));
}

uint64_t
rd_u64(struct rd *r)
{
	return (rd_int(r, 8));
}

void
rd_bytes(struct rd *r, void *dst, size_t n)
{
	const uint8_t *p;

	if ((p = rd_ptr(r, n)) == NULL)
		memset(dst, 0, n);
	else
		memcpy(dst, p, n);
}

const uint8_t *
rd_blob(struct rd *r, size_t *n)
{
	const uint8_t *p;

	*n = rd_u32(r);
	if ((p = rd_ptr(r, *n)) == NULL)
		*n = 0;
	return (p);
}

const char *
rd_cstr(struct rd *r, size_t size)
{
	const char *p;
	size_t n = rd_u32(r);

	if (n >= size) {
		r->bad = 1;
		return ("");
	}
	if ((p = (const char *)rd_ptr(r, n + 1)) == NULL)
		return ("");
	if (strnlen(p, n + 1) != n) {
		r->bad = 1;
		return ("");
	}
	return (p);
}

void
rd_str(struct rd *r, char *dst, size_t size)
{
	(void)strlcpy(dst, rd_cstr(r, size), size);
}

int
rd_ok(const struct rd *r)
{
	return (!r->bad);
}

int
rd_end(const struct rd *r)
{
	return (!r->bad && r->left == 0);
}

void
wr_init(struct wr *w)
{
	memset(w, 0, sizeof(*w));
}

void
wr_fixed(struct wr *w, void *p, size_t size)
{
	wr_init(w);
	w->p = p;
	w->cap = size;
	w->fixed = 1;
}

/* Room for `n' more bytes; not by realloc, which could leave secrets. */
static int
wr_room(struct wr *w, size_t n)
{
	size_t cap = w->cap == 0 ? WR_FIRST : w->cap;
	uint8_t *p;

	if (!w->bad && n <= w->cap - w->len)
		return (0);
	if (n > UINT32_MAX - w->len || (w->fixed && n > w->cap - w->len))
		wr_refuse(w, EMSGSIZE);
	if (w->bad)
		return (-1);
	while (cap < w->len + n)
		cap = cap > UINT32_MAX / 2 ? UINT32_MAX : cap * 2;
	if ((p = malloc(cap)) == NULL) {
		wr_refuse(w, ENOMEM);
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
wr_bytes(struct wr *w, const void *p, size_t n)
{
	if (wr_room(w, n) == -1 || n == 0)
		return;
	memcpy(w->p + w->len, p, n);
	w->len += n;
}

static void
wr_int(struct wr *w, uint64_t v, size_t n)
{
	uint8_t b[8];
	size_t i;

	for (i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	wr_bytes(w, b, n);
}

void
wr_u8(struct wr *w, uint8_t v)
{
	wr_int(w, v, 1);
}

void
wr_u16(struct wr *w, uint16_t v)
{
	wr_int(w, v, 2);
}

void
wr_u32(struct wr *w, uint32_t v)
{
	wr_int(w, v, 4);
}

void
wr_u64(struct wr *w, uint64_t v)
{
	wr_int(w, v, 8);
}

void
wr_blob(struct wr *w, const void *p, size_t n)
{
	if (n > UINT32_MAX) {
		wr_refuse(w, EMSGSIZE);
		return;
	}
	wr_u32(w, (uint32_t)n);
	wr_bytes(w, p, n);
}

void
wr_str(struct wr *w, const char *s)
{
	if (s == NULL)
		s = "";
	wr_blob(w, s, strlen(s));
	wr_u8(w, '\0');
}

void
wr_refuse(struct wr *w, int error)
{
	if (!w->bad)
		w->bad = error;
}

int
wr_ok(const struct wr *w)
{
	return (!w->bad);
}

void
wr_free(struct wr *w)
{
	if (w->p != NULL) {
		explicit_bzero(w->p, w->len);
		if (!w->fixed)
			free(w->p);
	}
	wr_init(w);
}
