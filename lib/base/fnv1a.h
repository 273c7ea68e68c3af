/*
 * fnv1a: the hash FNV-1a with 32 bits (draft-eastlake-fnv): fast, the same on
 * every machine, and no secret: not for tables that a stranger fills.  Pure.
 */
#ifndef FNV1A_H
#define FNV1A_H

#include <stddef.h>
#include <stdint.h>

#define BASE_FNV1A	UINT32_C(2166136261)	/* the hash of no bytes */

/* Continue the hash `h', BASE_FNV1A at first, with `len' bytes at `p'. */
uint32_t base_fnv1a(uint32_t h, const void *p, size_t len);

#endif
