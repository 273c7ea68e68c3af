/*
 * genlmsg: see genlmsg.h.  Called by genl.c and by tests.  Touches its
 * arguments alone.
 */
#include <string.h>

#include "genlmsg.h"

#define ATTR_HEADER	4		/* struct nlattr */
#define TYPE_MASK	0x3fff		/* of its type, without flags */

static size_t
aligned(size_t n)
{
	return ((n + 3) & ~(size_t)3);
}

/* Advance over `n' bytes and what aligns them; the last one may lack that. */
static void
skip(const uint8_t **p, size_t *left, size_t n)
{
	n = aligned(n);
	if (n > *left)
		n = *left;
	*p += n;
	*left -= n;
}

int
wg_nl_next_msg(const uint8_t **p, size_t *left, struct wg_nl_msg *m)
{
	uint32_t len;

	if (*left == 0)
		return (0);
	if (*left < WG_NL_HEADER)
		return (-1);
	memcpy(&len, *p, 4);
	if (len < WG_NL_HEADER || len > *left)
		return (-1);
	memcpy(&m->type, *p + 4, 2);
	memcpy(&m->flags, *p + 6, 2);
	memcpy(&m->seq, *p + 8, 4);
	m->body = *p + WG_NL_HEADER;
	m->len = len - WG_NL_HEADER;
	skip(p, left, len);
	return (1);
}

int
wg_nl_next_attr(const uint8_t **p, size_t *left, struct wg_nl_attr *a)
{
	uint16_t len, type;

	if (*left == 0)
		return (0);
	if (*left < ATTR_HEADER)
		return (-1);
	memcpy(&len, *p, 2);
	memcpy(&type, *p + 2, 2);
	if (len < ATTR_HEADER || len > *left)
		return (-1);
	a->type = type & TYPE_MASK;
	a->p = *p + ATTR_HEADER;
	a->len = (size_t)len - ATTR_HEADER;
	skip(p, left, len);
	return (1);
}

/* Copy the attribute if it has this length. */
static void
number(const struct wg_nl_attr *a, void *v, size_t n, int *bad)
{
	if (a->len == n)
		memcpy(v, a->p, n);
	else
		*bad = 1;
}

uint16_t
wg_nl_u16(const struct wg_nl_attr *a, int *bad)
{
	uint16_t v = 0;

	number(a, &v, sizeof(v), bad);
	return (v);
}

uint32_t
wg_nl_u32(const struct wg_nl_attr *a, int *bad)
{
	uint32_t v = 0;

	number(a, &v, sizeof(v), bad);
	return (v);
}

uint64_t
wg_nl_u64(const struct wg_nl_attr *a, int *bad)
{
	uint64_t v = 0;

	number(a, &v, sizeof(v), bad);
	return (v);
}

void
wg_nl_bytes(struct wg_nl_out *o, const void *p, size_t n)
{
	if (o->full || aligned(n) > o->size - o->len) {
		o->full = 1;
		return;
	}
	if (n > 0)
		memcpy(o->p + o->len, p, n);
	memset(o->p + o->len + n, 0, aligned(n) - n);
	o->len += aligned(n);
}

size_t
wg_nl_begin(struct wg_nl_out *o, uint16_t type, uint16_t flags, uint32_t seq)
{
	const size_t at = o->len;
	uint8_t header[WG_NL_HEADER] = { 0 };

	memcpy(header + 4, &type, 2);
	memcpy(header + 6, &flags, 2);
	memcpy(header + 8, &seq, 4);
	wg_nl_bytes(o, header, sizeof(header));
	return (at);
}

size_t
wg_nl_begin_genl(struct wg_nl_out *o, uint16_t type, uint16_t flags,
    uint32_t seq, uint8_t cmd)
{
	const size_t at = wg_nl_begin(o, type, flags, seq);
	const uint8_t genl[WG_NL_GENL] = { cmd, 1, 0, 0 };

	wg_nl_bytes(o, genl, sizeof(genl));
	return (at);
}

void
wg_nl_end(struct wg_nl_out *o, size_t at)
{
	const uint32_t len = (uint32_t)(o->len - at);

	if (!o->full)
		memcpy(o->p + at, &len, 4);
}

size_t
wg_nl_open(struct wg_nl_out *o, uint16_t type)
{
	const size_t at = o->len;
	uint8_t header[ATTR_HEADER] = { 0 };

	memcpy(header + 2, &type, 2);
	wg_nl_bytes(o, header, sizeof(header));
	return (at);
}

void
wg_nl_close(struct wg_nl_out *o, size_t at)
{
	const size_t len = o->len - at;
	uint16_t v = (uint16_t)len;

	if (len > UINT16_MAX)
		o->full = 1;
	if (!o->full)
		memcpy(o->p + at, &v, 2);
}

void
wg_nl_put(struct wg_nl_out *o, uint16_t type, const void *p, size_t n)
{
	const size_t at = wg_nl_open(o, type);
	const uint16_t len = (uint16_t)(n + ATTR_HEADER);

	/* The length is without the bytes that align. */
	if (n > UINT16_MAX - ATTR_HEADER)
		o->full = 1;
	wg_nl_bytes(o, p, n);
	if (!o->full)
		memcpy(o->p + at, &len, 2);
}
