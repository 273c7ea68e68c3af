/*
 * derpbridge-worker: carries packets between WireGuard and relays; see
 * derpbridged(8).
 */
#include "child.h"
#include "crypto.h"
#include "log.h"
#include "worker.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = {
		ROLE_WORKER, worker_main
	};

	if (net_crypto_zero_freed() == -1)
		fatalx("libcrypto is in use before its memory can be zeroed");
	return (ipc_child_program(argc, argv, &role, 1));
}
