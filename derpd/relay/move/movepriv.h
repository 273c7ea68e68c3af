/*
 * movepriv: exports and imports, for the files of this folder.
 */
#ifndef MOVEPRIV_H
#define MOVEPRIV_H

#include <stdint.h>

#include "bounds.h"

struct ipc_chan;
struct relay;

/* The channel to a new worker. */
struct move_way {
	struct move_export	*e;
	struct ipc_chan		*chan;	/* NULL: none */
	uint32_t		 sessions;	/* that it had */
};

/* An export. */
struct move_export {
	struct relay	*r;
	unsigned int	 nworkers;
	uint8_t		 secret[IPC_SLOT_SECRETLEN];
	struct move_way	 to[IPC_MAXWORKERS];
	int		 going;		/* move_go() was called */
	int		 done;		/* RELAY_MOVED was sent */
	int		 failed;	/* and it said so */
};

/* The sessions of an old worker. */
struct move_import {
	struct relay	*r;
	struct ipc_chan	*chan;		/* NULL: it is closed */
	unsigned int	 from, nworkers;
	uint8_t		 secret[IPC_SLOT_SECRETLEN];
	int		 begun;		/* MOVE_BEGIN came */
	int		 ended;		/* MOVE_END came */
	int		 broken;	/* it is malformed, or memory was
					   short */
	uint32_t	 sessions;
};

/* Free the export; NULL is permitted. */
void	move_export_free(struct move_export *e);

/* Go on with the export. */
void	move_export_work(struct move_export *e);

/* Return 1 when move_export_work() has something to do now, else 0. */
int	move_export_more(const struct move_export *e);

#endif
