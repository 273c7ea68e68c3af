/*
 * keylock: can the memory of private keys be locked?  For processes that hold
 * keys.
 */
#ifndef KEYLOCK_H
#define KEYLOCK_H

#include <stddef.h>

/*
 * Warn that keys may be written to swap when `locked' is 0, or when `more'
 * bytes, which the process will lock besides, can't be locked: libcrypto and
 * libsodium continue silently.  Call it before confinement.
 */
void	 base_keylock_check(int locked, size_t more);

#endif
