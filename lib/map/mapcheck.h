/*
 * mapcheck: validate and summarise a DERP map (derp-map(5)).  Used by derpmapd
 * for served maps and by derpctl for a file.  Pure.
 */
#ifndef MAPCHECK_H
#define MAPCHECK_H

#include <stddef.h>
#include <stdint.h>

#include "messages.h"

#define MAP_MAX_SIZE	(512 * 1024)	/* bytes of a map */
#define MAP_MAX_DEPTH	32
#define MAP_MAX_TOKENS	65536

/* One finding: `error' is 1, or 0 for a warning; the line has no newline. */
typedef void (*map_report_cb)(int error, const char *line, void *arg);

/*
 * Validate the `len' bytes at `text'.  Every finding is passed to `say' as
 * "WHAT:LINE:COLUMN: Regions.900.Nodes[0].HostName: expected ..., found ...";
 * `what' is the file or URL.  At most 20 errors are reported.  `self' NULL: no
 * warnings about our own node.  Returns 0 without errors, else -1.
 */
int	 map_check(const char *text, size_t len, const char *what,
	    const struct ipc_map_self *self, map_report_cb say, void *arg);

/*
 * Append a summary of a valid map as one JSON object, as raw bytes:
 * {"regions":[{"id":n,"code":s,"name":s,"nodes":[{"name":s,"host":s,
 *   "port":n,"stun":n,"stun_only":b,"can_port80":b,"insecure":b,
 *   "ipv4":s,"ipv6":s,"certname":s}]}]}
 * with the defaults filled in (port 443, stun 3478, -1 for off; "" for absent
 * fields); "can_port80" and "insecure" only when true.  Returns 0, or -1 when
 * the map is invalid or memory runs out.
 */
int	 map_summary(const char *text, size_t len, struct ipc_wr *w);

/* Count the regions and nodes of a valid map; 0 of another text. */
void	 map_count(const char *text, size_t len, size_t *regions,
	    size_t *nodes);

void	 map_self_put(struct ipc_wr *w, const struct ipc_map_self *c);
int	 map_self_get(struct ipc_rd *r, struct ipc_map_self *c);

#endif
