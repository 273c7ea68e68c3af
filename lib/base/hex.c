/*
 * hex: bytes to and from hexadecimal text; see hex.h.  Pure.
 */
#include <string.h>

#include "hex.h"

/*
 * The digit of `v', 0 to 15.  Computed without table look-ups and branches,
 * here and below: private keys pass through this code.
 */
static char
digit(unsigned int v)
{
	return ((char)('0' + v + ((9 - v) >> 31) * ('a' - '0' - 10)));
}

void
base_hex_put(char *dst, const uint8_t *src, size_t n)
{
	while (n-- > 0) {
		*dst++ = digit(*src >> 4);
		*dst++ = digit(*src++ & 15);
	}
	*dst = '\0';
}

/* Value of a digit, -1 for other characters. */
static int
value(int ch)
{
	int v = -1;

	v += (((0x2f - ch) & (ch - 0x3a)) >> 8) & (ch - 0x30 + 1);
	v += (((0x40 - ch) & (ch - 0x47)) >> 8) & (ch - 0x41 + 10 + 1);
	v += (((0x60 - ch) & (ch - 0x67)) >> 8) & (ch - 0x61 + 10 + 1);
	return (v);
}

int
base_hex_get(uint8_t *dst, size_t n, const char *s)
{
	size_t i;
	int hi, lo;

	for (i = 0; i < n; i++) {
		/* The text may end at any digit, so read them in order. */
		if ((hi = value((unsigned char)*s++)) == -1 ||
		    (lo = value((unsigned char)*s++)) == -1) {
			explicit_bzero(dst, n);
			return (-1);
		}
		dst[i] = (uint8_t)(hi << 4 | lo);
	}
	return (0);
}
