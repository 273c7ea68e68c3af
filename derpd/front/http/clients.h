/*
 * clients: requests for /debug/clients/, which the relay workers answer through
 * the parent.
 */
#ifndef CLIENTS_H
#define CLIENTS_H

#include <stdint.h>

#include "clientpage.h"
#include "clientsquery.h"
#include "http.h"

struct front;
struct front_conn;
struct ipc_msg_front_list_end;
struct ipc_msg_front_listed;
struct web_env;

/* The request of a front that waits for its answer, one at a time. */
struct web_clients {
	struct front_conn *c;		/* NULL: none */
	uint32_t	 id;		/* of the last one to the parent */
	struct web_clients_query query;
	struct conn_clientpage page;
	struct net_http_head head;	/* of the request, without fields */
};

/*
 * Handle the request in c->f->web.head.  Return 1 when c->f->web.reply is the
 * answer; 0: the connection is paused by PAUSE_LIST until there is one.
 */
int	web_clients_request(struct front_conn *c, const struct web_env *env);

/* The parent passes on a row, or the end of the list. */
void	web_clients_listed(struct front *f,
	    const struct ipc_msg_front_listed *v);
void	web_clients_end(struct front *f,
	    const struct ipc_msg_front_list_end *v);

/*
 * The deadline of a connection has passed: if it waits for a list, answer that
 * there is none and return 1; else return 0.
 */
int	web_clients_late(struct front_conn *c);

/* The connection closes. */
void	web_clients_forget(struct front_conn *c);

#endif
