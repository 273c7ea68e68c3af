/*
 * mapcheck: is a text a good DERP map (derp-map(5)); and what is in it.  Used
 * by derpmapd for the map that is served and by derpctl for a file.  Pure.
 */
#ifndef MAPCHECK_H
#define MAPCHECK_H

#include <stddef.h>
#include <stdint.h>

#include "codec.h"

#define MAP_MAX_SIZE	(512 * 1024)	/* bytes of a map */
#define MAP_MAX_DEPTH	32
#define MAP_MAX_TOKENS	65536
#define MAP_MAX_NAMES	64		/* of this machine, and of a document */

/* This machine, for the warnings about its own node; all 0: none are given. */
struct map_self {
	int		 relay;		/* a node of it is expected */
	uint16_t	 port;		/* of its TLS, as clients reach it */
	char		 pin[80];	/* if self-signed, else "" */
	size_t		 nnames;	/* its host names */
	char		 names[MAP_MAX_NAMES][256];
	size_t		 ncerts;	/* names that its certificates hold */
	char		 certs[MAP_MAX_NAMES][256];
};

/* One finding: `error' 1 or, for a warning, 0; the line has no newline. */
typedef void (*map_say)(int error, const char *line, void *arg);

/*
 * Check the `len' bytes at `text'.  Every finding goes to `say' as
 * "WHAT:LINE:COLUMN: Regions.900.Nodes[0].HostName: expected ..., found ...";
 * `what' is the file or URL; at most 20 errors.  `self' NULL: nothing is said
 * about a node of our own.  0 when there was no error, -1 when there was.
 */
int	 map_check(const char *text, size_t len, const char *what,
	    const struct map_self *self, map_say say, void *arg);

/*
 * Append what a good map holds as one JSON object, as raw bytes:
 * {"regions":[{"id":n,"code":s,"name":s,"nodes":[{"name":s,"host":s,
 *   "port":n,"stun":n,"stun_only":b,"ipv4":s,"ipv6":s,"certname":s}]}]}
 * with the defaults filled in (port 443, stun 3478, -1 off; "" for what is not
 * there).  0, or -1: the text is no good map, or no memory.
 */
int	 map_summary(const char *text, size_t len, struct wr *w);

/* To and from a message (mapself.c); the second gives 0, or -1 malformed. */
void	 map_self_put(struct wr *w, const struct map_self *s);
int	 map_self_get(struct rd *r, struct map_self *s);

#endif
