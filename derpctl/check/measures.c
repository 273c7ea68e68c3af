/*
 * measures: what was measured, for people.
 *
 * Called by table.c.  Writes only to the stream passed to it.
 */
#include <inttypes.h>
#include <string.h>

#include "output.h"
#include "wrap.h"

#define INDENT		23
#define LABEL_SIZE	32

static void
fmt_us(char *dst, size_t size, int64_t us)
{
	if (us < 1000000)
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

/* The measures that are of an address, or of the whole place. */
static void
lines(FILE *fp, const struct ctlcheck_place *p, int of_address,
    unsigned int width)
{
	const struct ctlcheck_measure *m;
	const char *where = "";

	for (m = p->measures; m < p->measures + p->nmeasures; m++) {
		if ((m->where[0] != '\0') != of_address)
			continue;
		if (strcmp(m->where, where) != 0) {
			where = m->where;
			fputs("  at ", fp);
			ctl_put_text(fp, where, strlen(where));
			fputc('\n', fp);
		}
		line(fp, m, width);
	}
}

void
ctlcheck_measures(FILE *fp, const struct ctlcheck_place *p, unsigned int width)
{
	if (p->nmeasures == 0)
		return;
	fputc('\n', fp);
	ctlcheck_put_where(fp, p, "");
	fputc('\n', fp);
	lines(fp, p, 0, width);
	lines(fp, p, 1, width);
}
