/*
 * workeriface: one WireGuard interface: its settings (of the parent), what
 * netlink says of it, its peers and its relays.
 */
#ifndef WORKERIFACE_H
#define WORKERIFACE_H

#include <sys/queue.h>
#include <event2/event.h>
#include <stdint.h>

#include "cas.h"
#include "mapplaces.h"
#include "messages.h"
#include "peertable.h"

struct worker;
struct worker_survey;

#define WORKER_IFACE_NAMES	8	/* that a survey asks for at once */

TAILQ_HEAD(worker_relay_list, worker_relay);

struct worker_iface {
	struct worker	*worker;
	unsigned int	 number;

	/* Settings. */
	char		 name[IPC_IFNAMESIZE];
	int		 fd;		/* UDP socket, -1: none yet */
	struct event	*readable;
	uint16_t	 port;		/* of it */
	enum ipc_region_policy policy;
	uint64_t	 region;	/* of IPC_REGION_FIXED */
	enum ipc_direct	 direct;
	enum ipc_endpoints endpoints;
	unsigned int	 idle;		/* seconds; 0: never */
	const struct net_cas *cas;	/* of struct worker */
	int		 all;		/* all peers are served */
	struct ipc_bridge_peer *lines;	/* peers of the configuration, by key */
	uint32_t	 nlines;

	/* The device. */
	int		 known;		/* DEV_IFACE has come */
	int		 up;
	uint8_t		 key[IPC_KEYLEN];	/* public */
	uint16_t	 listen_port;	/* 0: none */
	uint32_t	 fwmark;
	char		 why[IPC_WHYSIZE];	/* why it is not up; "" */

	struct worker_peers peers;
	struct worker_relay_list relays;
	uint64_t	 settle_at;	/* not sooner, monotonic us */
	uint64_t	 hurried_at;	/* monotonic ms; 0: never */
	int		 reassign;	/* peers may need another relay */
	int		 reassign_soon;	/* ... which can wait for a second */
	unsigned int	 lost;		/* polls in a row of which no packet of
					   WireGuard has arrived */
	uint64_t	 missing;	/* region that the map has not, logged;
					   0: none */
	uint64_t	 nearest;	/* region, measured; 0: not yet */
	struct worker_survey *survey;	/* measures it; NULL: not wanted */
	const struct map_places *surveyed;	/* by this map */
	unsigned int	 surveyed_proxy;	/* and through this proxy */
	struct worker_iface_name {	/* whose addresses it waits for */
		uint32_t	 cookie;	/* 0: none */
		struct map_places_node node;
	}		 names[WORKER_IFACE_NAMES];
	uint64_t	 drops[WORKER_DROPS];	/* of no peer */
};

/*
 * Begin with an interface that has no settings yet.  Returns NULL without
 * memory.
 */
struct worker_iface *worker_iface_new(struct worker *w, unsigned int number);

/* Forget the interface with its peers and connections. */
void	 worker_iface_free(struct worker_iface *f);

/*
 * Use these settings; `fd' is its UDP socket, which is taken and set to -1, or
 * -1: as before.  Returns 0, or -1: they are invalid.
 */
int	 worker_iface_set(struct worker_iface *f,
	    const struct ipc_msg_worker_iface *v, int *fd);

/* What netlink says of the interface. */
void	 worker_iface_device(struct worker_iface *f,
	    const struct ipc_msg_dev_iface *v);

/*
 * What netlink says of a peer.  Returns 0, or -1: it is another peer's number,
 * key or address, or there are too many peers.
 */
int	 worker_iface_peer(struct worker_iface *f,
	    const struct ipc_msg_dev_peer *v);

/* Netlink says everything anew: what it does not say again is gone. */
void	 worker_iface_stale(struct worker_iface *f);

/* The end of a poll: what netlink has not said again is gone. */
void	 worker_iface_polled(struct worker_iface *f);

/* Forget a peer. */
void	 worker_iface_forget(struct worker_iface *f, struct worker_peer *p);

/* Returns 1 when the interface can take packets, else 0. */
int	 worker_iface_listens(const struct worker_iface *f);

#endif
