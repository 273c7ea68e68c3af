/*
 * conf: the configuration as a whole: loading, freeing, comparing; see conf.h.
 * Called by derpd.c and load.c.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>

#include "conf_check.h"
#include "conf_match.h"
#include "conf_parse.h"
#include "conf_store.h"
#include "log.h"

#define ERRORS_SHOWN	20

struct conf	*conf_parsed;
static int	 nerrors;

void
conf_error(const struct conf_pos *pos, const char *fmt, ...)
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

int
conf_errors(void)
{
	return (nerrors);
}

void
conf_errors_reset(void)
{
	nerrors = 0;
}

static struct conf *
conf_new(void)
{
	struct conf *c = conf_alloc(sizeof(*c));

	TAILQ_INIT(&c->names);
	TAILQ_INIT(&c->listens);
	TAILQ_INIT(&c->certs);
	TAILQ_INIT(&c->stun.listens);
	TAILQ_INIT(&c->maps);
	TAILQ_INIT(&c->acme.contacts);
	TAILQ_INIT(&c->admit.sources);
	TAILQ_INIT(&c->mesh.nodes);
	TAILQ_INIT(&c->dns.names);
	TAILQ_INIT(&c->dns.unpublished);
	TAILQ_INIT(&c->metrics.listens);
	TAILQ_INIT(&c->clientnames);
	conf_set_defaults(c, 0);
	return (c);
}

void
conf_free(struct conf *c)
{
	size_t i;

	if (c == NULL)
		return;
	conf_free_fields(c, 0);
	for (i = 0; i < c->nfiles; i++)
		free(c->files[i]);
	free(c->files);
	free(c);
}

const char *
conf_at(const struct conf_pos *pos, const char *text)
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

/* Parse the file, or this text (NULL: none) under its name. */
static struct conf *
load(const char *path, const char *text)
{
	struct conf *c;

	conf_errors_reset();
	conf_match_reset();
	conf_parsed = conf_new();
	if (text != NULL)
		conf_source_push_text(path, text);
	if (text != NULL || conf_source_push(path, NULL) == 0) {
		yyparse();
		conf_lex_reset();
		if (conf_errors() == 0)
			conf_check();
	}
	conf_macro_reset();
	c = conf_parsed;
	conf_parsed = NULL;
	if (conf_errors() == 0)
		return (c);
	if (conf_errors() > ERRORS_SHOWN)
		log_warnx("%d more errors", conf_errors() - ERRORS_SHOWN);
	conf_free(c);
	return (NULL);
}

struct conf *
conf_load(const char *path)
{
	return (load(path, NULL));
}

struct conf *
conf_load_text(const char *name, const char *text)
{
	return (load(name, text));
}

/* The first row outside of maps whose fields differ; NULL: none. */
static const char *
differs(const struct conf *a, const struct conf *b, int restart)
{
	const struct conf_option *o;
	size_t i;

	for (i = 0; i < conf_noptions; i++) {
		o = &conf_options[i];
		if (o->block != CONF_MAP && (o->restart || !restart) &&
		    !conf_same(o, a, b))
			return (conf_name(o));
	}
	return (NULL);
}

const char *
conf_needs_restart(const struct conf *old, const struct conf *new)
{
	return (differs(old, new, 1));
}

const char *
conf_differs(const struct conf *a, const struct conf *b)
{
	return (differs(a, b, 0));
}
