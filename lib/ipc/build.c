/*
 * build: the build id of a program; see build.h.  DERPD_BUILD is a checksum of
 * all sources (etc/sources).
 */
#include "build.h"

const char *
ipc_build_id(void)
{
	return (DERPD_BUILD);
}
