/*
 * hex: convert bytes to and from hexadecimal text, and keys to and from their
 * text form ("nodekey:<64 hex>", "privkey:<64 hex>"; derp(7), section 2).
 */
#ifndef HEX_H
#define HEX_H

#include <stddef.h>
#include <stdint.h>

/* Write 2*n lower-case digits and a NUL to `dst' (2*n+1 bytes). */
void	base_hex_put(char *dst, const uint8_t *src, size_t n);

/*
 * Read exactly `n' bytes from the 2*n digits at `s' (either case), in constant
 * time for digits.  Returns 0, or -1 for another character (`dst' is then
 * zeroed).
 */
int	base_hex_get(uint8_t *dst, size_t n, const char *s);

#endif
