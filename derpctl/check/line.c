/*
 * line: a finding in one line of text; with -q, nothing but these lines.
 *
 * Called by the other forms of the output.  Writes only to the stream passed to
 * it, without characters that a terminal would interpret.
 */
#include <inttypes.h>
#include <string.h>

#include "forms.h"

static void
put(FILE *fp, const char *text)
{
	ctl_put_text(fp, text, strlen(text));
}

/* Does `where' begin with the host of a node that is named by that alone? */
static int
names_host(const struct ctlcheck_place *p, const char *where)
{
	const size_t n = strlen(p->node.host);

	return (p->kind == CTLCHECK_NODE && n > 0 &&
	    strchr(p->name, ' ') == NULL &&
	    strncmp(where, p->node.host, n) == 0 && where[n] == ' ');
}

void
ctlcheck_put_where(FILE *fp, const struct ctlcheck_place *p, const char *where)
{
	if (!names_host(p, where)) {
		put(fp, p->name);
		if (where[0] != '\0')
			fputc(' ', fp);
	}
	put(fp, where);
}

void
ctlcheck_put_finding(FILE *fp, const struct ctlcheck_place *p,
    const struct ctlcheck_finding *f)
{
	const struct check_fault_row *row = check_fault_row(f->id);

	fprintf(fp, "%s ", row->name);
	ctlcheck_put_where(fp, p, f->where);
	fprintf(fp, ": %s", row->title);
	if (f->what[0] != '\0') {
		fputs(": ", fp);
		put(fp, f->what);
	}
}

void
ctlcheck_put_count(FILE *fp, uint64_t n, const char *noun)
{
	fprintf(fp, "%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
}

void
ctlcheck_quiet(FILE *fp, const struct ctlcheck_results *r)
{
	const struct ctlcheck_place *p;
	const struct ctlcheck_finding *f;

	for (p = r->places; p < r->places + r->nplaces; p++) {
		for (f = p->findings; f < p->findings + p->nfindings; f++) {
			if (check_fault_row(f->id)->level != CHECK_FAULT)
				continue;
			fputs("FAULT ", fp);
			ctlcheck_put_finding(fp, p, f);
			fputc('\n', fp);
		}
		if (p->failed != NULL) {
			fputs("FAILED ", fp);
			put(fp, p->name);
			fputs(": ", fp);
			put(fp, p->failed);
			fputc('\n', fp);
		}
	}
}
