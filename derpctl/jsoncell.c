/*
 * jsoncell: see jsoncell.h.  Called by the commands that print tables of
 * objects.
 */
#include <sys/types.h>

#include "ctl.h"
#include "jsoncell.h"
#include "show.h"

#define TEXT	1024	/* bytes of a member */

void
ctl_cell_text(const struct ctl_table *t, FILE *fp, size_t i,
    const struct json *j, json_ref r, const char *name)
{
	char	text[TEXT];

	ctl_show_text(j, r, name, text, sizeof(text));
	ctl_table_cell(t, fp, i, text[0] == '\0' ? "-" : text);
}

void
ctl_cell_number(const struct ctl_table *t, FILE *fp, size_t i,
    const struct json *j, json_ref r, const char *name,
    void (*cell)(const struct ctl_table *, FILE *, size_t, uint64_t))
{
	int64_t	v;

	if (json_int(j, json_get(j, r, name), &v) == 0 && v >= 0)
		cell(t, fp, i, (uint64_t)v);
	else
		ctl_table_cell(t, fp, i, "-");
}

void
ctl_cell_age(const struct ctl_table *t, FILE *fp, size_t i,
    const struct json *j, json_ref r, const char *name)
{
	char	age[32] = "-";
	int64_t	v;

	if (json_int(j, json_get(j, r, name), &v) == 0 && v >= 0)
		ctl_fmt_age(age, sizeof(age), (uint64_t)v);
	ctl_table_cell(t, fp, i, age);
}
