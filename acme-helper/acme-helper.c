/*
 * acme-helper: requests certificates from ACME directories; started by derpd.
 * See acme-helper(8).
 */
#include "child.h"
#include "helper.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = { ROLE_ACME, helper_main };

	return (ipc_child_program(argc, argv, &role, 1));
}
