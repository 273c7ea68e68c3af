/*
 * seals: ServerInfo that keys has to seal, for sessions that are registered.
 */
#ifndef SEALS_H
#define SEALS_H

#include <sys/queue.h>
#include <stdint.h>

#include "bounds.h"

struct relay_seal;

TAILQ_HEAD(relay_seal_list, relay_seal);

/* Those that wait, in the order of their requests. */
struct relay_seals {
	struct relay_seal_list	 list;
};

/* A seal that is wanted. */
struct relay_seal {
	TAILQ_ENTRY(relay_seal)	 entry;
	uint64_t		 id;	/* of the connection */
	void			*owner;
	uint8_t			 number[IPC_TICKET_NUMBERLEN];
};

/* Initialize the list. */
void	relay_seals_init(struct relay_seals *s);

/*
 * Add a request of the connection `owner' of number `id', by the number of its
 * ticket.  NULL without memory.
 */
struct relay_seal *relay_seals_add(struct relay_seals *s, uint64_t id,
	    void *owner, const uint8_t number[IPC_TICKET_NUMBERLEN]);

/* Remove and free a request; NULL is permitted. */
void	relay_seals_remove(struct relay_seals *s, struct relay_seal *k);

/* Return the owner of the request `id'; NULL: there is none. */
void	*relay_seals_owner(const struct relay_seals *s, uint64_t id);

#endif
