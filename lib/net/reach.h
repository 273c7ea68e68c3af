/*
 * reach: the resources that an HTTPS client process may use once it is
 * confined: TCP ports, and files of CA certificates.  Used by fetch, verify and
 * acme-helper, which collect them from their first settings; fetch and
 * acme-helper compare later settings with them.
 */
#ifndef REACH_H
#define REACH_H

#include "sandbox.h"

struct net_reach {
	const char	**paths;	/* all on the heap */
	uint16_t	*ports;
	struct sandbox_net net;		/* the same, for ipc_child_confine() */
};

/*
 * Begin with the resources that every such process needs: DNS, and the real
 * directory of resolv.conf.  Returns 0, or -1 when out of memory.
 */
int	 net_reach_init(struct net_reach *r);

/*
 * Add port 443, for redirects and links to other servers.  Returns 0, or -1
 * when out of memory.
 */
int	 net_reach_https(struct net_reach *r);

/*
 * Add the port of `url' (443 for an invalid URL) and the file `cafile' ("":
 * none).  Returns 0, or -1 when out of memory.
 */
int	 net_reach_add(struct net_reach *r, const char *url,
	    const char *cafile);

/*
 * Returns 1 when the sandbox permits `url' and `cafile': the port and the file
 * were added, and the file can be opened (a file that was replaced is a
 * different one for the sandbox).  Else 0.
 */
int	 net_reach_covers(const struct net_reach *r, const char *url,
	    const char *cafile);

/*
 * Shorten the timeouts of libc's resolver, which blocks the process, to
 * `seconds' for each of two tries, and make it send one query at a time: the
 * sandbox does not permit sendmmsg(2) for two.  Call it before the first
 * lookup.  Returns 0, or -1 when out of memory.
 */
int	 net_resolver_limit(unsigned int seconds);

#endif
