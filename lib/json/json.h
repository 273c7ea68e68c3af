/*
 * json: one walker over jsmn for everything in the suite that reads JSON.
 * Strict (RFC 8259) where jsmn is lax: the whole text must be one value,
 * depth and token count are bounded, strings must be well-formed UTF-8 and
 * numbers well-formed numbers.
 */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>
#include <stdint.h>

struct json;			/* a parsed document */

enum json_type {
	JSON_NONE,		/* there is no such value */
	JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_OBJECT, JSON_ARRAY
};

/* A value: an index into its document; -1 is "no such value". */
typedef int json_ref;

struct json_error {
	size_t		 offset;	/* byte where it went wrong */
	unsigned int	 line, column;	/* the same, from 1 */
	const char	*what;		/* static: what was expected */
};

/*
 * Parse the `len' bytes at `text', which must outlive the document.  At most
 * `max_depth' levels and `max_tokens' tokens.  NULL with *e filled in when it
 * is not one well-formed value (or ENOMEM: what says so).  Root is ref 0.
 */
struct json *json_parse(const char *text, size_t len, unsigned int max_depth,
	    size_t max_tokens, struct json_error *e);

/* Free a document; NULL is fine. */
void	 json_free(struct json *j);

/* Type of `r' (JSON_NONE for -1). */
enum json_type json_type(const struct json *j, json_ref r);

/* Members of an object or elements of an array; 0 for others. */
size_t	 json_count(const struct json *j, json_ref r);

/*
 * Walk: first child of an object (its first key) or array, -1 if empty; next
 * sibling, -1 after the last.  In an object the refs are the keys;
 * json_value() gives the value that belongs to a key.
 */
json_ref json_first(const struct json *j, json_ref r);
json_ref json_next(const struct json *j, json_ref r);
json_ref json_value(const struct json *j, json_ref key);

/* Value of the member `name' of object `r' (last one if repeated), or -1. */
json_ref json_get(const struct json *j, json_ref r, const char *name);

/*
 * Raw text of `r' within the document (a string without its quotes), *len
 * bytes; NULL and 0 for -1.
 */
const char *json_raw(const struct json *j, json_ref r, size_t *len);

/*
 * Decode string (or key) `r' with its escapes into `dst' of `size' bytes, NUL
 * added.  Bytes written without the NUL, or -1: not a string, does not fit, or
 * contains U+0000.
 */
long	 json_str(const struct json *j, json_ref r, char *dst, size_t size);

/* Boolean into *v; 0, or -1 when `r' is none. */
int	 json_bool(const struct json *j, json_ref r, int *v);

/* Integer number into *v; 0, or -1: none, a fraction, or out of range. */
int	 json_int(const struct json *j, json_ref r, int64_t *v);

/* Line and column (from 1) of `r', for messages. */
void	 json_where(const struct json *j, json_ref r, unsigned int *line,
	    unsigned int *column);

#endif
