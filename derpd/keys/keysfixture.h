/*
 * keysfixture: a keys process within its sandbox, driven by its parent.  For
 * tests of requests to keys.
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
