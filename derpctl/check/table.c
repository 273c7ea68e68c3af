/*
 * table: the results for people: a line a place, the blocks of what was found,
 * and a verdict.
 *
 * Called by the command.  Writes only to the stream passed to it; the width is
 * that of standard output.
 */
#include <inttypes.h>
#include <string.h>

#include "forms.h"
#include "table.h"

#define TEXT_WIDTH	80	/* without a terminal */
#define TEXT_MIN	40
#define EMPTY		"-"	/* a cell without a text */

enum {
	COL_STATE, COL_REGION, COL_NAME, COL_ADDRESS, COL_LOGIN, COL_RTT,
	COL_CERT, COL_STUN, COL_BYTES, NCOLS
};

static const struct ctl_column columns[NCOLS] = {
	[COL_STATE]	= { "STATE",	1, 6, 6, 0 },
	[COL_REGION]	= { "REGION",	3, 7, 12, 0 },
	[COL_NAME]	= { "NAME",	2, 16, 40, 0 },
	[COL_ADDRESS]	= { "ADDRESS",	8, 15, 42, 0 },
	[COL_LOGIN]	= { "LOGIN",	4, 7, 7, 1 },
	[COL_RTT]	= { "RTT",	7, 7, 7, 1 },
	[COL_CERT]	= { "CERT",	5, 5, 5, 1 },
	[COL_STUN]	= { "STUN",	6, 7, 7, 1 },
	[COL_BYTES]	= { "BYTES/S",	9, 7, 7, 1 },
};

/* The columns that show a fact, from COL_LOGIN on. */
static const enum check_fact facts[NCOLS - COL_LOGIN] = {
	CHECK_FACT_LOGIN, CHECK_FACT_RTT, CHECK_FACT_CERT_DAYS, CHECK_FACT_STUN,
	CHECK_FACT_THROUGHPUT
};

/* The address that was measured first, and how many others. */
static void
address(char *dst, size_t size, const struct ctlcheck_place *p)
{
	const char *first = "", *last = "";
	size_t i, more = 0;

	for (i = 0; i < p->nmeasures; i++) {
		if (p->measures[i].id != CHECK_FACT_CONNECT)
			continue;
		if (first[0] == '\0')
			first = p->measures[i].where;
		else if (strcmp(last, p->measures[i].where) != 0)
			more++;
		last = p->measures[i].where;
	}
	if (more > 0)
		(void)snprintf(dst, size, "%s +%zu", first, more);
	else
		(void)snprintf(dst, size, "%s", first[0] != '\0' ? first :
		    EMPTY);
}

static void
region(char *dst, size_t size, const struct check_node *n)
{
	if (n->region == 0)
		(void)snprintf(dst, size, "%s", EMPTY);
	else
		(void)snprintf(dst, size, "%u%s%s", n->region,
		    n->code[0] != '\0' ? " " : "", n->code);
}

static void
state(char *dst, size_t size, const struct ctlcheck_place *p)
{
	const char *word = ctlcheck_state_word(p);

	(void)snprintf(dst, size, "%s", strcmp(word, "fault") == 0 ? "FAULT" :
	    strcmp(word, "failed") == 0 ? "FAILED" : word);
}

static void
measured(char *dst, size_t size, const struct ctlcheck_place *p,
    enum check_fact id)
{
	const struct ctlcheck_measure *m = ctlcheck_best(p, id);

	if (m == NULL)
		(void)snprintf(dst, size, "%s", EMPTY);
	else
		ctlcheck_fmt_measure(dst, size, m);
}

/* The text of column `i' in the line of a place. */
static void
cell(char *dst, size_t size, const struct ctlcheck_place *p, size_t i)
{
	if (i == COL_STATE)
		state(dst, size, p);
	else if (i == COL_REGION)
		region(dst, size, &p->node);
	else if (i == COL_NAME)
		(void)snprintf(dst, size, "%s", p->name);
	else if (i == COL_ADDRESS)
		address(dst, size, p);
	else
		measured(dst, size, p, facts[i - COL_LOGIN]);
}

/* Make a column no wider than its texts; without any, it is left out. */
static void
fit(struct ctl_column *c, const struct ctlcheck_results *r, size_t i)
{
	char text[CHECK_WHAT];
	size_t k, need, widest = 0;
	int any = 0;

	for (k = 0; k < r->nplaces; k++) {
		cell(text, sizeof(text), &r->places[k], i);
		any |= strcmp(text, EMPTY) != 0;
		need = ctl_table_width(text, strlen(text));
		if (need > widest)
			widest = need;
	}
	if (!any)
		c->rank = 0;
	if (widest < c->max)
		c->max = widest > c->min ? (unsigned int)widest : c->min;
}

/* The line of each place. */
static void
lines(FILE *fp, const struct ctlcheck_results *r, unsigned int width)
{
	struct ctl_column c[NCOLS];
	struct ctl_table t;
	char text[CHECK_WHAT];
	size_t i, k;

	memcpy(c, columns, sizeof(c));
	for (i = 0; i < NCOLS; i++)
		fit(&c[i], r, i);
	ctl_table_init(&t, c, NCOLS, width);
	ctl_table_head(&t, fp);
	for (k = 0; k < r->nplaces; k++) {
		for (i = 0; i < NCOLS; i++) {
			cell(text, sizeof(text), &r->places[k], i);
			ctl_table_cell(&t, fp, i, text);
		}
		fputc('\n', fp);
	}
}

/* The regions of the nodes, which are in the order of the map. */
static size_t
regions_of(const struct ctlcheck_results *r)
{
	const struct ctlcheck_place *p;
	unsigned int last = 0;
	size_t n = 0;

	for (p = r->places; p < r->places + r->nplaces; p++) {
		if (p->kind != CTLCHECK_NODE || p->node.region == 0 ||
		    p->node.region == last)
			continue;
		last = p->node.region;
		n++;
	}
	return (n);
}

static void
put_scope(FILE *fp, const struct ctlcheck_results *r)
{
	const size_t regions = regions_of(r), nodes = ctlcheck_nodes(r);

	if (regions > 0) {
		ctlcheck_put_count(fp, regions, "region");
		fputs(", ", fp);
	}
	if (nodes > 0)
		ctlcheck_put_count(fp, nodes, "node");
	else
		ctlcheck_put_count(fp, r->nplaces, "place");
}

static size_t
faulty_places(const struct ctlcheck_results *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->nplaces; i++)
		n += ctlcheck_faults_at(&r->places[i]) > 0;
	return (n);
}

/* "30 regions, 41 nodes: all good", "...: 2 faults at 1 of them". */
static void
verdict(FILE *fp, const struct ctlcheck_results *r)
{
	fputc('\n', fp);
	put_scope(fp, r);
	fputs(": ", fp);
	if (r->faults > 0) {
		ctlcheck_put_count(fp, r->faults, "fault");
		fputs(" at ", fp);
		ctlcheck_put_count(fp, faulty_places(r), "place");
	} else if (r->failed == 0)
		fputs("all good", fp);
	else
		fputs("no fault found", fp);
	if (r->failed > 0)
		fprintf(fp, ", %u not checked", r->failed);
	if (r->notes > 0) {
		fputs(", ", fp);
		ctlcheck_put_count(fp, r->notes, "note");
	}
	fprintf(fp, " (%" PRId64 ".%" PRId64 " s)\n", r->took_ms / 1000,
	    r->took_ms % 1000 / 100);
}

void
ctlcheck_table(FILE *fp, const struct ctlcheck_results *r, int verbose)
{
	const unsigned int width = ctl_table_columns();
	unsigned int text = width;
	size_t i;

	if (width == 0)
		text = TEXT_WIDTH;
	else if (width < TEXT_MIN)
		text = TEXT_MIN;
	ctl_table_locale();
	if (r->nplaces == 0) {
		fputs("There was nothing to check.\n", fp);
		return;
	}
	lines(fp, r, width);
	for (i = 0; verbose && i < r->nplaces; i++)
		ctlcheck_measures(fp, &r->places[i], text);
	ctlcheck_blocks(fp, r, text, verbose);
	verdict(fp, r);
}
