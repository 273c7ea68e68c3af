/*
 * bridgemap: the DERP map and the addresses of names, for the worker: derpmapd
 * validates maps, fetch requests them, resolve resolves names.  Part of
 * bridge.h, which includes it.
 */
#ifndef BRIDGEMAP_H
#define BRIDGEMAP_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

#define BRIDGE_MAXNAMES	64	/* names that the worker may ask for */

struct bridge;
struct bridge_child;

/* The map; all zero initially. */
struct bridge_maps {
	uint8_t		*good;		/* that the worker has; NULL: none */
	size_t		 len;
	uint8_t		*checked;	/* that derpmapd has; NULL: none */
	size_t		 checked_len;
	int		 asked;		/* derpmapd was asked about it */
	char		 why[512];	/* why the last one is not good, "" */
};

/* Names that the worker has asked for; all zero initially. */
struct bridge_names {
	char		 v[BRIDGE_MAXNAMES][IPC_HOSTSIZE];
	unsigned int	 n;
};

/* Start derpmapd, fetch, resolve: see super_ops.start. */
int	 bridge_map_start(struct bridge_child *p);
int	 bridge_fetch_start(struct bridge_child *p);
int	 bridge_resolve_start(struct bridge_child *p);

/* derpmapd has ended: the map that it had is for the next one. */
void	 bridge_map_checker_gone(struct bridge *d);

/* Read the map's file, and have it validated; the worker gets it then. */
void	 bridge_map_load(struct bridge *d);

/* Send the worker the map in force, if there is one.  0, or -1. */
int	 bridge_map_send(struct bridge *d);

/*
 * The worker asks for the addresses of a name: it is answered soon.  0, or -1:
 * it may not ask.
 */
int	 bridge_names_want(struct bridge *d, const char *name);

#endif
