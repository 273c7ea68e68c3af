/*
 * conf_store: fields of a configuration; see conf_store.h.  Called by conf.c,
 * conf_match.c, conf_print.c and the checks.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "conf_parse.h"
#include "conf_store.h"
#include "conf_types.h"
#include "log.h"
#include "size.h"

static const char no_memory[] = "can't keep the configuration in memory";

void *
conf_alloc(size_t n)
{
	void *p;

	if ((p = calloc(1, n)) == NULL)
		fatal("%s", no_memory);
	return (p);
}

char *
conf_dup(const char *s)
{
	char *copy;

	if ((copy = strdup(s)) == NULL)
		fatal("%s", no_memory);
	return (copy);
}

/* The field of a row, read-only. */
static const void *
field(const struct conf_option *o, const void *base)
{
	return ((const char *)base + o->offset);
}

/* Read a pointer by memcpy, because the compiler can't see its alignment. */
static char *
get_pointer(const struct conf_option *o, const void *base)
{
	char *p;

	memcpy(&p, field(o, base), sizeof(p));
	return (p);
}

int64_t
conf_get_int(const struct conf_option *o, const void *base)
{
	const void *p = field(o, base);
	uint64_t wide;
	uint32_t narrow;
	uint8_t byte;

	if (o->size == sizeof(wide)) {
		memcpy(&wide, p, sizeof(wide));
		return ((int64_t)wide);
	}
	if (o->size == sizeof(narrow)) {
		memcpy(&narrow, p, sizeof(narrow));
		return (narrow);
	}
	memcpy(&byte, p, sizeof(byte));
	return (byte);
}

static void
set_int(const struct conf_option *o, void *base, int64_t v)
{
	char *p = (char *)base + o->offset;
	uint64_t wide = (uint64_t)v;
	uint32_t narrow = (uint32_t)v;
	uint8_t byte = (uint8_t)v;

	if (o->size == sizeof(wide))
		memcpy(p, &wide, sizeof(wide));
	else if (o->size == sizeof(narrow))
		memcpy(p, &narrow, sizeof(narrow));
	else
		memcpy(p, &byte, sizeof(byte));
}

const char *
conf_get_str(const struct conf_option *o, const void *base)
{
	const char *buf;

	if (o->type->store == CONF_STR)
		return (get_pointer(o, base));
	buf = field(o, base);
	return (*buf == '\0' ? NULL : buf);
}

static void
set_str(const struct conf_option *o, void *base, const char *s)
{
	char *copy;

	if (o->type->store == CONF_BUF) {
		strlcpy((char *)base + o->offset, s, o->size);
		return;
	}
	free(get_pointer(o, base));
	copy = s == NULL ? NULL : conf_dup(s);
	memcpy((char *)base + o->offset, &copy, sizeof(copy));
}

const void *
conf_get_list(const struct conf_option *o, const void *base)
{
	return (field(o, base));
}

int
conf_is_set(const struct conf_option *o, const void *base)
{
	int64_t v;

	switch (o->type->store) {
	case CONF_INT:
		v = conf_get_int(o, base);
		if (conf_words(o) != NULL)
			return (conf_word_at(conf_words(o), v, NULL) != NULL);
		if (o->type->accepts == 0)
			return (v == o->type->alone);
		return (v >= o->min && v <= o->max);
	case CONF_STR:
	case CONF_BUF:
		return (conf_get_str(o, base) != NULL);
	case CONF_NAMES:
		return (!TAILQ_EMPTY((const struct conf_names *)field(o,
		    base)));
	default:
		return (0);
	}
}

void
conf_add_name(struct conf_names *names, const char *name,
    const struct conf_pos *pos)
{
	struct conf_name *n = conf_alloc(sizeof(*n));

	n->name = conf_dup(name);
	n->pos = *pos;
	TAILQ_INSERT_TAIL(names, n, entry);
}

/* Check that a list may get one more item, and does not have it already. */
static int
add_checked(const struct conf_option *o, struct conf_names *names,
    const char *text, const struct conf_item *item)
{
	struct conf_name *n;
	int count = 0;

	TAILQ_FOREACH(n, names, entry) {
		if (o->unique && strcasecmp(n->name, text) == 0) {
			conf_error(&item->pos, "%s \"%s\" appears twice",
			    conf_name(o), item->text);
			return (-1);
		}
		count++;
	}
	if (count >= o->repeat) {
		conf_error(&item->pos, "%s \"%s\": expected at most %d %s",
		    conf_name(o), item->text, o->repeat,
		    o->block == CONF_MAP ? "a map" : "such lines");
		return (-1);
	}
	conf_add_name(names, text, &item->pos);
	return (0);
}

static int
set_number(const struct conf_option *o, void *base,
    const struct conf_item *item)
{
	int64_t v;

	if (o->type->number(o, item, &v) == -1 ||
	    (o->check != NULL && !o->check(o, base, item)))
		return (-1);
	set_int(o, base, v);
	return (0);
}

int
conf_set(const struct conf_option *o, void *base, const struct conf_item *item)
{
	const char *text;

	if (o->type->store == CONF_INT)
		return (set_number(o, base, item));
	if ((text = o->type->text(o, item)) == NULL ||
	    (o->check != NULL && !o->check(o, base, item)))
		return (-1);
	if (o->type->store == CONF_NAMES)
		return (add_checked(o, (void *)((char *)base + o->offset),
		    text, item));
	set_str(o, base, text);
	if (o->at != 0)
		memcpy((char *)base + o->at, &item->pos, sizeof(item->pos));
	return (0);
}

/* Set the default of a row by parsing its text. */
static void
set_default(const struct conf_option *o, void *base)
{
	struct conf_item item = { .text = o->def };

	item.number = base_size(o->def);
	if (conf_set(o, base, &item) == -1)
		fatalx("options.def: %s: the default %s is refused",
		    conf_name(o), o->def);
}

void
conf_set_defaults(void *base, int map)
{
	const struct conf_option *o;
	size_t i;

	for (i = 0; i < conf_noptions; i++) {
		o = &conf_options[i];
		if (o->def != NULL && (o->block == CONF_MAP) == map)
			set_default(o, base);
	}
}

static int
same_str(const char *a, const char *b)
{
	return (a == NULL || b == NULL ? a == b : strcmp(a, b) == 0);
}

static int
same_names(const struct conf_names *a, const struct conf_names *b)
{
	const struct conf_name *x = TAILQ_FIRST(a), *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL && strcmp(x->name, y->name) == 0;
	    x = TAILQ_NEXT(x, entry), y = TAILQ_NEXT(y, entry))
		;
	return (x == NULL && y == NULL);
}

static int
same_listens(const struct conf_listens *a, const struct conf_listens *b)
{
	const struct conf_listen *x = TAILQ_FIRST(a);
	const struct conf_listen *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		if (x->tls != y->tls || x->derp != y->derp ||
		    x->sslen != y->sslen ||
		    memcmp(&x->ss, &y->ss, x->sslen) != 0)
			return (0);
	return (x == NULL && y == NULL);
}

static int
same_proxies(const struct conf_listens *a, const struct conf_listens *b)
{
	const struct conf_listen *x = TAILQ_FIRST(a);
	const struct conf_listen *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		if (x->nproxies != y->nproxies || (x->nproxies > 0 &&
		    memcmp(x->proxies, y->proxies,
		    x->nproxies * sizeof(*x->proxies)) != 0))
			return (0);
	return (x == NULL && y == NULL);
}

static int
same_certs(const struct conf_certs *a, const struct conf_certs *b)
{
	const struct conf_cert *x = TAILQ_FIRST(a), *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		if (x->acme != y->acme || x->allow != y->allow ||
		    !same_str(x->cert, y->cert) ||
		    !same_str(x->key, y->key))
			return (0);
	return (x == NULL && y == NULL);
}

static int
same_verifies(const struct conf_verifies *a, const struct conf_verifies *b)
{
	const struct conf_verify *x = TAILQ_FIRST(a), *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		if (x->kind != y->kind || strcmp(x->name, y->name) != 0 ||
		    x->cleartext != y->cleartext ||
		    !same_str(x->cafile, y->cafile))
			return (0);
	return (x == NULL && y == NULL);
}

static int
same_node(const struct conf_node *a, const struct conf_node *b)
{
	return (a->port == b->port && strcmp(a->host, b->host) == 0 &&
	    same_str(a->address, b->address) &&
	    same_str(a->certname, b->certname) && a->has_key == b->has_key &&
	    memcmp(a->key, b->key, sizeof(a->key)) == 0);
}

static int
same_nodes(const struct conf_nodes *a, const struct conf_nodes *b)
{
	const struct conf_node *x = TAILQ_FIRST(a), *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL && same_node(x, y);
	    x = TAILQ_NEXT(x, entry), y = TAILQ_NEXT(y, entry))
		;
	return (x == NULL && y == NULL);
}

static int
same_prefixes(const struct conf_prefixes *a, const struct conf_prefixes *b)
{
	return (a->n == b->n && (a->n == 0 ||
	    memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0));
}

static int
same_maps(const struct conf_maps *a, const struct conf_maps *b)
{
	const struct conf_map *x = TAILQ_FIRST(a), *y = TAILQ_FIRST(b);
	size_t i;

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		for (i = 0; i < conf_noptions; i++)
			if (conf_options[i].block == CONF_MAP &&
			    !conf_same(&conf_options[i], x, y))
				return (0);
	return (x == NULL && y == NULL);
}

int
conf_same(const struct conf_option *o, const void *a, const void *b)
{
	switch (o->type->store) {
	case CONF_NONE:
		break;
	case CONF_INT:
		return (conf_get_int(o, a) == conf_get_int(o, b));
	case CONF_STR:
	case CONF_BUF:
		return (same_str(conf_get_str(o, a), conf_get_str(o, b)));
	case CONF_NAMES:
		return (same_names(field(o, a), field(o, b)));
	case CONF_LISTENS:
		return (same_listens(field(o, a), field(o, b)));
	case CONF_PROXIES:
		return (same_proxies(field(o, a), field(o, b)));
	case CONF_CERTS:
		return (same_certs(field(o, a), field(o, b)));
	case CONF_MAPS:
		return (same_maps(field(o, a), field(o, b)));
	case CONF_VERIFIES:
		return (same_verifies(field(o, a), field(o, b)));
	case CONF_NODES:
		return (same_nodes(field(o, a), field(o, b)));
	case CONF_PREFIXES:
		return (same_prefixes(field(o, a), field(o, b)));
	}
	return (1);
}

static void
free_names(struct conf_names *names)
{
	struct conf_name *n;

	while ((n = TAILQ_FIRST(names)) != NULL) {
		TAILQ_REMOVE(names, n, entry);
		free(n->name);
		free(n);
	}
}

static void
free_listens(struct conf_listens *listens)
{
	struct conf_listen *l;

	while ((l = TAILQ_FIRST(listens)) != NULL) {
		TAILQ_REMOVE(listens, l, entry);
		free(l->proxies);
		free(l);
	}
}

static void
free_certs(struct conf_certs *certs)
{
	struct conf_cert *c;

	while ((c = TAILQ_FIRST(certs)) != NULL) {
		TAILQ_REMOVE(certs, c, entry);
		free(c->cert);
		free(c->key);
		free(c);
	}
}

static void
free_maps(struct conf_maps *maps)
{
	struct conf_map *m;

	while ((m = TAILQ_FIRST(maps)) != NULL) {
		TAILQ_REMOVE(maps, m, entry);
		conf_free_fields(m, 1);
		free(m);
	}
}

static void
free_verifies(struct conf_verifies *sources)
{
	struct conf_verify *s;

	while ((s = TAILQ_FIRST(sources)) != NULL) {
		TAILQ_REMOVE(sources, s, entry);
		free(s->name);
		free(s->cafile);
		free(s);
	}
}

static void
free_nodes(struct conf_nodes *nodes)
{
	struct conf_node *n;

	while ((n = TAILQ_FIRST(nodes)) != NULL) {
		TAILQ_REMOVE(nodes, n, entry);
		free(n->host);
		free(n->address);
		free(n->certname);
		free(n);
	}
}

static void
free_list(enum conf_store store, void *list)
{
	if (store == CONF_NAMES)
		free_names(list);
	else if (store == CONF_LISTENS)
		free_listens(list);
	else if (store == CONF_CERTS)
		free_certs(list);
	else if (store == CONF_MAPS)
		free_maps(list);
	else if (store == CONF_VERIFIES)
		free_verifies(list);
	else if (store == CONF_NODES)
		free_nodes(list);
	else if (store == CONF_PREFIXES)
		free(((struct conf_prefixes *)list)->v);
}

void
conf_free_fields(void *base, int map)
{
	const struct conf_option *o;
	size_t i;

	for (i = 0; i < conf_noptions; i++) {
		o = &conf_options[i];
		if ((o->block == CONF_MAP) != map)
			continue;
		if (o->type->store == CONF_STR)
			set_str(o, base, NULL);
		else
			free_list(o->type->store, (char *)base + o->offset);
	}
}
