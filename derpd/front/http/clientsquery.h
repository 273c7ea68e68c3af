/*
 * clientsquery: the query of a page of /debug/clients/, as derper has it
 * (derp(7), section 5).  Pure.
 *
 * It names one filter (all, ip, cidr or key), and may narrow it by app, choose
 * an order (sort), a size (limit), a form (format) and where to begin (after,
 * afterconn).
 */
#ifndef CLIENTSQUERY_H
#define CLIENTSQUERY_H

#include <stddef.h>
#include <stdint.h>

#include "messages.h"

struct ipc_wr;

#define WEB_CLIENTS_LIMIT	100	/* rows of a page, by default */

enum web_clients_filter {
	WEB_CLIENTS_NONE,	/* no list, but the page to choose from */
	WEB_CLIENTS_ALL,
	WEB_CLIENTS_IP,
	WEB_CLIENTS_CIDR,
	WEB_CLIENTS_KEY
};

struct web_clients_query {
	enum web_clients_filter	 filter;
	int			 json;	/* else HTML */
	struct ipc_list_query	 q;	/* unless WEB_CLIENTS_NONE */
};

/*
 * Parse the `len' bytes at `p' (NULL: no query), at `now_ns' (since 1970).
 * Pairs that are malformed, and unknown ones, are ignored.  Return 0 with *q
 * filled in, or -1 with a line in *why (static).
 */
int	web_clients_parse(struct web_clients_query *q, const char *p,
	    size_t len, uint64_t now_ns, const char **why);

/* Return the name of an order, such as "rxpkts". */
const char *web_clients_sort(enum ipc_list_sort sort);

/* Append what the filter selects, for people, such as "all clients". */
void	web_clients_describe(const struct web_clients_query *q,
	    struct ipc_wr *w);

/*
 * Append a relative URL of the same filter, size and form, in this order, from
 * its beginning; or, if `last' is not NULL, from behind that row on in the
 * order of the query.
 */
void	web_clients_link(const struct web_clients_query *q,
	    enum ipc_list_sort sort, int descending,
	    const struct ipc_list_row *last, struct ipc_wr *w);

/* Append an address (IPv6 or IPv4-mapped), with its port. */
void	web_clients_remote(const uint8_t addr[IPC_ADDRLEN], uint16_t port,
	    struct ipc_wr *w);

#endif
