/*
 * mapself: what a map says of this machine's own node; see map_self in
 * mapcheck.h.  For mapcheck.c alone.  Pure.
 */
#ifndef MAPSELF_H
#define MAPSELF_H

#include <stddef.h>
#include <stdint.h>

#include "mapcheck.h"

/* A node of this machine, as the map has it. */
struct mapself_node {
	const char	*host;		/* HostName */
	const char	*certname;	/* "" none */
	int64_t		 port;		/* DERPPort, 0 none */
	int		 stun_only;
	int		 next;		/* which question comes next; 0 first */
};

/* 1 when `host' is a name of this machine, else 0. */
int	mapself_is_ours(const struct map_self *s, const char *host);

/*
 * The next thing that is odd about a node of this machine, into `text' of
 * `size' bytes.  1, or 0 when there is nothing more.
 */
int	mapself_judge(const struct map_self *s, struct mapself_node *n,
	    char *text, size_t size);

#endif
