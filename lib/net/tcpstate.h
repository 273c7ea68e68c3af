/*
 * tcpstate: what the kernel knows of a TCP connection, without a look at its
 * bytes.  Called by fronts and by the parent.
 */
#ifndef TCPSTATE_H
#define TCPSTATE_H

struct net_tcpstate {
	int		 closed;	/* 1: the other end sends no more */
	unsigned int	 quiet_ms;	/* since the last data came, or since
					   the connection was made */
};

/*
 * Get the state of the connection `fd'.  Return 0, or -1: it is not TCP, or
 * this system does not tell.
 */
int	net_tcpstate_get(int fd, struct net_tcpstate *s);

/*
 * Return how many connections may wait at the listening socket `fd' to be
 * accepted, which the system bounds, or -1: it does not tell.
 */
int	net_tcpstate_backlog(int fd);

#endif
