/*
 * listen: the listening sockets, opened by the parent.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include "conf.h"

/* One address of the configuration, with a socket a worker. */
struct parent_listen_set {
	struct parent_listen_socket {
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
int	parent_listen_open(struct parent_listen_set *s, const struct conf *c,
	    unsigned int nworkers);

/* The same of the UDP sockets of `stun', for `nprocs' processes. */
int	parent_listen_stun(struct parent_listen_set *s, const struct conf *c,
	    unsigned int nprocs);

/*
 * Set the options of TCP of the sockets of one worker, as `c' says; what is
 * accepted from them inherits these.  A worker may set none: its successor has
 * the same sockets.  One that does not listen any more, because its worker
 * ended it, listens again.  0, or -1 (logged): that can't be had.
 */
int	parent_listen_options(const struct parent_listen_set *s,
	    const struct conf *c, unsigned int worker);

/* Close all sockets and free the set. */
void	parent_listen_close(struct parent_listen_set *s);

#endif
