/*
 * derpd-front: a front.  Started by derpd(8).
 */
#include "child.h"
#include "crypto.h"
#include "front.h"
#include "log.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = { ROLE_FRONT, front_main };

	if (net_crypto_zero_freed() == -1)
		fatalx("libcrypto is in use before its memory can be zeroed");
	return (ipc_child_program(argc, argv, &role, 1));
}
