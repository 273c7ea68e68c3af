/*
 * bom: texts that an editor has saved in another encoding.  Pure.
 */
#ifndef BOM_H
#define BOM_H

#include <stddef.h>

/*
 * A byte order mark at the beginning of the `len' bytes at `p' (Unicode 23.8):
 * what is wrong, to be read behind the name of the file ("begins with ..."),
 * static, with what to do; NULL when there is none.
 */
const char *base_bom_found(const void *p, size_t len);

#endif
