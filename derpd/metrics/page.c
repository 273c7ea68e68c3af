/*
 * page: the page for people, one document of HTML without scripts that needs
 * nothing else; see view.h.  Called by reply.c.  Pure.
 *
 * html.c    text, numbers and times
 * chart.c   the last hour
 * tables.c  what the parent has said
 * style.c   the style, light and dark
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"
#include "html.h"
#include "out.h"
#include "style.h"
#include "tables.h"
#include "view.h"

#define REFRESH_SECS	30

/* The name of this relay: the first of its certificate. */
static const char *
name_of(const struct metrics_view *v)
{
	if (v->state != NULL && v->state->ncerts > 0 &&
	    v->state->certs[0].name != NULL &&
	    v->state->certs[0].name[0] != '\0')
		return (v->state->certs[0].name);
	return ("derpd");
}

static void
put_head(struct ipc_wr *w, const struct metrics_view *v, int healthy)
{
	metrics_out(w, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<title>%s: ", healthy ? "healthy" :
	    "UNHEALTHY");
	metrics_html_text(w, name_of(v));
	metrics_out(w, "</title>\n<meta name=\"viewport\" content=\""
	    "width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n"
	    "<meta http-equiv=\"refresh\" content=\"%d\">\n<style>\n",
	    REFRESH_SECS);
	metrics_style(w);
	metrics_out(w, "</style>\n</head>\n");
}

static void
put_header(struct ipc_wr *w, const struct metrics_view *v)
{
	char num[METRICS_HTML_NUMSIZE];

	metrics_out(w, "<header><h1>");
	metrics_html_text(w, name_of(v));
	metrics_out(w, "</h1>\n<p>derpd");
	if (v->state != NULL) {
		metrics_out(w, " ");
		metrics_html_text(w, v->state->version);
		metrics_out(w, ", up %s", metrics_html_age(num,
		    v->state->uptime));
	}
	metrics_out(w, " · as of ");
	metrics_html_clock(w, v->now);
	metrics_out(w, "</p></header>\n");
}

/* Healthy, or each reason, a line each in `reasons'. */
static void
put_verdict(struct ipc_wr *w, const char *reasons)
{
	char *text, *line, *rest;

	if (reasons[0] == '\0') {
		metrics_out(w, "<section class=\"verdict good\" "
		    "aria-labelledby=\"verdict\"><h2 id=\"verdict\">Healthy"
		    "</h2></section>\n");
		return;
	}
	metrics_out(w, "<section class=\"verdict bad\" "
	    "aria-labelledby=\"verdict\"><h2 id=\"verdict\">Unhealthy</h2>\n"
	    "<ul>");
	if ((text = rest = strdup(reasons)) == NULL)
		ipc_wr_refuse(w, ENOMEM);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] == '\0')
			continue;
		metrics_out(w, "<li>");
		metrics_html_text(w, line);
		metrics_out(w, "</li>");
	}
	free(text);
	metrics_out(w, "</ul></section>\n");
}

static void
put_tile(struct ipc_wr *w, const char *name, const char *value,
    const char *below)
{
	metrics_out(w, "<div><dt>%s</dt><dd>%s<small>%s</small></dd></div>\n",
	    name, value, below);
}

static void
put_rate(struct ipc_wr *w, const struct metrics_view *v,
    enum metrics_line line, const char *name, uint64_t total)
{
	char now[METRICS_HTML_NUMSIZE], sum[METRICS_HTML_NUMSIZE + 16];
	uint64_t value;

	if (metrics_chart_last(v->samples, line, v->now_ms, &value) == -1)
		strlcpy(now, "–", sizeof(now));
	else
		(void)metrics_html_bits(now, value);
	(void)metrics_html_bytes(sum, total);
	strlcat(sum, " in all", sizeof(sum));
	put_tile(w, name, now, sum);
}

/* Dropped packets of the last hour, and their share of those received. */
static void
put_drops(struct ipc_wr *w, const struct metrics_view *v)
{
	const struct metrics_sample *a = metrics_sample_at(v->samples, 0), *z;
	char num[METRICS_HTML_NUMSIZE], share[48] = "";
	uint64_t drops = 0, packets = 0;

	if (a != NULL) {
		z = metrics_sample_at(v->samples, v->samples->n - 1);
		if (z->drops > a->drops)
			drops = z->drops - a->drops;
		if (z->packets > a->packets)
			packets = z->packets - a->packets;
	}
	if (packets > 0 && drops <= packets)
		snprintf(share, sizeof(share), "%.2f %% of the last hour",
		    (double)drops * 100 / (double)packets);
	else
		strlcpy(share, "packets of the last hour", sizeof(share));
	put_tile(w, "Dropped", metrics_html_count(num, drops), share);
}

static void
put_tiles(struct ipc_wr *w, const struct metrics_view *v)
{
	char num[METRICS_HTML_NUMSIZE], below[METRICS_HTML_NUMSIZE + 16];

	metrics_out(w, "<section aria-labelledby=\"now\"><h2 id=\"now\">Now"
	    "</h2>\n<dl class=\"tiles\">");
	(void)metrics_html_count(below, v->sum.connections);
	strlcat(below, v->sum.connections == 1 ? " connection" :
	    " connections", sizeof(below));
	put_tile(w, "Clients", metrics_html_count(num, v->sum.clients), below);
	put_rate(w, v, METRICS_LINE_IN, "In", v->sum.bytes_received);
	put_rate(w, v, METRICS_LINE_OUT, "Out", v->sum.bytes_sent);
	put_drops(w, v);
	snprintf(num, sizeof(num), "%.1f ms", (double)v->sum.queue_us / 1000);
	put_tile(w, "Queue", num, "average wait of a packet");
	metrics_out(w, "</dl></section>\n");
}

static void
put_footer(struct ipc_wr *w)
{
	metrics_out(w, "<footer><p>This page renews itself every %d seconds. "
	    "For programs: <a href=\"/metrics\">/metrics</a> (Prometheus), "
	    "<a href=\"/health\">/health</a> (200 or 503).</p></footer>\n",
	    REFRESH_SECS);
}

void
metrics_page(const struct metrics_view *v, struct ipc_wr *w)
{
	struct ipc_wr reasons;

	ipc_wr_init(&reasons);
	metrics_reasons(v, &reasons);
	ipc_wr_u8(&reasons, 0);
	if (!ipc_wr_ok(&reasons)) {
		ipc_wr_refuse(w, ENOMEM);
		ipc_wr_free(&reasons);
		return;
	}
	put_head(w, v, reasons.p[0] == '\0');
	metrics_out(w, "<body>\n");
	put_header(w, v);
	metrics_out(w, "<main>\n");
	put_verdict(w, (const char *)reasons.p);
	ipc_wr_free(&reasons);
	put_tiles(w, v);
	metrics_charts(v, w);
	if (v->state != NULL) {
		metrics_table_certs(v->state, w);
		metrics_table_maps(v->state, w);
		metrics_table_links(v->state, w);
		metrics_table_service(v->state, w);
		metrics_table_processes(v->state, w);
	}
	metrics_out(w, "</main>\n");
	put_footer(w);
	metrics_out(w, "</body>\n</html>\n");
}
