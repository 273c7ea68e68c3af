/*
 * json_check: is a text strict JSON (RFC 8259)?  Used only by json.c.
 */
#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include <stddef.h>

struct json_check {
	size_t		 pos;		/* where reading ended, bytes */
	size_t		 tokens;	/* values and names seen */
	const char	*what;		/* static: the error */
};

/*
 * Check in one pass that the `len' bytes at `text' are one value of at most
 * `max_depth' levels and `max_tokens' values and names.  Returns 0, or -1 with
 * c->what and c->pos (also when out of memory).
 */
int	json_check(struct json_check *c, const char *text, size_t len,
	    unsigned int max_depth, size_t max_tokens);

/*
 * The code point of the escape behind its backslash at `p', of at most `len'
 * bytes; *n is set to its bytes (11 for a surrogate pair).  Returns -1 when it
 * is malformed or half of a surrogate pair.
 */
long	json_unescape(const char *p, size_t len, size_t *n);

#endif
