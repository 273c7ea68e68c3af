/*
 * reach: what a process that asks other servers by HTTPS may reach once it is
 * confined: TCP ports, and files of certificate authorities.  Used by fetch and
 * acme-helper, which gather it from their first settings and compare later
 * settings with it.
 */
#ifndef REACH_H
#define REACH_H

#include "sandbox.h"

struct net_reach {
	const char	**paths;	/* all of it on the heap */
	uint16_t	*ports;
	struct sandbox_net net;		/* the same, for ipc_child_confine() */
};

/*
 * Begin with what every such process needs: DNS, HTTPS, and the directory in
 * which resolv.conf is in truth.  0, or -1 there is no memory.
 */
int	 net_reach_init(struct net_reach *r);

/*
 * Add the port of `url' (443 when it is none) and the file `cafile' ("" none).
 * 0, or -1 there is no memory.
 */
int	 net_reach_add(struct net_reach *r, const char *url,
	    const char *cafile);

/*
 * 1 when `url' and `cafile' are within reach: the port is there, and so is the
 * file, and it can be opened: a file that was replaced is another one for the
 * sandbox.  Else 0.
 */
int	 net_reach_covers(const struct net_reach *r, const char *url,
	    const char *cafile);

/*
 * Make libc's resolver give up soon: while it waits, the process hears nobody.
 * It asks one question at a time: the sandbox has no sendmmsg(2) for two.  Call
 * it before anything is resolved.  0, or -1 there is no memory.
 */
int	 net_resolver_limit(void);

#endif
