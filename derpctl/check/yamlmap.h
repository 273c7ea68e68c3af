/*
 * yamlmap: a DERP map in YAML, as Headscale reads it (derp.paths), as JSON.
 * yamlmap_libyaml.c or, without libyaml, yamlmap_none.c.  Pure.
 */
#ifndef YAMLMAP_H
#define YAMLMAP_H

#include <stddef.h>

#include "codec.h"

/*
 * Append the map of `len' bytes at `text' as JSON, with the names of fields as
 * in JSON.  Anchors, aliases and tags are refused, and names of fields with
 * capital letters, which Headscale ignores without a warning.  Returns 0; -1
 * with the reason, and where, in `why' of `size' bytes; or 1 with the reason
 * when derpctl was built without libyaml.
 */
int	 ctlcheck_yaml(const char *text, size_t len, struct ipc_wr *w,
	    char *why, size_t size);

#endif
