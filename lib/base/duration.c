/*
 * duration: see duration.h.
 */
#include <stdlib.h>
#include <string.h>

#include "duration.h"

/* The nanoseconds of the unit at *s, which moves on; 0: none. */
static int64_t
unit(const char **s)
{
	static const struct {
		const char	*name;
		int64_t		 ns;
	} units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "\xc2\xb5s", 1000 },
		{ "\xce\xbcs", 1000 }, { "ms", 1000000 },
		{ "s", INT64_C(1000000000) }, { "m", INT64_C(60000000000) },
		{ "h", INT64_C(3600000000000) }
	};
	size_t i, n;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		n = strlen(units[i].name);
		if (strncmp(*s, units[i].name, n) == 0) {
			*s += n;
			return (units[i].ns);
		}
	}
	return (0);
}

/*
 * One number with its unit at *s, which moves on.  A fraction counts to the
 * nanosecond.  Nanoseconds, or -1.
 */
static int64_t
term(const char **s)
{
	char digits[20], fraction[10] = "";
	const char *p = *s, *errstr;
	size_t n = strspn(p, "0123456789"), m = 0;
	int64_t v, ns, part = 0, scale = 1;

	if (n >= sizeof(digits))
		return (-1);
	memcpy(digits, p, n);
	digits[n] = '\0';
	p += n;
	if (*p == '.') {
		m = strspn(++p, "0123456789");
		memcpy(fraction, p, m < 9 ? m : 9);
		p += m;
	}
	if (n + m == 0 || (ns = unit(&p)) == 0)
		return (-1);
	v = strtonum(n == 0 ? "0" : digits, 0, INT64_MAX / ns, &errstr);
	if (errstr != NULL)
		return (-1);
	for (m = 0; fraction[m] != '\0' && scale < ns; m++) {
		scale *= 10;
		part += (fraction[m] - '0') * (ns / scale);
	}
	*s = p;
	return (v * ns > INT64_MAX - part ? -1 : v * ns + part);
}

int
base_duration(const char *s, int64_t *ns)
{
	const int negative = *s == '-';
	int64_t v, sum = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (*s == '\0')
		return (-1);
	if (strcmp(s, "0") == 0)
		s++;
	while (*s != '\0') {
		if ((v = term(&s)) == -1 || v > INT64_MAX - sum)
			return (-1);
		sum += v;
	}
	*ns = negative ? -sum : sum;
	return (0);
}
