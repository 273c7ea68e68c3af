/*
 * sandbox_null: the backend for systems without a sandbox; see sandbox.h.
 */
#include <errno.h>

#include "sandbox.h"

int
sandbox_enter(enum ipc_role role, enum sandbox_want want,
    const struct sandbox_net *net)
{
	(void)role;
	(void)want;
	(void)net;
	errno = ENOSYS;
	return (-1);
}

const char *
sandbox_failed(void)
{
	return ("none");
}

const char *
sandbox_lack(void)
{
	return ("");
}

int
sandbox_parent(int inet)
{
	(void)inet;
	return (0);
}

const char *
sandbox_level(void)
{
	return ("none");
}

const char *
sandbox_backend(void)
{
	return ("null");
}
