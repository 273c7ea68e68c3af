/*
 * inherit: the sockets that an earlier derpd passes on, until they are taken.
 */
#ifndef INHERIT_H
#define INHERIT_H

#include <sys/socket.h>
#include <sys/queue.h>
#include <stddef.h>

#include "msg.h"

struct parent_inherit_socket;

/* A pool of sockets.  All zero is an empty one. */
struct parent_inherit {
	int		 waits;		/* set by the owner: the earlier derpd
					   accepts, so no other socket may
					   listen yet */
	/* private */
	struct parent_inherit_socket *v;
	size_t		 n;
};

/*
 * Add the socket `fd' of the kind `kind'.  It is checked: its type and family,
 * that it is bound, that TCP and the control socket listen (a socket on which a
 * front ended listening listens again).  0: it is taken and close-on-exec, or
 * -1: *why (static) says why not, and the caller still owns `fd'.
 */
int	parent_inherit_add(struct parent_inherit *p, enum ipc_up_socket kind,
	    int fd, const char **why);

/*
 * Take a socket of this kind, not the control socket, that is bound to `sa'
 * (IPv4 or IPv6); the first that came comes first.  Returns the descriptor,
 * which the caller owns, or -1: there is none.
 */
int	parent_inherit_take(struct parent_inherit *p, enum ipc_up_socket kind,
	    const struct sockaddr *sa);

/*
 * Returns the port in host order of the first socket of this kind at the
 * address of `sa', whose port does not count, for which `skip' (with `arg')
 * returns 0; or 0: there is none.
 */
int	parent_inherit_port(const struct parent_inherit *p,
	    enum ipc_up_socket kind, const struct sockaddr *sa,
	    int (*skip)(const void *arg, int port), const void *arg);

/*
 * Returns 1 when a socket in the pool has the port of `sa' at another address
 * that includes that of `sa', or is included by it (0.0.0.0, ::); else 0.
 */
int	parent_inherit_overlaps(const struct parent_inherit *p,
	    enum ipc_up_socket kind, const struct sockaddr *sa);

/*
 * Take the control socket, for super_ctlsock_open(), which owns it then.
 * Returns the descriptor, or -1: there is none.
 */
int	parent_inherit_control(struct parent_inherit *p);

/* Close the sockets that nobody has taken.  The pool is empty then. */
void	parent_inherit_end(struct parent_inherit *p);

#endif
