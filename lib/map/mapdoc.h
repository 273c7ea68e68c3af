/*
 * mapdoc: a checked map on its way from the parent to a relay worker, which
 * serves its bytes and never looks into them.
 */
#ifndef MAPDOC_H
#define MAPDOC_H

#include <stddef.h>
#include <stdint.h>

#include "codec.h"

#define MAP_MAX_PATH	256		/* bytes of a path, NUL included */
#define MAP_MAX_HOSTS	64
#define MAP_HASH_LEN	32		/* SHA-256 of the map */

struct map_doc {
	uint32_t	 index;		/* which of the maps, from 0 */
	char		 path[MAP_MAX_PATH]; /* "/derpmap/default" */
	size_t		 nhosts;	/* served under these names alone */
	char		 hosts[MAP_MAX_HOSTS][256]; /* lower case, no dot at
					   the end; names or addresses */
	uint32_t	 max_age;	/* seconds, of Cache-Control */
	uint64_t	 mtime;		/* Last-Modified, seconds since 1970 */
	uint8_t		 hash[MAP_HASH_LEN];
	const uint8_t	*body;		/* NULL: there is no good map yet */
	size_t		 len;
	const uint8_t	*gzip;		/* NULL: not smaller */
	size_t		 gzip_len;
};

/* Append to a message; wr_ok() tells. */
void	 map_doc_put(struct wr *w, const struct map_doc *d);

/*
 * Read from a message; body and gzip point into it.  0, or -1 when malformed.
 */
int	 map_doc_get(struct rd *r, struct map_doc *d);

#endif
