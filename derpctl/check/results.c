/*
 * results: what can be said of the results of a check, whatever the form of the
 * output.  Called by the files that print, and by the command.  Pure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forms.h"

const char *
ctlcheck_level_word(enum check_level level)
{
	return (level == CHECK_FAULT ? "fault" : "note");
}

const char *
ctlcheck_kind_word(enum ctlcheck_kind kind)
{
	switch (kind) {
	case CTLCHECK_MAP:
		return ("map");
	case CTLCHECK_NODE:
		return ("node");
	case CTLCHECK_MESH:
		return ("mesh");
	case CTLCHECK_MIRRORS:
		return ("mirrors");
	case CTLCHECK_HERE:
		return ("here");
	}
	return ("");
}

size_t
ctlcheck_faults_at(const struct ctlcheck_place *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->nfindings; i++)
		n += check_fault_row(p->findings[i].id)->level == CHECK_FAULT;
	return (n);
}

const char *
ctlcheck_state_word(const struct ctlcheck_place *p)
{
	if (ctlcheck_faults_at(p) > 0)
		return ("fault");
	return (p->failed != NULL ? "failed" : "good");
}

const struct ctlcheck_measure *
ctlcheck_best(const struct ctlcheck_place *p, enum check_fact id)
{
	const struct ctlcheck_measure *m, *best = NULL;

	for (m = p->measures; m < p->measures + p->nmeasures; m++)
		if (m->id == id && (best == NULL || m->n < best->n))
			best = m;
	return (best);
}

size_t
ctlcheck_nodes(const struct ctlcheck_results *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->nplaces; i++)
		n += r->places[i].kind == CTLCHECK_NODE;
	return (n);
}

/* Has another node this name? */
static int
is_shared(const struct ctlcheck_results *r, const struct ctlcheck_place *p)
{
	const struct ctlcheck_place *q;

	for (q = r->places; q < r->places + r->nplaces; q++)
		if (q != p && q->kind == CTLCHECK_NODE &&
		    strcmp(q->node.host, p->node.host) == 0 &&
		    q->node.port == p->node.port)
			return (1);
	return (0);
}

int
ctlcheck_tell_apart(struct ctlcheck_results *r)
{
	struct ctlcheck_place *p;
	char *name;

	for (p = r->places; p < r->places + r->nplaces; p++) {
		if (p->kind != CTLCHECK_NODE || p->node.name[0] == '\0' ||
		    !is_shared(r, p))
			continue;
		if (asprintf(&name, "%s (%s)", p->name, p->node.name) == -1)
			return (-1);
		free(p->name);
		p->name = name;
	}
	return (0);
}

void
ctlcheck_count(struct ctlcheck_results *r)
{
	const struct ctlcheck_place *p;
	size_t faults;

	r->faults = r->notes = r->failed = 0;
	for (p = r->places; p < r->places + r->nplaces; p++) {
		faults = ctlcheck_faults_at(p);
		r->faults += (unsigned int)faults;
		r->notes += (unsigned int)(p->nfindings - faults);
		r->failed += p->failed != NULL;
	}
}

int
ctlcheck_status(const struct ctlcheck_results *r)
{
	if (r->faults > 0)
		return (1);
	return (r->failed > 0 || r->nplaces == 0 ? 2 : 0);
}

int
ctlcheck_print(FILE *fp, const struct ctlcheck_results *r,
    const struct ctlcheck_options *o)
{
	switch (o->form) {
	case CTLCHECK_TABLE:
		ctlcheck_table(fp, r, o->verbose);
		break;
	case CTLCHECK_JSON:
		ctlcheck_json(fp, r);
		break;
	case CTLCHECK_QUIET:
		ctlcheck_quiet(fp, r);
		break;
	case CTLCHECK_NAGIOS:
		return (ctlcheck_nagios(fp, r));
	case CTLCHECK_PROMETHEUS:
		ctlcheck_prometheus(fp, r);
		break;
	}
	return (ctlcheck_status(r));
}

void
ctlcheck_free_place(struct ctlcheck_place *p)
{
	size_t i;

	for (i = 0; i < p->nfindings; i++) {
		free(p->findings[i].where);
		free(p->findings[i].what);
	}
	for (i = 0; i < p->nmeasures; i++) {
		free(p->measures[i].where);
		free(p->measures[i].text);
	}
	free(p->findings);
	free(p->measures);
	free(p->name);
	free(p->failed);
	*p = (struct ctlcheck_place){ 0 };
}

void
ctlcheck_free(struct ctlcheck_results *r)
{
	size_t i;

	for (i = 0; i < r->nplaces; i++)
		ctlcheck_free_place(&r->places[i]);
	free(r->places);
	*r = (struct ctlcheck_results){ 0 };
}
