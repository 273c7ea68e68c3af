/*
 * messages: encodes and decodes the payload of every message, made from
 * messages.def; see messages.h.  Pure.
 */
#include <errno.h>
#include <string.h>

#include "messages.h"

/* Write a value that must be from `lo' to `hi', in `n' bytes. */
static void
put_in(struct ipc_wr *w, uint32_t v, uint32_t lo, uint32_t hi, int n)
{
	if (v < lo || v > hi)
		ipc_wr_refuse(w, EINVAL);
	else if (n == 1)
		ipc_wr_u8(w, (uint8_t)v);
	else
		ipc_wr_u32(w, v);
}

/* Read a value likewise. */
static uint32_t
get_in(struct ipc_rd *r, uint32_t lo, uint32_t hi, int n)
{
	uint32_t v = n == 1 ? ipc_rd_u8(r) : ipc_rd_u32(r);

	if (v >= lo && v <= hi)
		return (v);
	r->bad = 1;
	return (lo);
}

/* Write a string of at most `size' bytes with its NUL. */
static void
put_str(struct ipc_wr *w, const char *s, size_t size)
{
	if (s != NULL && strlen(s) >= size)
		ipc_wr_refuse(w, EINVAL);
	else
		ipc_wr_str(w, s);
}

static void
put_opt(struct ipc_wr *w, const void *p, size_t n)
{
	ipc_wr_u8(w, p != NULL);
	if (p != NULL)
		ipc_wr_blob(w, p, n);
}

static const void *
get_opt(struct ipc_rd *r, size_t *n)
{
	*n = 0;
	return (get_in(r, 0, 1, 1) ? ipc_rd_blob(r, n) : NULL);
}

/* Write `n' records of `size' bytes after their number. */
static void
put_records(struct ipc_wr *w, uint32_t n, const void *p, size_t size)
{
	ipc_wr_u32(w, n);
	ipc_wr_bytes(w, p, (size_t)n * size);
}

static const uint8_t *
get_records(struct ipc_rd *r, uint32_t *n, size_t size)
{
	*n = ipc_rd_u32(r);
	if (*n > r->left / size) {
		r->bad = 1;
		*n = 0;
	}
	return (ipc_rd_ptr(r, (size_t)*n * size));
}

static void
put_rest(struct ipc_wr *w, const void *p, size_t n, size_t max)
{
	if (n > max)
		ipc_wr_refuse(w, EINVAL);
	else
		ipc_wr_bytes(w, p, n);
}

static const void *
get_rest(struct ipc_rd *r, size_t *n, size_t max)
{
	*n = r->left;
	if (r->bad || *n > max) {
		r->bad = 1;
		*n = 0;
	}
	return (ipc_rd_ptr(r, *n));
}

/* Write or read the number of items in a list, at most `max'. */
#define PUT_COUNT(n, max)						\
	uint32_t i;							\
	put_in(w, v->n, 0, max, 4);					\
	for (i = 0; ipc_wr_ok(w) && i < v->n; i++)
#define GET_COUNT(n, max)						\
	uint32_t i;							\
	v->n = get_in(r, 0, max, 4);					\
	for (i = 0; ipc_rd_ok(r) && i < v->n; i++)

/* Encode fields. */
#define U8(f)			ipc_wr_u8(w, v->f);
#define U16(f)			ipc_wr_u16(w, v->f);
#define U32(f)			ipc_wr_u32(w, v->f);
#define U64(f)			ipc_wr_u64(w, v->f);
#define U32_IN(f, lo, hi)	put_in(w, v->f, lo, hi, 4);
#define BOOL(f)			ipc_wr_u8(w, v->f != 0);
#define ENUM(f, tag, first, last) put_in(w, (uint32_t)v->f, first, last, 1);
#define BYTES(f, n)		ipc_wr_bytes(w, v->f, n);
#define AT(f, n)		ipc_wr_bytes(w, v->f, n);
#define TEXT(f, size)		ipc_wr_str(w, v->f);
#define STR(f, size)		put_str(w, v->f, size);
#define TEXTS(n, f, max, size)	{ PUT_COUNT(n, max) ipc_wr_str(w, v->f[i]); }
#define STRS(n, f, max, size)						\
	{ PUT_COUNT(n, max) put_str(w, v->f[i], size); }
#define BLOB(f, n)		ipc_wr_blob(w, v->f, v->n);
#define OPT(f, n)		put_opt(w, v->f, v->n);
#define RECORDS(n, f, size)	put_records(w, v->n, v->f, size);
#define PART(f, tag)		ipc_add_##tag(w, &v->f);
#define LIST(n, f, max, tag)						\
	{								\
		struct ipc_rd left = v->f##_left;			\
		struct ipc_##tag one;					\
		PUT_COUNT(n, max)					\
			if (v->f != NULL)				\
				ipc_add_##tag(w, &v->f[i]);		\
			else if (ipc_next_##tag(&left, &one) == 0)	\
				ipc_add_##tag(w, &one);			\
			else						\
				ipc_wr_refuse(w, EINVAL);		\
	}
#define REST(f, n, max)		put_rest(w, v->f, v->n, max);

#define STRUCT(tag, fields)						\
	void								\
	ipc_add_##tag(struct ipc_wr *w, const struct ipc_##tag *v)	\
	{								\
		fields							\
	}
#define MSG(TYPE, name, from, to, fd, fields) \
	void \
	ipc_put_##name(struct ipc_wr *w, const struct ipc_msg_##name *v) \
	{ \
		fields \
	}
#define MSG0(TYPE, name, from, to, fd)
#include "messages.def"

/* Decode fields. */
#define U8(f)			v->f = ipc_rd_u8(r);
#define U16(f)			v->f = ipc_rd_u16(r);
#define U32(f)			v->f = ipc_rd_u32(r);
#define U64(f)			v->f = ipc_rd_u64(r);
#define U32_IN(f, lo, hi)	v->f = get_in(r, lo, hi, 4);
#define BOOL(f)			v->f = (int)get_in(r, 0, 1, 1);
#define ENUM(f, tag, first, last)					\
	v->f = (enum ipc_##tag)get_in(r, first, last, 1);
#define BYTES(f, n)		ipc_rd_bytes(r, v->f, n);
#define AT(f, n)		v->f = ipc_rd_ptr(r, n);
#define TEXT(f, size)		ipc_rd_str(r, v->f, size);
#define STR(f, size)		v->f = ipc_rd_cstr(r, size);
#define TEXTS(n, f, max, size)						\
	{ GET_COUNT(n, max) ipc_rd_str(r, v->f[i], size); }
#define STRS(n, f, max, size)						\
	{ GET_COUNT(n, max) v->f[i] = ipc_rd_cstr(r, size); }
#define BLOB(f, n)		v->f = ipc_rd_blob(r, &v->n);
#define OPT(f, n)		v->f = get_opt(r, &v->n);
#define RECORDS(n, f, size)	v->f = get_records(r, &v->n, size);
#define PART(f, tag)		(void)ipc_next_##tag(r, &v->f);
#define LIST(n, f, max, tag)						\
	{								\
		struct ipc_##tag one;					\
		uint32_t i;						\
		v->f = NULL;						\
		v->n = get_in(r, 0, max, 4);				\
		v->f##_left = *r;					\
		for (i = 0; ipc_rd_ok(r) && i < v->n; i++)		\
			(void)ipc_next_##tag(r, &one);			\
	}
#define REST(f, n, max)		v->f = get_rest(r, &v->n, max);

#define STRUCT(tag, fields)						\
	int								\
	ipc_next_##tag(struct ipc_rd *r, struct ipc_##tag *v)		\
	{								\
		memset(v, 0, sizeof(*v));				\
		fields							\
		return (ipc_rd_ok(r) ? 0 : -1);				\
	}
#define MSG(TYPE, name, from, to, fd, fields)				\
	int								\
	ipc_get_##name(struct ipc_rd *r, struct ipc_msg_##name *v)	\
	{								\
		fields							\
		return (ipc_rd_end(r) ? 0 : -1);			\
	}
#define MSG0(TYPE, name, from, to, fd)					\
	int								\
	ipc_get_##name(struct ipc_rd *r)				\
	{								\
		return (ipc_rd_end(r) ? 0 : -1);			\
	}
#include "messages.def"
