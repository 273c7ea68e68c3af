/*
 * prometheus: the results in Prometheus' text format, for the textfile
 * collector of node_exporter.
 *
 * Called by the command.  Writes only to the stream passed to it.  A metric has
 * its HELP and TYPE once, and no two samples of it have the same labels: what
 * would repeat one is left out, since a collector refuses the whole file.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "forms.h"

/* A metric that is being printed, with the labels of its samples so far. */
struct metric {
	FILE	*fp;
	char	 name[128];
	char	**seen;
	size_t	 nseen;
};

static void
label(FILE *fp, const char *name, const char *value)
{
	fputc(',', fp);
	ctl_put_label(fp, name, value);
}

static void
begin(struct metric *m, FILE *fp, const char *help, const char *name,
    const char *unit)
{
	char *p;

	*m = (struct metric){ .fp = fp };
	(void)snprintf(m->name, sizeof(m->name), "derp_check_%s%s", name,
	    unit);
	for (p = m->name; (p = strchr(p, '-')) != NULL;)
		*p = '_';
	fprintf(fp, "# HELP %s %s\n# TYPE %s gauge\n", m->name, help, m->name);
}

static void
end(struct metric *m)
{
	while (m->nseen > 0)
		free(m->seen[--m->nseen]);
	free(m->seen);
}

/* Remember labels.  Returns 0 if the metric has a sample with them. */
static int
is_new(struct metric *m, char *labels)
{
	char **more;
	size_t i;

	for (i = 0; i < m->nseen; i++)
		if (strcmp(m->seen[i], labels) == 0)
			return (0);
	more = realloc(m->seen, (m->nseen + 1) * sizeof(*more));
	if (more == NULL)
		return (0);
	m->seen = more;
	m->seen[m->nseen++] = labels;
	return (1);
}

/*
 * Print a sample of a place.  The label `extra' may be NULL, "where" is left
 * out when `where' is NULL.
 */
static void
sample(struct metric *m, const struct ctlcheck_place *p, const char *where,
    const char *extra, const char *value, const char *number)
{
	char *labels = NULL;
	size_t size = 0;
	FILE *to;

	if ((to = open_memstream(&labels, &size)) == NULL)
		return;
	fprintf(to, "region=\"%u\"", p->node.region);
	label(to, "code", p->node.code);
	label(to, "node", p->node.name);
	label(to, "place", p->name);
	if (p->kind != CTLCHECK_NODE)
		label(to, "kind", ctlcheck_kind_word(p->kind));
	if (where != NULL)
		label(to, "where", where);
	if (extra != NULL)
		label(to, extra, value);
	if (fclose(to) != 0 || !is_new(m, labels))
		free(labels);
	else
		fprintf(m->fp, "%s{%s} %s\n", m->name, labels, number);
}

static void
findings(FILE *fp, const struct ctlcheck_results *r, enum check_level level,
    const char *help)
{
	const struct ctlcheck_place *p;
	const struct ctlcheck_finding *f;
	const struct check_fault_row *row;
	struct metric m;

	begin(&m, fp, help, ctlcheck_level_word(level), "");
	for (p = r->places; p < r->places + r->nplaces; p++) {
		for (f = p->findings; f < p->findings + p->nfindings; f++) {
			row = check_fault_row(f->id);
			if (row->level == level)
				sample(&m, p, f->where,
				    ctlcheck_level_word(level), row->name,
				    "1");
		}
	}
	end(&m);
}

/* Whether each place is good, and whether it could be checked. */
static void
places(FILE *fp, const struct ctlcheck_results *r)
{
	const struct ctlcheck_place *p;
	struct metric m;

	begin(&m, fp, "Whether the place was checked and has no fault.",
	    "good", "");
	for (p = r->places; p < r->places + r->nplaces; p++)
		sample(&m, p, NULL, NULL, NULL,
		    strcmp(ctlcheck_state_word(p), "good") == 0 ? "1" : "0");
	end(&m);
	begin(&m, fp, "Whether the place could not be checked.",
	    "failed", "");
	for (p = r->places; p < r->places + r->nplaces; p++)
		sample(&m, p, NULL, NULL, NULL, p->failed != NULL ? "1" : "0");
	end(&m);
}

static const char *
unit(enum check_kind kind)
{
	switch (kind) {
	case CHECK_TEXT:
		return ("_info");
	case CHECK_BYTES:
		return ("_bytes");
	case CHECK_US:
	case CHECK_SECONDS:
		return ("_seconds");
	case CHECK_DAYS:
	case CHECK_COUNT:
	case CHECK_BOOL:
		break;
	}
	return ("");
}

static void
number(char *dst, size_t size, enum check_kind kind, int64_t n)
{
	const int64_t us = n < 0 ? -n : n;

	if (kind == CHECK_TEXT)
		(void)snprintf(dst, size, "1");
	else if (kind == CHECK_US)
		(void)snprintf(dst, size, "%s%" PRId64 ".%06" PRId64,
		    n < 0 ? "-" : "", us / 1000000, us % 1000000);
	else
		(void)snprintf(dst, size, "%" PRId64, n);
}

/* A fact at all places; no metric without a sample. */
static void
fact(FILE *fp, const struct ctlcheck_results *r, enum check_fact id)
{
	const struct check_fact_row *row = check_fact_row(id);
	const struct ctlcheck_place *p;
	const struct ctlcheck_measure *x;
	struct metric m = { .nseen = 0 };
	char text[32];

	for (p = r->places; p < r->places + r->nplaces; p++) {
		for (x = p->measures; x < p->measures + p->nmeasures; x++) {
			if (x->id != id)
				continue;
			if (m.fp == NULL)
				begin(&m, fp, row->help, row->name,
				    unit(row->kind));
			number(text, sizeof(text), row->kind, x->n);
			sample(&m, p, x->where, row->kind == CHECK_TEXT ?
			    "value" : NULL, x->text, text);
		}
	}
	end(&m);
}

static void
total(FILE *fp, const char *name, const char *help, int64_t n)
{
	fprintf(fp, "# HELP derp_check_%s %s\n# TYPE derp_check_%s gauge\n"
	    "derp_check_%s %" PRId64 "\n", name, help, name, name, n);
}

void
ctlcheck_prometheus(FILE *fp, const struct ctlcheck_results *r)
{
	int id;

	total(fp, "time_seconds", "When the check began, since 1970.",
	    r->time);
	total(fp, "places", "Places that were to be checked.",
	    (int64_t)r->nplaces);
	total(fp, "faults", "Faults that were found.", r->faults);
	total(fp, "notes", "Notes on the places.", r->notes);
	places(fp, r);
	findings(fp, r, CHECK_FAULT, "A fault that was found: always 1.");
	findings(fp, r, CHECK_NOTE, "What is worth knowing, and no fault: "
	    "always 1.");
	for (id = 0; id < CHECK_NFACTS; id++)
		fact(fp, r, (enum check_fact)id);
}
