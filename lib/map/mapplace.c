/*
 * mapplace: see mapplace.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapplace.h"

/* Returns 1 when the string `r' equals the `n' bytes at `s'. */
static int
is_text(const struct json *j, json_ref r, const char *s, size_t n)
{
	char text[512];
	long len = json_str(j, r, text, sizeof(text));

	return (len >= 0 && (size_t)len == n && memcmp(text, s, n) == 0);
}

/* The key of a member, or -1. */
static json_ref
member(const struct json *j, json_ref object, const char *name, size_t n)
{
	json_ref key;

	if (json_type(j, object) != JSON_OBJECT)
		return (-1);
	for (key = json_first(j, object); key != -1; key = json_next(j, key))
		if (is_text(j, key, name, n))
			return (key);
	return (-1);
}

/* An array element by index or by Name, or -1. */
static json_ref
element(const struct json *j, json_ref array, const char *name, size_t n)
{
	size_t digits = strspn(name, "0123456789"), i = 0;
	json_ref r;

	if (json_type(j, array) != JSON_ARRAY)
		return (-1);
	for (r = json_first(j, array); r != -1; r = json_next(j, r))
		if (is_text(j, json_get(j, r, "Name"), name, n))
			return (r);
	if (digits != n || n == 0 || n > 6)
		return (-1);
	for (r = json_first(j, array); r != -1; r = json_next(j, r))
		if (i++ == strtoul(name, NULL, 10))
			return (r);
	return (-1);
}

/* Find a node by its Name alone.  Returns 0, or -1. */
static int
find_node(const struct json *j, const char *name, struct map_place *p)
{
	json_ref regions = json_get(j, 0, "Regions"), key, nodes, r;

	for (key = json_first(j, regions); key != -1;
	    key = json_next(j, key)) {
		nodes = json_get(j, json_value(j, key), "Nodes");
		for (r = json_first(j, nodes); r != -1; r = json_next(j, r))
			if (is_text(j, json_get(j, r, "Name"), name,
			    strlen(name))) {
				p->parent = nodes;
				p->entry = p->value = r;
				return (0);
			}
	}
	return (-1);
}

/* Go one step down into a member. */
static int
into_member(const struct json *j, const char *name, size_t n, int last,
    struct map_place *p)
{
	p->parent = p->value;
	p->entry = member(j, p->parent, name, n);
	p->value = p->entry == -1 ? -1 : json_value(j, p->entry);
	if (p->entry != -1)
		return (0);
	if (!last || json_type(j, p->parent) != JSON_OBJECT ||
	    n >= sizeof(p->name))
		return (-1);
	memcpy(p->name, name, n);
	p->name[n] = '\0';
	return (0);
}

static int
into_element(const struct json *j, const char *name, size_t n,
    struct map_place *p)
{
	p->parent = p->value;
	p->entry = p->value = element(j, p->parent, name, n);
	return (p->entry == -1 ? -1 : 0);
}

/*
 * Follow a path of members and elements.  Returns the bytes of the path that
 * matched.
 */
static size_t
walk(const struct json *j, const char *path, struct map_place *p)
{
	size_t at = 0, n;

	while (path[at] != '\0') {
		if (path[at] == '[') {
			n = strcspn(path + at + 1, "]");
			if (path[at + 1 + n] != ']' ||
			    into_element(j, path + at + 1, n, p) == -1)
				return (at);
			at += n + 2;
		} else {
			n = strcspn(path + at, ".[");
			if (n == 0 || into_member(j, path + at, n,
			    path[at + n] == '\0', p) == -1)
				return (at);
			at += n;
		}
		if (path[at] == '.' && path[at + 1] != '\0')
			at++;
	}
	return (at);
}

int
map_place_find(const struct json *j, const char *path, struct map_place *p,
    char *err, size_t size)
{
	json_ref regions = json_get(j, 0, "Regions"), key;
	size_t good;

	memset(p, 0, sizeof(*p));
	p->parent = p->entry = -1;
	if ((key = member(j, regions, path, strlen(path))) != -1) {
		p->parent = regions;
		p->entry = key;
		p->value = json_value(j, key);
		return (0);
	}
	if (find_node(j, path, p) == 0)
		return (0);
	good = walk(j, path, p);
	if (path[good] == '\0' && good > 0 && p->parent != -1)
		return (0);
	snprintf(err, size, "%.100s: there is no entry at \"%.100s\"", path,
	    path + good);
	return (-1);
}

struct map_span
map_place_value(const struct json *j, const char *text, json_ref r)
{
	struct map_span s = { 0, 0 };
	size_t n;
	const char *p = json_raw(j, r, &n);

	if (p == NULL)
		return (s);
	s.at = (size_t)(p - text);
	s.end = s.at + n;
	if (json_type(j, r) == JSON_STRING) {
		s.at--;
		s.end++;
	}
	return (s);
}

struct map_span
map_place_entry(const struct json *j, const char *text, json_ref parent,
    json_ref entry)
{
	struct map_span s = map_place_value(j, text, entry);

	if (json_type(j, parent) == JSON_OBJECT)
		s.end = map_place_value(j, text, json_value(j, entry)).end;
	return (s);
}

json_ref
map_place_before(const struct json *j, json_ref parent, json_ref entry)
{
	json_ref r, before = -1;

	for (r = json_first(j, parent); r != -1 && r != entry;
	    r = json_next(j, r))
		before = r;
	return (before);
}

json_ref
map_place_last(const struct json *j, json_ref parent)
{
	return (map_place_before(j, parent, -1));
}
