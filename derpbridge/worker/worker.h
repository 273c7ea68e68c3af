/*
 * worker: the process that carries packets between WireGuard and relays
 * (derpbridged(8)).
 *
 * worker.c		the process: settings, the loop, channels
 * devices.c		netlink's channel: interfaces, peers, polls
 * workeriface.c	one interface, its settings and peers
 * peertable.c		the peers of an interface
 * carry.c		packets between the kernel and relays
 * udp.c, udpout.c	datagrams, many at once
 * pace.c		when a turn waits for more packets
 * steer.c		direct or relayed: path.c asked for each peer
 * relays.c		which nodes the peers of an interface use
 * choice.c		... by region policy, rendezvous and measurement
 * survey.c, surveys.c	... which region is nearest
 * workerasks.c	what nodes ask for: addresses, sockets, logins
 * workernode.c, workerlink.c, outqueue.c	a node and its connection
 * workerstatus.c	what derpctl shows
 *
 * A turn of the loop (worker.c) handles input, then writes output, then
 * changes what input has made necessary; the steps never nest.
 */
#ifndef WORKER_H
#define WORKER_H

#include <sys/queue.h>
#include <event2/event.h>
#include <stdint.h>

#include "bounds.h"
#include "cas.h"
#include "mapplaces.h"
#include "pace.h"

struct ipc_chan;
struct ipc_child;
struct worker_iface;
struct worker_links;
struct worker_relay;
struct worker_udp;
struct worker_udpout;

struct worker {
	struct ipc_child *child;
	struct event_base *base;
	struct event	*tick;		/* every second */
	uint64_t	 now;		/* of worker_now(); 0: not read yet */
	struct ipc_chan	*netlink, *keys;	/* NULL: not there */
	unsigned int	 chanless;	/* seconds without one of them */
	uint64_t	 asleep;	/* ms that the machine was suspended,
					   plus 1; 0: not known */

	struct worker_links *links;	/* shared by all connections */
	struct worker_udp *udp;		/* received datagrams */
	struct worker_udpout *udpout;	/* to be sent */
	TAILQ_HEAD(, worker_relay) unsent;	/* with queued packets */
	unsigned int	 carried;	/* packets of this turn, both ways */
	struct worker_pace pace;

	int		 configured;
	int		 dry;		/* no endpoint is set */
	char		 proxy[IPC_URLSIZE];	/* "": none */
	unsigned int	 proxies;	/* changes of it */
	struct net_cas	 cas[IPC_BRIDGE_MAXIFACES];	/* CA certificates that
							   were read */
	uint64_t	 camarks[IPC_BRIDGE_MAXIFACES];	/* of the files */
	unsigned int	 ncas;
	struct worker_iface *ifaces[IPC_BRIDGE_MAXIFACES]; /* NULL: none */

	struct map_places *map;		/* NULL: none yet */
	uint32_t	 last_id;	/* of relays */
};

/* The monotonic clock in ms, which is read once in a turn. */
uint64_t worker_now(struct worker *w);

/* Run the process; begins with ipc_child_init(), never returns. */
void	 worker_main(void) __attribute__((noreturn));

#endif
