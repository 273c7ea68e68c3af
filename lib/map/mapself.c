/*
 * mapself: what derpmapd is told of this machine; see map_self in mapcheck.h.
 * Written by the parent, read by derpmapd.
 */
#include <string.h>

#include "mapcheck.h"

void
map_self_put(struct wr *w, const struct map_self *s)
{
	size_t i;

	wr_u8(w, (uint8_t)(s->relay != 0));
	wr_u16(w, s->port);
	wr_str(w, s->pin);
	wr_u32(w, (uint32_t)s->nnames);
	for (i = 0; i < s->nnames; i++)
		wr_str(w, s->names[i]);
	wr_u32(w, (uint32_t)s->ncerts);
	for (i = 0; i < s->ncerts; i++)
		wr_str(w, s->certs[i]);
}

/* A list of names; 0, or -1 when it is too long. */
static int
get_names(struct rd *r, size_t *n, char names[MAP_MAX_NAMES][256])
{
	size_t i;

	*n = rd_u32(r);
	if (*n > MAP_MAX_NAMES)
		return (-1);
	for (i = 0; i < *n; i++)
		rd_str(r, names[i], sizeof(names[i]));
	return (0);
}

int
map_self_get(struct rd *r, struct map_self *s)
{
	memset(s, 0, sizeof(*s));
	s->relay = rd_u8(r);
	s->port = rd_u16(r);
	rd_str(r, s->pin, sizeof(s->pin));
	if (get_names(r, &s->nnames, s->names) == -1 ||
	    get_names(r, &s->ncerts, s->certs) == -1)
		return (-1);
	return (rd_ok(r) ? 0 : -1);
}
