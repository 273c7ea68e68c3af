/*
 * collect: what jobs have told, as the results of places; see task.h.
 */
#include <stdlib.h>
#include <string.h>

#include "task.h"

#define MAX_FINDINGS	256	/* of a place */
#define MAX_MEASURES	1024

void
ctlcheck_collect_clear(struct ctlcheck_place *p)
{
	struct ctlcheck_place old = *p;

	p->findings = NULL;
	p->measures = NULL;
	p->failed = NULL;
	p->nfindings = p->nmeasures = 0;
	old.name = NULL;
	ctlcheck_free_place(&old);
}

int
ctlcheck_collect_found(struct ctlcheck_place *p, const struct check_finding *f)
{
	struct ctlcheck_finding *v;

	if (p->nfindings >= MAX_FINDINGS)
		return (0);
	if ((v = reallocarray(p->findings, p->nfindings + 1,
	    sizeof(*v))) == NULL)
		return (-1);
	p->findings = v;
	v = &v[p->nfindings++];
	v->id = f->id;
	v->where = strdup(f->where);
	v->what = strdup(f->what);
	return (v->where == NULL || v->what == NULL ? -1 : 0);
}

int
ctlcheck_collect_measured(struct ctlcheck_place *p,
    const struct check_measure *m)
{
	struct ctlcheck_measure *v;

	if (p->nmeasures >= MAX_MEASURES)
		return (0);
	if ((v = reallocarray(p->measures, p->nmeasures + 1,
	    sizeof(*v))) == NULL)
		return (-1);
	p->measures = v;
	v = &v[p->nmeasures++];
	v->id = m->id;
	v->n = m->n;
	v->where = strdup(m->where);
	v->text = strdup(m->text);
	return (v->where == NULL || v->text == NULL ? -1 : 0);
}

void
ctlcheck_collect_failed(struct ctlcheck_place *p, const char *why)
{
	free(p->failed);
	p->failed = strdup(why);
}

int
ctlcheck_collect(struct ctlcheck_run *run, struct ctlcheck_results *r)
{
	struct ctlcheck_task *t;

	r->places = calloc(run->ntasks + 1, sizeof(*r->places));
	if (r->places == NULL)
		return (-1);
	TAILQ_FOREACH(t, &run->tasks, entry)
		if (!t->hidden) {
			r->places[r->nplaces++] = t->place;
			memset(&t->place, 0, sizeof(t->place));
		}
	ctlcheck_count(r);
	return (0);
}
