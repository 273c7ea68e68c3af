/*
 * hex: bytes to and from hexadecimal text; see hex.h.  Pure.
 */
#include "hex.h"

void
hex_put(char *dst, const uint8_t *src, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	while (n-- > 0) {
		*dst++ = digits[*src >> 4];
		*dst++ = digits[*src++ & 15];
	}
	*dst = '\0';
}

/*
 * Value of a digit, -1 when it is none.  Arithmetic instead of a table or
 * branches: keys are read with it.
 */
static int
digit(int ch)
{
	int v = -1;

	v += (((0x2f - ch) & (ch - 0x3a)) >> 8) & (ch - 0x30 + 1);
	v += (((0x40 - ch) & (ch - 0x47)) >> 8) & (ch - 0x41 + 10 + 1);
	v += (((0x60 - ch) & (ch - 0x67)) >> 8) & (ch - 0x61 + 10 + 1);
	return (v);
}

int
hex_get(uint8_t *dst, size_t n, const char *s)
{
	int hi, lo;

	while (n-- > 0) {
		/* The text may end at any digit: look at them in order. */
		if ((hi = digit((unsigned char)*s++)) == -1 ||
		    (lo = digit((unsigned char)*s++)) == -1)
			return (-1);
		*dst++ = (uint8_t)(hi << 4 | lo);
	}
	return (0);
}
