/*
 * convert: `derpctl convert': print derpd.conf(5) for the variables or the
 * flags of derper.
 *
 * Run by people who move to derpd.  Works without derpd; lib/convert/ makes the
 * text.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "convert.h"
#include "ctl.h"

/* A conversion, whose messages are reported as they arrive. */
struct conversion {
	const struct ctl *ctl;
	struct ctl_json	  doc;		/* with -j */
	struct convert_ops ops;
};

/* Notes are comments in the text, and are told again with -j alone. */
static void
say(void *arg, enum convert_kind kind, const char *line)
{
	struct conversion	*v = arg;
	const int		 error = kind == CONVERT_ERROR;

	if (error)
		fprintf(stderr, "derpctl: %s\n", line);
	if (!v->ctl->json)
		return;
	json_out_object(&v->doc.o, NULL);
	json_out_str(&v->doc.o, "kind", error ? "error" : "warning");
	json_out_str(&v->doc.o, "text", line);
	json_out_end(&v->doc.o);
	ctl_json_flush(&v->doc, stdout);
}

static int
exists(void *arg, const char *path)
{
	(void)arg;
	return access(path, F_OK) == 0;
}

static struct convert *
begin(struct conversion *v, const struct ctl *ctl, enum convert_from from)
{
	memset(v, 0, sizeof(*v));
	v->ctl = ctl;
	v->ops.say = say;
	v->ops.exists = exists;
	v->ops.arg = v;
	v->ops.home = getenv("HOME");
	if (ctl->json) {
		ctl_json_begin(&v->doc);
		json_out_array(&v->doc.o, "findings");
	}
	return convert_new(&v->ops, from);
}

/* Print the text, or end with the errors.  The exit status. */
static int
finish(struct conversion *v, struct convert *c)
{
	char		*text = convert_text(c);
	const int	 good = text != NULL;

	convert_free(c);
	if (v->ctl->json) {
		json_out_end(&v->doc.o);
		json_out_bool(&v->doc.o, "ok", good);
		if (good)
			json_out_str(&v->doc.o, "config", text);
		ctl_json_end(&v->doc, stdout);
	} else if (good)
		fputs(text, stdout);
	free(text);
	return good ? 0 : 1;
}

int
ctl_cmd_convert_env(const struct ctl *ctl, const struct command_words *w)
{
	const char		*name = w->arg[0];
	struct conversion	 v;
	struct convert		*c;
	size_t			 len;
	char			*text;

	if (strcmp(name, "-") == 0)
		name = "standard input";
	if ((text = ctl_read_file(w->arg[0], CONVERT_MAXFILE, &len)) == NULL)
		return ctl_failed(ctl, "%s: %s", name, strerror(errno));
	ctl_confine_convert();
	if (len > CONVERT_MAXFILE) {
		freezero(text, len);
		return ctl_failed(ctl, "%s: expected at most %d bytes", name,
		    CONVERT_MAXFILE);
	}
	c = begin(&v, ctl, CONVERT_ENV);
	convert_env_file(c, name, text, len);
	freezero(text, len);
	return finish(&v, c);
}

int
ctl_cmd_convert_derper(const struct ctl *ctl, const struct command_words *w)
{
	struct conversion	 v;
	struct convert		*c;

	ctl_confine_convert();
	c = begin(&v, ctl, CONVERT_FLAGS);
	convert_flags(c, w->argc, w->argv);
	return finish(&v, c);
}
