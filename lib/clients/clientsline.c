/*
 * clientsline: see clientsline.h.  Called by clientsfile.c, which reads whole
 * files, and by clientsedit.c.
 *
 * The words of a line are separated by blanks.  A word in double quotes is a
 * name, in which a backslash precedes a quote or a backslash.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clientsline.h"
#include "hex.h"
#include "size.h"
#include "utf8.h"

#define PREFIX		"nodekey:"
#define PREFIX_LEN	(sizeof(PREFIX) - 1)
#define WORDSIZE	129		/* with the NUL; longer ones are cut */
#define FOUNDSIZE	21		/* the same in errors: a line of another
					   file, or a private key, is not for
					   logs */

/* A line that is being read. */
struct line_reader {
	const char		*p;
	size_t			 len;
	size_t			 at;
	struct clients_line	*line;
	struct clients_wrong	*wrong;
};

struct word {
	size_t	 at;			/* from the beginning of the line */
	size_t	 len;			/* bytes of its text, also if cut */
	int	 quoted;
	int	 none;			/* the line ends here */
	char	 text[WORDSIZE];
};

void
clients_lines_begin(struct clients_lines *it, const char *text, size_t len)
{
	memset(it, 0, sizeof(*it));
	it->next = text;
	it->end = len > 0 ? text + len : text;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		it->next += 3;
}

int
clients_lines_next(struct clients_lines *it)
{
	size_t left = (size_t)(it->end - it->next);
	const char *nl;

	if (left == 0)
		return (0);
	it->p = it->next;
	it->number++;
	if ((nl = memchr(it->p, '\n', left)) == NULL) {
		it->next = nl = it->end;
	} else
		it->next = nl + 1;
	it->len = (size_t)(nl - it->p);
	if (it->len > 0 && it->p[it->len - 1] == '\r')
		it->len--;
	return (1);
}

int
clients_key_parse(uint8_t key[CLIENTS_KEYLEN], const char *s, size_t len,
    int bare)
{
	if (len == CLIENTS_KEYTEXT && memcmp(s, PREFIX, PREFIX_LEN) == 0)
		s += PREFIX_LEN;
	else if (!bare || len != 2 * CLIENTS_KEYLEN)
		return (-1);
	return (base_hex_get(key, CLIENTS_KEYLEN, s));
}

void
clients_key_text(char dst[CLIENTS_KEYTEXT + 1],
    const uint8_t key[CLIENTS_KEYLEN])
{
	memcpy(dst, PREFIX, PREFIX_LEN);
	base_hex_put(dst + PREFIX_LEN, key, CLIENTS_KEYLEN);
}

/* Set the error.  Always returns -1. */
static int
bad(struct line_reader *r, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
bad(struct line_reader *r, size_t at, const char *fmt, ...)
{
	va_list ap;

	r->wrong->column = at + 1;
	va_start(ap, fmt);
	vsnprintf(r->wrong->what, sizeof(r->wrong->what), fmt, ap);
	va_end(ap);
	return (-1);
}

/* The same about a word. */
static int
unexpected(struct line_reader *r, const struct word *w, const char *expected)
{
	char found[CLIENTS_NAMESIZE], text[FOUNDSIZE];

	if (w->none)
		return (bad(r, w->at, "expected %s, found the end of the line",
		    expected));
	strlcpy(text, w->text, sizeof(text));
	(void)clients_name_clean(found, text, strlen(text));
	return (bad(r, w->at, "expected %s, found \"%s\"%s", expected, found,
	    w->len > strlen(found) ? "..." : ""));
}

static int
is_blank(char ch)
{
	return (ch == ' ' || ch == '\t');
}

static void
put(struct word *w, const char *p, size_t n)
{
	/* Only whole characters, and none behind one that was left out. */
	if (w->len + n < sizeof(w->text)) {
		memcpy(w->text + w->len, p, n);
		w->text[w->len + n] = '\0';
	}
	w->len += n;
}

/* The next character, which must be printable: its bytes, or 0. */
static size_t
printable(struct line_reader *r)
{
	uint32_t cp;
	size_t n = json_utf8(r->p + r->at, r->len - r->at, &cp);

	if (n == 0)
		(void)bad(r, r->at, "expected UTF-8, found the byte 0x%02x",
		    (unsigned char)r->p[r->at]);
	else if (json_is_control(cp)) {
		(void)bad(r, r->at, "expected printable characters, found the "
		    "character U+%04X", (unsigned int)cp);
		n = 0;
	}
	return (n);
}

static int
quoted(struct line_reader *r, struct word *w)
{
	size_t n;

	w->quoted = 1;
	for (r->at++; r->at < r->len && r->p[r->at] != '"'; r->at += n) {
		if (r->p[r->at] == '\\' && (++r->at == r->len ||
		    strchr("\"\\", r->p[r->at]) == NULL))
			return (bad(r, r->at, "expected \\\" or \\\\ in quotes"
			    ", found another character behind a backslash"));
		if ((n = printable(r)) == 0)
			return (-1);
		put(w, r->p + r->at, n);
	}
	if (r->at == r->len)
		return (bad(r, w->at, "expected a second quote before the end "
		    "of the line, found none"));
	r->at++;
	if (r->at < r->len && !is_blank(r->p[r->at]))
		return (bad(r, r->at, "expected a blank behind the quote, "
		    "found another character"));
	return (0);
}

/* Read the next word.  Returns 0, also at the end, or -1. */
static int
next(struct line_reader *r, struct word *w)
{
	size_t n;

	while (r->at < r->len && is_blank(r->p[r->at]))
		r->at++;
	w->at = r->at;
	w->len = 0;
	w->quoted = 0;
	w->text[0] = '\0';
	w->none = r->at == r->len || r->p[r->at] == '#';
	if (w->none)
		return (0);
	if (r->p[r->at] == '"')
		return (quoted(r, w));
	for (; r->at < r->len && !is_blank(r->p[r->at]); r->at += n) {
		if (strchr("\"#", r->p[r->at]) != NULL && r->p[r->at] != '\0')
			return (bad(r, r->at, "expected a blank before a "
			    "comment, and quotes around a name with a quote or "
			    "#, found %c in a word", r->p[r->at]));
		if ((n = printable(r)) == 0)
			return (-1);
		put(w, r->p + r->at, n);
	}
	return (0);
}

static int
is_word(const struct word *w, const char *text)
{
	return (!w->quoted && !w->none && strcmp(w->text, text) == 0);
}

/* Read a word that must be a name. */
static int
name(struct line_reader *r, char dst[CLIENTS_NAMESIZE])
{
	struct word w;

	if (next(r, &w) == -1)
		return (-1);
	if (w.none || w.len == 0)
		return (unexpected(r, &w, "a name"));
	if (!clients_name_valid(w.text, w.len))
		return (unexpected(r, &w, "a name of at most 64 bytes"));
	memcpy(dst, w.text, w.len + 1);
	return (0);
}

/* Read a number of bytes. */
static int
size(struct line_reader *r, uint64_t min, uint64_t max, uint64_t *v)
{
	struct word w;
	int64_t n;

	if (next(r, &w) == -1)
		return (-1);
	n = w.quoted || w.len >= sizeof(w.text) ? -1 : base_size(w.text);
	if (n == -1)
		return (unexpected(r, &w, "a number of bytes, optionally with "
		    "K, M, G or T behind it"));
	if ((uint64_t)n < min || (uint64_t)n > max)
		return (bad(r, w.at, "expected %llu to %llu bytes, found %s",
		    (unsigned long long)min, (unsigned long long)max, w.text));
	*v = (uint64_t)n;
	return (0);
}

static int
set_name(struct line_reader *r)
{
	r->line->named = 1;
	return (name(r, r->line->name));
}

static int
set_group(struct line_reader *r)
{
	return (name(r, r->line->group));
}

static int
set_rate(struct line_reader *r)
{
	return (size(r, 1, CLIENTS_MAX_RATE, &r->line->rate));
}

static int
set_burst(struct line_reader *r)
{
	return (size(r, CLIENTS_MIN_BURST, CLIENTS_MAX_RATE, &r->line->burst));
}

static int
set_quota(struct line_reader *r)
{
	return (size(r, 1, INT64_MAX, &r->line->quota));
}

static int
set_connections(struct line_reader *r)
{
	struct word w;
	const char *errstr;

	if (next(r, &w) == -1)
		return (-1);
	r->line->connections = (uint32_t)strtonum(w.text, 1,
	    CLIENTS_MAX_CONNECTIONS, &errstr);
	if (errstr != NULL || w.quoted || w.len >= sizeof(w.text) ||
	    strspn(w.text, "0123456789") != w.len)
		return (unexpected(r, &w, "a number from 1 to 10000000"));
	return (0);
}

/* What may follow the subject of a line, each once. */
static const struct {
	enum clients_kind	 kind, also;
	const char		*word;
	const char		*behind;	/* NULL, or what precedes it */
	int			 (*set)(struct line_reader *);
} options[] = {
	{ CLIENTS_ALLOW, CLIENTS_DENY, "name", NULL, set_name },
	{ CLIENTS_ALLOW, CLIENTS_ALLOW, "group", NULL, set_group },
	{ CLIENTS_GROUP, CLIENTS_GROUP, "rate", NULL, set_rate },
	{ CLIENTS_GROUP, CLIENTS_GROUP, "burst", "rate", set_burst },
	{ CLIENTS_GROUP, CLIENTS_GROUP, "quota", NULL, set_quota },
	{ CLIENTS_GROUP, CLIENTS_GROUP, "connections", NULL,
	    set_connections }
};
#define NOPTIONS	(sizeof(options) / sizeof(options[0]))

static const char *const expected[] = {
	[CLIENTS_ALLOW] = "group NAME, name NAME or a comment",
	[CLIENTS_DENY] = "name NAME or a comment",
	[CLIENTS_GROUP] = "rate SIZE, burst SIZE, quota SIZE, connections "
	    "NUMBER or a comment"
};

/* Find the option of this word in this kind of line; NOPTIONS: none. */
static size_t
option(const struct word *w, enum clients_kind kind)
{
	size_t i;

	for (i = 0; i < NOPTIONS; i++)
		if (is_word(w, options[i].word) &&
		    (options[i].kind == kind || options[i].also == kind))
			break;
	return (i);
}

/* Read what follows the subject. */
static int
rest(struct line_reader *r)
{
	struct word w;
	char before[WORDSIZE] = "";
	unsigned int seen = 0;
	size_t i;

	for (;;) {
		r->line->end = r->at;
		if (next(r, &w) == -1)
			return (-1);
		if (w.none)
			return (0);
		if ((i = option(&w, r->line->kind)) == NOPTIONS)
			return (unexpected(r, &w, expected[r->line->kind]));
		if ((seen & 1U << i) != 0)
			return (bad(r, w.at, "expected %s once, found it a "
			    "second time", w.text));
		if (options[i].behind != NULL &&
		    strcmp(before, options[i].behind) != 0)
			return (bad(r, w.at, "expected %s SIZE before %s, "
			    "found none", options[i].behind, w.text));
		seen |= 1U << i;
		memcpy(before, w.text, sizeof(before));
		if (options[i].set(r) == -1)
			return (-1);
	}
}

/* The word is a key: what follows. */
static int
key(struct line_reader *r, const struct word *w, const char *or)
{
	char text[100];

	if (w->quoted || w->len >= sizeof(w->text) ||
	    clients_key_parse(r->line->key, w->text, w->len, 0) == -1) {
		snprintf(text, sizeof(text), PREFIX " and 64 hexadecimal "
		    "digits%s", or);
		return (unexpected(r, w, text));
	}
	r->line->subject = w->at;
	if (rest(r) == -1)
		return (-1);
	/* The reader is at the comment, or at the end. */
	if (!r->line->named && r->at < r->len)
		(void)clients_name_clean(r->line->name, r->p + r->at + 1,
		    r->len - r->at - 1);
	return (0);
}

static int
group(struct line_reader *r)
{
	while (r->at < r->len && is_blank(r->p[r->at]))
		r->at++;
	r->line->subject = r->at;
	if (name(r, r->line->group) == -1)
		return (-1);
	return (rest(r));
}

int
clients_line_parse(struct clients_line *l, const char *p, size_t len,
    struct clients_wrong *wrong)
{
	struct line_reader r = { .p = p, .len = len };
	struct word w;

	memset(l, 0, sizeof(*l));
	r.line = l;
	r.wrong = wrong;
	if (next(&r, &w) == -1)
		return (-1);
	l->first = l->subject = l->end = w.at;
	if (w.none)
		return (0);
	if (is_word(&w, "group")) {
		l->kind = CLIENTS_GROUP;
		return (group(&r));
	}
	if (is_word(&w, "deny")) {
		l->kind = CLIENTS_DENY;
		return (next(&r, &w) == -1 ? -1 : key(&r, &w, ""));
	}
	l->kind = CLIENTS_ALLOW;
	return (key(&r, &w, ", deny or group"));
}
