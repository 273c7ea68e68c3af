/*
 * topview: what `derpctl top' shows, as lines of text.  Pure but for the
 * locale.
 */
#ifndef TOPVIEW_H
#define TOPVIEW_H

#include <stdio.h>

#include "filter.h"
#include "rates.h"

/* Out of derpd's status object. */
struct ctl_top_status {
	char		 version[64];
	uint64_t	 uptime;	/* seconds */
	char		 health[544];	/* "healthy", or what is wrong; "": not
					   known */
};

/* Read the status object.  Returns 0, or -1 when it is malformed. */
int	ctl_top_status_read(struct ctl_top_status *s, const char *json,
	    size_t len);

/* All that is shown. */
struct ctl_top_view {
	struct ctl_top_status	 status;
	struct ctl_rates	 rates;		/* sorted */
	struct ctl_filter	 filter;
	enum ctl_rates_order	 order;
	int			 reverse;
	int			 paused;
	int			 typing;	/* of the filter's word */
	int			 help;		/* in place of the clients */
	size_t			 first;		/* client at the top, of those
						   that the filter lets pass */
	char			 time[16];	/* of the list */
	char			 note[512];	/* what happened; "": nothing */
};

#define CTL_TOP_HEAD	5	/* lines above the clients; the last has the
				   titles */
#define CTL_TOP_PROMPT	3	/* line of the filter that is typed, from 0 */

/*
 * Print lines of at most `columns' (0: without limit), each with a newline: the
 * totals, as many clients as fit into `rows' lines, and which keys there are in
 * the last one.  `rows' 0: all clients, and no line about keys.  Returns the
 * number of clients that pass the filter.
 */
size_t	ctl_top_print(FILE *fp, const struct ctl_top_view *v,
	    unsigned int columns, unsigned int rows);

/* Write the same as members of a JSON object that is open. */
void	ctl_top_json(struct json_out *o, const struct ctl_top_view *v);

/* The name of an order. */
const char *ctl_top_order_name(enum ctl_rates_order order);

#endif
