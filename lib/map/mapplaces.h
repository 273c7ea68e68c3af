/*
 * mapplaces: the regions and nodes of a DERP map (derp-map(5)), for a program
 * that connects to them.  Used by the bridge's worker.  Pure.
 */
#ifndef MAPPLACES_H
#define MAPPLACES_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

#define MAP_PLACES_NODES	4096	/* of a map, at most */
#define MAP_PLACES_NAME		256	/* room for a name */

/* A node that relays; nodes for STUN alone are left out. */
struct map_places_node {
	char		 name[MAP_PLACES_NAME];	/* unique in its region */
	char		 host[IPC_HOSTSIZE];	/* "": it has addresses alone */
	char		 certname[IPC_MESH_CERTSIZE];	/* "": none */
	char		 ipv4[INET_ADDRSTRLEN];	/* "": resolve the host;
						   "none": it has none */
	char		 ipv6[INET6_ADDRSTRLEN];	/* the same */
	uint16_t	 port;			/* of DERP */
	int		 insecure;		/* InsecureForTests */
};

/* A region with at least one such node. */
struct map_places_region {
	uint64_t	 id;
	char		 code[MAP_PLACES_NAME];	/* "": none */
	int		 avoid;		/* not to be chosen by measurement:
					   Avoid or NoMeasureNoHome */
	const struct map_places_node *nodes;	/* in the order of the map */
	size_t		 n;		/* of them */
};

struct map_places {
	struct map_places_region *regions;	/* by id */
	size_t		 nregions;
	struct map_places_node *nodes;	/* of all regions */
	size_t		 nnodes;
};

/*
 * Read the map, `len' bytes at `text'.  A region or node that is malformed is
 * left out: the map was validated, but not by this process.  Returns NULL, with
 * one line in `why' of `size' bytes, when it is not a map, has no node left, or
 * without memory.
 */
struct map_places *map_places_read(const char *text, size_t len, char *why,
	    size_t size);

/* Free it; NULL is allowed. */
void	 map_places_free(struct map_places *m);

/* Find a region; NULL: there is none. */
const struct map_places_region *map_places_region(const struct map_places *m,
	    uint64_t id);

/* Find a node of a region by its name; NULL: there is none. */
const struct map_places_node *map_places_node(
	    const struct map_places_region *r, const char *name);

/* The host of a node: its name, or an address if it has none. */
const char *map_places_host(const struct map_places_node *n);

#endif
