/*
 * clientspage: the pages of /debug/clients/ as JSON and HTML, with the names
 * and columns of derper (derp(7), section 5).  Pure.
 */
#ifndef CLIENTSPAGE_H
#define CLIENTSPAGE_H

#include <stddef.h>
#include <stdint.h>

#include "clientsquery.h"

struct ipc_wr;

/* What a list says besides its rows. */
struct web_clients_counts {
	uint64_t	 conns;		/* that match */
	uint64_t	 keys;		/* of these */
	uint64_t	 remaining;	/* after this page */
	int		 whole;		/* 0: not all workers answered */
};

/*
 * Append the page of these `n' rows, in order, to `w'; ipc_wr_ok() reports a
 * failure.
 */
void	web_clients_json(const struct web_clients_query *q,
	    const struct web_clients_counts *counts,
	    const struct ipc_list_row *rows, size_t n, struct ipc_wr *w);
void	web_clients_html(const struct web_clients_query *q,
	    const struct web_clients_counts *counts,
	    const struct ipc_list_row *rows, size_t n, struct ipc_wr *w);

/* The same for the page without a list: JSON (1), or HTML (0). */
void	web_clients_index(int json, uint64_t conns, uint64_t keys,
	    struct ipc_wr *w);

#endif
