/*
 * gramtypes: types of rows that daemons share: which items they accept, and how
 * they convert them; see gramtypes.h.  Called by gramstore.c.
 */
#include <stdlib.h>
#include <string.h>

#include "gramparse.h"
#include "gramtypes.h"
#include "size.h"

#define MAXTEXT		255
#define MAXUSER		32
#define MAXURL		1000

/* Integers. */

static int
in_range(const struct gram_option *o, const struct gram_item *it, int64_t v)
{
	const char *name = gram_name(o), *unit = gram_units[o->unit].text;

	if (v >= o->min && v <= o->max)
		return (1);
	if (unit == NULL || strstr(name, unit) != NULL)
		gram_error(&it->pos, "%s %lld: expected %lld to %lld", name,
		    (long long)v, (long long)o->min, (long long)o->max);
	else
		gram_error(&it->pos, "%s (%s) %lld: expected %lld to %lld",
		    name, unit, (long long)v, (long long)o->min,
		    (long long)o->max);
	return (0);
}

static int
number(const struct gram_option *o, const struct gram_item *it, int64_t *v)
{
	*v = it->number;
	return (in_range(o, it, *v) ? 0 : -1);
}

static int
size(const struct gram_option *o, const struct gram_item *it, int64_t *v)
{
	if (it->kind == GRAM_NUMBER)
		*v = it->number;
	else if ((*v = base_size(it->text)) == -1) {
		gram_error(&it->pos, "size \"%.64s\": expected a number of "
		    "bytes, optionally with K, M, G or T behind it", it->text);
		return (-1);
	}
	return (in_range(o, it, *v) ? 0 : -1);
}

/* grammatch.c has checked that it is one of the words. */
static int
word(const struct gram_option *o, const struct gram_item *it, int64_t *v)
{
	*v = gram_word_number(gram_words(o), it->text, strlen(it->text));
	return (*v == -1 ? -1 : 0);
}

static int
choice(const struct gram_option *o, const struct gram_item *it, int64_t *v)
{
	const int n = gram_word_number(gram_words(o), it->text,
	    strlen(it->text));

	if (n == -1)
		return (number(o, it, v));
	*v = -1 - n;
	return (0);
}

static int64_t
choice_word(const struct gram_option *o, int64_t v, const char *s)
{
	(void)o;
	(void)s;
	return (v < 0 ? -1 - v : -1);
}

const struct gram_type gram_type_number = {
	.accepts = GRAM_NUMBER, .store = GRAM_INT, .number = number
};
const struct gram_type gram_type_size = {
	.accepts = GRAM_NUMBER | GRAM_STRING, .store = GRAM_INT,
	.number = size
};
const struct gram_type gram_type_words = {
	.accepts = GRAM_WORD, .store = GRAM_INT, .number = word
};
const struct gram_type gram_type_choice = {
	.accepts = GRAM_WORD | GRAM_NUMBER, .store = GRAM_INT,
	.number = choice, .word = choice_word
};
const struct gram_type gram_type_flag = {
	.store = GRAM_INT, .alone = 1
};
const struct gram_type gram_type_off = {
	.store = GRAM_INT, .alone = 0
};
const struct gram_type gram_type_block = {
	.store = GRAM_INT, .alone = 1
};

/* Strings. */

int
gram_is_path(const char *path, size_t max, const char *name,
    const struct gram_pos *pos)
{
	if (*path == '/' && strlen(path) <= max)
		return (1);
	gram_error(pos, "%s \"%s\": expected an absolute path of at most %zu "
	    "bytes", name, path, max);
	return (0);
}

static const char *
path(const struct gram_option *o, const struct gram_item *it)
{
	size_t max = o->max == 0 ? GRAM_PATHMAX : (size_t)o->max;

	return (gram_is_path(it->text, max, gram_name(o), &it->pos) ?
	    it->text : NULL);
}

/* Off is stored as "". */
static const char *
root(const struct gram_option *o, const struct gram_item *it)
{
	return (it->kind == GRAM_WORD ? "" : path(o, it));
}

static const char *
user(const struct gram_option *o, const struct gram_item *it)
{
	if (*it->text != '\0' && strlen(it->text) <= MAXUSER)
		return (it->text);
	gram_error(&it->pos, "%s \"%s\": expected the name of a user",
	    gram_name(o), it->text);
	return (NULL);
}

/* A string that needs no escapes in JSON. */
static const char *
text(const struct gram_option *o, const struct gram_item *it)
{
	size_t max = o->max == 0 ? MAXTEXT : (size_t)o->max;
	const char *p;

	for (p = it->text; *p >= ' ' && *p <= '~' && *p != '"' && *p != '\\';
	    p++)
		;
	if (p != it->text && *p == '\0' && (size_t)(p - it->text) <= max)
		return (it->text);
	gram_error(&it->pos, "%s \"%s\": expected 1 to %zu characters of ASCII "
	    "without quotes", gram_name(o), it->text, max);
	return (NULL);
}

/* A URL may be sent in a header field. */
int
gram_is_url(const char *s, const char *scheme)
{
	size_t n = strlen(scheme);

	if (strncmp(s, scheme, n) != 0 || strlen(s) > MAXURL || s[n] == '\0' ||
	    s[n] == '/')
		return (0);
	for (; *s != '\0'; s++)
		if (*s <= 0x20 || *s >= 0x7f || *s == '"' || *s == '<' ||
		    *s == '>' || *s == '\\')
			return (0);
	return (1);
}

static const char *
source(const struct gram_option *o, const struct gram_item *it)
{
	if (gram_is_url(it->text, "https://"))
		return (it->text);
	gram_error(&it->pos, "%s \"%s\": expected an https:// URL of visible "
	    "ASCII characters", gram_name(o), it->text);
	return (NULL);
}

/* The word off stands for "". */
static int64_t
root_word(const struct gram_option *o, int64_t v, const char *s)
{
	(void)o;
	(void)v;
	return (*s == '\0' ? 0 : -1);
}

static void
apply_include(const struct gram_statement *s)
{
	(void)gram_source_push(s->item[0].text, &s->pos);
}

#define STRING(name, placeholder)					\
const struct gram_type gram_type_##name = {				\
	.arg = placeholder, .accepts = GRAM_STRING, .store = GRAM_STR,	\
	.text = name							\
}

STRING(path, "\"FILE\"");
STRING(user, "\"NAME\"");
STRING(text, "\"NAME\"");
STRING(source, "\"URL\"");

const struct gram_type gram_type_root = {
	.accepts = GRAM_STRING | GRAM_WORD, .store = GRAM_STR, .words = "off",
	.text = root, .word = root_word
};
const struct gram_type gram_type_sources = {
	.arg = "\"URL\"", .accepts = GRAM_STRING, .store = GRAM_NAMES,
	.text = source
};
const struct gram_type gram_type_paths = {
	.arg = "\"FILE\"", .accepts = GRAM_STRING, .store = GRAM_NAMES,
	.text = path
};

/* Values that the first row of a statement stores. */
const struct gram_type gram_type_port = { .accepts = GRAM_NUMBER };
const struct gram_type gram_type_file = {
	.arg = "\"FILE\"", .accepts = GRAM_STRING
};

const struct gram_type gram_type_include = {
	.arg = "\"FILE\"", .accepts = GRAM_STRING, .apply = apply_include
};
