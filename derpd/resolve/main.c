/*
 * derpd-resolve: resolves the names of bootstrap-dns.  Started by derpd(8).
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
