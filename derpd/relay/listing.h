/*
 * listing: the clients of this worker for a page of the list that a front
 * shows, which the parent requests.
 */
#ifndef LISTING_H
#define LISTING_H

#include <stdint.h>

#include "clientpage.h"

struct relay;
struct ipc_msg_relay_list;

/* The request that is being answered; all zero: none. */
struct relay_listing {
	struct conn_clientpage page;	/* without rows: no request */
	uint32_t	 request;
	unsigned int	 slot;		/* the next one to look at */
	unsigned int	 visited;	/* connections in this turn */
	uint64_t	 conns, keys;	/* that match */
};

/* Begin a request, in place of an earlier one. */
void	relay_listing_begin(struct relay *r,
	    const struct ipc_msg_relay_list *v);

/* Look at some more clients; called in each turn. */
void	relay_listing_work(struct relay *r);

/* Return 1 while there is work for the next turn, else 0. */
int	relay_listing_more(const struct relay *r);

#endif
