/*
 * keysfixture: a keys process as the parent sees it, within its sandbox.  For
 * tests that ask one.
 */
#ifndef KEYSFIXTURE_H
#define KEYSFIXTURE_H

#include <sodium.h>

#include "childpeer.h"
#include "keys.h"

static inline void
start(void)
{
	ATF_REQUIRE(sodium_init() != -1);
	child_fork(ROLE_KEYS, keys_main, 0);
	child_is_ready();
}

#endif
