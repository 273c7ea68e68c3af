/*
 * stunask: ask a STUN server for one's address, as clients do: over UDP, with
 * repeated requests.  Blocks, with a deadline.  Used by derpctl (stun) and the
 * checks.
 *
 * The requests leave in turn from a socket that takes answers from everywhere
 * and from one that is connected: the first sees an answer that comes from
 * another address than the request went to, the second that a port is closed.
 */
#ifndef STUNASK_H
#define STUNASK_H

#include <sys/socket.h>

#include "stunclient.h"

#define NET_STUN_TRIES	5	/* requests until a server counts as silent */

struct net_stun_query {
	enum net_stun_style	 style;
	const struct sockaddr	*to;		/* with the port */
	socklen_t		 len;
	const struct sockaddr	*from;		/* local address to ask from;
						   NULL: the system's choice */
	socklen_t		 from_len;
	unsigned int		 tries;		/* 1 to NET_STUN_TRIES */
	unsigned int		 wait_ms;	/* after the last request */
	long long		 until;		/* deadline: see stream.h */
};

enum net_stun_outcome {
	NET_STUN_ANSWERED,	/* `answer' is good */
	NET_STUN_REFUSED,	/* an error response: `answer' has the code */
	NET_STUN_GARBLED,	/* answer->why */
	NET_STUN_ELSEWHERE,	/* answered from the address `source' only */
	NET_STUN_CLOSED,	/* the host says that the port is closed */
	NET_STUN_SILENT,	/* no answer; `error' may say why (0: it does
				   not) */
	NET_STUN_LOCAL		/* this machine can't send there: `error' */
};

struct net_stun_result {
	enum net_stun_outcome	 outcome;
	struct net_stun_answer	 answer;
	int64_t			 rtt_us;	/* of NET_STUN_ANSWERED */
	struct sockaddr_storage	 source;	/* of NET_STUN_ELSEWHERE */
	struct sockaddr_storage	 local;		/* the socket's own address */
	int			 error;		/* an errno */
	unsigned int		 requests;	/* that were sent */
};

/* Ask, and wait for a good answer until the last try has waited in vain. */
void	 net_stun_ask(const struct net_stun_query *q,
	    struct net_stun_result *r);

#endif
