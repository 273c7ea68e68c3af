/*
 * mapcheck: is a text a good DERP map (derp-map(5)); and what is in it.  Used
 * by derpmapd for the map that is served and by derpctl for a file.  Pure.
 */
#ifndef MAPCHECK_H
#define MAPCHECK_H

#include <stddef.h>
#include <stdint.h>

#include "messages.h"

#define MAP_MAX_SIZE	(512 * 1024)	/* bytes of a map */
#define MAP_MAX_DEPTH	32
#define MAP_MAX_TOKENS	65536

/* One finding: `error' 1 or, for a warning, 0; the line has no newline. */
typedef void (*map_report_cb)(int error, const char *line, void *arg);

/*
 * Check the `len' bytes at `text'.  Every finding goes to `say' as
 * "WHAT:LINE:COLUMN: Regions.900.Nodes[0].HostName: expected ..., found ...";
 * `what' is the file or URL; at most 20 errors.  `self' NULL: nothing is said
 * about a node of our own.  0 when there was no error, -1 when there was.
 */
int	 map_check(const char *text, size_t len, const char *what,
	    const struct ipc_map_self *self, map_report_cb say, void *arg);

/*
 * Append what a good map holds as one JSON object, as raw bytes:
 * {"regions":[{"id":n,"code":s,"name":s,"nodes":[{"name":s,"host":s,
 *   "port":n,"stun":n,"stun_only":b,"ipv4":s,"ipv6":s,"certname":s}]}]}
 * with the defaults filled in (port 443, stun 3478, -1 off; "" for what is not
 * there).  0, or -1: the text is no good map, or no memory.
 */
int	 map_summary(const char *text, size_t len, struct ipc_wr *w);

void	 map_self_put(struct ipc_wr *w, const struct ipc_map_self *c);
int	 map_self_get(struct ipc_rd *r, struct ipc_map_self *c);

#endif
