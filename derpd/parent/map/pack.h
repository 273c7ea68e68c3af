/*
 * pack: compresses a map for clients that accept gzip.  Pure.
 */
#ifndef PACK_H
#define PACK_H

#include <stddef.h>
#include <stdint.h>

/*
 * Compress the `len' bytes at `p' with gzip (RFC 1952), without name and time,
 * so that equal bytes give equal output.  Heap, *n bytes; NULL when it would
 * not be smaller or there is no memory.
 */
uint8_t	*mapset_pack_gzip(const void *p, size_t len, size_t *n);

#endif
