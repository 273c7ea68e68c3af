/*
 * gramstore: fields of a configuration; see gramstore.h.  Called by gram.c,
 * grammatch.c, gramprint.c and by the configuration of each daemon.
 */
#include <stdlib.h>
#include <string.h>

#include "gramstore.h"
#include "gramtypes.h"
#include "log.h"
#include "size.h"

static const char no_memory[] = "can't keep the configuration in memory";

void *
gram_alloc(size_t n)
{
	void *p;

	if ((p = calloc(1, n)) == NULL)
		fatal("%s", no_memory);
	return (p);
}

char *
gram_dup(const char *s)
{
	char *copy;

	if ((copy = strdup(s)) == NULL)
		fatal("%s", no_memory);
	return (copy);
}

/* The field of a row, read-only. */
static const void *
field(const struct gram_option *o, const void *base)
{
	return ((const char *)base + o->offset);
}

/* Read a pointer by memcpy, because the compiler can't see its alignment. */
static char *
get_pointer(const struct gram_option *o, const void *base)
{
	char *p;

	memcpy(&p, field(o, base), sizeof(p));
	return (p);
}

int64_t
gram_get_int(const struct gram_option *o, const void *base)
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
set_int(const struct gram_option *o, void *base, int64_t v)
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
gram_get_str(const struct gram_option *o, const void *base)
{
	const char *buf;

	if (o->type->store == GRAM_STR)
		return (get_pointer(o, base));
	buf = field(o, base);
	return (*buf == '\0' ? NULL : buf);
}

static void
set_str(const struct gram_option *o, void *base, const char *s)
{
	char *copy;

	if (o->type->store == GRAM_BUF) {
		strlcpy((char *)base + o->offset, s, o->size);
		return;
	}
	free(get_pointer(o, base));
	copy = s == NULL ? NULL : gram_dup(s);
	memcpy((char *)base + o->offset, &copy, sizeof(copy));
}

const void *
gram_get_list(const struct gram_option *o, const void *base)
{
	return (field(o, base));
}

int64_t
gram_word_of(const struct gram_option *o, const void *base)
{
	const int is_int = o->type->store == GRAM_INT;

	if (gram_words(o) == NULL)
		return (-1);
	if (o->type->word != NULL)
		return (o->type->word(o, is_int ? gram_get_int(o, base) : 0,
		    is_int ? NULL : gram_get_str(o, base)));
	return (is_int ? gram_get_int(o, base) : -1);
}

static int
int_is_set(const struct gram_option *o, const void *base)
{
	const int64_t v = gram_get_int(o, base), n = gram_word_of(o, base);

	if (n >= 0)
		return (gram_word_at(gram_words(o), n, NULL) != NULL);
	if (o->type->accepts == 0)
		return (v == o->type->alone);
	return (v >= o->min && v <= o->max);
}

int
gram_is_set(const struct gram_option *o, const void *base)
{
	switch (o->type->store) {
	case GRAM_INT:
		return (int_is_set(o, base));
	case GRAM_STR:
	case GRAM_BUF:
		return (gram_get_str(o, base) != NULL);
	case GRAM_NAMES:
		return (!TAILQ_EMPTY((const struct gram_names *)field(o,
		    base)));
	default:
		return (0);
	}
}

void
gram_add_name(struct gram_names *names, const char *name,
    const struct gram_pos *pos)
{
	struct gram_name *n = gram_alloc(sizeof(*n));

	n->name = gram_dup(name);
	n->pos = *pos;
	TAILQ_INSERT_TAIL(names, n, entry);
}

/* Check that a list may get one more item, and does not have it already. */
static int
add_checked(const struct gram_table *t, const struct gram_option *o,
    struct gram_names *names, const char *text, const struct gram_item *item)
{
	const char *each = t->blocks[o->block].each;
	struct gram_name *n;
	int count = 0;

	TAILQ_FOREACH(n, names, entry) {
		if (o->unique && strcasecmp(n->name, text) == 0) {
			gram_error(&item->pos, "%s \"%s\" appears twice",
			    gram_name(o), item->text);
			return (-1);
		}
		count++;
	}
	if (count >= o->repeat) {
		gram_error(&item->pos, "%s \"%s\": expected at most %d %s",
		    gram_name(o), item->text, o->repeat,
		    each != NULL ? each : "such lines");
		return (-1);
	}
	gram_add_name(names, text, &item->pos);
	return (0);
}

static int
set_number(const struct gram_option *o, void *base,
    const struct gram_item *item)
{
	int64_t v = o->type->alone;

	if ((o->type->number != NULL &&
	    o->type->number(o, item, &v) == -1) ||
	    (o->check != NULL && !o->check(o, base, item)))
		return (-1);
	set_int(o, base, v);
	return (0);
}

int
gram_set(const struct gram_table *t, const struct gram_option *o, void *base,
    const struct gram_item *item)
{
	const char *text;

	if (o->type->store == GRAM_INT)
		return (set_number(o, base, item));
	if ((text = o->type->text(o, item)) == NULL ||
	    (o->check != NULL && !o->check(o, base, item)))
		return (-1);
	if (o->type->store == GRAM_NAMES)
		return (add_checked(t, o, (void *)((char *)base + o->offset),
		    text, item));
	set_str(o, base, text);
	if (o->at != 0)
		memcpy((char *)base + o->at, &item->pos, sizeof(item->pos));
	return (0);
}

/* Set the default of a row by parsing its text. */
static void
set_default(const struct gram_table *t, const struct gram_option *o,
    void *base)
{
	struct gram_item item = { .text = o->def };

	item.number = base_size(o->def);
	if (gram_set(t, o, base, &item) == -1)
		fatalx("options.def: %s: the default %s is refused",
		    gram_name(o), o->def);
}

void
gram_set_defaults(const struct gram_table *t, int block, void *base)
{
	const struct gram_option *o;
	size_t i;

	for (i = 0; i < t->n; i++) {
		o = &t->rows[i];
		if (o->def != NULL && gram_owner(t, o) == block)
			set_default(t, o, base);
	}
}

int
gram_same_text(const char *a, const char *b)
{
	return (a == NULL || b == NULL ? a == b : strcmp(a, b) == 0);
}

static int
same_names(const struct gram_names *a, const struct gram_names *b)
{
	const struct gram_name *x = TAILQ_FIRST(a), *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL && strcmp(x->name, y->name) == 0;
	    x = TAILQ_NEXT(x, entry), y = TAILQ_NEXT(y, entry))
		;
	return (x == NULL && y == NULL);
}

int
gram_same(const struct gram_option *o, const void *a, const void *b)
{
	switch (o->type->store) {
	case GRAM_NONE:
		break;
	case GRAM_INT:
		return (gram_get_int(o, a) == gram_get_int(o, b));
	case GRAM_STR:
	case GRAM_BUF:
		return (gram_same_text(gram_get_str(o, a),
		    gram_get_str(o, b)));
	case GRAM_NAMES:
		return (same_names(field(o, a), field(o, b)));
	case GRAM_OWN:
		return (o->type->same == NULL ||
		    o->type->same(field(o, a), field(o, b)));
	}
	return (1);
}

int
gram_same_fields(const struct gram_table *t, int block, const void *a,
    const void *b)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (gram_owner(t, &t->rows[i]) == block &&
		    !gram_same(&t->rows[i], a, b))
			return (0);
	return (1);
}

static void
free_names(struct gram_names *names)
{
	struct gram_name *n;

	while ((n = TAILQ_FIRST(names)) != NULL) {
		TAILQ_REMOVE(names, n, entry);
		free(n->name);
		free(n);
	}
}

void
gram_free_fields(const struct gram_table *t, int block, void *base)
{
	const struct gram_option *o;
	void *p;
	size_t i;

	for (i = 0; i < t->n; i++) {
		o = &t->rows[i];
		if (gram_owner(t, o) != block)
			continue;
		p = (char *)base + o->offset;
		if (o->type->store == GRAM_STR)
			set_str(o, base, NULL);
		else if (o->type->store == GRAM_NAMES)
			free_names(p);
		else if (o->type->store == GRAM_OWN && o->type->free != NULL)
			o->type->free(p);
	}
}
