/*
 * show: see show.h.
 */
#include <sys/types.h>
#include <inttypes.h>
#include <stdio.h>

#include "ctl.h"
#include "show.h"

void
ctl_show_member(FILE *fp, const struct json *j, json_ref r, const char *name)
{
	char		 buf[2048];
	const char	*raw;
	json_ref	 v = json_get(j, r, name);
	size_t		 len;
	long		 n;

	if (json_type(j, v) == JSON_STRING) {
		n = json_str(j, v, buf, sizeof(buf));
		if (n > 0) {
			ctl_put_text(fp, buf, (size_t)n);
			return;
		}
	} else if (json_type(j, v) == JSON_NUMBER) {
		raw = json_raw(j, v, &len);
		ctl_put_text(fp, raw, len);
		return;
	}
	fputc('-', fp);
}

const char *
ctl_show_text(const struct json *j, json_ref r, const char *name, char *dst,
    size_t size)
{
	FILE	*fp;

	dst[0] = '\0';
	/*
	 * One byte is left out: some systems write no NUL when the buffer is
	 * full.
	 */
	if ((fp = fmemopen(dst, size - 1, "w")) == NULL)
		return "?";
	ctl_show_member(fp, j, r, name);
	fclose(fp);
	dst[size - 1] = '\0';
	return dst;
}

void
ctl_show_list(FILE *fp, const struct json *j, json_ref list)
{
	char		buf[1024];
	const char	*sep = "";
	json_ref	r;
	long		n;

	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		if ((n = json_str(j, r, buf, sizeof(buf))) < 0)
			continue;
		fputs(sep, fp);
		ctl_put_text(fp, buf, (size_t)n);
		sep = ", ";
	}
	if (*sep == '\0')
		fputc('-', fp);
}

void
ctl_show_lines(FILE *fp, const struct json *j, json_ref list, const char *what)
{
	char		buf[2048];
	json_ref	r;
	long		n;

	for (r = json_first(j, list); r != -1; r = json_next(j, r)) {
		fputs(what, fp);
		if ((n = json_str(j, r, buf, sizeof(buf))) > 0)
			ctl_put_text(fp, buf, (size_t)n);
		fputc('\n', fp);
	}
}

void
ctl_show_age(FILE *fp, const struct json *j, json_ref r, const char *name)
{
	char	age[32];
	int64_t	s;

	if (json_int(j, json_get(j, r, name), &s) == -1 || s < 0) {
		fputc('-', fp);
		return;
	}
	ctl_fmt_age(age, sizeof(age), (uint64_t)s);
	fputs(age, fp);
}

void
ctl_show_line(FILE *fp, const struct json *j, json_ref r, const char *name,
    const char *title)
{
	char	text[8];

	if (json_str(j, json_get(j, r, name), text, sizeof(text)) == 0)
		return;
	fprintf(fp, "  %-12s ", title);
	ctl_show_member(fp, j, r, name);
	fputc('\n', fp);
}
