/*
 * clientpage: a page of the list of clients: which clients a query is about,
 * and the first ones of them in its order.  A relay worker selects among its
 * clients, a front among those that all workers selected.  Pure, except for its
 * memory.
 *
 * A page holds the best rows so far in a heap, the last one of them at the top.
 * So its memory is that of one page, whatever the number of clients.
 */
#ifndef CLIENTPAGE_H
#define CLIENTPAGE_H

#include <stddef.h>
#include <stdint.h>

#include "messages.h"

struct conn_clientpage {
	struct ipc_list_query query;
	struct ipc_list_row *rows;	/* a heap, until it is sorted */
	size_t		 n;
	uint64_t	 past;		/* rows that were offered, after the
					   one that the query names */
};

/*
 * Begin a page for this query (copied).  Return 0, or -1 without memory; the
 * page is then as after conn_clientpage_free().
 */
int	conn_clientpage_begin(struct conn_clientpage *p,
	    const struct ipc_list_query *q);

/* Free the rows; also if all is zero. */
void	conn_clientpage_free(struct conn_clientpage *p);

/*
 * Return 1 when the query is about a client with this address (IPv6 or
 * IPv4-mapped) and AppName ("": none), else 0.  Its key is not looked at.
 */
int	conn_clientpage_matches(const struct ipc_list_query *q,
	    const uint8_t addr[IPC_ADDRLEN], const char *app);

/*
 * Offer a row, whose texts may not be filled in yet.  Return 1 when it belongs
 * to the page so far: then pass it, complete, to conn_clientpage_add().
 */
int	conn_clientpage_wants(struct conn_clientpage *p,
	    const struct ipc_list_row *row);

/* Add a row (copied), in place of the last one if the page is full. */
void	conn_clientpage_add(struct conn_clientpage *p,
	    const struct ipc_list_row *row);

/* Put the rows in order; nothing can be added any more. */
void	conn_clientpage_sort(struct conn_clientpage *p);

/* Return the value of the row that a query by a number orders by. */
uint64_t conn_clientpage_value(const struct ipc_list_query *q,
	    const struct ipc_list_row *row);

#endif
