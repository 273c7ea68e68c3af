/*
 * tcpoptions: options of the TCP sockets that carry DERP, those that listen
 * (whose connections inherit them) and those that connect.
 */
#ifndef TCPOPTIONS_H
#define TCPOPTIONS_H

struct net_tcp {
	unsigned int	 unsent;	/* bytes that the kernel may hold
					   unsent, 0: the system's */
	unsigned int	 keepalive;	/* seconds of silence before it probes,
					   0: it does not */
	unsigned int	 user_timeout;	/* ms that data may stay without an
					   acknowledgement, 0: the system's */
};

/*
 * Set TCP_NODELAY and these options, as far as the system has them.  All are
 * tried.  Returns NULL, or the name of the first one that failed, with errno.
 */
const char *net_tcp_options(int fd, const struct net_tcp *o);

#endif
