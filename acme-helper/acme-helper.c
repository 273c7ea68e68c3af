/*
 * acme-helper: gets certificates from ACME directories, for derpd, which starts
 * it.  See acme-helper(8).
 */
#include "child.h"
#include "helper.h"

int
main(int argc, char *argv[])
{
	static const struct child_program role = { ROLE_ACME, helper_main };

	return (child_program(argc, argv, &role, 1));
}
