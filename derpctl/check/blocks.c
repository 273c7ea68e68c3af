/*
 * blocks: what was found, for people, in a block for each fault: where, what,
 * why it matters, what to do.
 *
 * Called by table.c.  The same fault at several places is one block, in which
 * what it means is said once.
 */
#include <stdlib.h>
#include <string.h>

#include "forms.h"
#include "wrap.h"

#define INDENT		8
#define NOTES_SHOWN	3	/* places of a note that are named */

struct blocks {
	FILE				*fp;
	const struct ctlcheck_results	*r;
	unsigned int			 width;
	int				 verbose;
};

/* A finding with its place. */
struct place_finding {
	const struct ctlcheck_place	*p;
	const struct ctlcheck_finding	*f;
};

static void
paragraph(const struct blocks *b, const char *label, const char *text)
{
	struct ctlcheck_wrap w;

	ctlcheck_wrap_begin(&w, b->fp, label, INDENT, b->width);
	ctlcheck_wrap_put(&w, text);
	ctlcheck_wrap_end(&w);
}

/* "What    The port is closed: connection refused" */
static void
what(const struct blocks *b, const struct check_fault_row *row,
    const char *text)
{
	struct ctlcheck_wrap w;
	char title[CHECK_WHAT];

	(void)snprintf(title, sizeof(title), "%s%s", row->title,
	    text[0] != '\0' ? ":" : ".");
	if (title[0] >= 'a' && title[0] <= 'z')
		title[0] = (char)(title[0] - 'a' + 'A');
	ctlcheck_wrap_begin(&w, b->fp, "  What", INDENT, b->width);
	ctlcheck_wrap_put(&w, title);
	ctlcheck_wrap_put(&w, text);
	ctlcheck_wrap_end(&w);
}

static void
head(const struct blocks *b, const struct place_finding *i)
{
	const struct check_fault_row *row = check_fault_row(i->f->id);

	fprintf(b->fp, "%s %s  ", row->level == CHECK_FAULT ? "FAULT" : "NOTE",
	    row->name);
	ctlcheck_put_where(b->fp, i->p, i->f->where);
	fputc('\n', b->fp);
}

/*
 * Print `n' findings of one fault, in the order of the places: heads with the
 * same text together.  Of a note, the first places alone.
 */
static void
group(const struct blocks *b, const struct place_finding *items, size_t n)
{
	const struct check_fault_row *row = check_fault_row(items[0].f->id);
	size_t i, shown = n;

	if (row->level == CHECK_NOTE && !b->verbose && n > NOTES_SHOWN + 1)
		shown = NOTES_SHOWN;
	fputc('\n', b->fp);
	for (i = 0; i < shown; i++) {
		head(b, &items[i]);
		if (i + 1 == shown ||
		    strcmp(items[i].f->what, items[i + 1].f->what) != 0)
			what(b, row, items[i].f->what);
	}
	if (shown < n)
		fprintf(b->fp, "  Also  at %zu more (-v names all)\n",
		    n - shown);
	paragraph(b, "  Why", row->why);
	paragraph(b, "  To do", row->cure);
}

/* Collect the findings of a fault.  Returns their number. */
static size_t
collect(const struct ctlcheck_results *r, enum check_fault id,
    struct place_finding *items)
{
	const struct ctlcheck_place *p;
	const struct ctlcheck_finding *f;
	size_t n = 0;

	for (p = r->places; p < r->places + r->nplaces; p++)
		for (f = p->findings; f < p->findings + p->nfindings; f++)
			if (f->id == id)
				items[n++] = (struct place_finding){ p, f };
	return (n);
}

static void
level(const struct blocks *b, struct place_finding *items, enum check_level l)
{
	size_t n;
	int id;

	for (id = 0; id < CHECK_NFAULTS; id++) {
		if (check_fault_row((enum check_fault)id)->level != l)
			continue;
		n = collect(b->r, (enum check_fault)id, items);
		if (n > 0)
			group(b, items, n);
	}
}

static void
failures(const struct blocks *b)
{
	const struct ctlcheck_place *p;

	for (p = b->r->places; p < b->r->places + b->r->nplaces; p++) {
		if (p->failed == NULL)
			continue;
		fputs("\nFAILED  ", b->fp);
		ctlcheck_put_where(b->fp, p, "");
		fputc('\n', b->fp);
		paragraph(b, "  Why", p->failed);
	}
}

void
ctlcheck_blocks(FILE *fp, const struct ctlcheck_results *r, unsigned int width,
    int verbose)
{
	const struct blocks b = { fp, r, width, verbose };
	struct place_finding *items;
	size_t i, n = 0;

	for (i = 0; i < r->nplaces; i++)
		n += r->places[i].nfindings;
	if ((items = calloc(n + 1, sizeof(*items))) == NULL) {
		ctlcheck_quiet(fp, r);
		return;
	}
	level(&b, items, CHECK_FAULT);
	failures(&b);
	level(&b, items, CHECK_NOTE);
	free(items);
}
