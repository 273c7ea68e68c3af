/*
 * mapedit: change one thing in the text of a DERP map and leave every other
 * byte
 * as it is.  For derpctl.  Pure.
 *
 * A PATH is written as messages about maps write it: Regions.900.RegionName,
 * Regions.900.Nodes[0].HostName; a node may be named by its Name in the place
 * of its number, Nodes[900a].  "900" alone is Regions.900, and the Name of a
 * node alone is that node.
 */
#ifndef MAPEDIT_H
#define MAPEDIT_H

#include <stddef.h>

#include "codec.h"

#define MAPEDIT_ERROR	256		/* bytes that hold any error */

/*
 * All write the new text to `out' (as raw bytes) and give 0, or -1 with a line
 * in `err'.  The text is `len' bytes at `text', and must be JSON.  Whether the
 * result is a good map is for map_check() to say.
 */

/*
 * Set what is at `path' to `value': JSON as it stands, unless `as_text' is 1 or
 * it is no JSON: then a string of it.  The last member of the path may be new.
 */
int	 map_edit_set(const char *text, size_t len, const char *path,
	    const char *value, int as_text, struct ipc_wr *out,
	    char err[MAPEDIT_ERROR]);

/* Remove the member or element at `path', with its comma. */
int	 map_edit_remove(const char *text, size_t len, const char *path,
	    struct ipc_wr *out, char err[MAPEDIT_ERROR]);

/* A region to be made for a node: its code and name, NULL for its number. */
struct map_edit_region {
	long long	 id;
	const char	*code;
	const char	*name;
};

/*
 * Add a node, the JSON object of `nlen' bytes at `node', to a region, which is
 * made when it is not there; its RegionID becomes that of the region.  A node
 * of that Name in the region is an error, unless `replace' is 1.
 */
int	 map_edit_add(const char *text, size_t len,
	    const struct map_edit_region *region, const char *node,
	    size_t nlen, int replace, struct ipc_wr *out,
	    char err[MAPEDIT_ERROR]);

#endif
