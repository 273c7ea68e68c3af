/*
 * derpbridge-keys: the process that makes logins with the private keys of
 * WireGuard interfaces.  Started by derpbridged(8).
 */
#include "child.h"
#include "wgkeys.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = {
		ROLE_WGKEYS, wgkeys_main
	};

	return (ipc_child_program(argc, argv, &role, 1));
}
