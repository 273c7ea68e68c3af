/*
 * bom: detect texts that an editor saved in another encoding.  Pure.
 */
#ifndef BOM_H
#define BOM_H

#include <stddef.h>

/*
 * Look for a byte order mark at the beginning of the `len' bytes at `p'
 * (Unicode 23.8).  Returns NULL when there is none, else a static text that
 * says what is wrong and what to do, to follow the name of the file ("begins
 * with ...").
 */
const char *base_bom_found(const void *p, size_t len);

#endif
