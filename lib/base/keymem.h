/*
 * keymem: memory for private keys: locked, and zeroed when it is freed.  For
 * processes that hold keys.
 */
#ifndef KEYMEM_H
#define KEYMEM_H

#include <stddef.h>

/*
 * Make libcrypto keep private keys in locked memory that is excluded from core
 * dumps, and zero all that it frees.  Called once, before anything else of
 * libcrypto and before confinement.  Warns when that memory and `more' bytes,
 * which the process locks besides, can't be locked.  Exits with an error line
 * on failure.
 */
void	base_keymem_init(size_t more);

#endif
