/*
 * node: the node to dial, from the settings.
 */
#ifndef NODE_H
#define NODE_H

#include "dialnode.h"
#include "messages.h"
#include "reach.h"

/*
 * Set a node that is all zeros.  Returns 0, or -1 when the settings are
 * invalid.
 */
int	 mesh_node_set(struct dial_node *n, const struct ipc_msg_mesh_conf *v);

/*
 * Returns 1 when `v' are the settings of `n', and the CA file has the contents
 * that were read, else 0.
 */
int	 mesh_node_is(const struct dial_node *n,
	    const struct ipc_msg_mesh_conf *v);

/*
 * Before confinement: prepare TLS.  Returns what the sandbox must permit, in
 * *r; NULL when out of memory.
 */
const struct sandbox_net *mesh_node_reach(struct dial_node *n,
	    struct net_reach *r);

#endif
