/*
 * listen: the listening sockets, opened by the parent.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include "conf.h"

/* One address of the configuration, with a socket a worker. */
struct listen_set {
	struct listen_socket {
		int	 tls;
		int	 port;		/* as bound */
		char	 text[64];	/* "[::]:443" */
		int	*fds;		/* nworkers of them, all open */
	}		*v;
	size_t		 n;
	unsigned int	 nworkers;
};

/*
 * Open all sockets of `c' for `nworkers' workers, close-on-exec, and log each
 * address.  0, or -1: the first failure has been logged with address, port and
 * what to do; nothing is left open.
 */
int	listen_open(struct listen_set *s, const struct conf *c,
	    unsigned int nworkers);

/* Close all sockets and free the set. */
void	listen_close(struct listen_set *s);

#endif
