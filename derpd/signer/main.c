/*
 * derpd-signer: signs TLS handshakes for one front.  Started by
 * derpd(8).
 */
#include "child.h"
#include "signer.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = { ROLE_SIGNER,
	    signer_main };

	return (ipc_child_program(argc, argv, &role, 1));
}
