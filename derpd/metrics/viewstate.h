/*
 * viewstate: what the parent said, out of the JSON of MSG_METRICS_STATE (see
 * derpd/parent/metricsd.c).  Pure.
 */
#ifndef VIEWSTATE_H
#define VIEWSTATE_H

#include <stddef.h>

#include "view.h"

/*
 * Parse the `len' bytes at `text'.  What is missing or has another type counts
 * as "" or 0; control characters become blanks.  Return the state, or NULL with
 * a line in *why: it is no JSON object, or there is no memory.
 */
struct metrics_state *metrics_state_parse(const char *text, size_t len,
	    const char **why);

/* Free a state; NULL is permitted. */
void	 metrics_state_free(struct metrics_state *s);

#endif
