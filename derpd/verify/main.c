/*
 * derpd-verify: asks one admission controller or tailscaled about clients; see
 * derpd(8).
 */
#include "child.h"
#include "verify.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = {
		ROLE_VERIFY, verify_main
	};

	return (ipc_child_program(argc, argv, &role, 1));
}
