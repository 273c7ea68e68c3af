/*
 * changes: what is different from one check to the next, a line each with the
 * time.  Called by the command with -w.  Writes only to the stream passed to
 * it.
 *
 * A fault is the same as before when its name, place and address are: its text
 * may count days.
 */
#include <string.h>
#include <time.h>

#include "forms.h"

#define TIME_SIZE	32

static const struct ctlcheck_place *
same_place(const struct ctlcheck_results *r, const struct ctlcheck_place *p)
{
	const struct ctlcheck_place *q;

	for (q = r->places; q < r->places + r->nplaces; q++)
		if (q->kind == p->kind && q->node.region == p->node.region &&
		    q->node.port == p->node.port &&
		    strcmp(q->node.name, p->node.name) == 0 &&
		    strcmp(q->name, p->name) == 0)
			return (q);
	return (NULL);
}

static int
has(const struct ctlcheck_place *p, const struct ctlcheck_finding *f)
{
	const struct ctlcheck_finding *g;

	if (p == NULL)
		return (0);
	for (g = p->findings; g < p->findings + p->nfindings; g++)
		if (g->id == f->id && strcmp(g->where, f->where) == 0)
			return (1);
	return (0);
}

/*
 * Print the faults of `p' that `other' has not; of those that are gone, not
 * what they were in this case.
 */
static void
compare(FILE *fp, const char *now, int gone, const struct ctlcheck_place *p,
    const struct ctlcheck_place *other)
{
	const struct ctlcheck_finding *f;
	struct ctlcheck_finding shown;

	for (f = p->findings; f < p->findings + p->nfindings; f++) {
		if (check_fault_row(f->id)->level != CHECK_FAULT ||
		    has(other, f))
			continue;
		shown = *f;
		if (gone)
			shown.what += strlen(shown.what);
		fprintf(fp, "%s %s ", now, gone ? "GONE" : "FAULT");
		ctlcheck_put_finding(fp, p, &shown);
		fputc('\n', fp);
	}
}

static void
failure(FILE *fp, const char *now, const struct ctlcheck_place *p,
    const struct ctlcheck_place *was)
{
	const int failed = was != NULL && was->failed != NULL;

	if (p->failed != NULL && !failed) {
		fprintf(fp, "%s FAILED ", now);
		ctlcheck_put_where(fp, p, "");
		fputs(": ", fp);
		ctl_put_text(fp, p->failed, strlen(p->failed));
		fputc('\n', fp);
	} else if (p->failed == NULL && failed) {
		fprintf(fp, "%s CHECKED ", now);
		ctlcheck_put_where(fp, p, "");
		fputs(": ", fp);
		ctlcheck_put_count(fp, ctlcheck_faults_at(p), "fault");
		fputc('\n', fp);
	}
}

void
ctlcheck_changes(FILE *fp, const struct ctlcheck_results *before,
    const struct ctlcheck_results *now)
{
	const time_t t = now->time;
	const struct ctlcheck_place *p, *q;
	char when[TIME_SIZE] = "";
	struct tm tm;

	if (localtime_r(&t, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	for (p = now->places; p < now->places + now->nplaces; p++) {
		q = same_place(before, p);
		failure(fp, when, p, q);
		compare(fp, when, 0, p, q);
	}
	for (p = before->places; p < before->places + before->nplaces; p++) {
		q = same_place(now, p);
		/* What is not known is not gone. */
		if (q == NULL || q->failed == NULL)
			compare(fp, when, 1, p, q);
	}
}
