/*
 * derpmapd: the processes that handle DERP maps, each a role that derpd starts
 * with -x.  See derpmapd(8).
 */
#include "check.h"
#include "child.h"
#include "fetch.h"

int
main(int argc, char *argv[])
{
	static const struct child_program roles[] = {
		{ ROLE_MAP, check_main },
		{ ROLE_FETCH, fetch_main }
	};

	return (child_program(argc, argv, roles, 2));
}
