/*
 * sandbox_pledge: the backend of OpenBSD; see sandbox.h.  Not run by the tests
 * of other systems.
 */
#include <errno.h>
#include <unistd.h>

#include "sandbox.h"

static int	entered;

int
sandbox_enter(enum role role)
{
	const char *promises;

	switch (role) {
	case ROLE_KEYS:		/* reads and writes files it is handed */
		promises = "stdio recvfd";
		break;
	case ROLE_RELAY:	/* accepts, and sets options of sockets */
		promises = "stdio inet recvfd";
		break;
	default:
		errno = EINVAL;
		return (-1);
	}
	/* The file system is out of sight before the promises are made. */
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1 ||
	    pledge(promises, "") == -1)
		return (-1);
	entered = 1;
	return (0);
}

/*
 * Key, certificate and configuration files, the control socket, and children
 * with users of their own; no network any more.  An executed child begins
 * without promises.
 */
int
sandbox_parent(void)
{
	return (pledge("stdio rpath wpath cpath fattr chown getpw unix sendfd "
	    "proc exec", NULL));
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
