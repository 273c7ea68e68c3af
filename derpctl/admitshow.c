/*
 * admitshow: see admitshow.h.  Used by status, kick and top.
 */
#include <sys/types.h>
#include <string.h>

#include "admitshow.h"
#include "show.h"

/* The object about admission; -1: none. */
static json_ref
admission(const struct json *j)
{
	return json_get(j, 0, "admission");
}

static int
is(const struct json *j, json_ref r, const char *name, const char *value)
{
	char	text[64];

	return json_str(j, json_get(j, r, name), text, sizeof(text)) != -1 &&
	    strcmp(text, value) == 0;
}

/* Has the object a member `name' with a text? */
static int
has(const struct json *j, json_ref r, const char *name)
{
	size_t	len;

	return json_raw(j, json_get(j, r, name), &len) != NULL && len > 0;
}

static void
put_files(FILE *fp, const struct json *j, json_ref files, json_ref admit)
{
	json_ref	r;

	for (r = json_first(j, files); r != -1; r = json_next(j, r)) {
		fprintf(fp, "  %-12s ", is(j, r, "kind", "keys") ? "clients" :
		    "names");
		ctl_show_member(fp, j, r, "path");
		fputs(", read at ", fp);
		ctl_show_member(fp, j, r, "since");
		if (is(j, r, "kind", "keys") && admit != -1) {
			fputs(" (keys: ", fp);
			ctl_show_member(fp, j, admit, "keys");
			fputc(')', fp);
		}
		fputc('\n', fp);
	}
}

/* The sources that processes ask, with what they do. */
static void
put_sources(FILE *fp, const struct json *j, json_ref sources)
{
	char		kind[16];
	json_ref	r;

	for (r = json_first(j, sources); r != -1; r = json_next(j, r)) {
		fprintf(fp, "  %-12s ", ctl_show_text(j, r, "kind", kind,
		    sizeof(kind)));
		ctl_show_member(fp, j, r, "name");
		fputs(": ", fp);
		ctl_show_member(fp, j, r, "state");
		if (has(j, r, "since")) {
			fputs(" since ", fp);
			ctl_show_member(fp, j, r, "since");
		}
		if (has(j, r, "error")) {
			fputs(": ", fp);
			ctl_show_member(fp, j, r, "error");
		}
		fputc('\n', fp);
	}
}

void
ctl_admission_print(FILE *fp, const struct json *j)
{
	json_ref	a = admission(j), admit = json_get(j, a, "admit");
	int		on = 0;

	if (a == -1)
		return;
	(void)json_bool(j, json_get(j, a, "on"), &on);
	fputs("\nadmission      ", fp);
	ctl_show_member(fp, j, a, "line");
	fputc('\n', fp);
	put_files(fp, j, json_get(j, a, "files"), admit);
	put_sources(fp, j, json_get(j, admit, "sources"));
	if (on && admit == -1)
		fputs("  state        not known: derpd-admit has not said it "
		    "yet\n", fp);
	if (has(j, a, "error")) {
		fputs("  error        changed files are not in force: ", fp);
		ctl_show_member(fp, j, a, "error");
		fputc('\n', fp);
	}
}

int
ctl_admission_keys(const struct json *j, char *dst, size_t size)
{
	json_ref	r;

	for (r = json_first(j, json_get(j, admission(j), "files")); r != -1;
	    r = json_next(j, r))
		if (is(j, r, "kind", "keys"))
			return json_str(j, json_get(j, r, "path"), dst,
			    size) > 0 ? 0 : -1;
	return -1;
}

void
ctl_admission_trouble(const struct json *j, char *dst, size_t size)
{
	json_ref	a = admission(j), admit = json_get(j, a, "admit");
	int		on = 0;

	dst[0] = '\0';
	(void)json_bool(j, json_get(j, a, "on"), &on);
	if (has(j, a, "error"))
		strlcpy(dst, "a file of clients or names is not in force",
		    size);
	else if (on && is(j, admit, "state", "failing"))
		strlcpy(dst, "a source of admission fails", size);
}
