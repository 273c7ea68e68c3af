/*
 * derpd-mesh: logs in at another node of the region; see derpd(8).
 */
#include "child.h"
#include "crypto.h"
#include "log.h"
#include "mesh.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = { ROLE_MESH, mesh_main };

	if (net_crypto_zero_freed() == -1)
		fatalx("libcrypto is in use before its memory can be zeroed");
	return (ipc_child_program(argc, argv, &role, 1));
}
