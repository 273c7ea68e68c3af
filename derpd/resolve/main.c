/*
 * derpd-resolve: resolves names.  Started by derpd(8) and derpbridged(8).
 */
#include "child.h"
#include "resolve.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = {
		ROLE_RESOLVE, resolve_main
	};

	return (ipc_child_program(argc, argv, &role, 1));
}
