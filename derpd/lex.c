/*
 * lex: words of the configuration: files and includes, comments, quotes,
 * macros.  Called by the grammar of parse.y.
 */
#include <sys/queue.h>
#include <sys/stat.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_parse.h"
#include "log.h"
#include "parse.h"

#define WORD_MAX_LEN	1024
#define DEPTH_MAX	16		/* of includes */
#define FILE_MAX_SIZE	(1024 * 1024)	/* bytes */

struct source {
	struct source	*up;		/* the file that includes it */
	FILE		*f;
	char		*name;		/* owned by parsed->files */
	int		 line;
	int		 newline;	/* the next token is on the next line */
	int		 begin;		/* end the include line first */
};

struct macro {
	TAILQ_ENTRY(macro) entry;
	char		*name, *value;
	int		 sticky;
};

static struct source	*source;
static const char	*expand;	/* rest of a macro's value */
static TAILQ_HEAD(, macro) macros = TAILQ_HEAD_INITIALIZER(macros);
static char		 word[WORD_MAX_LEN];
static const char	*usage;

static const struct {
	const char	*word;
	int		 token;
	const char	*usage;		/* NULL: begins no statement */
} keywords[] = {
	{ "accept",	ACCEPT,	"accept rate NUMBER burst NUMBER" },
	{ "acme",	ACME,	NULL },
	{ "address",	ADDRESS, NULL },
	{ "admit",	ADMIT,	NULL },
	{ "blank",	BLANK,	NULL },
	{ "burst",	BURST,	NULL },
	{ "bytes",	BYTES,	NULL },
	{ "certificate", CERTIFICATE, "certificate \"FILE\" key \"FILE\", or: "
	    "certificate self-signed" },
	{ "chroot",	CHROOT,	"chroot \"DIRECTORY\"" },
	{ "client",	CLIENT,	"client rate SIZE burst SIZE" },
	{ "clients",	CLIENTS, NULL },
	{ "codel",	CODEL,	"codel target MS interval MS, or: codel off" },
	{ "congestion",	CONGESTION, "congestion control \"NAME\"" },
	{ "control",	CONTROL, "control \"SOCKET\"" },
	{ "file",	FILENAME, NULL },
	{ "home",	HOME,	"home page, home blank, or: home redirect "
	    "\"URL\"" },
	{ "hostname",	HOSTNAME, "hostname \"NAME\"" },
	{ "include",	INCLUDE, "include \"FILE\"" },
	{ "interval",	INTERVAL, NULL },
	{ "key",	KEY,	NULL },
	{ "keys",	KEYS,	"keys user \"NAME\"" },
	{ "limit",	LIMIT,	NULL },
	{ "listen",	LISTEN,	"listen on ADDRESS port NUMBER [tls]" },
	{ "map",	MAP,	NULL },
	{ "max",	MAXIMUM, "max clients NUMBER" },
	{ "mesh",	MESH,	"mesh { key file \"FILE\" }" },
	{ "metrics",	METRICS, NULL },
	{ "off",	OFF,	NULL },
	{ "on",		ON,	NULL },
	{ "packets",	PACKETS, NULL },
	{ "page",	PAGE,	NULL },
	{ "port",	PORT,	NULL },
	{ "queue",	QUEUE,	"queue bytes SIZE packets NUMBER" },
	{ "rate",	RATE,	NULL },
	{ "redirect",	REDIRECT, NULL },
	{ "relay",	RELAY,	"relay { ... }" },
	{ "sandbox",	SANDBOX, "sandbox on, or: sandbox off" },
	{ "self-signed", SELFSIGNED, NULL },
	{ "statedir",	STATEDIR, "statedir \"DIRECTORY\"" },
	{ "stun",	STUN,	NULL },
	{ "target",	TARGET,	NULL },
	{ "timeout",	TIMEOUT, NULL },
	{ "tls",	TLS,	NULL },
	{ "unsent",	UNSENT,	"unsent limit SIZE" },
	{ "user",	USER,	"user \"NAME\"" },
	{ "with",	WITH,	NULL },
	{ "workers",	WORKERS, "workers NUMBER" },
	{ "write",	WRITE,	"write timeout MS" }
};

void
lex_pos(struct conf_pos *pos)
{
	pos->file = source == NULL ? NULL : source->name;
	pos->line = source == NULL ? 0 : source->line;
}

const char *
lex_word(void)
{
	return (word);
}

const char *
lex_usage(void)
{
	return (usage);
}

/* Remember a file name for as long as the configuration lives. */
static char *
keep_name(const char *path)
{
	char **v, *name;

	if ((name = strdup(path)) == NULL || (v = reallocarray(parsed->files,
	    parsed->nfiles + 1, sizeof(*v))) == NULL)
		fatal("configuration");
	v[parsed->nfiles++] = name;
	parsed->files = v;
	return (name);
}

/* An include is looked for beside the file that names it. */
static void
resolve(char *dst, size_t size, const char *path)
{
	const char *slash;

	if (source == NULL || *path == '/' ||
	    (slash = strrchr(source->name, '/')) == NULL)
		strlcpy(dst, path, size);
	else
		snprintf(dst, size, "%.*s%s", (int)(slash + 1 - source->name),
		    source->name, path);
}

int
lex_push(const char *path, const struct conf_pos *from)
{
	struct source *s;
	struct stat st;
	char full[WORD_MAX_LEN];
	int depth = 0;

	resolve(full, sizeof(full), path);
	for (s = source; s != NULL; s = s->up, depth++)
		if (strcmp(s->name, full) == 0) {
			conf_error(from, "%s includes itself", full);
			return (-1);
		}
	if (depth >= DEPTH_MAX) {
		conf_error(from, "include \"%s\": more than %d files deep",
		    full, DEPTH_MAX);
		return (-1);
	}
	if ((s = calloc(1, sizeof(*s))) == NULL)
		fatal("configuration");
	if ((s->f = fopen(full, "re")) == NULL || fstat(fileno(s->f),
	    &st) == -1 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX_SIZE) {
		if (s->f == NULL)
			conf_error(from, "%s: %s", full, strerror(errno));
		else {
			conf_error(from, "%s: not a configuration file: "
			    "expected a regular file of at most 1 MiB", full);
			fclose(s->f);
		}
		free(s);
		return (-1);
	}
	s->name = keep_name(full);
	s->line = 1;
	s->begin = source != NULL;
	s->up = source;
	source = s;
	usage = NULL;
	return (0);
}

static void
pop(void)
{
	struct source *s = source;

	source = s->up;
	fclose(s->f);
	free(s);
}

void
lex_reset(void)
{
	while (source != NULL)
		pop();
	expand = NULL;
	usage = NULL;
	word[0] = '\0';
}

static struct macro *
find_macro(const char *name)
{
	struct macro *m;

	TAILQ_FOREACH(m, &macros, entry)
		if (strcmp(m->name, name) == 0)
			return (m);
	return (NULL);
}

int
lex_macro(const char *name, const char *value, int sticky)
{
	struct macro *m;
	char *copy;

	if ((copy = strdup(value)) == NULL)
		return (-1);
	if ((m = find_macro(name)) != NULL) {
		if (m->sticky && !sticky) {
			free(copy);
			return (0);
		}
		free(m->value);
		m->value = copy;
		return (0);
	}
	if ((m = calloc(1, sizeof(*m))) == NULL ||
	    (m->name = strdup(name)) == NULL) {
		free(m);
		free(copy);
		return (-1);
	}
	m->value = copy;
	m->sticky = sticky;
	TAILQ_INSERT_TAIL(&macros, m, entry);
	return (0);
}

void
lex_macros_reset(void)
{
	struct macro *m, *next;

	for (m = TAILQ_FIRST(&macros); m != NULL; m = next) {
		next = TAILQ_NEXT(m, entry);
		if (m->sticky)
			continue;
		TAILQ_REMOVE(&macros, m, entry);
		free(m->name);
		free(m->value);
		free(m);
	}
}

void
lex_skip(void)
{
	int ch, depth = 0;

	if (source == NULL || source->newline)
		return;
	while ((ch = getc(source->f)) != EOF) {
		depth += (ch == '{') - (ch == '}');
		if (ch == '\n' && depth <= 0)
			break;
		if (ch == '\n')
			source->line++;
	}
	if (ch == '\n')
		ungetc(ch, source->f);
}

static int
next_char(void)
{
	int ch;

	if (expand != NULL) {
		if (*expand != '\0')
			return ((unsigned char)*expand++);
		expand = NULL;
	}
	if ((ch = getc(source->f)) != '\\')
		return (ch);
	if ((ch = getc(source->f)) == '\n') {	/* the line goes on */
		source->line++;
		return (' ');
	}
	if (ch != EOF)
		ungetc(ch, source->f);
	return ('\\');
}

static void
put_back(int ch)
{
	if (ch == EOF)
		return;
	if (expand != NULL)
		expand--;
	else
		ungetc(ch, source->f);
}

static int
is_word(int ch)
{
	return (ch != EOF && (isalnum(ch) || strchr("._-:/@+%", ch) != NULL));
}

/* A run of word characters into `word'; 0, or -1: too long. */
static int
read_word(int ch)
{
	size_t n = 0;

	for (; is_word(ch) && ch != '\0'; ch = next_char()) {
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
	return (BADWORD);
}

static int
string_token(void)
{
	if ((yylval.v.string = strdup(word)) == NULL)
		fatal("configuration");
	return (STRING);
}

static int
quoted(void)
{
	size_t n = 0;
	int ch;

	for (;;) {
		ch = next_char();
		if (ch == '"')
			break;
		if (ch == '\\' && ((ch = next_char()) != '"' && ch != '\\'))
			return (bad("a backslash in quotes: expected \\\" or "
			    "\\\\"));
		if (ch == EOF || ch == '\n') {
			put_back(ch);
			return (bad("a quote is not closed: expected \" "
			    "before the end of the line"));
		}
		if (ch == '\0' || n == sizeof(word) - 1)
			return (bad("a NUL or more than 1023 characters in "
			    "quotes"));
		word[n++] = (char)ch;
	}
	word[n] = '\0';
	return (string_token());
}

/* $name: go on with its value. */
static int
expand_macro(void)
{
	struct conf_pos pos;
	struct macro *m;

	if (expand != NULL)
		return (bad("a macro within a macro's value"));
	if (read_word(next_char()) == -1 || word[0] == '\0')
		return (bad("$ without a name: expected $NAME"));
	if ((m = find_macro(word)) == NULL) {
		lex_pos(&pos);
		conf_error(&pos, "macro %s is not defined: expected %s = "
		    "\"VALUE\" before, or -D", word, word);
		return (BADWORD);
	}
	expand = m->value;
	return (0);
}

static int
word_token(int ch)
{
	const char *errstr;
	size_t i;

	if (read_word(ch) == -1)
		return (bad("a word of more than 1023 characters"));
	if (word[strspn(word, "0123456789")] == '\0') {
		yylval.v.number = strtonum(word, 0, INT64_MAX, &errstr);
		return (errstr == NULL ? NUMBER : bad("a number is too large"));
	}
	for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (strcmp(word, keywords[i].word) == 0) {
			if (keywords[i].usage != NULL)
				usage = keywords[i].usage;
			return (keywords[i].token);
		}
	return (string_token());
}

/* End of a file: 0 at the end of all, else a newline. */
static int
end_of_file(void)
{
	if (source->up == NULL)
		return (0);
	pop();
	return ('\n');
}

int
yylex(void)
{
	int ch, token;

again:
	if (source->begin) {
		source->begin = 0;
		return ('\n');
	}
	if (source->newline) {
		source->newline = 0;
		source->line++;
		usage = NULL;
	}
	while ((ch = next_char()) == ' ' || ch == '\t' || ch == '\r')
		;
	lex_pos(&yylval.pos);
	if (ch == '#')
		while ((ch = next_char()) != '\n' && ch != EOF)
			;
	switch (ch) {
	case EOF:
		return (end_of_file());
	case '\n':
		source->newline = 1;
		return ('\n');
	case '"':
		return (quoted());
	case '$':
		if ((token = expand_macro()) != 0)
			return (token);
		goto again;
	case '{':
		usage = NULL;
		break;
	}
	if (is_word(ch) && ch != '\0')
		return (word_token(ch));
	word[0] = isprint(ch) ? (char)ch : '?';
	word[1] = '\0';
	return (strchr("*{}=", ch) != NULL && ch != '\0' ? ch : BADWORD);
}
