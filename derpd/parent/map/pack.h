/*
 * pack: a map made smaller for those who take gzip.  Pure.
 */
#ifndef PACK_H
#define PACK_H

#include <stddef.h>
#include <stdint.h>

/*
 * The `len' bytes at `p' by gzip (RFC 1952), the same for the same bytes: no
 * name and no time in it.  Heap, *n bytes; NULL when it would not be smaller or
 * there is no memory.
 */
uint8_t	*mapset_pack_gzip(const void *p, size_t len, size_t *n);

#endif
