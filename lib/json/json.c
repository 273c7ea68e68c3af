/*
 * json: the suite's JSON reader, on top of jsmn.
 *
 * Called by fronts for login texts and by all readers of JSON files or
 * responses.  Touches only memory.
 *
 * jsmn finds the tokens, but even its strict mode accepts invalid JSON ({"a"
 * "b"}, [1 2], 01), and its time for closing brackets grows with depth.  So
 * json_check.c checks the text first, with a bound on its depth; jsmn then sees
 * only well-formed JSON, and its tokens are linked into lists.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

#include "json.h"
#include "json_check.h"

struct json {
	const char	*text;
	jsmntok_t	*tok;
	int		 ntok;
	json_ref	*next;		/* of each token: its next sibling */
};

/* Line and column of an offset, from 1; columns count bytes. */
static void
where(const char *text, size_t offset, unsigned int *line,
    unsigned int *column)
{
	size_t	i;

	*line = *column = 1;
	for (i = 0; i < offset; i++) {
		++*column;
		if (text[i] == '\n') {
			++*line;
			*column = 1;
		}
	}
}

/* Run jsmn on the `n' tokens of a checked text. */
static int
find_tokens(struct json *j, size_t len, size_t n)
{
	jsmn_parser	p;
	size_t		i = 0;

	jsmn_init(&p);
	j->ntok = jsmn_parse(&p, j->text, len, j->tok, (unsigned int)n);
	if (j->ntok == (int)n)
		return 0;
	if (n != 1)
		return -1;
	/* Strict jsmn requires a character behind a number or a word. */
	while (strchr(" \t\r\n", j->text[i]) != NULL)
		i++;
	j->tok[0].type = JSMN_PRIMITIVE;
	j->tok[0].start = (int)i;
	while (i < len && strchr(" \t\r\n", j->text[i]) == NULL)
		i++;
	j->tok[0].end = (int)i;
	j->tok[0].size = 0;
	j->tok[0].parent = -1;
	j->ntok = 1;
	return 0;
}

/* Link siblings.  Returns -1 when out of memory. */
static int
link_tokens(struct json *j)
{
	json_ref	*last;
	int		 i, parent;

	if ((last = calloc((size_t)j->ntok, sizeof(*last))) == NULL)
		return -1;
	for (i = 0; i < j->ntok; i++)
		last[i] = j->next[i] = -1;
	for (i = 1; i < j->ntok; i++) {
		parent = j->tok[i].parent;
		if (last[parent] != -1)
			j->next[last[parent]] = i;
		last[parent] = i;
	}
	free(last);
	return 0;
}

static struct json *
build(const char *text, size_t len, size_t tokens)
{
	struct json	*j;

	if ((j = calloc(1, sizeof(*j))) == NULL)
		return NULL;
	j->text = text;
	j->tok = calloc(tokens, sizeof(*j->tok));
	j->next = calloc(tokens, sizeof(*j->next));
	if (j->tok == NULL || j->next == NULL ||
	    find_tokens(j, len, tokens) == -1 || link_tokens(j) == -1) {
		json_free(j);
		return NULL;
	}
	return j;
}

struct json *
json_parse(const char *text, size_t len, unsigned int max_depth,
    size_t max_tokens, struct json_error *e)
{
	struct json_check	 c = { 0, 0, NULL };
	struct json		*j = NULL;

	if (max_tokens > INT_MAX)
		max_tokens = INT_MAX;
	if (len > INT_MAX - 1)
		c.what = "the text is too long";
	else if (json_check(&c, text, len, max_depth, max_tokens) == 0 &&
	    (j = build(text, len, c.tokens)) == NULL)
		c.what = "out of memory";
	if (j == NULL) {
		e->offset = c.pos;
		e->what = c.what;
		where(text, c.pos, &e->line, &e->column);
	}
	return j;
}

void
json_free(struct json *j)
{
	if (j == NULL)
		return;
	free(j->tok);
	free(j->next);
	free(j);
}

/* The token of `r'; NULL when there is no such value. */
static const jsmntok_t *
token(const struct json *j, json_ref r)
{
	return r >= 0 && r < j->ntok ? &j->tok[r] : NULL;
}

enum json_type
json_type(const struct json *j, json_ref r)
{
	const jsmntok_t	*t = token(j, r);

	if (t == NULL)
		return JSON_NONE;
	if (t->type == JSMN_OBJECT)
		return JSON_OBJECT;
	if (t->type == JSMN_ARRAY)
		return JSON_ARRAY;
	if (t->type == JSMN_STRING)
		return JSON_STRING;
	switch (j->text[t->start]) {
	case 'n':
		return JSON_NULL;
	case 't':
	case 'f':
		return JSON_BOOL;
	default:
		return JSON_NUMBER;
	}
}

static int
is_container(const struct json *j, json_ref r)
{
	enum json_type	t = json_type(j, r);

	return t == JSON_OBJECT || t == JSON_ARRAY;
}

size_t
json_count(const struct json *j, json_ref r)
{
	return is_container(j, r) ? (size_t)j->tok[r].size : 0;
}

json_ref
json_first(const struct json *j, json_ref r)
{
	return json_count(j, r) > 0 ? r + 1 : -1;
}

json_ref
json_next(const struct json *j, json_ref r)
{
	return token(j, r) != NULL ? j->next[r] : -1;
}

json_ref
json_value(const struct json *j, json_ref key)
{
	const jsmntok_t	*t = token(j, key);

	/* Among strings only a key has a size: its value. */
	return t != NULL && t->type == JSMN_STRING && t->size == 1 ? key + 1 :
	    -1;
}

json_ref
json_get(const struct json *j, json_ref r, const char *name)
{
	json_ref	key, found = -1;
	char		buf[256];

	if (json_type(j, r) != JSON_OBJECT)
		return -1;
	for (key = json_first(j, r); key != -1; key = json_next(j, key))
		if (json_str(j, key, buf, sizeof(buf)) != -1 &&
		    strcmp(buf, name) == 0)
			found = json_value(j, key);
	return found;
}

const char *
json_raw(const struct json *j, json_ref r, size_t *len)
{
	const jsmntok_t	*t = token(j, r);

	*len = t != NULL ? (size_t)(t->end - t->start) : 0;
	return t != NULL ? j->text + t->start : NULL;
}

/* Encode a code point as UTF-8.  Returns the bytes written. */
static size_t
put_utf8(char dst[4], long u)
{
	if (u < 0x80) {
		dst[0] = (char)u;
		return 1;
	}
	if (u < 0x800) {
		dst[0] = (char)(0xc0 | u >> 6);
		dst[1] = (char)(0x80 | (u & 0x3f));
		return 2;
	}
	if (u < 0x10000) {
		dst[0] = (char)(0xe0 | u >> 12);
		dst[1] = (char)(0x80 | (u >> 6 & 0x3f));
		dst[2] = (char)(0x80 | (u & 0x3f));
		return 3;
	}
	dst[0] = (char)(0xf0 | u >> 18);
	dst[1] = (char)(0x80 | (u >> 12 & 0x3f));
	dst[2] = (char)(0x80 | (u >> 6 & 0x3f));
	dst[3] = (char)(0x80 | (u & 0x3f));
	return 4;
}

long
json_str(const struct json *j, json_ref r, char *dst, size_t size)
{
	const char	*p;
	char		 u8[4];
	size_t		 i, len, n, step, out = 0;
	long		 u;

	if (json_type(j, r) != JSON_STRING)
		return -1;
	p = json_raw(j, r, &len);
	for (i = 0; i < len; i += step) {
		u8[0] = p[i];
		n = step = 1;
		if (p[i] == '\\') {
			u = json_unescape(p + i + 1, len - i - 1, &step);
			if (u <= 0)
				return -1;
			step++;
			n = put_utf8(u8, u);
		}
		if (out + n >= size)
			return -1;
		memcpy(dst + out, u8, n);
		out += n;
	}
	if (size == 0)
		return -1;
	dst[out] = '\0';
	return (long)out;
}

int
json_bool(const struct json *j, json_ref r, int *v)
{
	if (json_type(j, r) != JSON_BOOL)
		return -1;
	*v = j->text[j->tok[r].start] == 't';
	return 0;
}

int
json_int(const struct json *j, json_ref r, int64_t *v)
{
	const char	*p;
	size_t		 i, len;
	uint64_t	 n = 0, max;
	int		 negative;

	if (json_type(j, r) != JSON_NUMBER)
		return -1;
	p = json_raw(j, r, &len);
	negative = p[0] == '-';
	max = (uint64_t)INT64_MAX + (negative ? 1 : 0);
	for (i = negative ? 1 : 0; i < len; i++) {
		if (p[i] < '0' || p[i] > '9' ||
		    n > (max - (uint64_t)(p[i] - '0')) / 10)
			return -1;
		n = n * 10 + (uint64_t)(p[i] - '0');
	}
	*v = negative ? (int64_t)(0 - n) : (int64_t)n;
	return 0;
}

void
json_where(const struct json *j, json_ref r, unsigned int *line,
    unsigned int *column)
{
	const jsmntok_t	*t = token(j, r);

	where(j->text, t != NULL ? (size_t)t->start : 0, line, column);
}
