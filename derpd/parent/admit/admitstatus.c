/*
 * admitstatus: who may use the relay, for derpctl, derpd -n and metrics; see
 * admitset.h.  Called by admitproc.c, status.c and parent.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ipcsend.h"
#include "json.h"
#include "parent.h"

#define DEPTH		6	/* of the summary of admit, */
#define TOKENS		1024	/* and its values */

/* Append to the line; what does not fit is cut. */
static void __attribute__((format(printf, 3, 4)))
add(char *dst, size_t size, const char *fmt, ...)
{
	size_t n = strlen(dst);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(dst + n, size - n, fmt, ap);
	va_end(ap);
}

void
admitset_line(const struct conf *c, char *dst, size_t size)
{
	const struct conf_admit *a = &c->admit;
	const struct conf_verify *s = TAILQ_FIRST(&a->sources);
	const char *between = "";

	if (!a->conf.on) {
		strlcpy(dst, "everybody may relay", size);
		return;
	}
	strlcpy(dst, "clients may relay that ", size);
	if (s != NULL && (a->keys != NULL || TAILQ_NEXT(s, entry) != NULL))
		strlcat(dst, a->conf.all ? "all of these admit: " :
		    "one of these admits: ", size);
	else
		strlcat(dst, "this admits: ", size);
	if (a->keys != NULL) {
		add(dst, size, "keys %s", a->keys);
		between = ", ";
	}
	for (; s != NULL; s = TAILQ_NEXT(s, entry), between = ", ")
		add(dst, size, "%s%s %s", between, s->kind == IPC_VERIFY_URL ?
		    "url" : "tailscaled", s->name);
}

/* The files in force. */
static void
put_files(const struct admitset *a, struct json_out *o)
{
	size_t i;

	json_out_array(o, "files");
	for (i = 0; i < a->files.n; i++) {
		json_out_object(o, NULL);
		json_out_str(o, "kind", a->files.v[i].kind ==
		    IPC_ADMIT_FILE_KEYS ? "keys" : "names");
		json_out_str(o, "path", a->files.v[i].path);
		json_out_time(o, "since", a->files.v[i].since);
		json_out_end(o);
	}
	json_out_end(o);
}

void
admitset_status(const struct parent *d, struct json_out *o)
{
	const struct admitset *a = &d->admitset;
	char line[4096];

	admitset_line(d->conf, line, sizeof(line));
	json_out_object(o, "admission");
	json_out_bool(o, "on", d->conf->admit.conf.on);
	json_out_str(o, "line", line);
	put_files(a, o);
	json_out_str(o, "error", a->error);
	if (a->summary[0] != '\0')
		json_out_raw(o, "admit", a->summary, strlen(a->summary));
	json_out_end(o);
}

/* Is it text as Prometheus reads it: printable ASCII in whole lines? */
static int
is_text(const char *s)
{
	size_t n = strlen(s), i;

	for (i = 0; i < n; i++)
		if ((s[i] < ' ' && s[i] != '\n') || s[i] > '~')
			return (0);
	return (n == 0 || s[n - 1] == '\n');
}

/* Is it one JSON object? */
static int
is_object(const char *s)
{
	struct json_error e;
	struct json *j;
	int rv;

	if ((j = json_parse(s, strlen(s), DEPTH, TOKENS, &e)) == NULL)
		return (0);
	rv = json_type(j, 0) == JSON_OBJECT;
	json_free(j);
	return (rv);
}

int
admitset_set_status(struct parent *d, const struct ipc_msg_admit_status *v)
{
	struct admitset *a = &d->admitset;

	if (!is_object(v->summary) || !is_text(v->metrics))
		return (-1);
	strlcpy(a->summary, v->summary, sizeof(a->summary));
	if (strcmp(a->metrics, v->metrics) != 0) {
		strlcpy(a->metrics, v->metrics, sizeof(a->metrics));
		parent_metrics_changed(d);
	}
	return (0);
}
