/*
 * mapdoc: a validated map in a message from the parent to a front
 * (struct ipc_map_doc, MSG_FRONT_MAP).  The front serves it as opaque bytes.
 */
#ifndef MAPDOC_H
#define MAPDOC_H

#include "messages.h"

/*
 * Does it have a path, and a compressed form only with a body?  Returns 1 or 0.
 */
int	 map_doc_valid(const struct ipc_map_doc *d);

#endif
