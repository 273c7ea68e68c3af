/*
 * dialnode: a node (relay server) to log in at: where it is, how it is
 * verified, the options of its connection.
 */
#ifndef DIALNODE_H
#define DIALNODE_H

#include <stdint.h>

#include "bounds.h"
#include "dialproxy.h"
#include "dialtrust.h"
#include "frame.h"
#include "tcpoptions.h"

struct dial_node {
	struct dial_trust trust;
	struct dial_proxy proxy;	/* on the way; it finds the address */
	char		 address[IPC_HOSTSIZE];	/* "": resolve the host */
	char		 port[8];
	char		 label[IPC_MESH_NAMESIZE]; /* "host" or "host:port" */
	uint8_t		 own[FRAME_KEY_LEN];	/* this program's key */
	int		 pinned;		/* the node has `key' */
	uint8_t		 key[FRAME_KEY_LEN];
	struct net_tcp	 tcp;
	char		 congestion[IPC_CONGESTIONSIZE];
};

/*
 * Set the host, the port and the label of a node that is all zeros.  Returns 0,
 * or -1 when the host is empty or too long, or the port is 0.
 */
int	 dial_node_set(struct dial_node *n, const char *host, uint16_t port);

/* Returns 1 when the two are the same in all but the state of trust, else 0. */
int	 dial_node_same(const struct dial_node *a, const struct dial_node *b);

#endif
