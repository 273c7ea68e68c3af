/*
 * bridgemap: the DERP map, addresses of names and marked sockets, for the
 * worker and for the processes that get these: derpmapd validates maps, fetch
 * requests them, resolve resolves names.  Part of bridge.h, which includes it.
 *
 * bridgemap.c		the map: its source, its verdict, its copy
 * bridgefetch.c	fetch: its settings and results
 * bridgenames.c	names, for the worker and for fetch
 * bridgelend.c		sockets for fetch and resolve
 */
#ifndef BRIDGEMAP_H
#define BRIDGEMAP_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bounds.h"
#include "mapchecker.h"

#define BRIDGE_MAXNAMES	64	/* names that are remembered */
#define BRIDGE_FRESH_MS	60000	/* an address is not asked for again */

struct bridge;
struct bridge_child;
struct watch_file;

enum bridge_mapstate {
	BRIDGE_MAP_NONE,	/* none was good yet */
	BRIDGE_MAP_GOOD,	/* that of its source */
	BRIDGE_MAP_LAST_GOOD	/* the source failed or is not good */
};

/* The map; all zero initially. */
struct bridge_maps {
	struct mapqueue_content good;	/* that the worker has */
	enum bridge_mapstate state;
	char		 why[MAPQUEUE_ERR_SIZE]; /* why the source's is not in
						    force; "": it is */
	int		 refused;	/* the source's map is not good */
	time_t		 since;		/* when it was put in force */
	time_t		 checked;	/* last try */
	struct mapqueue_checker check;	/* by derpmapd */
	struct watch_file *watch;	/* NULL: of a URL */
	char		*watched;	/* its path */
	char		*url;		/* that is requested; NULL: none */
	uint32_t	 id;		/* of that URL in messages */
};

/* A name that the worker or fetch has asked for. */
struct bridge_name {
	char		 name[IPC_HOSTSIZE];	/* "": unused */
	uint8_t		 addrs[IPC_DNS_MAXADDRS][IPC_ADDRLEN];
	size_t		 naddrs;	/* of the last look-up that worked */
	uint64_t	 found_ms;	/* when that was */
	uint64_t	 used_ms;	/* last request */
	int		 asked;		/* resolve has not answered */
	int		 worker, fetch;	/* who waits */
};

/* All zero initially. */
struct bridge_names {
	struct bridge_name v[BRIDGE_MAXNAMES];
};

/* bridgemap.c */

/* Set up derpmapd's queue; the loop and the children are there. */
void	 bridge_map_set_up(struct bridge *d);

/* Start derpmapd: see super_ops.start. */
int	 bridge_map_start(struct bridge_child *p);

/* Handle the messages of derpmapd.  0, or -1 (logged; it is then killed). */
int	 bridge_map_attach(struct bridge_child *p);

/*
 * At the start and after a reload: watch the file of the map and have it
 * validated, or request the URL.  Until there is a good map, the copy of the
 * last one counts.  The worker gets what is good.
 */
void	 bridge_map_load(struct bridge *d);

/*
 * derpbridged -n: have the map of a file validated, by a derpmapd that is
 * started for it.  0: it is good, or there is no file; -1 (logged).
 */
int	 bridge_map_check(struct bridge *d);

/* Send the worker the map in force, if there is one.  0, or -1. */
int	 bridge_map_send(struct bridge *d);

/* Bytes that were fetched. */
void	 bridge_map_fetched(struct bridge *d, const void *p, size_t len);

/* The URL still has the same bytes. */
void	 bridge_map_confirmed(struct bridge *d);

/* There is no map, for `why': the last good one stays. */
void	 bridge_map_failed(struct bridge *d, const char *why);

/* "good", "last good", "none". */
const char *bridge_map_state(const struct bridge *d);

/* bridgefetch.c */

/* Start fetch: see super_ops.start. */
int	 bridge_fetch_start(struct bridge_child *p);

/* Send fetch its settings.  0, or -1. */
int	 bridge_fetch_configure(struct bridge_child *p);

/* Handle a message of fetch except MSG_READY.  0, or -1: not permitted. */
struct ipc_msg;
int	 bridge_fetch_message(struct bridge_child *p, struct ipc_msg *m);

/* bridgenames.c */

/* Start resolve: see super_ops.start. */
int	 bridge_resolve_start(struct bridge_child *p);

/* Send resolve the DNS server of the configuration.  0, or -1. */
int	 bridge_resolve_configure(struct bridge_child *p);

/*
 * Send a new resolve all settings, and what the one before did not answer.  0,
 * or -1.
 */
int	 bridge_resolve_settings(struct bridge_child *p);

/* Handle a message of resolve except MSG_READY.  0, or -1: not permitted. */
int	 bridge_resolve_message(struct bridge_child *p, struct ipc_msg *m);

/*
 * The worker or fetch (`asker') asks for the addresses of a name: it is
 * answered now or later.  Always 0.
 */
int	 bridge_names_want(struct bridge_child *asker, const char *name);

/* bridgelend.c */

/*
 * A socket of the family for fetch or resolve, with the mark of the first
 * interface that has one, -1 with `why' of `size' bytes.
 */
int	 bridge_lend(struct bridge_child *p, int ipv6, int tcp, char *why,
	    size_t size);

/* Netlink has read the mark of an interface's device. */
void	 bridge_lend_mark(struct bridge *d, unsigned int iface, uint32_t mark);

/*
 * 1 when the marks of all interfaces are known, or long enough was waited; so
 * that no request goes into the tunnel.
 */
int	 bridge_lend_ready(const struct bridge *d);

/* Begin to wait for the marks. */
void	 bridge_lend_start(struct bridge *d);

#endif
