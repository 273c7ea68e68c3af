/*
 * mapdoc: what messages.def can't say of a map document; see mapdoc.h.
 */
#include "mapdoc.h"

int
map_doc_valid(const struct map_doc *d)
{
	return (d->path[0] == '/' && (d->body != NULL || d->gzip == NULL));
}

void
map_doc_put(struct wr *w, const struct map_doc *c)
{
	ipc_add_map_doc(w, c);
}

int
map_doc_get(struct rd *r, struct map_doc *c)
{
	return (ipc_next_map_doc(r, c) == 0 && rd_end(r) &&
	    map_doc_valid(c) ? 0 : -1);
}
