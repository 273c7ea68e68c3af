/*
 * derpd-relay: a relay worker.  Started by derpd(8).
 */
#include "child.h"
#include "relay.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = { ROLE_RELAY, relay_main };

	return (ipc_child_program(argc, argv, &role, 1));
}
