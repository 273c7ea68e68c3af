/*
 * Fuzz target: edits of a map.  The input is an operation, a path, a value and
 * the text; the length precedes each but the last.  An edit of JSON gives JSON,
 * and keeps the text before and after the change.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mapcheck.h"
#include "mapedit.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* A string of the input; a byte with its length precedes it. */
static char *
next_string(const uint8_t **p, size_t *len)
{
	size_t n;
	char *s;

	if (*len == 0)
		return (strdup(""));
	n = **p;
	(*p)++;
	(*len)--;
	if (n > *len)
		n = *len;
	s = strndup((const char *)*p, n);
	*p += n;
	*len -= n;
	return (s);
}

static int
is_json(const void *p, size_t len)
{
	struct json_error e;
	struct json *j;

	/* An edit may go one level deeper than its text. */
	j = json_parse(p, len, 2 * MAP_MAX_DEPTH, 2 * MAP_MAX_TOKENS, &e);
	json_free(j);
	return (j != NULL);
}

/* Bytes that two texts share at the beginning and at the end. */
static size_t
shared(const uint8_t *a, size_t alen, const uint8_t *b, size_t blen)
{
	size_t min = alen < blen ? alen : blen, head, tail;

	for (head = 0; head < min && a[head] == b[head]; head++)
		;
	for (tail = 0; tail < min - head &&
	    a[alen - 1 - tail] == b[blen - 1 - tail]; tail++)
		;
	return (head + tail);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct map_edit_region r = { 900, "c", NULL };
	char err[MAPEDIT_ERROR], *path, *value;
	struct ipc_wr w;
	int op, rv;

	if (len < 1 || len > 65536)
		return (0);
	op = *p++;
	len--;
	path = next_string(&p, &len);
	value = next_string(&p, &len);
	must(path != NULL && value != NULL);
	ipc_wr_init(&w);
	if (op % 3 == 0)
		rv = map_edit_set((const char *)p, len, path, value,
		    op / 3 & 1, &w, err);
	else if (op % 3 == 1)
		rv = map_edit_remove((const char *)p, len, path, &w, err);
	else
		rv = map_edit_add((const char *)p, len, &r, value,
		    strlen(value), op / 3 & 1, &w, err);
	if (rv == 0) {
		must(is_json(p, len) && is_json(w.p, w.len));
		/* A removal removes one piece and inserts nothing. */
		if (op % 3 == 1)
			must(w.len <= len && shared(p, len, w.p, w.len) ==
			    w.len);
	} else
		must(memchr(err, '\0', sizeof(err)) != NULL);
	ipc_wr_free(&w);
	free(path);
	free(value);
	return (0);
}
