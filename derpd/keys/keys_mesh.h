/*
 * keys_mesh: the logins of this node at the other nodes of the region, which
 * mesh processes request.  Called by keys.c and keys_parent.c.
 *
 * A mesh process that was taken over can have the mesh key sealed for a server
 * of its choice, and so learn it, unless its node has a key in the
 * configuration.  It gets few logins in any time.
 */
#ifndef KEYS_MESH_H
#define KEYS_MESH_H

#include <stddef.h>
#include <stdint.h>

#include "keys.h"

#define KEYS_MESH_EVERY_MS	1000	/* between two logins of a node, */
#define KEYS_MESH_BURST		5	/* after these at once */

/* Node `node' (below IPC_MAXNODES) must have this key; NULL: any. */
void	keys_mesh_pin(unsigned int node, const uint8_t *server);

/*
 * Make the payload of a ClientInfo for the server with this key, which is to
 * be node `node', at `now_ms' (monotonic).  Returns its bytes in `info', or 0
 * with a line in `err'.
 */
size_t	keys_mesh_login(unsigned int node, const uint8_t server[KEYS_NODELEN],
	    uint64_t now_ms, uint8_t info[BOX_LOGINSIZE], char *err,
	    size_t errsize);

#endif
