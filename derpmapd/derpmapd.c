/*
 * derpmapd: the processes that handle DERP maps. derpd starts each role with
 * -x.  See derpmapd(8).
 */
#include "check.h"
#include "child.h"
#include "fetch.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program roles[] = {
		{ ROLE_MAP, mapd_check_main },
		{ ROLE_FETCH, mapd_fetch_main }
	};

	return (ipc_child_program(argc, argv, roles, 2));
}
