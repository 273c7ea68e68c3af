/*
 * chart: the last hour as charts (SVG within HTML) and as a table.  Pure.
 */
#ifndef CHART_H
#define CHART_H

#include "view.h"

/* What a line shows. */
enum metrics_line {
	METRICS_LINE_IN,	/* bits a second that clients sent */
	METRICS_LINE_OUT,	/* that were sent to clients */
	METRICS_LINE_CLIENTS,	/* keys that were connected */
	METRICS_LINE_DROPS	/* packets that were dropped, a second */
};

/*
 * Get the value at the `i'th sample of the last hour, for rates since the one
 * before.  0, or -1: unknown.
 */
int	 metrics_chart_value(const struct metrics_samples *s,
	    enum metrics_line line, size_t i, uint64_t *value);

/*
 * Get the last value of the hour.  0, or -1: unknown, or it is older than
 * METRICS_SAMPLE_SECS thrice at `now_ms' (monotonic).
 */
int	 metrics_chart_last(const struct metrics_samples *s,
	    enum metrics_line line, uint64_t now_ms, uint64_t *value);

/* Append all charts as figures, and the table. */
void	 metrics_charts(const struct metrics_view *v, struct ipc_wr *w);

#endif
