/*
 * derpd-health: probes the relay like a client.  Started by derpd(8).
 */
#include "child.h"
#include "health.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = { ROLE_HEALTH,
	    health_main };

	return (ipc_child_program(argc, argv, &role, 1));
}
