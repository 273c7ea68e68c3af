/*
 * mapstore: the DERP maps that a front serves, as the parent sent them.
 */
#ifndef MAPSTORE_H
#define MAPSTORE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "http.h"
#include "mapdoc.h"

#define WEB_MAP_TAG_SIZE	48	/* of an ETag, with quotes and NUL */
#define WEB_MAP_FIELDS_SIZE	512	/* of the prepared header fields */

/* The two representations of a map. */
enum web_map_form {
	WEB_MAP_PLAIN,
	WEB_MAP_GZIP,
	WEB_MAP_FORMS
};

struct web_map_form_text {
	char		 tag[WEB_MAP_TAG_SIZE];	/* ETag */
	/* header fields of a 200; the first part is that of a 304 */
	char		 fields[WEB_MAP_FIELDS_SIZE];
	size_t		 same_len;		/* bytes of that part */
	size_t		 len;			/* bytes of all */
};

/*
 * A map and its header fields.  An entry never changes: another one replaces
 * it, while answers that hold it are still being sent.
 */
struct web_map_entry {
	unsigned int		 refs;
	struct ipc_map_doc	 doc;	/* body and gzip are copies */
	/* empty if there is no body */
	struct web_map_form_text form[WEB_MAP_FORMS];
};

/* All zero initially: no maps. */
struct web_mapstore {
	struct web_map_entry **v;	/* in force; NULL: not there yet */
	size_t		 n;
	struct web_map_entry **next;	/* a partial set */
	size_t		 nnext;
	size_t		 missing; /* maps of `next' that have not arrived */
};

/*
 * MSG_RELAY_MAPS: begin a new set of `n' maps, which is put in force once it is
 * whole.  Return 0, or -1: too many, or no memory.
 */
int	web_mapstore_maps(struct web_mapstore *s, uint32_t n);

/*
 * MSG_RELAY_MAP: copy `doc' into the new set if one is under way, else put it
 * in force at once.  `now' limits its time, so that it is not in the future
 * (RFC 9110 8.8.2.1).  Return 0, or -1: malformed, or no memory; the older map
 * then stays.
 */
int	web_mapstore_map(struct web_mapstore *s, const struct ipc_map_doc *doc,
	    time_t now);

/*
 * Find the map at `path' (decoded, without query) of the host `host' (a Host
 * field: any case, port and final dot permitted); NULL if there is none.
 * *elsewhere is set to 1 when another host has a map there, else 0.
 */
struct web_map_entry *web_mapstore_find(const struct web_mapstore *s,
	    const char *path, struct net_http_str host, int *elsewhere);

/* Return 1 if any host's map at `path' has no body yet, else 0. */
int	web_mapstore_lacks(const struct web_mapstore *s, const char *path);

/*
 * Make an entry with a copy of these `len' bytes, which is in no set, for other
 * answers that are sent like maps; it has one reference.  NULL: no memory.
 */
struct web_map_entry *web_mapstore_bytes(const void *p, size_t len);

/* Hold the entry while its bytes are being sent. */
void	web_mapstore_hold(struct web_map_entry *e);

/* Release a held entry; NULL is permitted. */
void	web_mapstore_release(struct web_map_entry *e);

/* Free all maps. */
void	web_mapstore_clear(struct web_mapstore *s);

#endif
