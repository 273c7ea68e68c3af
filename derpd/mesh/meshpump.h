/*
 * meshpump: a link whose records stay with libtls (TLS 1.2, or a library that
 * gives no secrets): plain DERP goes over a pair of sockets to the relay
 * worker.
 */
#ifndef MESHPUMP_H
#define MESHPUMP_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#include "transport.h"

#define MESH_PUMP_SIZE	(16 * 1024)	/* bytes of a buffer */

/* Bytes that were read at one end and have to be written at the other. */
struct mesh_pump_buf {
	uint8_t		 p[MESH_PUMP_SIZE];
	size_t		 len, done;
};

struct mesh_pump {
	struct event_base *base;
	struct net_transport *t;	/* the node; NULL: the pump is closed */
	int		 fd;		/* our end of the pair */
	struct event	 node, pair;
	struct mesh_pump_buf in, out;	/* from the node, to the node */
};

/* Prepare a closed pump. */
void	 mesh_pump_init(struct mesh_pump *p, struct event_base *base);

/*
 * Pump between the transport `t', which is closed at the end, and a new pair.
 * Returns the pair's other end, for the relay worker, or -1 with errno.
 */
int	 mesh_pump_begin(struct mesh_pump *p, struct net_transport *t);

/* Return 1 if the pump is open, else 0. */
int	 mesh_pump_on(const struct mesh_pump *p);

/* Close the pump and its transport; permitted for a closed one. */
void	 mesh_pump_end(struct mesh_pump *p);

#endif
