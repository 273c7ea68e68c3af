/*
 * mapdoc: consistency of a map document, beyond messages.def; see mapdoc.h.
 */
#include "mapdoc.h"

int
map_doc_valid(const struct ipc_map_doc *d)
{
	return (d->path[0] == '/' && (d->body != NULL || d->gzip == NULL));
}
