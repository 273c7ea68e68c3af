/*
 * json_check: is a text strict JSON (RFC 8259)?
 *
 * Called by json.c before jsmn sees a text.  One pass, no recursion; touches
 * memory alone.
 */
#include <stdlib.h>
#include <string.h>

#include "bom.h"
#include "json_check.h"
#include "utf8.h"

/* A check in progress. */
struct check {
	const char	*text;
	size_t		 len;
	size_t		 pos;
	char		*open;		/* stack of open brackets */
	unsigned int	 depth, max_depth;
	size_t		 max_tokens;
	struct json_check *r;		/* the result */
};

static int
fail(struct check *c, const char *what)
{
	c->r->what = what;
	return -1;
}

/* The byte at the reading position; -1 at the end. */
static int
peek(const struct check *c)
{
	return c->pos < c->len ? (unsigned char)c->text[c->pos] : -1;
}

static void
skip_space(struct check *c)
{
	int	ch;

	while ((ch = peek(c)) == ' ' || ch == '\t' || ch == '\n' || ch == '\r')
		c->pos++;
}

static int
is_digit(int ch)
{
	return ch >= '0' && ch <= '9';
}

static int
hex_digit(int ch)
{
	if (is_digit(ch))
		return ch - '0';
	if (ch >= 'a' && ch <= 'f')
		return ch - 'a' + 10;
	if (ch >= 'A' && ch <= 'F')
		return ch - 'A' + 10;
	return -1;
}

/* Four hexadecimal digits at `p' of `len' bytes; -1 for anything else. */
static long
hex4(const char *p, size_t len)
{
	long	v = 0;
	int	i, d;

	if (len < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		if ((d = hex_digit((unsigned char)p[i])) == -1)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

long
json_unescape(const char *p, size_t len, size_t *n)
{
	static const char	from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char		*q;
	long			 hi, lo;

	*n = 1;
	if (len == 0 || *p == '\0')
		return -1;
	if (*p != 'u')
		return (q = strchr(from, *p)) != NULL ? to[q - from] : -1;
	*n = 5;
	if ((hi = hex4(p + 1, len - 1)) < 0xd800 || hi > 0xdfff)
		return hi;
	*n = 11;
	if (hi > 0xdbff || len < 11 || p[5] != '\\' || p[6] != 'u')
		return -1;
	lo = hex4(p + 7, 4);
	if (lo < 0xdc00 || lo > 0xdfff)
		return -1;
	return 0x10000 + ((hi - 0xd800) << 10) + (lo - 0xdc00);
}

static int
check_string(struct check *c)
{
	uint32_t	cp;
	size_t	n;
	int	ch;

	for (c->pos++; (ch = peek(c)) != '"'; c->pos += n) {
		if (ch == -1)
			return fail(c, "a string is not closed");
		if (ch < 0x20)
			return fail(c, "a control character in a string");
		if (ch != '\\') {
			n = json_utf8(c->text + c->pos, c->len - c->pos, &cp);
			if (n == 0)
				return fail(c, "a string is not UTF-8");
			continue;
		}
		if (json_unescape(c->text + c->pos + 1, c->len - c->pos - 1,
		    &n) == -1)
			return fail(c, "a bad escape in a string");
		n++;
	}
	c->pos++;
	return 0;
}

/* At least one digit.  Returns -1 with an error otherwise. */
static int
check_digits(struct check *c)
{
	if (!is_digit(peek(c)))
		return fail(c, "a digit was expected");
	while (is_digit(peek(c)))
		c->pos++;
	return 0;
}

static int
check_number(struct check *c)
{
	if (peek(c) == '-')
		c->pos++;
	if (peek(c) == '0')
		c->pos++;
	else if (check_digits(c) == -1)
		return -1;
	if (peek(c) == '.') {
		c->pos++;
		if (check_digits(c) == -1)
			return -1;
	}
	if (peek(c) == 'e' || peek(c) == 'E') {
		c->pos++;
		if (peek(c) == '+' || peek(c) == '-')
			c->pos++;
		if (check_digits(c) == -1)
			return -1;
	}
	return 0;
}

static int
check_word(struct check *c, const char *word)
{
	size_t	n = strlen(word);

	if (c->len - c->pos < n || memcmp(c->text + c->pos, word, n) != 0)
		return fail(c, "a value was expected");
	c->pos += n;
	return 0;
}

static int
count_token(struct check *c)
{
	if (c->r->tokens == c->max_tokens)
		return fail(c, "too many values");
	c->r->tokens++;
	return 0;
}

enum json_state { VALUE, KEY, AFTER };	/* what must come next */

/* An opening bracket.  Returns what must come next, or -1. */
static int
check_open(struct check *c, char bracket)
{
	if (c->depth == c->max_depth)
		return fail(c, "nested too deeply");
	c->open[c->depth++] = bracket;
	c->pos++;
	skip_space(c);
	if (peek(c) == (bracket == '{' ? '}' : ']')) {
		c->pos++;
		c->depth--;
		return AFTER;
	}
	return bracket == '{' ? KEY : VALUE;
}

/* A value.  Returns what must come next, or -1. */
static int
check_value(struct check *c)
{
	int	ch, error;

	if (count_token(c) == -1)
		return -1;
	switch (ch = peek(c)) {
	case '{':
	case '[':
		return check_open(c, (char)ch);
	case '"':
		error = check_string(c);
		break;
	case 't':
		error = check_word(c, "true");
		break;
	case 'f':
		error = check_word(c, "false");
		break;
	case 'n':
		error = check_word(c, "null");
		break;
	default:
		if (ch != '-' && !is_digit(ch))
			return fail(c, "a value was expected");
		error = check_number(c);
		break;
	}
	return error == -1 ? -1 : AFTER;
}

static int
check_key(struct check *c)
{
	if (peek(c) != '"')
		return fail(c, "a name in quotes was expected");
	if (count_token(c) == -1 || check_string(c) == -1)
		return -1;
	skip_space(c);
	if (peek(c) != ':')
		return fail(c, "a colon was expected");
	c->pos++;
	return VALUE;
}

/* After a value within brackets.  Returns what must come next, or -1. */
static int
check_after(struct check *c)
{
	char	bracket = c->open[c->depth - 1];
	int	ch = peek(c);

	if (ch == ',') {
		c->pos++;
		return bracket == '{' ? KEY : VALUE;
	}
	if (ch != (bracket == '{' ? '}' : ']'))
		return fail(c, bracket == '{' ? "a comma or } was expected" :
		    "a comma or ] was expected");
	c->pos++;
	c->depth--;
	return AFTER;
}

/* The whole text.  Returns 0, or -1. */
static int
check_text(struct check *c)
{
	int	state = VALUE;

	for (;;) {
		skip_space(c);
		if (state == AFTER && c->depth == 0)
			break;
		if (state == VALUE)
			state = check_value(c);
		else if (state == KEY)
			state = check_key(c);
		else
			state = check_after(c);
		if (state == -1)
			return -1;
	}
	return c->pos == c->len ? 0 : fail(c, "the end was expected");
}

int
json_check(struct json_check *r, const char *text, size_t len,
    unsigned int max_depth, size_t max_tokens)
{
	struct check	 c;
	const char	*bom;
	int		 error;

	memset(r, 0, sizeof(*r));
	memset(&c, 0, sizeof(c));
	c.r = r;
	c.text = text;
	c.len = len;
	c.max_depth = max_depth;
	c.max_tokens = max_tokens;
	if ((bom = base_bom_found(text, len)) != NULL)
		return fail(&c, bom);
	if ((c.open = malloc((size_t)max_depth + 1)) == NULL)
		return fail(&c, "out of memory");
	error = check_text(&c);
	free(c.open);
	r->pos = c.pos;
	return error;
}
