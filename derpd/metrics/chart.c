/*
 * chart: see chart.h.  Called by page.c.
 *
 * A chart has no text but its name and its description, which a screen reader
 * reads: it is scaled to the width of the page.  What is written at its sides
 * is HTML.
 */
#include <stdio.h>
#include <string.h>

#include "chart.h"
#include "html.h"
#include "out.h"

#define HOUR_MS		3600000
#define WIDTH		720	/* of the drawing; an hour */
#define HEIGHT		120
#define GAP_MS		(3 * METRICS_SAMPLE_SECS * 1000)
#define ROWS		12	/* of the table, 5 minutes each */
#define MAX_STEP	(1ULL << 50)	/* of a counter between two samples;
					   more is no counter */

/* How lines are called, drawn (a class of the style) and written. */
static const struct {
	const char	*lead;		/* before the last value */
	const char	*class;
	const char	*(*format)(char *, uint64_t);
	const char	*unit;		/* behind the number */
} lines[] = {
	[METRICS_LINE_IN] = { "In: now", "in", metrics_html_bits, "" },
	[METRICS_LINE_OUT] = { "Out: now", "out", metrics_html_bits, "" },
	[METRICS_LINE_CLIENTS] = { "Now", "in", metrics_html_count, "" },
	[METRICS_LINE_DROPS] = { "Now", "drop", metrics_html_count, "/s" }
};

static const struct metrics_chart {
	const char	*id;
	const char	*title;
	unsigned int	 first, last;	/* lines */
	uint64_t	 least;		/* of the scale's top */
} charts[] = {
	{ "throughput", "Throughput", METRICS_LINE_IN, METRICS_LINE_OUT, 1000 },
	{ "clients", "Clients", METRICS_LINE_CLIENTS, METRICS_LINE_CLIENTS,
	    2 },
	{ "drops", "Dropped packets", METRICS_LINE_DROPS, METRICS_LINE_DROPS,
	    2 }
};

/* What a line was in an hour, or a part of it. */
struct summary {
	uint64_t	 n;		/* values */
	uint64_t	 highest;
	double		 sum;
};

static uint64_t
counter(const struct metrics_sample *s, enum metrics_line line)
{
	switch (line) {
	case METRICS_LINE_IN:
		return (s->rx_bytes);
	case METRICS_LINE_OUT:
		return (s->tx_bytes);
	default:
		return (s->drops);
	}
}

int
metrics_chart_value(const struct metrics_samples *s, enum metrics_line line,
    size_t i, uint64_t *value)
{
	const struct metrics_sample *now, *before;
	uint64_t step, ms;

	if ((now = metrics_sample_at(s, i)) == NULL)
		return (-1);
	if (line == METRICS_LINE_CLIENTS) {
		*value = now->clients;
		return (now->clients < MAX_STEP ? 0 : -1);
	}
	if (i == 0)
		return (-1);
	before = metrics_sample_at(s, i - 1);
	step = counter(now, line) - counter(before, line);
	if (now->at_ms <= before->at_ms || step >= MAX_STEP)
		return (-1);
	ms = now->at_ms - before->at_ms;
	*value = (line == METRICS_LINE_DROPS ? 1 : 8) * step * 1000 / ms;
	return (0);
}

int
metrics_chart_last(const struct metrics_samples *s, enum metrics_line line,
    uint64_t now_ms, uint64_t *value)
{
	if (s->n == 0 ||
	    now_ms - metrics_sample_at(s, s->n - 1)->at_ms > GAP_MS)
		return (-1);
	return (metrics_chart_value(s, line, s->n - 1, value));
}

/* The age of a sample, ms. */
static uint64_t
age_of(const struct metrics_view *v, size_t i)
{
	const struct metrics_sample *s = metrics_sample_at(v->samples, i);

	return (v->now_ms > s->at_ms ? v->now_ms - s->at_ms : 0);
}

/* Sum up the samples that are `from' to `to' ms old, without the last one. */
static struct summary
sum_up(const struct metrics_view *v, enum metrics_line line, uint64_t from,
    uint64_t to)
{
	struct summary sum = { 0, 0, 0 };
	uint64_t value;
	size_t i;

	for (i = 0; i < v->samples->n; i++) {
		if (age_of(v, i) < from || age_of(v, i) >= to ||
		    metrics_chart_value(v->samples, line, i, &value) == -1)
			continue;
		sum.n++;
		sum.sum += (double)value;
		if (value > sum.highest)
			sum.highest = value;
	}
	return (sum);
}

/* The top of the scale: a round number, not below `v'. */
static uint64_t
scale(uint64_t v, uint64_t least)
{
	static const uint64_t round[] = { 10, 12, 16, 20, 30, 40, 60, 80 };
	uint64_t ten = 1;
	size_t i;

	if (v < least)
		v = least;
	if (v < 10)
		return (v + v % 2);
	for (; ten < MAX_STEP * 1000; ten *= 10)
		for (i = 0; i < sizeof(round) / sizeof(round[0]); i++)
			if (round[i] * ten >= v)
				return (round[i] * ten);
	return (v);
}

static void
put_value(struct ipc_wr *w, enum metrics_line line, uint64_t value)
{
	char num[METRICS_HTML_NUMSIZE];

	metrics_out(w, "%s%s", lines[line].format(num, value),
	    lines[line].unit);
}

/* A part of a line without a gap ends: close its area. */
static void
end_part(struct ipc_wr *w, int area, double last_x)
{
	if (area)
		metrics_out(w, "L%.1f %dZ", last_x, HEIGHT);
}

/* Draw a line, or the area below it. */
static void
put_path(struct ipc_wr *w, const struct metrics_view *v,
    enum metrics_line line, uint64_t top, int area)
{
	uint64_t value, age, before = 0;
	double x = 0, y;
	size_t i;
	int open = 0;

	metrics_out(w, "<path class=\"%s %s\" d=\"", area ? "area" : "line",
	    lines[line].class);
	for (i = 0; i < v->samples->n; i++) {
		age = age_of(v, i);
		if (age > HOUR_MS ||
		    metrics_chart_value(v->samples, line, i, &value) == -1)
			continue;
		if (open && before - age > GAP_MS) {
			end_part(w, area, x);
			open = 0;
		}
		x = WIDTH - (double)age * WIDTH / HOUR_MS;
		y = HEIGHT - (double)value * HEIGHT / (double)top;
		if (!open && area)
			metrics_out(w, "M%.1f %d", x, HEIGHT);
		metrics_out(w, "%c%.1f %.1f", open || area ? 'L' : 'M', x, y);
		open = 1;
		before = age;
	}
	if (open)
		end_part(w, area, x);
	metrics_out(w, "\"/>");
}

/* "In: now 12 Mbit/s, highest 20 Mbit/s, average 3 Mbit/s" */
static void
put_summary(struct ipc_wr *w, const struct metrics_view *v,
    enum metrics_line line)
{
	const struct summary sum = sum_up(v, line, 0, HOUR_MS + 1);
	uint64_t now;

	metrics_out(w, "%s ", lines[line].lead);
	if (metrics_chart_last(v->samples, line, v->now_ms, &now) == 0)
		put_value(w, line, now);
	else
		metrics_out(w, "unknown");
	if (sum.n == 0)
		return;
	metrics_out(w, ", highest ");
	put_value(w, line, sum.highest);
	metrics_out(w, ", average ");
	put_value(w, line, (uint64_t)(sum.sum / (double)sum.n + 0.5));
}

static void
put_svg(struct ipc_wr *w, const struct metrics_view *v,
    const struct metrics_chart *c, uint64_t top)
{
	unsigned int i;

	metrics_out(w, "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\""
	    " role=\"img\" aria-labelledby=\"%s-t %s-d\">", WIDTH, HEIGHT,
	    c->id, c->id);
	metrics_out(w, "<title id=\"%s-t\">%s of the last hour</title>"
	    "<desc id=\"%s-d\">", c->id, c->title, c->id);
	for (i = c->first; i <= c->last; i++) {
		metrics_out(w, "%s", i > c->first ? "; " : "");
		put_summary(w, v, i);
	}
	metrics_out(w, "</desc><path class=\"grid\" d=\"M0 .5H%dM0 %d.5H%dM0 "
	    "%dH%d\"/>", WIDTH, HEIGHT / 2, WIDTH, HEIGHT, WIDTH);
	put_path(w, v, c->first, top, 1);
	for (i = c->first; i <= c->last; i++)
		put_path(w, v, i, top, 0);
	metrics_out(w, "</svg>\n");
}

/* The legend, with the values as text. */
static void
put_caption(struct ipc_wr *w, const struct metrics_view *v,
    const struct metrics_chart *c)
{
	unsigned int i;

	metrics_out(w, "<figcaption><h3>%s</h3>", c->title);
	for (i = c->first; i <= c->last; i++) {
		metrics_out(w, "<p><i class=\"key %s\"></i>", lines[i].class);
		put_summary(w, v, i);
		metrics_out(w, "</p>");
	}
	metrics_out(w, "</figcaption>\n");
}

static void
put_chart(struct ipc_wr *w, const struct metrics_view *v,
    const struct metrics_chart *c)
{
	struct summary sum;
	uint64_t top = 0;
	unsigned int i;

	for (i = c->first; i <= c->last; i++) {
		sum = sum_up(v, i, 0, HOUR_MS + 1);
		if (sum.highest > top)
			top = sum.highest;
	}
	top = scale(top, c->least);
	metrics_out(w, "<figure id=\"%s\">", c->id);
	put_caption(w, v, c);
	metrics_out(w, "<div class=\"plot\">");
	put_svg(w, v, c, top);
	metrics_out(w, "<span class=\"top\" aria-hidden=\"true\">");
	put_value(w, c->first, top);
	metrics_out(w, "</span></div>\n<div class=\"ticks\" "
	    "aria-hidden=\"true\"><span>60 min ago</span><span>45</span>"
	    "<span>30</span><span>15</span><span>now</span></div>"
	    "</figure>\n");
}

static void
put_cell(struct ipc_wr *w, const struct metrics_view *v,
    enum metrics_line line, uint64_t from, uint64_t to)
{
	const struct summary sum = sum_up(v, line, from, to);

	metrics_out(w, "<td>");
	if (sum.n > 0)
		put_value(w, line, (uint64_t)(sum.sum / (double)sum.n + 0.5));
	else
		metrics_out(w, "–");
	metrics_out(w, "</td>");
}

/* The same in numbers: averages of five minutes, the newest first. */
static void
put_table(struct ipc_wr *w, const struct metrics_view *v)
{
	const uint64_t step = HOUR_MS / ROWS;
	unsigned int i, k;

	metrics_out(w, "<details><summary>The last hour in numbers</summary>"
	    "<table><caption>Averages of five minutes</caption><thead><tr>"
	    "<th scope=\"col\">Minutes ago</th><th scope=\"col\">In</th>"
	    "<th scope=\"col\">Out</th><th scope=\"col\">Clients</th>"
	    "<th scope=\"col\">Dropped</th></tr></thead>\n<tbody>");
	for (i = 0; i < ROWS; i++) {
		metrics_out(w, "<tr><th scope=\"row\">%u–%u</th>",
		    i * 60 / ROWS, (i + 1) * 60 / ROWS);
		for (k = 0; k < sizeof(lines) / sizeof(lines[0]); k++)
			put_cell(w, v, k, i * step, (i + 1) * step);
		metrics_out(w, "</tr>\n");
	}
	metrics_out(w, "</tbody></table></details>\n");
}

void
metrics_charts(const struct metrics_view *v, struct ipc_wr *w)
{
	size_t i;

	metrics_out(w, "<section aria-labelledby=\"hour\"><h2 id=\"hour\">The "
	    "last hour</h2>\n<div class=\"charts\">");
	for (i = 0; i < sizeof(charts) / sizeof(charts[0]); i++)
		put_chart(w, v, &charts[i]);
	metrics_out(w, "</div>\n");
	put_table(w, v);
	metrics_out(w, "</section>\n");
}
