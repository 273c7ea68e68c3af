/*
 * utf8: decode characters, and find those that a terminal interprets.  Pure.
 */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decode the UTF-8 sequence (RFC 3629, section 4) at the start of the `len'
 * bytes at `p' (at least one), with its code point in *cp.  Returns its bytes,
 * or 0 when it is malformed.
 */
size_t	 json_utf8(const void *p, size_t len, uint32_t *cp);

/*
 * Returns 1 when a terminal may interpret this character or reorder text
 * because of it, else 0.
 */
int	 json_is_control(uint32_t cp);

#endif
