/*
 * bconf: the configuration as a whole: loading, freeing, comparing; see
 * bconf.h.  Called by derpbridged's parent.
 */
#include <stdlib.h>

#include "bconf_check.h"
#include "bconf_types.h"
#include "gramstore.h"
#include "log.h"

struct bconf	*bconf_parsed;
const char	*bconf_only;

static struct bconf *
new_conf(void)
{
	struct bconf *c = gram_alloc(sizeof(*c));

	TAILQ_INIT(&c->ifaces);
	gram_set_defaults(&bconf_grammar, BCONF_TOP, c);
	return (c);
}

void
bconf_free(struct bconf *c)
{
	if (c == NULL)
		return;
	gram_free_fields(&bconf_grammar, BCONF_TOP, c);
	gram_files_free(&c->files);
	free(c->state_file);
	free(c->map_file);
	free(c);
}

/* Parse the file, or this text (NULL: none) under its name. */
static struct bconf *
load(const char *path, const char *text, const char *only)
{
	struct bconf *c;
	int failed;

	if (only != NULL && !bconf_is_ifname(only)) {
		log_warnx("-i %s: expected the name of an interface", only);
		return (NULL);
	}
	bconf_parsed = c = new_conf();
	bconf_only = only;
	failed = gram_load(&bconf_grammar, c, &c->files, path, text) == -1;
	bconf_parsed = NULL;
	bconf_only = NULL;
	if (!failed)
		return (c);
	bconf_free(c);
	return (NULL);
}

struct bconf *
bconf_load(const char *path, const char *only)
{
	return (load(path, NULL, only));
}

struct bconf *
bconf_load_text(const char *name, const char *text, const char *only)
{
	return (load(name, text, only));
}

int
bconf_macro(const char *assignment)
{
	return (gram_macro(&bconf_grammar, assignment));
}

const char *
bconf_needs_restart(const struct bconf *old, const struct bconf *new)
{
	return (gram_differs(&bconf_grammar, old, new, 1));
}

const char *
bconf_differs(const struct bconf *a, const struct bconf *b)
{
	return (gram_differs(&bconf_grammar, a, b, 0));
}

void
bconf_region(int64_t region, enum ipc_region_policy *policy, uint64_t *id)
{
	*id = 0;
	if (region == BCONF_RENDEZVOUS)
		*policy = IPC_REGION_RENDEZVOUS;
	else if (region == BCONF_NEAREST)
		*policy = IPC_REGION_NEAREST;
	else {
		*policy = IPC_REGION_FIXED;
		*id = (uint64_t)region;
	}
}

void
bconf_print(FILE *f, const struct bconf *c)
{
	gram_print(f, &bconf_grammar, c);
}
