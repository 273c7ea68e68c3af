/*
 * utf8: characters of a text, and which of them a terminal obeys.  Pure.
 */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * The well-formed UTF-8 sequence (RFC 3629, section 4) at the start of the
 * `len' bytes at `p', at least one: its bytes, and its code point in *cp; 0
 * when it is none.
 */
size_t	 json_utf8(const void *p, size_t len, uint32_t *cp);

/*
 * 1 when a terminal might obey this character, or show the text in another
 * order for it; else 0.
 */
int	 json_is_control(uint32_t cp);

#endif
