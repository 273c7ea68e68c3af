/*
 * fakestun: a STUN server for tests, which answers in many ways.
 */
#ifndef FAKESTUN_H
#define FAKESTUN_H

#include <sys/types.h>
#include <sys/socket.h>

enum net_fakestun_way {
	NET_FAKE_GOOD,
	NET_FAKE_SILENT,
	NET_FAKE_LOSSY,		/* from the third request on */
	NET_FAKE_DERPER,	/* only requests with attributes */
	NET_FAKE_BARE,		/* only requests without attributes */
	NET_FAKE_OTHER_PORT,	/* from another port */
	NET_FAKE_OTHER_ID,
	NET_FAKE_CUT,		/* a response that is cut short */
	NET_FAKE_ERROR,		/* 400 */
	NET_FAKE_TEXT,		/* a text */
	NET_FAKE_THEN_GOOD,	/* a text, and then the answer */
	NET_FAKE_NAT		/* says 10.9.8.7 */
};

struct net_fakestun {
	pid_t			 pid;
	struct sockaddr_storage	 ss;	/* its address */
	socklen_t		 len;
	unsigned int		 port;
};

/* Start one on the loopback address of `family', on a free port. */
void	 net_fakestun_start(struct net_fakestun *f, int family,
	    enum net_fakestun_way way);

/* Start one at an IPv4 address and a port. */
void	 net_fakestun_start_at(struct net_fakestun *f, const char *addr,
	    unsigned int port, enum net_fakestun_way way);

/* End it. */
void	 net_fakestun_stop(struct net_fakestun *f);

#endif
