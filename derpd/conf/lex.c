/*
 * lex: the tokens of the configuration: files and includes, comments, quotes,
 * macro expansion, and skipping refused statements.  Called by the grammar of
 * parse.y.
 */
#include <sys/queue.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bom.h"
#include "conf_match.h"
#include "conf_parse.h"
#include "conf_store.h"
#include "log.h"
#include "parse.h"

#define WORD_MAX_LEN	1024		/* with the NUL */
#define DEPTH_MAX	16		/* of includes */
#define FILES_MAX	256		/* in total */
#define FILE_MAX_SIZE	(1024 * 1024)	/* bytes */
#define NEAR_MAX	64		/* bytes of a word in a message */
#define WORD_CHARS	MACRO_NAME_CHARS ".-:/@+%"

struct lex_source {
	struct lex_source	*up;	/* the including file */
	char			*text;
	size_t			 len, at;
	char			*name;	/* owned by conf_parsed->files */
	dev_t			 dev;
	ino_t			 ino;
	int			 line;
	int			 begin;	/* end the include line first */
};

struct string {
	SLIST_ENTRY(string) entry;
	char		 text[];
};

static struct lex_source	*source;
static const char		*expand;	/* rest of a macro's value, or
						   NULL */
static char			 word[WORD_MAX_LEN];
static SLIST_HEAD(, string) strings = SLIST_HEAD_INITIALIZER(strings);

/* The statement being read. */
static int		 last;		/* last token; '
' between statements */
static char		 first[NEAR_MAX]; /* its first word */
static int		 reported;	/* the lexer reported its last token */
static int		 skipping;	/* it is refused: skip it */
static int		 nest;		/* open braces in the skipped text */

/* The current block. */
static int		 in_block;
static struct conf_pos	 block_pos;
static char		 opener[NEAR_MAX]; /* its word */
static int		 opens;		/* 1: a { would open it */

/* The current list in braces, which is a value. */
static int		 in_list;
static struct conf_pos	 list_pos;

static void
lex_pos(struct conf_pos *pos)
{
	pos->file = source->name;
	pos->line = source->line;
}

/* Keep a file name for the life of the configuration. */
static char *
keep_name(const char *path)
{
	char **v;

	if ((v = reallocarray(conf_parsed->files, conf_parsed->nfiles + 1,
	    sizeof(*v))) == NULL)
		fatal("can't remember the file %s of the configuration", path);
	conf_parsed->files = v;
	return (v[conf_parsed->nfiles++] = conf_dup(path));
}

/* An include is relative to the file that names it. */
static int
resolve(char *dst, size_t size, const char *path)
{
	const char *slash;
	int n;

	if (source == NULL || *path == '/' ||
	    (slash = strrchr(source->name, '/')) == NULL)
		n = snprintf(dst, size, "%s", path);
	else
		n = snprintf(dst, size, "%.*s%s",
		    (int)(slash + 1 - source->name), source->name, path);
	return (n < 0 || (size_t)n >= size ? -1 : 0);
}

/* Read a whole file.  NULL, or the error. */
static const char *
slurp(struct lex_source *s, int fd)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return (strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX_SIZE)
		return ("not a configuration: expected a regular file of at "
		    "most 1 MiB");
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	if ((s->text = malloc((size_t)st.st_size + 1)) == NULL)
		return (strerror(errno));
	while (s->len < (size_t)st.st_size) {
		n = read(fd, s->text + s->len, (size_t)st.st_size - s->len);
		if (n == -1)
			return (strerror(errno));
		if (n == 0)
			break;
		s->len += (size_t)n;
	}
	return (base_bom_found(s->text, s->len));
}

/* Check that one more file may be read, and this one. */
static int
may_push(const struct lex_source *new, const char *path,
    const struct conf_pos *from)
{
	const struct lex_source *s;
	int depth = 0;

	for (s = source; s != NULL; s = s->up, depth++)
		if (s->dev == new->dev && s->ino == new->ino) {
			conf_error(from, "include \"%s\": it includes itself",
			    path);
			return (0);
		}
	if (depth >= DEPTH_MAX || conf_parsed->nfiles >= FILES_MAX) {
		conf_error(from, "include \"%s\": expected at most %d files "
		    "within each other, and %d in all", path, DEPTH_MAX,
		    FILES_MAX);
		return (0);
	}
	return (1);
}

int
conf_lex_push(const char *path, const struct conf_pos *from)
{
	struct lex_source *s = conf_alloc(sizeof(*s));
	const char *wrong;
	char full[WORD_MAX_LEN];
	int fd = -1;

	if (resolve(full, sizeof(full), path) == -1)
		wrong = "the path is too long";
	else if ((fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		wrong = strerror(errno);
	else
		wrong = slurp(s, fd);
	if (fd != -1)
		close(fd);
	if (wrong != NULL)
		conf_error(from, "%s: %s", full, wrong);
	if (wrong != NULL || !may_push(s, full, from)) {
		free(s->text);
		free(s);
		return (-1);
	}
	s->name = keep_name(full);
	s->line = 1;
	s->begin = source != NULL;
	s->up = source;
	if (source == NULL)
		last = '\n';
	source = s;
	return (0);
}

static void
pop(void)
{
	struct lex_source *s = source;

	source = s->up;
	free(s->text);
	free(s);
}

void
conf_lex_reset(void)
{
	struct string *s;

	while (source != NULL)
		pop();
	while ((s = SLIST_FIRST(&strings)) != NULL) {
		SLIST_REMOVE_HEAD(&strings, entry);
		free(s);
	}
	expand = NULL;
	skipping = nest = reported = in_block = opens = in_list = 0;
	word[0] = first[0] = opener[0] = '\0';
}

/* The next character, of a macro's value or of the file; EOF at its end. */
static int
get(void)
{
	int ch;

	if (expand != NULL) {
		if (*expand != '\0')
			return ((unsigned char)*expand++);
		expand = NULL;
	}
	if (source->at == source->len)
		return (EOF);
	ch = (unsigned char)source->text[source->at++];
	source->line += ch == '\n';
	return (ch);
}

static void
put_back(int ch)
{
	if (ch == EOF)
		return;
	if (expand != NULL) {
		expand--;
		return;
	}
	source->at--;
	source->line -= ch == '\n';
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
	struct conf_pos pos;

	lex_pos(&pos);
	conf_error(&pos, "%s", what);
	reported = 1;
	return (BADWORD);
}

/* A token whose text is kept until conf_lex_reset(). */
static int
text_token(int token, enum conf_kind kind)
{
	size_t n = strlen(word) + 1;
	struct string *s = conf_alloc(sizeof(*s) + n);

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
	return (text_token(STRING, CONF_STRING));
}

/* $name: continue with its value.  0, or the token of an error. */
static int
expand_macro(void)
{
	char text[200];
	const char *value;

	if (expand != NULL)
		return (bad("$ in the value of a macro: expected plain text"));
	if (read_word(MACRO_NAME_CHARS) == -1 || word[0] == '\0')
		return (bad("$ without a name: expected $NAME"));
	if ((value = conf_macro_value(word)) == NULL) {
		snprintf(text, sizeof(text), "macro %.*s is not defined: "
		    "expected a line %.*s = \"VALUE\" before, or -D",
		    NEAR_MAX - 1, word, NEAR_MAX - 1, word);
		return (bad(text));
	}
	expand = value;
	return (0);
}

static int
word_token(void)
{
	const char *errstr;

	if (read_word(WORD_CHARS) == -1)
		return (bad("a word of more than 1023 characters"));
	if (word[strspn(word, "0123456789")] == '\0') {
		yylval.number = strtonum(word, 0, INT64_MAX, &errstr);
		return (errstr != NULL ? bad("a number is too large") :
		    text_token(NUMBER, CONF_NUMBER));
	}
	if (last == '\n' && !in_block && conf_find_block(word) != NULL)
		return (text_token(BLOCK, CONF_WORD));
	if (conf_is_keyword(word))
		return (text_token(WORD, CONF_WORD));
	return (text_token(STRING, CONF_STRING));
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
		conf_error(&list_pos, "{ is not closed: expected } in the same "
		    "file");
		return ('}');
	}
	if (in_block) {
		conf_error(&block_pos, "%s { is not closed: expected } in the "
		    "same file", opener);
		return ('}');
	}
	if (source->up == NULL)
		return (0);
	pop();
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
		lex_pos(&yylval.pos);
		ch = next_char();
	} while (ch == ' ' || ch == '\t' || ch == '\r');
	if (ch == '#')
		do {
			lex_pos(&yylval.pos);
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
		return (text_token('*', CONF_STAR));
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
conf_lex_skip(void)
{
	if (last == '\n')
		return;
	skipping = 1;
	nest = last == '{' || in_list;
	/* It closes a block, whatever error precedes it. */
	if (last == '}' && in_block && source->at > 0)
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
	} else if (token == '{' && !in_block) {
		in_list = 1;
		list_pos = yylval.pos;
	}
	if (token == '}')
		in_list = 0;
}

int
yylex(void)
{
	int token;

	if (last == '}' && !skipping)
		in_block = 0;
	reported = 0;
	if (skipping && in_list)
		token = '}';	/* the list ends for the grammar */
	else if (skipping) {
		token = skip_token();
		skipping = 0;
	} else if (source->begin) {
		source->begin = 0;
		token = '\n';
	} else
		token = raw_token();
	if (token == '\n') {
		yylval.kind = 0;
		yylval.text = "";
	}
	follow(token);
	return (last = token);
}

void
conf_lex_refuse(const struct conf_item *it, const char *want)
{
	if (it->kind == 0 && *it->text == '\0')
		conf_error(&it->pos, "at the end of the line: expected %s",
		    want);
	else
		conf_error(&it->pos, "near `%.*s': expected %s", NEAR_MAX - 1,
		    it->text, want);
	/* The parser has read the end of the line, or of the block. */
	if (it->kind != 0)
		conf_lex_skip();
}

void
conf_lex_error(void)
{
	const char *usage = conf_match_usage();
	const char *want = usage != NULL ? usage :
	    conf_statements(conf_match_where());
	struct conf_item it = { .kind = CONF_WORD, .text = word,
	    .pos = yylval.pos };

	if (usage == NULL && first[0] != '\0')
		it.text = first;
	else if (last == '\n') {
		it.kind = 0;
		it.text = "";
	}
	if (reported)
		conf_lex_skip();
	else
		conf_lex_refuse(&it, want);
}
