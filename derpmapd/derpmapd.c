/*
 * derpmapd: the processes that handle DERP maps. derpd starts each role with
 * -x.  See derpmapd(8).
 */
#include "child.h"
#include "fetch.h"
#include "validate.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program roles[] = {
		{ ROLE_MAP, mapd_validate_main },
		{ ROLE_FETCH, mapd_fetch_main }
	};

	return (ipc_child_program(argc, argv, roles, 2));
}
