/*
 * list: the connections of derpd, as it lists them for derpctl: from an answer
 * (each, or all in memory), and in an order.
 */
#ifndef LIST_H
#define LIST_H

#include <stddef.h>

#include "ctl.h"
#include "messages.h"

/* One connection. */
struct ctl_conn {
	struct ipc_client_info	 c;
	const char		*group;		/* "": none; behind `name' */
	char			 name[];	/* "": none */
};

/* Connections in memory; all 0 is an empty list. */
struct ctl_list {
	struct ctl_conn	**v;
	size_t		  n;
	size_t		  cap;
};

enum ctl_order {
	CTL_BY_NONE,		/* as listed */
	CTL_BY_KEY,
	CTL_BY_RX,		/* bytes from the client; most first */
	CTL_BY_TX,		/* bytes to the client; most first */
	CTL_BY_AGE,		/* oldest first */
	CTL_BY_DROPS,		/* most first */
	CTL_BY_NAME,		/* alphabetical; those without one last */
	CTL_BY_MAX
};

/* The order called `name', as derpctl(8) has it, or -1. */
int	ctl_list_order(const char *name);

/*
 * A connection, a name and a group out of an answer to MSG_CTL_LIST, or to
 * MSG_CTL_CLIENTS, which has no names.  Returns 0, or -1 for any other message.
 */
int	ctl_list_read(struct ipc_msg *m, struct ipc_msg_ctl_listed *v);

/* Handle one connection.  Returns as ctl_reply_cb. */
typedef int (*ctl_list_cb)(const struct ipc_msg_ctl_listed *v, void *arg);

/*
 * Request the list of a derpd that ctl_open() has connected, in *s, and pass
 * each connection to `cb'.  A derpd of an older build that knows no names is
 * asked without them, over another connection.  Returns 0, or 1 with the reason
 * reported; *s may then be NULL.
 */
int	ctl_list_request(const struct ctl *ctl, struct ctl_server **s,
	    ctl_list_cb cb, void *arg);

/* Append a copy.  Returns 0, or -1 without memory. */
int	ctl_list_add(struct ctl_list *l, const struct ipc_msg_ctl_listed *v);

/* Compare numbers: -1 when the first is larger, 0 or 1. */
int	ctl_list_more(uint64_t a, uint64_t b);

/* Compare names as CTL_BY_NAME does.  Returns less than 0, 0 or more. */
int	ctl_list_names(const char *a, const char *b);

/* Sort; `reverse' sorts the other way round. */
void	ctl_list_sort(struct ctl_list *l, enum ctl_order order, int reverse);

/* Free all connections: an empty list. */
void	ctl_list_free(struct ctl_list *l);

#endif
