/*
 * derpd-keys: the process that holds every private key.  Started by derpd(8).
 */
#include "child.h"
#include "keys.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = { ROLE_KEYS, keys_main };

	return (ipc_child_program(argc, argv, &role, 1));
}
