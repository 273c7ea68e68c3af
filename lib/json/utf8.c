/*
 * utf8: see utf8.h.  Used by code that prints or writes untrusted text.
 */
#include "utf8.h"

size_t
json_utf8(const void *text, size_t len, uint32_t *cp)
{
	const unsigned char	*p = text;
	size_t		n, i;
	uint32_t	min;

	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4, min = 0x10000, *cp = p[0] & 0x07U;
	else if (p[0] >= 0xe0 && p[0] < 0xf0)
		n = 3, min = 0x800, *cp = p[0] & 0x0fU;
	else if (p[0] >= 0xc2 && p[0] < 0xe0)
		n = 2, min = 0x80, *cp = p[0] & 0x1fU;
	else
		return 0;
	if (len < n)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3fU);
	}
	if (*cp < min || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

int
json_is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x61c ||
	    (cp >= 0x200e && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	    (cp >= 0x2066 && cp <= 0x2069);
}
