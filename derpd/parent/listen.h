/*
 * listen: the listening sockets, opened by the parent.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include "conf.h"

struct parent_inherit;

/* One address of the configuration, with a socket or more for each process. */
struct parent_listen_set {
	struct parent_listen_socket {
		unsigned int number;	/* of the address in the configuration,
					   from 0 */
		int	 tls;
		int	 derp;
		int	 port;		/* as bound */
		int	 ended;		/* nobody may connect, in a drain */
		char	 text[64];	/* "[::]:443" */
		/* Process i has the descriptors i, i + nprocs, and so on. */
		int	*fds;
		unsigned int nfds;	/* at least nprocs; more where an
					   earlier derpd had more processes */
	}		*v;
	size_t		 n;
	unsigned int	 nprocs;
};

/*
 * Open all sockets of `c' for `nprocs' fronts, close-on-exec, and log each
 * address.  All sockets of an address that `in' has are taken from there, also
 * more than there are processes: none of them may be closed, because
 * connections wait in it.  Port 0 takes the next port that `in' has at the
 * address and no other line of `c' names, so that such lines keep theirs while
 * their order stays.  All listen; while `in' waits only those from there do.
 * 0, or -1: the first failure was logged with address, port and advice; no
 * socket is left open.
 */
int	parent_listen_open(struct parent_listen_set *s, const struct conf *c,
	    unsigned int nprocs, struct parent_inherit *in);

/* The same for the UDP sockets of `stun', for `nprocs' processes. */
int	parent_listen_stun(struct parent_listen_set *s, const struct conf *c,
	    unsigned int nprocs, struct parent_inherit *in);

/* The same for the sockets of `metrics', for one process. */
int	parent_listen_metrics(struct parent_listen_set *s,
	    const struct conf *c, struct parent_inherit *in);

/*
 * Listen on all sockets that do not, which were opened while `in' waited.
 * A failure is logged; parent_listen_options() tries again.
 */
void	parent_listen_begin(const struct parent_listen_set *s);

/* Stands for all processes. */
#define PARENT_LISTEN_ALL	(~0U)

/*
 * Call `give' with a duplicate of each socket of the process `proc', which
 * `give' owns, close-on-exec, until it returns non-zero.  Returns that, 0 at
 * the end, or -1 without descriptors.
 */
int	parent_listen_give(const struct parent_listen_set *s, unsigned int proc,
	    int (*give)(void *arg, const struct parent_listen_socket *l,
	    int fd), void *arg);

/*
 * Set the TCP options of one front's sockets from `c'; accepted connections
 * inherit them.  The parent sets them because a front shares the sockets with
 * its successor.  A socket on which the front ended listening listens again.
 * 0, or -1 (logged).
 */
int	parent_listen_options(const struct parent_listen_set *s,
	    const struct conf *c, unsigned int front);

/*
 * End listening (`on' 1) at the addresses where clients log in, so that their
 * connections are refused; the ports stay ours.  Or (0) listen there again.
 * What is so already stays as it is; a failure is logged.
 */
void	parent_listen_drain(struct parent_listen_set *s, int on);

/* What the address is for: "tls", "derp" or "plain". */
const char *parent_listen_kind(const struct parent_listen_socket *l);

/* Close all sockets and free the set. */
void	parent_listen_close(struct parent_listen_set *s);

#endif
