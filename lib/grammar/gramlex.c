/*
 * gramlex: the tokens of a configuration: comments, quotes, macro expansion,
 * and skipping refused statements.  Called by the grammar of parse.y.
 */
#include <sys/queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammatch.h"
#include "gramparse.h"
#include "gramsource.h"
#include "gramstore.h"
#include "gramtypes.h"
#include "parse.h"

#define WORD_MAX_LEN	1024		/* with the NUL */
#define NEAR_MAX	64		/* bytes of a word in a message */
#define WORD_CHARS	GRAM_NAME_CHARS ".-:/@+%"

struct string {
	SLIST_ENTRY(string) entry;
	char		 text[];
};

static const char		*expand;	/* rest of a macro's value, or
						   NULL */
static char			 word[WORD_MAX_LEN];
static SLIST_HEAD(, string) strings = SLIST_HEAD_INITIALIZER(strings);

/* The statement being read. */
static int		 last = '\n'; /* last token; '\n' between
					   statements */
static char		 first[NEAR_MAX]; /* its first word */
static int		 reported;	/* the lexer reported its last token */
static int		 skipping;	/* it is refused: skip it */
static int		 nest;		/* open braces in the skipped text */

/* The current block. */
static int		 in_block;
static struct gram_pos	 block_pos;
static char		 opener[NEAR_MAX]; /* its word */
static int		 opens;		/* 1: a { would open it */
static int		 closes;	/* 1: the last } closes it, not a
					   list */

/* The current list in braces, which is a value. */
static int		 in_list;
static struct gram_pos	 list_pos;

void
gram_lex_reset(void)
{
	struct string *s;

	gram_source_reset();
	while ((s = SLIST_FIRST(&strings)) != NULL) {
		SLIST_REMOVE_HEAD(&strings, entry);
		free(s);
	}
	expand = NULL;
	last = '\n';
	skipping = nest = reported = in_block = opens = in_list = 0;
	word[0] = first[0] = opener[0] = '\0';
}

/* The next character, of a macro's value or of the file; EOF at its end. */
static int
get(void)
{
	if (expand != NULL) {
		if (*expand != '\0')
			return ((unsigned char)*expand++);
		expand = NULL;
	}
	return (gram_source_get());
}

static void
put_back(int ch)
{
	if (ch == EOF)
		return;
	if (expand != NULL)
		expand--;
	else
		gram_source_put_back(ch);
}

/* The same outside quotes, where a backslash continues the line. */
static int
next_char(void)
{
	int ch = get(), after;

	if (ch != '\\')
		return (ch);
	if ((after = get()) == '\n')
		return (' ');
	put_back(after);
	return (ch);
}

/* Read a run of characters of `set' into `word'.  0, or -1: too long. */
static int
read_word(const char *set)
{
	size_t n = 0;
	int ch;

	while ((ch = get()) != EOF && ch != '\0' && strchr(set, ch) != NULL) {
		if (n == sizeof(word) - 1)
			return (-1);
		word[n++] = (char)ch;
	}
	put_back(ch);
	word[n] = '\0';
	return (0);
}

static int
bad(const char *what)
{
	struct gram_pos pos;

	gram_source_pos(&pos);
	gram_error(&pos, "%s", what);
	reported = 1;
	return (BADWORD);
}

/* A token whose text is kept until gram_lex_reset(). */
static int
text_token(int token, enum gram_kind kind)
{
	size_t n = strlen(word) + 1;
	struct string *s = gram_alloc(sizeof(*s) + n);

	memcpy(s->text, word, n);
	SLIST_INSERT_HEAD(&strings, s, entry);
	yylval.text = s->text;
	yylval.kind = kind;
	return (token);
}

static int
quoted(void)
{
	size_t n = 0;
	int ch;

	while ((ch = get()) != '"') {
		if (ch == EOF || ch == '\n') {
			put_back(ch);
			return (bad("a quote is not closed: expected \" "
			    "before the end of the line"));
		}
		if (ch == '\\' && (ch = get()) != '"' && ch != '\\') {
			put_back(ch);
			return (bad("a backslash in quotes: expected \\\" or "
			    "\\\\"));
		}
		if (ch == '\0')
			return (bad("a NUL in quotes: expected text"));
		if (n == sizeof(word) - 1)
			return (bad("more than 1023 characters in quotes"));
		word[n++] = (char)ch;
	}
	word[n] = '\0';
	return (text_token(STRING, GRAM_STRING));
}

/* $name: continue with its value.  0, or the token of an error. */
static int
expand_macro(void)
{
	char text[200];
	const char *value;

	if (expand != NULL)
		return (bad("$ in the value of a macro: expected plain text"));
	if (read_word(GRAM_NAME_CHARS) == -1 || word[0] == '\0')
		return (bad("$ without a name: expected $NAME"));
	if ((value = gram_macro_value(word)) == NULL) {
		snprintf(text, sizeof(text), "macro %.*s is not defined: "
		    "expected a line %.*s = \"VALUE\" before, or -D",
		    NEAR_MAX - 1, word, NEAR_MAX - 1, word);
		return (bad(text));
	}
	expand = value;
	return (0);
}

/* Skip blanks.  1 when "=" follows, so that the word before names a macro. */
static int
is_defined(void)
{
	int ch;

	while ((ch = get()) == ' ' || ch == '\t')
		;
	put_back(ch);
	return (ch == '=');
}

/* Does the word stand where a macro may be defined? */
static int
is_macro(void)
{
	return (last == '\n' && !in_block && is_defined());
}

/* A macro can't have the name of a keyword: BADWORD. */
static int
keyword_defined(void)
{
	char text[128];

	snprintf(text, sizeof(text), "%.40s is a keyword, so it can't be the "
	    "name of a macro: expected another name before =", word);
	return (bad(text));
}

static int
word_token(void)
{
	const struct gram_table *t = gram_reading.table;
	const char *errstr;
	int keyword, block;

	if (read_word(WORD_CHARS) == -1)
		return (bad("a word of more than 1023 characters"));
	if (word[strspn(word, "0123456789")] == '\0') {
		yylval.number = strtonum(word, 0, INT64_MAX, &errstr);
		return (errstr != NULL ? bad("a number is too large") :
		    text_token(NUMBER, GRAM_NUMBER));
	}
	block = gram_find_block(t, word) != NULL;
	keyword = block || gram_is_keyword(t, word);
	if (keyword && is_macro())
		return (gram_may_define(t, word) ? text_token(STRING,
		    GRAM_STRING) : keyword_defined());
	if (last == '\n' && !in_block && block)
		return (text_token(BLOCK, GRAM_WORD));
	if (keyword)
		return (text_token(WORD, GRAM_WORD));
	return (text_token(STRING, GRAM_STRING));
}

/*
 * End of a file: it ends the line, then the list or block; 0 at the end of all,
 * else the include line ends.
 */
static int
end_of_file(void)
{
	if (last != '\n')
		return ('\n');
	if (in_list) {
		gram_error(&list_pos, "{ is not closed: expected } in the same "
		    "file");
		return ('}');
	}
	if (in_block) {
		gram_error(&block_pos, "%s { is not closed: expected } in the "
		    "same file", opener);
		return ('}');
	}
	if (!gram_source_is_included())
		return (0);
	(void)gram_source_pop();
	return ('\n');
}

/* Read one token. */
static int
raw_token(void)
{
	int ch, token;

	yylval.kind = 0;
	yylval.text = "";
again:
	do {
		gram_source_pos(&yylval.pos);
		ch = next_char();
	} while (ch == ' ' || ch == '\t' || ch == '\r');
	if (ch == '#')
		do {
			gram_source_pos(&yylval.pos);
			ch = get();
		} while (ch != '\n' && ch != EOF);
	switch (ch) {
	case EOF:
		return (end_of_file());
	case '\n':
		return ('\n');
	case '"':
		return (quoted());
	case '$':
		if ((token = expand_macro()) != 0)
			return (token);
		goto again;
	case '*':
		strlcpy(word, "*", sizeof(word));
		return (text_token('*', GRAM_STAR));
	case '{': case '}': case '=':
		snprintf(word, sizeof(word), "%c", ch);
		return (text_token(ch, 0));
	}
	if (ch != '\0' && strchr(WORD_CHARS, ch) != NULL) {
		put_back(ch);
		return (word_token());
	}
	snprintf(word, sizeof(word), "%c", ch == '\0' ? '?' : ch);
	return (BADWORD);
}

/* Skip to the end of the refused statement: its line or its block. */
static int
skip_token(void)
{
	int ch;

	for (;;) {
		switch (ch = get()) {
		case '#':
			while ((ch = get()) != '\n' && ch != EOF)
				;
			put_back(ch);
			break;
		case '"':
			while ((ch = get()) != '"' && ch != '\n' && ch != EOF)
				if (ch == '\\' && (ch = get()) == '\n')
					put_back(ch);
			if (ch != '"')
				put_back(ch);
			break;
		case '\\':
			(void)get();
			break;
		case '{':
			nest++;
			break;
		case '}':
			if (nest == 0 && in_block) {
				put_back(ch);
				return ('\n');
			}
			nest -= nest > 0;
			break;
		case '\n':
			if (nest == 0)
				return ('\n');
			break;
		case EOF:
			return ('\n');
		}
	}
}

void
gram_lex_skip(void)
{
	if (last == '\n')
		return;
	skipping = 1;
	nest = last == '{' || in_list;
	/* It closes a block, whatever error precedes it. */
	if (last == '}' && in_block)
		put_back('}');
}

/* Track the current statement and block. */
static void
follow(int token)
{
	if (last == '\n' || last == '{')
		strlcpy(first, token == '\n' ? "" : word, sizeof(first));
	if (last == '\n' && !in_block) {
		opens = token == BLOCK;
		strlcpy(opener, word, sizeof(opener));
	}
	if (token == '{' && opens) {
		in_block = 1;
		opens = 0;
		block_pos = yylval.pos;
	} else if (token == '{') {
		in_list = 1;
		list_pos = yylval.pos;
	}
	if (token != '}')
		return;
	closes = !in_list;
	in_list = 0;
}

int
yylex(void)
{
	int token;

	if (last == '}' && closes && !skipping)
		in_block = 0;
	reported = 0;
	if (skipping && in_list)
		token = '}';	/* the list ends for the grammar */
	else if (skipping) {
		token = skip_token();
		skipping = 0;
	} else if (gram_source_begins())
		token = '\n';
	else
		token = raw_token();
	if (token == '\n') {
		yylval.kind = 0;
		yylval.text = "";
	}
	follow(token);
	return (last = token);
}

void
gram_lex_refuse(const struct gram_item *it, const char *want)
{
	if (it->kind == 0 && *it->text == '\0')
		gram_error(&it->pos, "at the end of the line: expected %s",
		    want);
	else
		gram_error(&it->pos, "near `%.*s': expected %s", NEAR_MAX - 1,
		    it->text, want);
	/* The parser has read the end of the line, or of the block. */
	if (it->kind != 0)
		gram_lex_skip();
}

void
gram_lex_error(void)
{
	const char *usage = gram_match_usage();
	const char *want = usage != NULL ? usage :
	    gram_statements(gram_reading.table, gram_match_where());
	struct gram_item it = { .kind = GRAM_WORD, .text = word,
	    .pos = yylval.pos };

	if (usage == NULL && first[0] != '\0')
		it.text = first;
	else if (last == '\n') {
		it.kind = 0;
		it.text = "";
	}
	if (reported)
		gram_lex_skip();
	else
		gram_lex_refuse(&it, want);
}
