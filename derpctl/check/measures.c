/*
 * measures: what was measured, for people.
 *
 * Called by table.c.  Writes only to the stream passed to it.
 */
#include <inttypes.h>
#include <string.h>

#include "forms.h"
#include "wrap.h"

#define INDENT		23
#define LABEL_SIZE	32

static void
fmt_us(char *dst, size_t size, int64_t us)
{
	if (us < 1000)
		(void)snprintf(dst, size, "%" PRId64 "us", us);
	else if (us < 1000000)
		(void)snprintf(dst, size, "%" PRId64 ".%" PRId64 "ms",
		    us / 1000, us % 1000 / 100);
	else
		(void)snprintf(dst, size, "%" PRId64 ".%02" PRId64 "s",
		    us / 1000000, us % 1000000 / 10000);
}

void
ctlcheck_fmt_measure(char *dst, size_t size, const struct ctlcheck_measure *m)
{
	const enum check_kind kind = check_fact_row(m->id)->kind;

	if (kind == CHECK_TEXT)
		(void)snprintf(dst, size, "%s", m->text);
	else if (kind == CHECK_BOOL)
		(void)snprintf(dst, size, "%s", m->n != 0 ? "yes" : "no");
	else if (kind == CHECK_DAYS)
		(void)snprintf(dst, size, "%" PRId64 "d", m->n);
	else if (kind == CHECK_SECONDS && m->n < 0) {
		(void)snprintf(dst, size, "-");
		ctl_fmt_age(dst + 1, size - 1, 0 - (uint64_t)m->n);
	} else if (kind == CHECK_SECONDS)
		ctl_fmt_age(dst, size, (uint64_t)m->n);
	else if (m->n < 0 || kind == CHECK_COUNT)
		(void)snprintf(dst, size, "%" PRId64, m->n);
	else if (kind == CHECK_BYTES)
		ctl_fmt_bytes(dst, size, (uint64_t)m->n);
	else
		fmt_us(dst, size, m->n);
}

/* A line for a measure. */
static void
line(FILE *fp, const struct ctlcheck_measure *m, unsigned int width)
{
	struct ctlcheck_wrap w;
	char text[CHECK_WHAT], label[LABEL_SIZE];

	(void)snprintf(label, sizeof(label), "    %s",
	    check_fact_row(m->id)->name);
	ctlcheck_fmt_measure(text, sizeof(text), m);
	ctlcheck_wrap_begin(&w, fp, label, INDENT, width);
	ctlcheck_wrap_put(&w, text);
	ctlcheck_wrap_end(&w);
}

/* The measures at `where', in the order of their rows. */
static void
lines(FILE *fp, const struct ctlcheck_place *p, const char *where,
    unsigned int width)
{
	const struct ctlcheck_measure *m;
	int id;

	for (id = 0; id < CHECK_NFACTS; id++)
		for (m = p->measures; m < p->measures + p->nmeasures; m++)
			if ((int)m->id == id && strcmp(m->where, where) == 0)
				line(fp, m, width);
}

/* Is it the first measure at its address? */
static int
is_first(const struct ctlcheck_place *p, const struct ctlcheck_measure *m)
{
	const struct ctlcheck_measure *k;

	for (k = p->measures; k < m; k++)
		if (strcmp(k->where, m->where) == 0)
			return (0);
	return (1);
}

void
ctlcheck_measures(FILE *fp, const struct ctlcheck_place *p, unsigned int width)
{
	const struct ctlcheck_measure *m;

	if (p->nmeasures == 0)
		return;
	fputc('\n', fp);
	ctlcheck_put_where(fp, p, "");
	fputc('\n', fp);
	lines(fp, p, "", width);
	for (m = p->measures; m < p->measures + p->nmeasures; m++) {
		if (m->where[0] == '\0' || !is_first(p, m))
			continue;
		fputs("  at ", fp);
		ctl_put_text(fp, m->where, strlen(m->where));
		fputc('\n', fp);
		lines(fp, p, m->where, width);
	}
}
