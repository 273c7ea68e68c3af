/*
 * topkeys: what a key does to the view of `derpctl top'.  Pure.
 */
#ifndef TOPKEYS_H
#define TOPKEYS_H

#include <stddef.h>

#include "topview.h"

enum ctl_top_does {
	CTL_TOP_NOTHING,
	CTL_TOP_SHOW,		/* the view has changed */
	CTL_TOP_SORT,		/* and must be sorted again */
	CTL_TOP_QUIT
};

/*
 * Handle the key of screen.h; `shown' clients pass the filter, and `page' of
 * them fit into the screen.
 */
enum ctl_top_does ctl_top_key(struct ctl_top_view *v, int key, size_t shown,
	    size_t page);

/* Keep the first client that is shown within those that pass the filter. */
void	ctl_top_stay(struct ctl_top_view *v, size_t shown);

#endif
