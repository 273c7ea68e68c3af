/*
 * mapedit: change one entry in the text of a DERP map and keep every other byte
 * unchanged.  For derpctl.  Pure.
 *
 * A PATH has the form used in messages about maps: Regions.900.RegionName,
 * Regions.900.Nodes[0].HostName.  A node may be given by its Name instead of
 * its index, Nodes[900a].  "900" alone is short for Regions.900, and the Name
 * of a node alone means that node.
 */
#ifndef MAPEDIT_H
#define MAPEDIT_H

#include <stddef.h>

#include "codec.h"

#define MAPEDIT_ERROR	256		/* buffer size for errors */

/*
 * All functions append the new text to `out' (as raw bytes) and return 0, or -1
 * with a line in `err'.  The old text is `len' bytes at `text' and must be
 * JSON.  Use map_check() to validate the result.
 */

/*
 * Set the entry at `path' to `value': as JSON, or as a string when `as_text' is
 * 1 or `value' is not JSON.  The last member of the path may be new.
 */
int	 map_edit_set(const char *text, size_t len, const char *path,
	    const char *value, int as_text, struct ipc_wr *out,
	    char err[MAPEDIT_ERROR]);

/* Remove the member or element at `path', and its comma. */
int	 map_edit_remove(const char *text, size_t len, const char *path,
	    struct ipc_wr *out, char err[MAPEDIT_ERROR]);

/* A new region for a node: its code and name; NULL: its number. */
struct map_edit_region {
	long long	 id;
	const char	*code;
	const char	*name;
};

/*
 * Add a node, the JSON object of `nlen' bytes at `node', to a region, which is
 * created when missing.  The node's RegionID is set to the region's id.  An
 * existing node with the same Name is an error, unless `replace' is 1.
 */
int	 map_edit_add(const char *text, size_t len,
	    const struct map_edit_region *region, const char *node,
	    size_t nlen, int replace, struct ipc_wr *out,
	    char err[MAPEDIT_ERROR]);

#endif
