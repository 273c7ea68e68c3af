/*
 * maprepeat: repeated names in one object; see map_walk_repeated() in
 * mapwalk.h.  Called by the map checker.  Pure.
 *
 * RFC 8259 section 4 leaves the meaning of such a text open, and readers
 * differ.  Names are sorted rather than hashed, and without qsort(3), which on
 * some systems queries the size of memory, a system call that the sandbox
 * refuses.
 */
#include <stdlib.h>
#include <string.h>

#include "mapwalk.h"

struct name {
	const char	*s;
	json_ref	 key;
};

static int
by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int c = strcmp(x->s, y->s);

	return (c != 0 ? c : x->key < y->key ? -1 : x->key > y->key);
}

/*
 * Decode all keys of `obj' into `text'.  Returns 0, or -1 after reporting an
 * error.
 */
static int
decode(struct map_walk *w, json_ref obj, struct name *names, char *text,
    size_t size)
{
	json_ref k;
	long n;

	for (k = json_first(w->j, obj); k != -1; k = json_next(w->j, k)) {
		if ((n = json_str(w->j, k, text, size)) == -1) {
			map_walk_expected(w, k, NULL, k,
			    "a name without U+0000");
			return (-1);
		}
		names->s = text;
		names++->key = k;
		text += n + 1;
		size -= (size_t)n + 1;
	}
	return (0);
}

/* Compare the `n' names of `obj' with each other. */
static void
compare(struct map_walk *w, json_ref obj, struct name *names, size_t n,
    char *text, size_t size)
{
	unsigned int line, column;
	size_t i;

	if (decode(w, obj, names, text, size) == -1)
		return;
	if (heapsort(names, n, sizeof(*names), by_name) == -1) {
		map_walk_error(w, obj, NULL, "out of memory");
		return;
	}
	for (i = 1; i < n && !map_walk_full(w); i++) {
		if (strcmp(names[i - 1].s, names[i].s) != 0)
			continue;
		json_where(w->j, names[i - 1].key, &line, &column);
		map_walk_error(w, names[i].key, NULL,
		    "expected each name once, "
		    "found \"%.60s\" again, first in line %u",
		    names[i].s, line);
	}
}

static void
check_object(struct map_walk *w, json_ref obj)
{
	size_t len, n = json_count(w->j, obj), size = 0;
	struct name *names;
	json_ref k;
	char *text;

	if (n < 2)
		return;
	/* A name never grows when its escapes are decoded. */
	for (k = json_first(w->j, obj); k != -1; k = json_next(w->j, k)) {
		json_raw(w->j, k, &len);
		size += len + 1;
	}
	names = calloc(n, sizeof(*names));
	text = malloc(size);
	if (names == NULL || text == NULL)
		map_walk_error(w, obj, NULL, "out of memory");
	else
		compare(w, obj, names, n, text, size);
	free(names);
	free(text);
}

/* Check the value `v' and its children; json_parse() has limited the depth. */
static void
check_value(struct map_walk *w, json_ref v)
{
	int object = json_type(w->j, v) == JSON_OBJECT;
	size_t before, i = 0;
	json_ref k;

	if (object)
		check_object(w, v);
	for (k = json_first(w->j, v); k != -1 && !map_walk_full(w);
	    k = json_next(w->j, k)) {
		before = object ? map_walk_enter(w, k) :
		    map_walk_enter_element(w, "", i++);
		check_value(w, object ? json_value(w->j, k) : k);
		map_walk_leave(w, before);
	}
}

void
map_walk_repeated(struct map_walk *w)
{
	check_value(w, 0);
}
