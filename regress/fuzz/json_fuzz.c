/*
 * Fuzz target: JSON texts.  An accepted text is walked as a whole, every value
 * is read by every function, and its nesting is bounded.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#define DEPTH	16

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		abort();
}

static void
read_value(const struct json *j, json_ref r, const char *text, size_t len)
{
	unsigned int	 line, column;
	const char	*raw;
	char		 buf[64];
	size_t		 n;
	int64_t		 i;
	long		 k;
	int		 b;

	raw = json_raw(j, r, &n);
	check(raw >= text && raw + n <= text + len);
	json_where(j, r, &line, &column);
	check(line >= 1 && column >= 1);
	k = json_str(j, r, buf, sizeof(buf));
	check(k == -1 || (json_type(j, r) == JSON_STRING &&
	    strlen(buf) == (size_t)k));
	check(json_bool(j, r, &b) == -1 || json_type(j, r) == JSON_BOOL);
	check(json_int(j, r, &i) == -1 || json_type(j, r) == JSON_NUMBER);
}

/* Walk the value `r'; the number of values and names, `r' included. */
static size_t
walk(const struct json *j, json_ref r, const char *text, size_t len, int depth)
{
	json_ref	k;
	size_t		n = 1, children = 0;

	check(depth <= DEPTH && json_type(j, r) != JSON_NONE);
	read_value(j, r, text, len);
	for (k = json_first(j, r); k != -1; k = json_next(j, k)) {
		children++;
		if (json_type(j, r) == JSON_OBJECT) {
			read_value(j, k, text, len);
			n += 1 + walk(j, json_value(j, k), text, len,
			    depth + 1);
		} else
			n += walk(j, k, text, len, depth + 1);
	}
	check(children == json_count(j, r));
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const char		*text = (const char *)p;
	struct json_error	 e;
	struct json		*j;
	size_t			 n;

	if ((j = json_parse(text, len, DEPTH, 1000, &e)) == NULL) {
		check(e.what != NULL && e.offset <= len && e.line >= 1);
		return 0;
	}
	n = walk(j, 0, text, len, 0);
	json_free(j);
	/* The bound on values is exact. */
	j = json_parse(text, len, DEPTH, n, &e);
	check(j != NULL);
	json_free(j);
	check(json_parse(text, len, DEPTH, n - 1, &e) == NULL);
	return 0;
}
