/*
 * bconf_iface: the interface blocks of a configuration; see options.def.
 * Called by grammatch.c, bconf_check.c and through the type of their field.
 */
#include <stdlib.h>
#include <string.h>

#include "bconf_check.h"
#include "bconf_types.h"
#include "gramprint.h"
#include "gramstore.h"

/* An interface with the defaults, appended to the configuration. */
static struct bconf_iface *
add_iface(const struct gram_pos *pos)
{
	struct bconf_iface *f = gram_alloc(sizeof(*f));

	TAILQ_INIT(&f->peers);
	f->pos = *pos;
	gram_set_defaults(&bconf_grammar, BCONF_IFACE, f);
	TAILQ_INSERT_TAIL(&bconf_parsed->ifaces, f, entry);
	return (f);
}

void
bconf_begin_iface(const struct gram_pos *pos)
{
	(void)add_iface(pos);
}

static void
free_iface(struct bconf_ifaces *ifaces, struct bconf_iface *f)
{
	TAILQ_REMOVE(ifaces, f, entry);
	gram_free_fields(&bconf_grammar, BCONF_IFACE, f);
	free(f);
}

void
bconf_keep_iface(const char *name)
{
	struct bconf_ifaces *ifaces = &bconf_parsed->ifaces;
	const struct gram_pos nowhere = { NULL, 0 };
	struct bconf_iface *f, *next;

	for (f = TAILQ_FIRST(ifaces); f != NULL; f = next) {
		next = TAILQ_NEXT(f, entry);
		if (f->name == NULL || strcmp(f->name, name) != 0)
			free_iface(ifaces, f);
	}
	if (TAILQ_EMPTY(ifaces))
		add_iface(&nowhere)->name = gram_dup(name);
}

static int
same_ifaces(const void *pa, const void *pb)
{
	const struct bconf_ifaces *a = pa, *b = pb;
	const struct bconf_iface *x = TAILQ_FIRST(a), *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		if (!gram_same_fields(&bconf_grammar, BCONF_IFACE, x, y))
			return (0);
	return (x == NULL && y == NULL);
}

static void
free_ifaces(void *list)
{
	struct bconf_ifaces *ifaces = list;
	struct bconf_iface *f;

	while ((f = TAILQ_FIRST(ifaces)) != NULL)
		free_iface(ifaces, f);
}

static void
print_ifaces(FILE *out, const struct gram_option *o, const char *indent,
    const void *base)
{
	const struct bconf_ifaces *ifaces = gram_get_list(o, base);
	const struct bconf_iface *f;

	(void)indent;
	TAILQ_FOREACH(f, ifaces, entry)
		gram_print_block(out, &bconf_grammar, o, f);
}

const struct gram_type bconf_type_ifaces = {
	.store = GRAM_OWN, .same = same_ifaces, .free = free_ifaces,
	.print = print_ifaces
};
