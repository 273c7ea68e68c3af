/*
 * derpd-admit: decides who may use the relay; see derpd(8).
 */
#include "admitd.h"
#include "child.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = { ROLE_ADMIT,
	    admit_main };

	return (ipc_child_program(argc, argv, &role, 1));
}
