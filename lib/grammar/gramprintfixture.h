/*
 * gramprintfixture: configurations that are printed and read again, and one
 * that is made of the rows of a table.  Behind gramfixture.h, for tests; who
 * includes it defines before: FIXTURE_SKIPS(row), whether a statement is left
 * out of the latter.
 */
#ifndef GRAMPRINTFIXTURE_H
#define GRAMPRINTFIXTURE_H

#include <glob.h>

#include "size.h"

/* A value for the statements of a type; the last one of a list has none. */
struct fixture_value {
	const struct gram_type	*type;
	const char		*value;
};

/* The configuration in its own grammar; free() it. */
static inline char *
print(const FIXTURE_CONF *c)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ATF_REQUIRE(f != NULL);
	FIXTURE_PRINT(f, c);
	ATF_REQUIRE_EQ(0, fclose(f));
	ATF_REQUIRE_EQ(len, strlen(text));
	return (text);
}

/* Print, load the output, print again; frees `c'. */
static inline void
again(FIXTURE_CONF *c)
{
	const char *what;
	char *text = print(c), *text2;
	FIXTURE_CONF *back = load(text);

	if (back == NULL) {
		atf_tc_fail_nonfatal("%s\nis refused: %s", text, errs);
		free(text);
		FIXTURE_FREE(c);
		return;
	}
	what = FIXTURE_DIFFERS(c, back);
	ATF_CHECK_MSG(what == NULL, "%s is another in\n%s", what, text);
	text2 = print(back);
	if (strcmp(text, text2) != 0)
		atf_tc_fail_nonfatal("%s\nwas printed again as\n%s", text,
		    text2);
	free(text);
	free(text2);
	FIXTURE_FREE(back);
	FIXTURE_FREE(c);
}

static inline void
each(const atf_tc_t *tc, const char *pattern, size_t least)
{
	char path[1024];
	FIXTURE_CONF *c;
	glob_t g;
	size_t i;

	snprintf(path, sizeof(path), "%s/../../etc/%s",
	    atf_tc_get_config_var(tc, "srcdir"), pattern);
	if (glob(path, 0, NULL, &g) != 0) {
		ATF_REQUIRE_EQ_MSG(0, least, "%s: none", path);
		return;
	}
	ATF_CHECK(g.gl_pathc >= least);
	for (i = 0; i < g.gl_pathc; i++) {
		c = load_file(g.gl_pathv[i]);
		ATF_REQUIRE_MSG(c != NULL, "%s: %s", g.gl_pathv[i], errs);
		again(c);
	}
	globfree(&g);
}

/* A word that is not the default. */
static inline const char *
other_word(const struct gram_option *o)
{
	static char word[32];
	const char *w;
	size_t n;
	int64_t i;

	for (i = 0; (w = gram_word_at(gram_words(o), i, &n)) != NULL; i++) {
		snprintf(word, sizeof(word), "%.*s", (int)n, w);
		if (o->def == NULL || strcmp(word, o->def) != 0)
			return (word);
	}
	atf_tc_fail("%s: has one word", o->keywords);
}

/* A value of the row that is not its default. */
static inline void
put_value(FILE *f, const struct gram_option *o,
    const struct fixture_value *v)
{

	if (o->type->accepts == 0)
		return;
	putc(' ', f);
	if (o->type->accepts == GRAM_WORD) {
		fputs(other_word(o), f);
		return;
	}
	if (o->type->store == GRAM_INT) {
		fprintf(f, "%lld", (long long)(o->def != NULL &&
		    base_size(o->def) == o->max ? o->min : o->max));
		return;
	}
	for (; v->type != o->type; v++)
		ATF_REQUIRE_MSG(v->type != NULL, "%s: no value for its type "
		    "in this test", o->keywords);
	fputs(v->value, f);
}

/* 1 when only one of the two statements may be set. */
static inline int
alternatives(const struct gram_option *o, const struct gram_option *p)
{
	return (o->block == p->block && p->follows == GRAM_HEAD &&
	    (strcmp(o->once != NULL ? o->once : gram_name(o),
	    p->once != NULL ? p->once : gram_name(p)) == 0 ||
	    (o->check != NULL && o->check == p->check)));
}

/* 1 when it is the `which'th row of its alternatives. */
static inline int
chosen(const struct gram_option *o, int which)
{
	const struct gram_option *p;
	int before = 0, all = 0;

	for (p = FIXTURE_TABLE.rows; p != ROWS_END; p++)
		if (p == o || alternatives(o, p)) {
			before += p < o;
			all++;
		}
	return (before == which % all);
}

/* All statements of a block. */
static inline void
put_block(FILE *f, int block, int which, const struct fixture_value *v)
{
	const struct gram_option *head, *o, *end;

	end = ROWS_END;
	for (o = FIXTURE_TABLE.rows; o != end; o++) {
		if (o->block != block || o->follows != GRAM_HEAD ||
		    strcmp(o->keywords, "include") == 0 ||
		    FIXTURE_SKIPS(o) || !chosen(o, which))
			continue;
		fputs(o->keywords, f);
		if (o->opens != GRAM_TOP) {
			fputs(" {\n", f);
			put_block(f, o->opens, which, v);
			fputs("}\n", f);
			continue;
		}
		put_value(f, o, v);
		for (head = o; o + 1 != end && o[1].follows != GRAM_HEAD;) {
			o++;
			if (!o->bare)
				fprintf(f, " %s", gram_suffix(head, o));
			put_value(f, o, v);
		}
		putc('\n', f);
	}
}

#endif
