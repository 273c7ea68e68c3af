/*
 * meshlink: the link to the node: dialled, given to the relay worker, and
 * dialled again when that says that it has ended.
 */
#ifndef MESHLINK_H
#define MESHLINK_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdint.h>

#include "dial.h"
#include "meshpump.h"
#include "redial.h"

#define MESH_OLD_SECS	(24 * 60 * 60)	/* until a link of an old mesh key
					   ends */

struct ipc_chan;

struct mesh_link {
	struct event_base *base;
	struct dial_node *node;
	struct ipc_chan	*parent;
	struct ipc_chan	*keys, *relay;	/* NULL: not there */
	int		 met;		/* relay has said MESH_HELLO */

	struct dial dial;
	struct mesh_pump pump;
	struct dial_redial redial;
	struct net_record_cache records;
	struct event	 again;		/* time to dial */
	struct event	 old;		/* the link has an old mesh key */
	enum ipc_mesh_state state;
	uint64_t	 cookie;	/* of the last question to keys */
	uint32_t	 number;	/* of the last link */
	uint64_t	 since;		/* it is up, monotonic ms */
	uint8_t		 key[IPC_KEYLEN];	/* the node's; zeros: not
						   known */
	char		 address[64];	/* it is up there; "": it is not */
	char		 why[IPC_ERRORSIZE];	/* what failed last */
};

/*
 * Prepare a link that is down; `base', `node' and `parent' have been set, and
 * all else is zeros.  Exits with a message on failure.
 */
void	 mesh_link_init(struct mesh_link *l);

/*
 * Dial now, unless it is up or being dialled, or a channel is missing: to be
 * called at the start, for new settings, and when there is a channel again.
 */
void	 mesh_link_dial(struct mesh_link *l);

/* The settings were sent again, and are the same: a reload. */
void	 mesh_link_reload(struct mesh_link *l);

/* The mesh key has changed. */
void	 mesh_link_rekey(struct mesh_link *l);

/* keys has answered. */
void	 mesh_link_logged(struct mesh_link *l,
	    const struct ipc_msg_mesh_logged *v);

/* The relay worker says whether it has a link, which moved there. */
void	 mesh_link_hello(struct mesh_link *l,
	    const struct ipc_msg_mesh_hello *v);

/* The relay worker says that a link has ended. */
void	 mesh_link_lost(struct mesh_link *l,
	    const struct ipc_msg_mesh_lost *v);

/*
 * Use `c' as the channel to keys, or to the relay worker, in place of an older
 * one; NULL: it is gone.
 */
void	 mesh_link_keys(struct mesh_link *l, struct ipc_chan *c);
void	 mesh_link_relay(struct mesh_link *l, struct ipc_chan *c);

#endif
