/*
 * envfile: files of variables, as docker compose reads them; see convert.h.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convertset.h"
#include "log.h"

#define NAME_SIZE	128
#define WORD_CHARS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
			"0123456789_"

/* The file being read, which ends in a NUL. */
struct env_reader {
	struct convert	*c;
	const char	*file;
	int		 line;
	char		*value;		/* of the size of the file */
	size_t		 n;
};

static void
bad(struct env_reader *r, const char *want)
{
	convert_error(r->c, "%s:%d: expected %s", r->file, r->line, want);
}

static const char *
blanks(const char *p)
{
	return (p + strspn(p, " \t"));
}

/* 1 when $ at `p' begins what a shell would replace, else 0. */
static int
is_reference(const char *p)
{
	return (p[1] == '{' || p[1] == '(' || p[1] == '_' ||
	    isalpha((unsigned char)p[1]));
}

/* Take one character, or an escape in double quotes.  What follows. */
static const char *
character(struct env_reader *r, const char *p, char quote)
{
	if (quote != '\'' && p[0] == '$' && p[1] == '$')
		p++;
	else if (quote == '"' && *p == '\\' && p[1] != '\0' &&
	    strchr("\"\\$`", p[1]) != NULL)
		p++;
	r->value[r->n++] = *p;
	return (p + 1);
}

/* A value in quotes, on one line.  What follows, or NULL: reported. */
static const char *
quoted(struct env_reader *r, const char *p)
{
	const char quote = *p++;

	while (*p != quote) {
		if (*p == '\0' || *p == '\n' || *p == '\r') {
			bad(r, "the end of the quotes on this line");
			return (NULL);
		}
		if (quote == '"' && *p == '$' && is_reference(p)) {
			bad(r, "the value itself, not $ and a name, or single "
			    "quotes");
			return (NULL);
		}
		p = character(r, p, quote);
	}
	p = blanks(p + 1);
	if (*p == '\0' || *p == '\n' || *p == '\r' || *p == '#')
		return (p);
	bad(r, "the end of the line behind the quotes");
	return (NULL);
}

/* A value without quotes: to the end of the line, or to a comment. */
static const char *
plain(struct env_reader *r, const char *p)
{
	const char *start = p;

	while (*p != '\0' && *p != '\n' && *p != '\r' &&
	    !(*p == '#' && (p == start || p[-1] == ' ' || p[-1] == '\t'))) {
		if (*p == '$' && is_reference(p)) {
			bad(r, "the value itself, not $ and a name, or single "
			    "quotes");
			return (NULL);
		}
		p = character(r, p, '\0');
	}
	while (r->n > 0 && (r->value[r->n - 1] == ' ' ||
	    r->value[r->n - 1] == '\t'))
		r->n--;
	return (p);
}

/* One line that is neither empty nor a comment. */
static void
assignment(struct env_reader *r, const char *p)
{
	char name[NAME_SIZE];
	size_t n;

	if (strncmp(p, "export", 6) == 0 && (p[6] == ' ' || p[6] == '\t'))
		p = blanks(p + 6);
	n = strspn(p, WORD_CHARS);
	if (n == 0 || n >= sizeof(name) || *blanks(p + n) != '=') {
		bad(r, "a line NAME=VALUE, or a comment that begins with #");
		return;
	}
	if (strncmp(p, CONVERT_PREFIX, sizeof(CONVERT_PREFIX) - 1) != 0)
		return;		/* of another program */
	memcpy(name, p, n);
	name[n] = '\0';
	p = blanks(blanks(p + n) + 1);
	r->n = 0;
	p = *p == '"' || *p == '\'' ? quoted(r, p) : plain(r, p);
	if (p == NULL)
		return;
	r->value[r->n] = '\0';
	convert_set_variable(r->c, name, r->value);
}

void
convert_env_file(struct convert *c, const char *name, const char *text,
    size_t len)
{
	struct env_reader r = { .c = c, .file = name, .line = 1 };
	char *copy;
	const char *p;

	if (memchr(text, '\0', len) != NULL) {
		convert_error(c, "%s: a NUL in it: expected lines of text",
		    name);
		return;
	}
	if ((copy = calloc(2, len + 1)) == NULL)
		fatal("no memory for the variables of %s", name);
	memcpy(copy, text, len);
	r.value = copy + len + 1;
	for (p = copy; p != NULL && *p != '\0'; r.line++) {
		p = blanks(p);
		if (*p != '#' && *p != '\n' && *p != '\r' && *p != '\0')
			assignment(&r, p);
		p = strchr(p, '\n');
		p = p == NULL ? NULL : p + 1;
	}
	freezero(copy, 2 * (len + 1));
}
