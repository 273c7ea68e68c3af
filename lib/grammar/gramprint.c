/*
 * gramprint: prints a configuration by the rows of its table (derpd -n -v); see
 * gram.h.  Called by the configuration of each daemon, whose types print what
 * they alone know.
 */
#include <string.h>

#include "gramprint.h"
#include "gramstore.h"
#include "gramtypes.h"

/* Quoted, which is possible for every string. */
void
gram_print_string(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', f);
		putc(*s, f);
	}
	putc('"', f);
}

/* Bytes, in the largest unit that divides them. */
static void
print_size(FILE *f, int64_t v)
{
	static const char units[] = "KMG";
	const char *u = NULL;

	while (v != 0 && v % 1024 == 0 && (u == NULL || u[1] != '\0')) {
		v /= 1024;
		u = u == NULL ? units : u + 1;
	}
	fprintf(f, "%lld", (long long)v);
	if (u != NULL)
		putc(*u, f);
}

/* Print the word for the value of a row.  1, or 0: there is none. */
static int
print_word(FILE *f, const struct gram_option *o, const void *base)
{
	const int64_t i = gram_word_of(o, base);
	const char *word;
	size_t n;

	if (i < 0 || (word = gram_word_at(gram_words(o), i, &n)) == NULL)
		return (0);
	fprintf(f, "%.*s", (int)n, word);
	return (1);
}

/* The keywords of a row from `words' on (NULL: none), and its value. */
static void
print_value(FILE *f, const struct gram_option *o, const char *words,
    const void *base)
{
	if (words != NULL)
		fprintf(f, "%s%s", words, o->type->accepts == 0 ? "" : " ");
	if (o->type->accepts == 0 || print_word(f, o, base))
		return;
	if (o->type->store != GRAM_INT)
		gram_print_string(f, gram_get_str(o, base));
	else if (o->type == &gram_type_size)
		print_size(f, gram_get_int(o, base));
	else
		fprintf(f, "%lld", (long long)gram_get_int(o, base));
}

/* A statement with those further values that are set. */
static void
print_statement(FILE *f, const struct gram_table *t,
    const struct gram_option *o, const char *indent, const void *base)
{
	const struct gram_option *head = o, *end = t->rows + t->n;

	fputs(indent, f);
	print_value(f, o, o->keywords, base);
	while (++o != end && o->follows != GRAM_HEAD)
		if (gram_is_set(o, base)) {
			putc(' ', f);
			print_value(f, o, o->bare ? NULL :
			    gram_suffix(head, o), base);
		}
	putc('\n', f);
}

static void
print_names(FILE *f, const struct gram_option *o, const char *indent,
    const void *base)
{
	const struct gram_names *names = gram_get_list(o, base);
	const struct gram_name *n;

	TAILQ_FOREACH(n, names, entry) {
		fprintf(f, "%s%s ", indent, o->keywords);
		gram_print_string(f, n->name);
		putc('\n', f);
	}
}

/* 1 when the next row is set in place of this one. */
static int
alternative_set(const struct gram_table *t, const struct gram_option *o,
    const void *base)
{
	const struct gram_option *p, *end = t->rows + t->n;

	for (p = o + 1; p != end; p++)
		if (p->block == o->block && p->once != NULL &&
		    strcmp(p->once, gram_name(o)) == 0)
			return (gram_is_set(p, base));
	return (0);
}

static void
print_row(FILE *f, const struct gram_table *t, const struct gram_option *o,
    const char *indent, const void *base)
{
	if (o->type->print != NULL)
		o->type->print(f, o, indent, base);
	else if (o->opens != GRAM_TOP)
		gram_print_block(f, t, o, base);
	else if (o->type->store == GRAM_NAMES)
		print_names(f, o, indent, base);
	else if (o->type->store == GRAM_NONE || o->type->store == GRAM_OWN)
		return;
	else if (gram_is_set(o, base))
		print_statement(f, t, o, indent, base);
	else if (o->unset != NULL && !alternative_set(t, o, base))
		fprintf(f, "%s# %s: %s\n", indent, o->keywords, o->unset);
}

/* The word of a block and, if it is printed there, its first value. */
static void
print_opener(FILE *f, const struct gram_option *block,
    const struct gram_option *first, const void *base)
{
	fputs(block->keywords, f);
	if (first != NULL) {
		putc(' ', f);
		gram_print_string(f, gram_get_str(first, base));
	}
	fputs(" {\n", f);
}

void
gram_print_block(FILE *f, const struct gram_table *t,
    const struct gram_option *block, const void *base)
{
	const struct gram_option *o, *title = NULL;
	size_t i;

	if (block->type->store == GRAM_INT && !gram_is_set(block, base)) {
		fprintf(f, "# %s: none\n", block->keywords);
		return;
	}
	if (block->title == 2)
		title = gram_title_row(t, block);
	print_opener(f, block, title, base);
	for (i = 0; i < t->n; i++) {
		o = &t->rows[i];
		if (o->block == block->opens && o->follows == GRAM_HEAD &&
		    o != title)
			print_row(f, t, o, "\t", base);
	}
	fputs("}\n", f);
}

void
gram_print(FILE *f, const struct gram_table *t, const void *conf)
{
	const struct gram_option *o;
	size_t i;

	for (i = 0; i < t->n; i++) {
		o = &t->rows[i];
		if (o->block == GRAM_TOP && o->follows == GRAM_HEAD)
			print_row(f, t, o, "", conf);
	}
}
