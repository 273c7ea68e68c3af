/*
 * mapplace: where in the text of a map something stands, and how it is set out
 * there.  For mapedit.c alone.  Pure.
 */
#ifndef MAPPLACE_H
#define MAPPLACE_H

#include <stddef.h>

#include "json.h"

/* The bytes from `at' to before `end' of the text. */
struct map_span {
	size_t		 at, end;
};

struct map_place {
	json_ref	 parent;	/* object or array that holds it */
	json_ref	 entry;		/* its key, or the element; -1 new */
	json_ref	 value;		/* -1 new */
	char		 name[256];	/* of a member that is new */
};

/*
 * Find `path' (see mapedit.h).  0 and *p filled in; -1 with why in `err' of
 * `size' bytes.
 */
int	 map_place_find(const struct json *j, const char *path,
	    struct map_place *p, char *err, size_t size);

/* The bytes of a value, the quotes of a string included. */
struct map_span map_place_value(const struct json *j, const char *text,
	    json_ref r);

/* The bytes of an entry of an object or array: with its name, if it has one. */
struct map_span map_place_entry(const struct json *j, const char *text,
	    json_ref parent, json_ref entry);

/* The entry before `entry' in `parent', and the last one; -1 none. */
json_ref map_place_before(const struct json *j, json_ref parent,
	    json_ref entry);
json_ref map_place_last(const struct json *j, json_ref parent);

#endif
