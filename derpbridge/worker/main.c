/*
 * derpbridge-worker: carries packets between WireGuard and relays; see derpbridged(8).
 */
#include "child.h"
#include "worker.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = { ROLE_WORKER, worker_main };

	return (ipc_child_program(argc, argv, &role, 1));
}
