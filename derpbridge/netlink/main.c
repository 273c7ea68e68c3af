/*
 * derpbridge-netlink: reads WireGuard interfaces and sets endpoints.  Started
 * by derpbridged(8).
 */
#include "child.h"
#include "wg.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = { ROLE_NETLINK, wg_main };

	return (ipc_child_program(argc, argv, &role, 1));
}
