/*
 * sandbox_pledge: the backend for OpenBSD; see sandbox.h.  The tests of other
 * systems do not run it.
 */
#include <errno.h>
#include <unistd.h>

#include "sandbox.h"

static int	entered;

/*
 * The promises of each role, which connects to a local socket if `local'; NULL:
 * the role is not confined here.
 */
static const char *
promises(enum ipc_role role, int local)
{
	switch (role) {
	case ROLE_KEYS:		/* reads and writes files passed to it */
		return ("stdio recvfd");
	case ROLE_SIGNER:	/* only talks, on channels passed to it */
		return ("stdio recvfd");
	case ROLE_MAP:		/* only talks to the parent */
		return ("stdio");
	case ROLE_FRONT:	/* accepts, and hands clients over */
		return ("stdio inet recvfd sendfd");
	case ROLE_RELAY:	/* checks the sockets that it gets */
		return ("stdio inet recvfd sendfd");
	case ROLE_STUN:		/* sends answers to addresses */
		return ("stdio inet recvfd");
	case ROLE_FETCH:	/* resolves, reads CAs, gets sockets */
	case ROLE_ACME:		/* the same, and a channel to keys */
		return ("stdio rpath inet dns recvfd");
	case ROLE_ADMIT:	/* talks, on channels passed to it */
		return ("stdio recvfd");
	case ROLE_VERIFY:	/* asks a server, or a local socket */
		return (local ? "stdio unix recvfd" :
		    "stdio rpath inet dns recvfd");
	case ROLE_MESH:		/* resolves, connects, hands links over */
		return ("stdio rpath inet dns recvfd sendfd");
	case ROLE_RESOLVE:	/* resolves names, with its sockets or others */
		return ("stdio rpath inet dns recvfd");
	case ROLE_METRICS:	/* accepts, and maps counters */
		return ("stdio inet recvfd");
	case ROLE_NETLINK:	/* talks, on sockets passed to it */
		return ("stdio recvfd");
	case ROLE_WORKER:	/* connects sockets passed to it */
		return ("stdio inet recvfd");
	case ROLE_HEALTH:	/* connects */
		return ("stdio inet");
	default:
		return (NULL);
	}
}

/* Does the role resolve names and read CA certificates? */
static int
reads_files(enum ipc_role role)
{
	return (role == ROLE_FETCH || role == ROLE_ACME ||
	    role == ROLE_VERIFY || role == ROLE_MESH || role == ROLE_RESOLVE);
}

/* The promise "dns" includes the resolver's files. */
static int
show_paths(const struct sandbox_net *net)
{
	size_t i;

	if (unveil("/etc/ssl", "r") == -1)
		return (-1);
	for (i = 0; i < net->npaths; i++)
		if (unveil(net->read_paths[i], "r") == -1 && errno != ENOENT)
			return (-1);
	return (0);
}

int
sandbox_enter(enum ipc_role role, enum sandbox_want want,
    const struct sandbox_net *net)
{
	const int local = net != NULL && net->socket != NULL;
	const enum ipc_role as = ipc_role_sandbox(role);
	const char *p = promises(as, local);
	int hide;

	(void)want;
	if (p == NULL || (net != NULL) != (reads_files(as) ||
	    as == ROLE_HEALTH) ||
	    (as == ROLE_HEALTH && net->npaths > 0) ||
	    (local && (as != ROLE_VERIFY || net->npaths > 0))) {
		errno = EINVAL;
		return (-1);
	}
	/* Hide the file system before the promises are made. */
	if (local)
		hide = unveil(net->socket, "w");
	else
		hide = reads_files(as) ? show_paths(net) : unveil("/", "");
	if (hide == -1 || unveil(NULL, NULL) == -1 || pledge(p, "") == -1)
		return (-1);
	entered = 1;
	return (0);
}

const char *
sandbox_failed(void)
{
	return ("unveil, pledge");
}

const char *
sandbox_lack(void)
{
	return ("");
}

/*
 * Key, certificate and configuration files, the control socket, and children
 * with their own users; no network, unless it makes sockets for others.
 * Executed children start without promises.
 */
int
sandbox_parent(int inet)
{
	return (pledge(inet ? "stdio rpath wpath cpath fattr chown getpw unix "
	    "inet sendfd proc exec" : "stdio rpath wpath cpath fattr chown "
	    "getpw unix sendfd proc exec", NULL));
}

const char *
sandbox_level(void)
{
	return (entered ? "pledge" : "none");
}

const char *
sandbox_backend(void)
{
	return ("pledge");
}
