/*
 * seals: ServerInfo that keys has to seal: of sessions that are registered, and
 * of clients that are logged in, whose limits have changed.  Those come second:
 * few at a time are asked for.
 */
#ifndef SEALS_H
#define SEALS_H

#include <sys/queue.h>
#include <stdint.h>

#include "bounds.h"

#define RELAY_SEALS_AHEAD	32	/* changes that keys is asked for */

struct relay_seal;

TAILQ_HEAD(relay_seal_list, relay_seal);

/* The requests of a worker. */
struct relay_seals {
	struct relay_seal_list	 list;	/* those of keys, in their order */
	struct relay_seal_list	 later;	/* changes, to be asked for */
	unsigned int		 nchanges;	/* of `list' */
};

/* A seal that is wanted. */
struct relay_seal {
	TAILQ_ENTRY(relay_seal)	 entry;
	uint64_t		 id;	/* of the connection */
	void			*owner;
	uint32_t		 text;	/* names what is sealed, for the
					   caller */
	unsigned int		 change:1, is_later:1;
	uint8_t			 number[IPC_TICKET_NUMBERLEN]; /* zeros: none */
};

/* Initialize the lists. */
void	relay_seals_init(struct relay_seals *s);

/*
 * Add a request of the connection `owner' of number `id', by the number of its
 * ticket.  NULL without memory.
 */
struct relay_seal *relay_seals_add(struct relay_seals *s, uint64_t id,
	    void *owner, const uint8_t number[IPC_TICKET_NUMBERLEN]);

/* The same for a change, which relay_seals_next() returns in its turn. */
struct relay_seal *relay_seals_change(struct relay_seals *s, uint64_t id,
	    void *owner);

/* Return the next change to ask for; NULL: none, or enough are asked for. */
struct relay_seal *relay_seals_next(struct relay_seals *s);

/* Remove and free a request; NULL is permitted. */
void	relay_seals_remove(struct relay_seals *s, struct relay_seal *k);

/* Return the request `id' that keys was asked for; NULL: there is none. */
struct relay_seal *relay_seals_find(const struct relay_seals *s, uint64_t id);

#endif
