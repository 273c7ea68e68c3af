/*
 * plain: the results as plain text.
 */
#include <stdlib.h>

#include "task.h"

void
ctlcheck_count(struct ctlcheck_results *r)
{
	struct ctlcheck_place *p;
	size_t i, k;

	r->faults = r->notes = r->failed = 0;
	for (i = 0; i < r->nplaces; i++) {
		p = &r->places[i];
		r->failed += p->failed != NULL;
		for (k = 0; k < p->nfindings; k++)
			if (check_fault_row(p->findings[k].id)->level ==
			    CHECK_FAULT)
				r->faults++;
			else
				r->notes++;
	}
}

int
ctlcheck_status(const struct ctlcheck_results *r)
{
	return (r->faults > 0 ? 1 : r->failed > 0 ? 2 : 0);
}

int
ctlcheck_print(FILE *fp, const struct ctlcheck_results *r,
    const struct ctlcheck_options *o)
{
	const struct ctlcheck_place *p;
	size_t i, k;

	(void)o;
	for (i = 0; i < r->nplaces; i++) {
		p = &r->places[i];
		fprintf(fp, "%s: %s\n", p->name, p->failed != NULL ?
		    p->failed : "checked");
		for (k = 0; k < p->nfindings; k++)
			fprintf(fp, "\t%s: %s: %s\n",
			    check_fault_row(p->findings[k].id)->name,
			    p->findings[k].where, p->findings[k].what);
	}
	return (ctlcheck_status(r));
}

void
ctlcheck_changes(FILE *fp, const struct ctlcheck_results *before,
    const struct ctlcheck_results *now)
{
	fprintf(fp, "%u faults before, %u now\n", before->faults, now->faults);
}

void
ctlcheck_free(struct ctlcheck_results *r)
{
	size_t i;

	for (i = 0; i < r->nplaces; i++)
		ctlcheck_collect_free(&r->places[i]);
	free(r->places);
}
