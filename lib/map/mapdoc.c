/*
 * mapdoc: what messages.def can't say of a map document; see mapdoc.h.
 */
#include "mapdoc.h"

int
map_doc_valid(const struct ipc_map_doc *d)
{
	return (d->path[0] == '/' && (d->body != NULL || d->gzip == NULL));
}
