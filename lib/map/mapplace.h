/*
 * mapplace: positions and formatting of entries in the text of a map.  Used
 * only by mapedit.c.  Pure.
 */
#ifndef MAPPLACE_H
#define MAPPLACE_H

#include <stddef.h>

#include "json.h"

/* The bytes from `at' up to, not including, `end'. */
struct map_span {
	size_t		 at, end;
};

struct map_place {
	json_ref	 parent;	/* object or array with the entry */
	json_ref	 entry;		/* its key, or the element; -1: new */
	json_ref	 value;		/* -1: new */
	char		 name[256];	/* of a new member */
};

/*
 * Find `path' (see mapedit.h).  Returns 0 with *p filled in, or -1 with the
 * reason in `err' of `size' bytes.
 */
int	 map_place_find(const struct json *j, const char *path,
	    struct map_place *p, char *err, size_t size);

/* The bytes of a value, including the quotes of a string. */
struct map_span map_place_value(const struct json *j, const char *text,
	    json_ref r);

/* The bytes of an entry of an object or array, including its name. */
struct map_span map_place_entry(const struct json *j, const char *text,
	    json_ref parent, json_ref entry);

/* The entry before `entry' in `parent', and the last entry; -1 for none. */
json_ref map_place_before(const struct json *j, json_ref parent,
	    json_ref entry);
json_ref map_place_last(const struct json *j, json_ref parent);

#endif
