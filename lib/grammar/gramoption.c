/*
 * gramoption: rows of a table, and usages made from them; see gramoption.h.
 * Called by gramlex.c, grammatch.c and gramprint.c.
 */
#include <stdarg.h>
#include <string.h>

#include "gramoption.h"

const struct gram_unit_text gram_units[] = {
	[GRAM_NOUNIT] = { "NUMBER", NULL },
	[GRAM_MS] = { "MS", "ms" },
	[GRAM_SECONDS] = { "SECONDS", "seconds" },
	[GRAM_BYTES] = { "SIZE", "bytes" },
	[GRAM_BYTERATE] = { "SIZE", "bytes a second" },
	[GRAM_RATE] = { "NUMBER", NULL }
};

/* A text that is composed; what does not fit is cut. */
struct option_text {
	char	 buf[1024];
	size_t	 len;
};

static void add(struct option_text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct option_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n;
	if (t->len >= sizeof(t->buf))
		t->len = sizeof(t->buf) - 1;
}

const char *
gram_name(const struct gram_option *o)
{
	return (o->name != NULL ? o->name : o->keywords);
}

const char *
gram_words(const struct gram_option *o)
{
	return (o->words != NULL ? o->words : o->type->words);
}

const char *
gram_suffix(const struct gram_option *head, const struct gram_option *o)
{
	const char *a = head->keywords, *b = o->keywords;
	size_t n;

	for (;;) {
		n = strcspn(b, " ");
		if (b[n] == '\0' || strcspn(a, " ") != n ||
		    strncmp(a, b, n) != 0)
			return (b);
		b += n + 1;
		a += n + (a[n] == ' ');
	}
}

int
gram_word_number(const char *list, const char *word, size_t n)
{
	size_t len;
	int i;

	for (i = 0; *list != '\0'; i++) {
		len = strcspn(list, " ");
		if (len == n && strncmp(list, word, n) == 0)
			return (i);
		list += len + (list[len] == ' ');
	}
	return (-1);
}

const char *
gram_word_at(const char *list, int64_t v, size_t *n)
{
	size_t len;

	for (; *list != '\0'; list += len + (list[len] == ' '), v--) {
		len = strcspn(list, " ");
		if (v == 0) {
			if (n != NULL)
				*n = len;
			return (list);
		}
	}
	return (NULL);
}

int
gram_is_keyword(const struct gram_table *t, const char *word)
{
	const struct gram_option *o;
	size_t i, n = strlen(word);

	for (i = 0; i < t->n; i++) {
		o = &t->rows[i];
		if ((!o->bare &&
		    gram_word_number(o->keywords, word, n) != -1) ||
		    ((o->type->accepts & GRAM_WORD) &&
		    gram_word_number(gram_words(o), word, n) != -1))
			return (1);
	}
	return (0);
}

int
gram_may_define(const struct gram_table *t, const char *word)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->rows[i].macro &&
		    strcmp(t->rows[i].keywords, word) == 0)
			return (1);
	return (0);
}

const struct gram_option *
gram_find_block(const struct gram_table *t, const char *word)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->rows[i].opens != GRAM_TOP &&
		    strcmp(t->rows[i].keywords, word) == 0)
			return (&t->rows[i]);
	return (NULL);
}

const struct gram_option *
gram_title_row(const struct gram_table *t, const struct gram_option *opener)
{
	const struct gram_option *o = t->rows;

	while (o->block != opener->opens)
		o++;
	return (o);
}

int
gram_owner(const struct gram_table *t, const struct gram_option *o)
{
	return (t->blocks[o->block].each != NULL ? o->block : GRAM_TOP);
}

static const char *
arg(const struct gram_option *o)
{
	if (o->arg != NULL)
		return (o->arg);
	return (o->type->arg != NULL ? o->type->arg :
	    gram_units[o->unit].arg);
}

/* Separate one more form of the statement. */
static void
add_form(struct option_text *out, size_t *last)
{
	if (out->len != 0) {
		*last = out->len;
		add(out, ", ");
	}
}

/* The further values of the statement of `o'. */
static void
add_further(struct option_text *out, const struct gram_option *o,
    const struct gram_option *end)
{
	const struct gram_option *f;

	for (f = o + 1; f != end && f->follows != GRAM_HEAD; f++) {
		add(out, f->follows == GRAM_MUST ? "%s%s" : " [%s%s",
		    f->bare || f->follows != GRAM_MUST ? "" : " ",
		    f->bare ? "" : gram_suffix(o, f));
		if (f->type->accepts != 0)
			add(out, f->bare && f->follows != GRAM_MUST ? "%s" :
			    " %s", arg(f));
		add(out, "%s", f->follows == GRAM_MUST ? "" : "]");
	}
}

/* The forms of a row's statement. */
static void
add_usage(struct option_text *out, const struct gram_option *o,
    const struct gram_option *end, size_t *last)
{
	const char *w = gram_words(o);
	size_t n;

	for (; w != NULL && *w != '\0'; w += n + (w[n] == ' ')) {
		n = strcspn(w, " ");
		add_form(out, last);
		add(out, "%s %.*s", o->keywords, (int)n, w);
	}
	if (gram_words(o) != NULL && !(o->type->accepts & ~GRAM_WORD))
		return;
	add_form(out, last);
	if (o->usage != NULL) {
		add(out, "%s", o->usage);
		return;
	}
	add(out, "%s", o->keywords);
	if (o->opens != GRAM_TOP)
		add(out, " { ... }");
	else if (o->type->accepts != 0)
		add(out, " %s", arg(o));
	add_further(out, o, end);
}

const char *
gram_usage(const struct gram_table *t, int block, const char *word, size_t n)
{
	static struct option_text out;
	const struct gram_option *o;
	char rest[sizeof(out.buf)];
	size_t i, last = 0;

	out.len = 0;
	for (i = 0; i < t->n; i++) {
		o = &t->rows[i];
		if (o->block == block && strcspn(o->keywords, " ") == n &&
		    strncmp(o->keywords, word, n) == 0 &&
		    (o->follows == GRAM_HEAD || o->follows == GRAM_ALSO))
			add_usage(&out, o, t->rows + t->n, &last);
	}
	if (last != 0) {
		strlcpy(rest, out.buf + last, sizeof(rest));
		out.len = last;
		add(&out, ", or:%s", rest + 1);
	}
	return (out.len == 0 ? NULL : out.buf);
}

/* The name of a row in a list of statements. */
static const char *
listed(const struct gram_option *o)
{
	return (o->once != NULL ? o->once : o->keywords);
}

/* 1 when a row of the block before `o' has the same name in the list. */
static int
is_listed(const struct gram_table *t, const struct gram_option *o)
{
	const struct gram_option *p;
	size_t n;

	for (p = t->rows; p != o; p++) {
		n = strlen(listed(p));
		if (p->block == o->block && p->follows == GRAM_HEAD &&
		    strncmp(listed(p), o->keywords, n) == 0 &&
		    (o->keywords[n] == ' ' || o->keywords[n] == '\0'))
			return (1);
	}
	return (0);
}

const char *
gram_statements(const struct gram_table *t, int block)
{
	static struct option_text out;
	const struct gram_option *o;
	size_t i;

	out.len = 0;
	for (i = 0; i < t->n; i++) {
		o = &t->rows[i];
		if (o->block == block && o->follows == GRAM_HEAD &&
		    !is_listed(t, o))
			add(&out, "%s%s", out.len == 0 ? "" : ", ", listed(o));
	}
	add(&out, "%s", block == GRAM_TOP ? " or NAME = \"VALUE\"" : " or }");
	return (out.buf);
}
