/*
 * node: the node to dial, from the settings.
 */
#ifndef NODE_H
#define NODE_H

#include <stdint.h>

#include "messages.h"
#include "reach.h"
#include "tcpoptions.h"
#include "trust.h"

struct mesh_node {
	struct mesh_trust trust;
	char		 address[IPC_HOSTSIZE];	/* "": resolve the host */
	char		 port[8];
	char		 label[IPC_MESH_NAMESIZE]; /* "host" or "host:port" */
	uint8_t		 own[IPC_KEYLEN];	/* this relay's key */
	int		 pinned;		/* the node has `key' */
	uint8_t		 key[IPC_KEYLEN];
	struct net_tcp	 tcp;
	char		 congestion[IPC_CONGESTIONSIZE];
};

/*
 * Set a node that is all zeros.  Returns 0, or -1 when the settings are
 * invalid.
 */
int	 mesh_node_set(struct mesh_node *n, const struct ipc_msg_mesh_conf *v);

/*
 * Returns 1 when `v' are the settings of `n', and the CA file has the contents
 * that were read, else 0.
 */
int	 mesh_node_is(const struct mesh_node *n,
	    const struct ipc_msg_mesh_conf *v);

/*
 * Before confinement: prepare TLS.  Returns what the sandbox must permit, in
 * *r; NULL when out of memory.
 */
const struct sandbox_net *mesh_node_reach(struct mesh_node *n,
	    struct net_reach *r);

#endif
