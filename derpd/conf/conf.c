/*
 * conf: the configuration as a whole: loading, freeing, comparing; see conf.h.
 * Called by derpd.c and load.c.
 */
#include <stdlib.h>

#include "conf_check.h"
#include "conf_types.h"
#include "gramstore.h"

struct conf	*conf_parsed;

static struct conf *
conf_new(void)
{
	struct conf *c = gram_alloc(sizeof(*c));

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
	gram_set_defaults(&conf_grammar, CONF_TOP, c);
	return (c);
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	gram_free_fields(&conf_grammar, CONF_TOP, c);
	gram_files_free(&c->files);
	free(c);
}

/* Parse the file, or this text (NULL: none) under its name. */
static struct conf *
load(const char *path, const char *text)
{
	struct conf *c = conf_new();
	int failed;

	conf_parsed = c;
	failed = gram_load(&conf_grammar, c, &c->files, path, text) == -1;
	conf_parsed = NULL;
	if (!failed)
		return (c);
	conf_free(c);
	return (NULL);
}

int
conf_macro(const char *assignment)
{
	return (gram_macro(&conf_grammar, assignment));
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

const char *
conf_needs_restart(const struct conf *old, const struct conf *new)
{
	return (gram_differs(&conf_grammar, old, new, 1));
}

const char *
conf_differs(const struct conf *a, const struct conf *b)
{
	return (gram_differs(&conf_grammar, a, b, 0));
}

void
conf_print(FILE *f, const struct conf *c)
{
	gram_print(f, &conf_grammar, c);
}
