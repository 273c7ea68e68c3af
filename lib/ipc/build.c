/*
 * build: which build a program is of; see build.h.  DERPD_BUILD is a sum of all
 * sources (etc/sources).
 */
#include "build.h"

const char *
ipc_build_id(void)
{
	return (DERPD_BUILD);
}
