/*
 * owner: the worker at which all connections of a key are, and all that is
 * known of it (lib/ipc/slots.h).
 */
#ifndef OWNER_H
#define OWNER_H

#include <stdint.h>

#include "frame.h"

struct ipc_slots;
struct relay;

#define LINK_OWNERS	1024	/* remembered; a power of two */

/* The owners of keys that were looked up before. */
struct cluster_owners {
	struct ipc_slots *slots;	/* NULL: this worker owns all */
	uint32_t	 epoch;		/* of what is remembered */
	struct {
		uint8_t	 key[FRAME_KEY_LEN];
		uint8_t	 worker;
		uint8_t	 used;
	}		 recent[LINK_OWNERS];
};

/*
 * Use the page of owners `fd' of the parent, in place of an older one.  Return
 * 0, or -1 with errno; `fd' stays the caller's.
 */
int	cluster_owners_map(struct relay *r, int fd);

/*
 * Return the worker that owns `key'; IPC_MAXWORKERS: none, the page is damaged.
 */
unsigned int cluster_owner(struct relay *r, const uint8_t key[FRAME_KEY_LEN]);

#endif
