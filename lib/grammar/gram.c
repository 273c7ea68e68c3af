/*
 * gram: see gram.h.  Called by the configuration of each daemon.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>

#include "grammatch.h"
#include "gramparse.h"
#include "gramstore.h"
#include "gramtypes.h"
#include "log.h"

#define ERRORS_SHOWN	20

struct gram_reading	 gram_reading;
static int		 nerrors;

void
gram_error(const struct gram_pos *pos, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (nerrors++ >= ERRORS_SHOWN)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (pos == NULL || pos->file == NULL)
		log_warnx("%s", text);
	else
		log_warnx("%s:%d: %s", pos->file, pos->line, text);
}

void
gram_files_free(struct gram_files *files)
{
	size_t i;

	for (i = 0; i < files->n; i++)
		free(files->v[i]);
	free(files->v);
}

const char *
gram_at(const struct gram_pos *pos, const char *text)
{
	static char buf[2][2 * PATH_MAX + 64];
	static int which;

	if (pos->file == NULL)
		return (text);
	which = !which;
	snprintf(buf[which], sizeof(buf[which]), "%s:%d: %s", pos->file,
	    pos->line, text);
	return (buf[which]);
}

int
gram_load(const struct gram_table *t, void *conf, struct gram_files *files,
    const char *path, const char *text)
{
	nerrors = 0;
	gram_reading.table = t;
	gram_reading.conf = conf;
	gram_reading.files = files;
	gram_match_reset();
	if (text != NULL)
		gram_source_push_text(path, text);
	if (text != NULL || gram_source_push(path, NULL) == 0) {
		yyparse();
		gram_lex_reset();
		if (nerrors == 0)
			t->check();
	}
	gram_macro_reset();
	if (nerrors > ERRORS_SHOWN)
		log_warnx("%d more errors", nerrors - ERRORS_SHOWN);
	return (nerrors == 0 ? 0 : -1);
}

const char *
gram_differs(const struct gram_table *t, const void *a, const void *b,
    int restart)
{
	const struct gram_option *o;
	size_t i;

	for (i = 0; i < t->n; i++) {
		o = &t->rows[i];
		if (gram_owner(t, o) == GRAM_TOP && (o->restart || !restart) &&
		    !gram_same(o, a, b))
			return (gram_name(o));
	}
	return (NULL);
}
