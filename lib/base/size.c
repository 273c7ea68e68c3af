/*
 * size: see size.h.  Called by readers of configurations.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "size.h"

/* The factor of the last letter of a size. */
static int64_t
unit_of(char letter)
{
	switch (letter) {
	case 'K': case 'k':
		return (INT64_C(1) << 10);
	case 'M': case 'm':
		return (INT64_C(1) << 20);
	case 'G': case 'g':
		return (INT64_C(1) << 30);
	case 'T': case 't':
		return (INT64_C(1) << 40);
	}
	return (1);
}

int64_t
base_size(const char *text)
{
	const char *errstr;
	char digits[24];
	size_t n = strlen(text);
	int64_t v, unit = n > 1 ? unit_of(text[n - 1]) : 1;

	n -= unit != 1;
	if (n == 0 || n >= sizeof(digits) || strspn(text, "0123456789") < n)
		return (-1);
	strlcpy(digits, text, n + 1);
	v = strtonum(digits, 0, INT64_MAX / unit, &errstr);
	return (errstr == NULL ? v * unit : -1);
}
