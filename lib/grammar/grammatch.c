/*
 * grammatch: matches the statement being read against the table; see
 * grammatch.h.  Called by parse.y.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammatch.h"
#include "gramparse.h"
#include "gramstore.h"
#include "gramtypes.h"
#include "log.h"

#define WORDSMAX	64		/* maximum bytes of a row's keywords */

static struct {
	int			 block;
	const struct gram_option *opener;	/* row of the last block */
	enum {
		FRESH,		/* at the beginning of a line */
		WORDS,		/* in the keywords of a row */
		LIST,		/* in the braces of a value */
		VALUES,		/* after a value; another may follow */
		COMPLETE,	/* nothing may follow */
		CLOSED,		/* after the } of a block */
		REFUSED		/* skip to the end of the line */
	} state;
	struct gram_statement	 s;
	/* The keywords read so far. */
	char			 words[WORDSMAX];
	const struct gram_option *only;	/* required row; NULL: any */
	size_t			 first;	/* bytes of the first keyword */
	const struct gram_table	*t;
} m;

static unsigned char	*done;		/* for each row: 1 when set */

void
gram_match_reset(void)
{
	memset(&m, 0, sizeof(m));
	m.t = gram_reading.table;
	free(done);
	done = gram_alloc(m.t->n);
}

const char *
gram_match_usage(void)
{
	if (m.state == CLOSED)
		return ("the end of the line");
	if (m.first == 0)
		return (NULL);
	return (gram_usage(m.t, m.block, m.words, m.first));
}

int
gram_match_where(void)
{
	return (m.block);
}

static void
refuse(const struct gram_item *it)
{
	const char *usage = gram_match_usage();

	gram_lex_refuse(it, usage != NULL ? usage :
	    gram_statements(m.t, m.block));
	m.state = REFUSED;
}

/* The structure that holds the fields of the block. */
static void *
base(void)
{
	const struct gram_block *b = &m.t->blocks[m.block];

	return (b->each != NULL ? b->last(gram_reading.conf) :
	    gram_reading.conf);
}

static const char *
once_name(const struct gram_option *o)
{
	return (o->once != NULL ? o->once : gram_name(o));
}

/* 1 when the row was not set before; else 0, and an error. */
static int
first_time(const struct gram_option *o, const struct gram_pos *pos)
{
	const char *each = m.t->blocks[o->block].each;
	const struct gram_option *other;
	size_t i;

	if (o->repeat != 0)
		return (1);
	for (i = 0; i < m.t->n; i++) {
		other = &m.t->rows[i];
		if (done[i] && other->block == o->block &&
		    strcmp(once_name(other), once_name(o)) == 0) {
			gram_error(pos, "%s is set a second time: expected "
			    "%s%s", once_name(o), each == NULL ? "it once" :
			    "one ", each == NULL ? "" : each);
			return (0);
		}
	}
	done[o - m.t->rows] = 1;
	return (1);
}

/* Store the statement in the configuration. */
static void
apply(void)
{
	unsigned int i;

	m.state = COMPLETE;
	if (m.s.row[0]->type->apply != NULL) {
		if (first_time(m.s.row[0], &m.s.pos))
			m.s.row[0]->type->apply(&m.s);
		return;
	}
	for (i = 0; i < m.s.n; i++)
		if (!first_time(m.s.row[i], &m.s.pos) ||
		    gram_set(m.t, m.s.row[i], base(), &m.s.item[i]) == -1)
			return;
}

/* The row after `o', if it is a further value of the same statement. */
static const struct gram_option *
following(const struct gram_option *o)
{
	if (++o == m.t->rows + m.t->n || o->follows == GRAM_HEAD)
		return (NULL);
	return (o);
}

/* A value of the row was read. */
static void
got(const struct gram_option *o, const struct gram_item *it)
{
	if (m.s.n == GRAM_MAXVALUES)
		fatalx("options.def: %s: more than %d values", gram_name(o),
		    GRAM_MAXVALUES);
	m.s.row[m.s.n] = o;
	m.s.item[m.s.n] = *it;
	/* A statement may span several lines: use its first one. */
	m.s.item[m.s.n++].pos = m.s.pos;
	m.state = VALUES;
	if (following(o) == NULL)
		apply();
}

/* 1 when the row's keywords may be those being read. */
static int
candidate(const struct gram_option *o)
{
	if (m.only != NULL)
		return (o == m.only);
	return (o->block == m.block && o->opens == GRAM_TOP &&
	    (o->follows == GRAM_HEAD || o->follows == GRAM_ALSO));
}

/*
 * The row whose keywords equal `words', or (`more') begin with them and go on;
 * NULL: none.
 */
static const struct gram_option *
find(const char *words, int more)
{
	const struct gram_option *o;
	size_t i, n = strlen(words);

	for (i = 0; i < m.t->n; i++) {
		o = &m.t->rows[i];
		if (candidate(o) && strncmp(o->keywords, words, n) == 0 &&
		    o->keywords[n] == (more ? ' ' : '\0'))
			return (o);
	}
	return (NULL);
}

/* A keyword was added: check whether the row is complete without a value. */
static void
settle(const struct gram_item *it)
{
	const struct gram_option *o = find(m.words, 0);

	if (o != NULL && o->type->accepts == 0)
		got(o, it);
}

/* Add a keyword.  1, or 0: no row continues like this. */
static int
extend(const struct gram_item *it)
{
	char words[WORDSMAX];
	int n;

	n = snprintf(words, sizeof(words), "%s%s%s", m.words,
	    m.words[0] == '\0' ? "" : " ", it->text);
	if (it->kind != GRAM_WORD || (size_t)n >= sizeof(words) ||
	    (find(words, 0) == NULL && find(words, 1) == NULL))
		return (0);
	strlcpy(m.words, words, sizeof(m.words));
	m.state = WORDS;
	settle(it);
	return (1);
}

/* The first word of a statement. */
static void
begin(const struct gram_item *it)
{
	char before[WORDSMAX];

	strlcpy(before, m.words, sizeof(before));
	m.words[0] = '\0';
	m.only = NULL;
	m.s.n = 0;
	m.s.nlist = 0;
	m.s.pos = it->pos;
	if (!extend(it)) {
		/* Show the usage of the keywords before it. */
		strlcpy(m.words, before, sizeof(m.words));
		refuse(it);
		return;
	}
	m.first = strlen(it->text);
}

/* 1 when the value may follow the keywords of the row. */
static int
accepts(const struct gram_option *o, const struct gram_item *it)
{
	if ((o->type->accepts & it->kind) == 0)
		return (0);
	return (it->kind != GRAM_WORD || gram_word_number(gram_words(o),
	    it->text, strlen(it->text)) != -1);
}

/* 1 when the item begins the further value `o' of the statement. */
static int
goes_on_with(const struct gram_option *o, const struct gram_item *it)
{
	size_t shared;

	if (o->bare) {
		if (!accepts(o, it))
			return (0);
		got(o, it);
		return (1);
	}
	shared = (size_t)(gram_suffix(m.s.row[0], o) - o->keywords);
	/* Without the trailing blank. */
	snprintf(m.words, sizeof(m.words), "%.*s",
	    (int)(shared > 0 ? shared - 1 : 0), o->keywords);
	m.only = o;
	return (extend(it));
}

/* After a value: 1 when the item begins the next value of the statement. */
static int
go_on(const struct gram_item *it)
{
	const struct gram_option *o = m.s.row[m.s.n - 1];

	while ((o = following(o)) != NULL) {
		if (goes_on_with(o, it))
			return (1);
		if (o->follows == GRAM_MUST) {
			refuse(it);
			return (1);
		}
	}
	apply();
	return (0);
}

/* Refuse a brace, which the lexer has not read as a word. */
static void
refuse_brace(const struct gram_item *it)
{
	struct gram_item brace = *it;

	brace.kind = GRAM_WORD;
	refuse(&brace);
}

void
gram_match_list(const struct gram_item *it)
{
	const struct gram_option *o;

	o = m.state == WORDS ? find(m.words, 0) : NULL;
	if (o != NULL && (o->type->accepts & GRAM_LIST))
		m.state = LIST;
	else
		refuse_brace(it);
}

/* An item in the braces of a list. */
static void
add_to_list(const struct gram_item *it)
{
	if (it->kind != GRAM_STRING)
		refuse(it);
	else if (m.s.nlist == GRAM_MAXLIST) {
		gram_error(&it->pos, "%s %s: expected at most %d in the braces",
		    m.s.n == 0 ? m.words : gram_suffix(m.s.row[0],
		    find(m.words, 0)), it->text, GRAM_MAXLIST);
		gram_lex_skip();
		m.state = REFUSED;
	} else
		m.s.list[m.s.nlist++] = *it;
}

void
gram_match_list_end(const struct gram_item *end)
{
	if (m.state != LIST)
		return;
	if (m.s.nlist == 0)
		refuse_brace(end);
	else
		got(find(m.words, 0), end);
}

void
gram_match(const struct gram_item *it)
{
	const struct gram_option *o;

	if (m.state == LIST) {
		add_to_list(it);
		return;
	}
	if (m.state == REFUSED || (m.state == VALUES && go_on(it)))
		return;
	if (m.state == WORDS) {
		o = find(m.words, 0);
		if (!extend(it)) {
			if (o != NULL && accepts(o, it))
				got(o, it);
			else
				refuse(it);
		}
	} else if (m.state == FRESH ||
	    (m.state == COMPLETE && m.block != GRAM_TOP))
		begin(it);
	else
		refuse(it);
}

/* The line has ended. */
static void
clear(void)
{
	m.state = FRESH;
	m.words[0] = '\0';
	m.first = 0;
	m.only = NULL;
}

void
gram_match_end(const struct gram_item *end)
{
	if (m.state == WORDS)
		refuse(end);
	else if (m.state == VALUES)
		(void)go_on(end);
	clear();
}

void
gram_match_drop(void)
{
	clear();
}

void
gram_match_macro(const struct gram_item *name, const struct gram_item *value)
{
	char digits[32];
	const char *text = value->text;

	if (value->kind == GRAM_NUMBER) {
		snprintf(digits, sizeof(digits), "%lld",
		    (long long)value->number);
		text = digits;
	}
	if (!gram_macro_is_name(name->text))
		gram_error(&name->pos, "macro \"%s\": expected a name of "
		    "letters, digits and _", name->text);
	else if (gram_macro_set(name->text, text, 0) == -1)
		fatal("can't keep macro %s in memory", name->text);
}

void
gram_match_block(const struct gram_item *word)
{
	m.opener = gram_find_block(m.t, word->text);
	strlcpy(m.words, m.opener->keywords, sizeof(m.words));
	m.first = strlen(m.words);
	m.s.pos = word->pos;
}

/* Set the string after the word of a block, if the block has one. */
static void
set_title(const struct gram_item *title)
{
	const struct gram_option *first = gram_title_row(m.t, m.opener);

	m.block = m.opener->opens;
	if (first_time(first, &m.s.pos))
		(void)gram_set(m.t, first, base(), title);
	m.block = GRAM_TOP;
}

void
gram_match_begin(const struct gram_item *title)
{
	const struct gram_option *o = m.opener;
	struct gram_item there = { .pos = m.s.pos };
	size_t i;

	if (title != NULL && !o->title) {
		refuse(title);
		return;
	}
	/* Each block of this kind starts unset. */
	for (i = 0; o->repeat != 0 && i < m.t->n; i++)
		if (m.t->rows[i].block == o->opens)
			done[i] = 0;
	if (!first_time(o, &m.s.pos))
		return;
	if (o->type->store == GRAM_INT)
		(void)gram_set(m.t, o, gram_reading.conf, &there);
	if (o->begin != NULL)
		o->begin(&m.s.pos);
	if (title != NULL)
		set_title(title);
}

void
gram_match_open(void)
{
	clear();
	m.block = m.opener->opens;
}

void
gram_match_close(const struct gram_item *end)
{
	gram_match_end(end);
	m.block = GRAM_TOP;
	m.state = CLOSED;
}
