/*
 * base64url: base64 for URLs; see base64url.h.  Pure.
 */
#include <string.h>

#include "base64url.h"

/*
 * The character of `v', 0 to 63.  Computed without table look-ups and branches,
 * here and below: private keys pass through this code.
 */
static char
character(unsigned int v)
{
	int c = 'A' + (int)v, i = (int)v;

	c += ((25 - i) >> 8) & ('a' - 26 - 'A');
	c += ((51 - i) >> 8) & ('0' - 52 - ('a' - 26));
	c += ((61 - i) >> 8) & ('-' - 62 - ('0' - 52));
	c += ((62 - i) >> 8) & ('_' - 63 - ('-' - 62));
	return ((char)c);
}

/* Is `c' between `lo' and `hi'?  Returns all ones, or 0. */
static int
within(int c, int lo, int hi)
{
	return (((lo - 1 - c) & (c - hi - 1)) >> 8);
}

/* Value of a character, -1 outside the alphabet. */
static int
value(int c)
{
	int v = -1;

	v += within(c, 'A', 'Z') & (c - 'A' + 1);
	v += within(c, 'a', 'z') & (c - 'a' + 26 + 1);
	v += within(c, '0', '9') & (c - '0' + 52 + 1);
	v += within(c, '-', '-') & (62 + 1);
	v += within(c, '_', '_') & (63 + 1);
	return (v);
}

size_t
base64url_put(char *dst, const void *src, size_t n)
{
	const uint8_t *p = src;
	unsigned int bits = 0, have = 0;
	char *start = dst;

	for (; n > 0; n--) {
		bits = (bits << 8 | *p++) & 0xffff;
		for (have += 8; have >= 6; have -= 6)
			*dst++ = character(bits >> (have - 6) & 63);
	}
	if (have > 0)
		*dst++ = character(bits << (6 - have) & 63);
	*dst = '\0';
	return ((size_t)(dst - start));
}

long
base64url_get(uint8_t *dst, size_t size, const char *s, size_t len)
{
	size_t n = len / 4 * 3 + len % 4 * 6 / 8, i, out = 0;
	unsigned int bits = 0, have = 0;
	int v, bad = 0;

	if (len % 4 == 1 || n > size)
		return (-1);
	for (i = 0; i < len; i++) {
		v = value((unsigned char)s[i]);
		bad |= v;		/* negative after the first bad one */
		bits = (bits << 6 | ((unsigned int)v & 63)) & 0xffff;
		if ((have += 6) >= 8) {
			have -= 8;
			dst[out++] = (uint8_t)(bits >> have);
		}
	}
	if (bad < 0 || (bits & ((1U << have) - 1)) != 0) {
		explicit_bzero(dst, out);
		return (-1);
	}
	return ((long)out);
}

int
base64url_is(const char *s, size_t max)
{
	size_t n;

	for (n = 0; s[n] != '\0'; n++)
		if (n == max || value((unsigned char)s[n]) == -1)
			return (0);
	return (n > 0);
}
