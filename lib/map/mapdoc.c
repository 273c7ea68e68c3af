/*
 * mapdoc: see mapdoc.h.  Written by the parent, read by a relay worker.
 */
#include <string.h>

#include "mapdoc.h"

void
map_doc_put(struct wr *w, const struct map_doc *d)
{
	size_t i;

	wr_u32(w, d->index);
	wr_str(w, d->path);
	wr_u32(w, (uint32_t)d->nhosts);
	for (i = 0; i < d->nhosts; i++)
		wr_str(w, d->hosts[i]);
	wr_u32(w, d->max_age);
	wr_u64(w, d->mtime);
	wr_bytes(w, d->hash, sizeof(d->hash));
	wr_u8(w, d->body != NULL);
	wr_blob(w, d->body, d->body == NULL ? 0 : d->len);
	wr_blob(w, d->gzip, d->gzip == NULL ? 0 : d->gzip_len);
}

int
map_doc_get(struct rd *r, struct map_doc *d)
{
	size_t i;
	int there;

	memset(d, 0, sizeof(*d));
	d->index = rd_u32(r);
	rd_str(r, d->path, sizeof(d->path));
	d->nhosts = rd_u32(r);
	if (d->nhosts > MAP_MAX_HOSTS)
		return (-1);
	for (i = 0; i < d->nhosts; i++)
		rd_str(r, d->hosts[i], sizeof(d->hosts[i]));
	d->max_age = rd_u32(r);
	d->mtime = rd_u64(r);
	rd_bytes(r, d->hash, sizeof(d->hash));
	there = rd_u8(r);
	d->body = rd_blob(r, &d->len);
	d->gzip = rd_blob(r, &d->gzip_len);
	if (!rd_end(r) || d->path[0] != '/' || there > 1 ||
	    (!there && (d->len > 0 || d->gzip_len > 0)))
		return (-1);
	if (!there)
		d->body = NULL;
	if (d->gzip_len == 0)
		d->gzip = NULL;
	return (0);
}
