/*
 * mapstore: the DERP maps that a relay worker serves, as they came from the
 * parent.
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
	/* of a 200; its first part is that of a 304 */
	char		 fields[WEB_MAP_FIELDS_SIZE];
	size_t		 same_len;		/* bytes of that part */
	size_t		 len;			/* bytes of all */
};

/*
 * A map and what every answer says of it.  It never changes: another one takes
 * its place, while answers that hold this one still go out.
 */
struct web_map_entry {
	unsigned int		 refs;
	struct ipc_map_doc	 doc;	/* body and gzip are copies */
	struct web_map_form_text form[WEB_MAP_FORMS]; /* without a body:
							 empty */
};

/* All zero: there are no maps. */
struct web_mapstore {
	struct web_map_entry **v;	/* those in force; NULL: not there */
	size_t		 n;
	struct web_map_entry **next;	/* a set that is not whole yet */
	size_t		 nnext;
	size_t		 missing;	/* maps of that which did not come */
};

/*
 * MSG_RELAY_MAPS: a new set of `n' maps is to come, and is put in force once it
 * is whole.  0, or -1: too many, or no memory.
 */
int	web_mapstore_maps(struct web_mapstore *s, uint32_t n);

/*
 * MSG_RELAY_MAP: a copy of `doc' into the set that is to come, else in force at
 * once.
 * `now' bounds its time: nothing is from the future (RFC 9110 8.8.2.1).  0, or
 * -1: malformed, or no memory; the older map then stays.
 */
int	web_mapstore_map(struct web_mapstore *s, const struct ipc_map_doc *doc,
	    time_t now);

/*
 * The map at `path' (decoded, without query) of the host `host' (as a Host
 * field has it: any case, port and dot at the end allowed), NULL none.
 * *elsewhere gets 1 when another host has a map there, else 0.
 */
struct web_map_entry *web_mapstore_find(const struct web_mapstore *s,
	    const char *path, struct net_http_str host, int *elsewhere);

/* Is a map at `path', of whatever host, without a body yet?  1 yes, 0 no. */
int	web_mapstore_lacks(const struct web_mapstore *s, const char *path);

/* Keep the entry while its bytes are being sent. */
void	web_mapstore_hold(struct web_map_entry *e);

/* End of that; NULL is allowed. */
void	web_mapstore_release(struct web_map_entry *e);

/* Forget all maps. */
void	web_mapstore_clear(struct web_mapstore *s);

#endif
