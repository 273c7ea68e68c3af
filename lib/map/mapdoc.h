/*
 * mapdoc: a checked map on its way from the parent to a relay worker (struct
 * ipc_map_doc, MSG_RELAY_MAP), which serves its bytes and never looks into
 * them.
 */
#ifndef MAPDOC_H
#define MAPDOC_H

#include "messages.h"

/* Has it a path, and a packed form only of a map that is there?  1 or 0. */
int	 map_doc_valid(const struct ipc_map_doc *d);

#endif
