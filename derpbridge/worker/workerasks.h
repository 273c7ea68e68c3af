/*
 * workerasks: what the nodes of all interfaces ask for: addresses and sockets
 * from the parent, logins from wgkeys.  The first three are call-backs of
 * workernode.h.
 */
#ifndef WORKERASKS_H
#define WORKERASKS_H

#include <stdint.h>

#include "mapplaces.h"
#include "messages.h"
#include "place.h"
#include "workernode.h"

struct worker;
struct worker_iface;

void	 worker_asks_addrs(struct worker_node *n, uint32_t cookie,
	    const char *host, void *arg);
void	 worker_asks_socket(struct worker_node *n, uint32_t cookie,
	    int family, void *arg);
void	 worker_asks_login(struct worker_node *n, uint32_t cookie,
	    const uint8_t server[FRAME_KEY_LEN], void *arg);

/* Ask for the addresses of a name. */
void	 worker_asks_name(struct worker *w, const char *name);

/* Ask for a socket for the survey of an interface. */
void	 worker_asks_survey_socket(struct worker_iface *f, uint32_t cookie,
	    int family);

/*
 * The addresses of a node that the map itself has, or which its host is; 0:
 * the name must be resolved.
 */
size_t	 worker_asks_places(const struct map_places_node *at,
	    struct net_place v[NET_MAXPLACES]);

/* Those addresses of an answer that the map permits for the node. */
size_t	 worker_asks_addrs_of(const struct map_places_node *at,
	    const struct ipc_msg_worker_addrs *a,
	    struct net_place v[NET_MAXPLACES]);

/* Answers; a socket is taken, and *fd set to -1. */
void	 worker_asks_got_addrs(struct worker *w,
	    const struct ipc_msg_worker_addrs *v);
void	 worker_asks_got_socket(struct worker *w,
	    const struct ipc_msg_worker_tcp *v, int *fd);
void	 worker_asks_got_login(struct worker *w,
	    const struct ipc_msg_wglogged *v);

/* The keys process is gone: no login that was asked for will come. */
void	 worker_asks_no_keys(struct worker *w);

#endif
