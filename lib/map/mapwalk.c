/*
 * mapwalk: position and findings of the map checker, and access to fields; see
 * mapwalk.h.  Called by the checker's other files.  Pure.
 *
 * Messages quote the map and end up in logs and on terminals: bytes outside
 * printable ASCII are shown as ?, and long values are truncated.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mapwalk.h"

#define MAX_LINE	1000	/* of a message, including the NUL */
#define MAX_QUOTE	60	/* bytes shown of a value */
#define MAX_NUMBER	64

/* Replace characters that a terminal might interpret. */
static void
make_printable(char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}

static void
finding(struct map_walk *w, int error, json_ref at, const char *field,
    const char *fmt, va_list ap)
{
	char line[MAX_LINE], text[MAX_LINE / 2];
	int max = error ? WALK_MAX_ERRORS : WALK_MAX_WARNINGS;
	int *count = error ? &w->errors : &w->warnings;
	unsigned int row, column;

	if (*count > max)
		return;
	if (++*count > max)
		snprintf(line, sizeof(line), "%.200s: there are more %s",
		    w->what, error ? "errors" : "warnings");
	else {
		json_where(w->j, at, &row, &column);
		vsnprintf(text, sizeof(text), fmt, ap);
		snprintf(line, sizeof(line), "%.200s:%u:%u: %s%s%s%s%s",
		    w->what, row, column, w->path,
		    field != NULL && w->len > 0 ? "." : "",
		    field != NULL ? field : "",
		    field != NULL || w->len > 0 ? ": " : "", text);
	}
	make_printable(line);
	w->say(error, line, w->arg);
}

void
map_walk_error(struct map_walk *w, json_ref at, const char *field,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	finding(w, 1, at, field, fmt, ap);
	va_end(ap);
}

void
map_walk_warn(struct map_walk *w, json_ref at, const char *field,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	finding(w, 0, at, field, fmt, ap);
	va_end(ap);
}

void
map_walk_broken(struct map_walk *w, unsigned int row, unsigned int column,
    const char *kind, const char *why)
{
	char line[MAX_LINE];

	snprintf(line, sizeof(line), "%.200s:%u:%u: %s%s", w->what, row,
	    column, kind, why);
	make_printable(line);
	w->errors++;
	w->say(1, line, w->arg);
}

/* Quote a value as written in the map, truncated to fit a message. */
static void
quote(const struct json *j, json_ref v, char *dst, size_t size)
{
	const char *raw, *q = json_type(j, v) == JSON_STRING ? "\"" : "";
	size_t len;

	switch (json_type(j, v)) {
	case JSON_NONE:
		snprintf(dst, size, "nothing");
		return;
	case JSON_OBJECT:
		snprintf(dst, size, "an object");
		return;
	case JSON_ARRAY:
		snprintf(dst, size, "an array");
		return;
	default:
		raw = json_raw(j, v, &len);
		snprintf(dst, size, "%s%.*s%s%s", q,
		    (int)(len > MAX_QUOTE ? MAX_QUOTE : len), raw,
		    len > MAX_QUOTE ? "..." : "", q);
	}
}

void
map_walk_expected(struct map_walk *w, json_ref at, const char *field,
    json_ref v, const char *expected)
{
	char found[MAX_QUOTE + 8];

	quote(w->j, v, found, sizeof(found));
	map_walk_error(w, at, field, "expected %s, found %s", expected, found);
}

int
map_walk_full(const struct map_walk *w)
{
	return (w->errors > WALK_MAX_ERRORS);
}

/* Append to the path as much as fits. */
static size_t
append(struct map_walk *w, const char *s, size_t n)
{
	size_t before = w->len;

	if (n > sizeof(w->path) - 1 - w->len)
		n = sizeof(w->path) - 1 - w->len;
	memcpy(w->path + w->len, s, n);
	w->len += n;
	w->path[w->len] = '\0';
	return (before);
}

size_t
map_walk_enter(struct map_walk *w, json_ref key)
{
	size_t n, before;
	const char *raw = json_raw(w->j, key, &n);

	before = append(w, ".", w->len > 0 ? 1 : 0);
	if (n > MAX_QUOTE) {
		append(w, raw, MAX_QUOTE);
		append(w, "...", 3);
	} else
		append(w, raw, n);
	return (before);
}

size_t
map_walk_enter_element(struct map_walk *w, const char *field, size_t i)
{
	char index[32];
	size_t before;

	before = append(w, ".", w->len > 0 && *field != '\0' ? 1 : 0);
	append(w, field, strlen(field));
	snprintf(index, sizeof(index), "[%zu]", i);
	append(w, index, strlen(index));
	return (before);
}

void
map_walk_leave(struct map_walk *w, size_t len)
{
	w->len = len;
	w->path[len] = '\0';
}

void
map_walk_go(struct map_walk *w, const char *path)
{
	w->len = 0;
	append(w, path, strlen(path));
}

/*
 * Find the keys of `obj' that equal `name', and those that differ only in case.
 */
static void
find_keys(const struct json *j, json_ref obj, const char *name,
    json_ref *exact, json_ref *other)
{
	char buf[64];
	json_ref k;

	*exact = *other = -1;
	if (json_type(j, obj) != JSON_OBJECT)
		return;
	for (k = json_first(j, obj); k != -1; k = json_next(j, k)) {
		if (json_str(j, k, buf, sizeof(buf)) == -1)
			continue;
		if (strcmp(buf, name) == 0)
			*exact = k;
		else if (strcasecmp(buf, name) == 0)
			*other = k;
	}
}

static json_ref
value_of(const struct json *j, json_ref key)
{
	json_ref v = json_value(j, key);

	return (json_type(j, v) == JSON_NULL ? -1 : v);
}

json_ref
map_walk_key(const struct json *j, json_ref obj, const char *name)
{
	json_ref exact, other;

	find_keys(j, obj, name, &exact, &other);
	return (exact != -1 ? exact : other);
}

json_ref
map_walk_find(const struct json *j, json_ref obj, const char *name)
{
	return (value_of(j, map_walk_key(j, obj, name)));
}

json_ref
map_walk_field(struct map_walk *w, json_ref obj, const char *name)
{
	json_ref exact, other;

	find_keys(w->j, obj, name, &exact, &other);
	if (other != -1 && exact != -1)
		map_walk_expected(w, other, name, other,
		    "only this spelling: Go programs treat both as one name");
	else if (other != -1)
		map_walk_warn(w, other, name,
		    "write the name with exactly these capital "
		    "and small letters: programs not written in Go "
		    "may ignore other spellings");
	return (value_of(w->j, exact != -1 ? exact : other));
}

json_ref
map_walk_need(struct map_walk *w, json_ref obj, const char *name)
{
	json_ref exact, other, v;

	find_keys(w->j, obj, name, &exact, &other);
	if (exact == -1 && other != -1) {
		map_walk_expected(w, other, name, other,
		    "the name with exactly these capital and small letters");
		return (-1);
	}
	v = map_walk_field(w, obj, name);
	if (v == -1)
		map_walk_expected(w, exact != -1 ? json_value(w->j, exact) :
		    obj, name, json_value(w->j, exact), "this field");
	return (v);
}

static int
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return (1);
	return (0);
}

int
map_walk_string(struct map_walk *w, json_ref v, const char *name,
    const char *expected, char dst[WALK_STRING])
{
	dst[0] = '\0';
	if (v == -1)
		return (0);
	if (json_str(w->j, v, dst, WALK_STRING) != -1 && !has_control(dst))
		return (0);
	dst[0] = '\0';
	if (json_type(w->j, v) != JSON_STRING)
		map_walk_expected(w, v, name, v, expected);
	else
		map_walk_expected(w, v, name, v, "at most 255 bytes without "
		    "control characters");
	return (-1);
}

int
map_walk_text(struct map_walk *w, json_ref obj, const char *name,
    const char *expected, char dst[WALK_STRING])
{
	return (map_walk_string(w, map_walk_field(w, obj, name), name, expected,
	    dst));
}

int
map_walk_flag(struct map_walk *w, json_ref obj, const char *name, int *v)
{
	json_ref r = map_walk_field(w, obj, name);

	*v = 0;
	if (r == -1 || json_bool(w->j, r, v) == 0)
		return (0);
	map_walk_expected(w, r, name, r, "true or false");
	return (-1);
}

int
map_walk_int(struct map_walk *w, json_ref obj, const char *name, int64_t min,
    int64_t max, int64_t *v)
{
	json_ref r = map_walk_field(w, obj, name);
	char expected[80];

	*v = 0;
	if (r == -1 ||
	    (json_int(w->j, r, v) == 0 && *v >= min && *v <= max))
		return (0);
	*v = 0;
	snprintf(expected, sizeof(expected), "an integer from %lld to %lld",
	    (long long)min, (long long)max);
	map_walk_expected(w, r, name, r, expected);
	return (-1);
}

int
map_walk_double(const struct json *j, json_ref v, double *d)
{
	char buf[MAX_NUMBER];
	const char *raw;
	size_t len;

	raw = json_raw(j, v, &len);
	if (json_type(j, v) != JSON_NUMBER || len >= sizeof(buf))
		return (-1);
	memcpy(buf, raw, len);
	buf[len] = '\0';
	*d = strtod(buf, NULL);
	return (isfinite(*d) ? 0 : -1);
}
