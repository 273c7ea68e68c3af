/*
 * way: how the fetch process reaches servers: by libc, or with addresses and
 * sockets from the parent; directly, or through an HTTP proxy.
 */
#ifndef WAY_H
#define WAY_H

#include "childrun.h"
#include "dialproxy.h"
#include "place.h"
#include "stream.h"
#include "url.h"

#define MAPD_ASK_MS	10000	/* for an answer of the parent */

struct mapd_way {
	struct ipc_child *child;
	int		 lent;		/* the parent gives both */
	struct dial_proxy proxy;
	/* the parent's answer to a question, and whether it came */
	int		 answered;
	int		 fd;		/* -1: none */
	const char	*name;		/* whose addresses were asked for */
	struct net_place places[NET_MAXPLACES];
	size_t		 nplaces;
	char		 why[IPC_WHYSIZE];
};

/* By libc, and directly.  `child' is the process. */
void	mapd_way_init(struct mapd_way *w, struct ipc_child *child);

/* Handle the parent's messages.  Each returns 0, or -1: it is invalid. */
int	mapd_way_set(struct mapd_way *w, const struct ipc_msg_fetch_way *v);
int	mapd_way_lent(struct mapd_way *w, const struct ipc_msg_fetch_lent *v,
	    int *fd);
int	mapd_way_addrs(struct mapd_way *w, const struct ipc_msg_fetch_addrs *v);

/*
 * Connect to the server of `u', or through the proxy; see `open' of struct
 * net_https_request; `arg' is the way.  The parent's messages are handled
 * meanwhile.
 */
int	mapd_way_open(struct net_stream *s, const struct net_url *u,
	    long long until, void *arg);

#endif
