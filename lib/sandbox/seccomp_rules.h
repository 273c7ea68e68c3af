/*
 * seccomp_rules: what seccomp allows to each role.  Part of the seccomp
 * sandbox.
 */
#ifndef SECCOMP_RULES_H
#define SECCOMP_RULES_H

#include <stddef.h>

#include "msg.h"

/* An option of getsockopt(2) or setsockopt(2). */
struct sandbox_sockopt {
	int	level, name;
};

/* Bits: what a role may do beside its lists. */
enum {
	SANDBOX_CONFINED = 1,	/* the role has rules */
	SANDBOX_SENDMSG = 2,	/* sendmsg(2) */
	SANDBOX_ADDRESS = 4,	/* sends to addresses, several datagrams at
				   once; it has no TCP socket, or connects */
	SANDBOX_SHUTDOWN = 8,	/* ends its half of a connection */
	SANDBOX_PAIR = 16,	/* makes pairs of local sockets */
	SANDBOX_CONNECT = 32,	/* makes TCP sockets */
	SANDBOX_READS = 64,	/* resolves names and reads files; Landlock
				   checks which */
	SANDBOX_LOCAL = 128,	/* makes local stream sockets, to connect */
	SANDBOX_LENT = 256	/* makes no socket, but connects those that it
				   is given, to any port */
};

/* The rules of a role, beside what every role may. */
struct sandbox_rules {
	const int	*calls;		/* with any arguments */
	size_t		 ncalls;
	const struct sandbox_sockopt *gets, *sets;	/* options */
	size_t		 ngets, nsets;
	const unsigned int *ioctls;	/* requests */
	size_t		 nioctls;
	unsigned int	 powers;
};

/* The rules of `role'; NULL: the role is not confined. */
const struct sandbox_rules *sandbox_rules_of(enum ipc_role role);

/*
 * The rules of `role' when it connects to a local socket, and to nothing else;
 * NULL: it may not.
 */
const struct sandbox_rules *sandbox_rules_local(enum ipc_role role);

/* Calls that every role needs, with any arguments; their number in *n. */
const int *sandbox_rules_common(size_t *n);

#endif
