/*
 * bridgeshow: the state of derpbridged in its forms of output.  The JSON object
 * is described in derpbridge/parent/bridgetalk.h and
 * derpbridge/worker/workerstatus.h.
 */
#ifndef BRIDGESHOW_H
#define BRIDGESHOW_H

#include <stddef.h>
#include <stdio.h>

#include "json.h"

#define CTL_BRIDGE_DEPTH	8
#define CTL_BRIDGE_TOKENS	(1024 * 1024)

/*
 * Print the object as tables for people, of lines of `width' (0: any length),
 * or as metrics; `name' is the interface that is wanted, NULL: all.  Returns 0,
 * 1 when there are others alone, or -1 when the object has another form.
 */
int	ctl_bridge_table(FILE *fp, const char *text, size_t len,
	    const char *name, unsigned int width);
int	ctl_bridge_metrics(FILE *fp, const char *text, size_t len,
	    const char *name);

/*
 * Find the first interface from `r' (a reference of the list's elements) on
 * that has this name; NULL: any.  -1: there is none.
 */
json_ref ctl_bridge_iface(const struct json *j, json_ref r, const char *name);

/*
 * Parse the object, and set *list to the array of its interfaces.  NULL: it has
 * another form.
 */
struct json *ctl_bridge_parse(const char *text, size_t len, json_ref *list);

#endif
