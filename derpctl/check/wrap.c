/*
 * wrap: see wrap.h.  Called by blocks.c.
 */
#include <string.h>

#include "table.h"
#include "wrap.h"

static void
indent(struct ctlcheck_wrap *w)
{
	for (; w->column < w->indent; w->column++)
		fputc(' ', w->fp);
}

void
ctlcheck_wrap_begin(struct ctlcheck_wrap *w, FILE *fp, const char *label,
    unsigned int to, unsigned int width)
{
	*w = (struct ctlcheck_wrap){ .fp = fp, .indent = to, .width = width };
	fputs(label, fp);
	w->column = strlen(label);
	indent(w);
}

static void
put_word(struct ctlcheck_wrap *w, const char *word, size_t len)
{
	const size_t columns = ctl_table_width(word, len);

	if (w->begun && w->column + 1 + columns > w->width) {
		fputc('\n', w->fp);
		w->column = 0;
		w->begun = 0;
		indent(w);
	}
	if (w->begun) {
		fputc(' ', w->fp);
		w->column++;
	}
	ctl_table_text(w->fp, word, len, (unsigned int)columns, 0);
	w->column += columns;
	w->begun = 1;
}

void
ctlcheck_wrap_put(struct ctlcheck_wrap *w, const char *text)
{
	size_t len;

	for (text += strspn(text, " "); *text != '\0';
	    text += strspn(text, " ")) {
		len = strcspn(text, " ");
		put_word(w, text, len);
		text += len;
	}
}

void
ctlcheck_wrap_end(struct ctlcheck_wrap *w)
{
	fputc('\n', w->fp);
}
