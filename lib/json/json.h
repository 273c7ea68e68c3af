/*
 * json: the suite's JSON reader, on top of jsmn.  Strict (RFC 8259) where jsmn
 * is lax: the whole text must be one value, depth and number of tokens are
 * bounded, strings must be well-formed UTF-8 and numbers well-formed.
 */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>
#include <stdint.h>

struct json;			/* a parsed document */

enum json_type {
	JSON_NONE,		/* no such value */
	JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_OBJECT, JSON_ARRAY
};

/* A value: an index into its document; -1 is "no such value". */
typedef int json_ref;

struct json_error {
	size_t		 offset;	/* byte of the error */
	unsigned int	 line, column;	/* the same, from 1 */
	const char	*what;		/* static: what was expected */
};

/*
 * Parse the `len' bytes at `text', which must outlive the document, with at
 * most `max_depth' levels and `max_tokens' tokens.  Returns the document, whose
 * root is ref 0, or NULL with *e filled in when the text is not one well-formed
 * value or memory runs out (e->what says so).
 */
struct json *json_parse(const char *text, size_t len, unsigned int max_depth,
	    size_t max_tokens, struct json_error *e);

/* Free a document; NULL is allowed. */
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

/*
 * Value of the member `name' of object `r' (the last one if repeated), or -1.
 */
json_ref json_get(const struct json *j, json_ref r, const char *name);

/*
 * Raw text of `r' in the document (a string without its quotes), *len bytes;
 * NULL with *len 0 for -1.
 */
const char *json_raw(const struct json *j, json_ref r, size_t *len);

/*
 * Decode string (or key) `r' with its escapes into `dst' of `size' bytes,
 * NUL-terminated.  Returns the bytes written without the NUL, or -1 when `r' is
 * not a string, does not fit, or contains U+0000.
 */
long	 json_str(const struct json *j, json_ref r, char *dst, size_t size);

/* Boolean into *v.  Returns 0, or -1 when `r' is not a boolean. */
int	 json_bool(const struct json *j, json_ref r, int *v);

/*
 * Integer into *v.  Returns 0, or -1 for other types, a fraction, or a value
 * out of range.
 */
int	 json_int(const struct json *j, json_ref r, int64_t *v);

/* Line and column (from 1) of `r', for messages. */
void	 json_where(const struct json *j, json_ref r, unsigned int *line,
	    unsigned int *column);

#endif
