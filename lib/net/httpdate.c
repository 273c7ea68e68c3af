/*
 * httpdate: the three forms of an HTTP date (RFC 9110 5.6.7); see https.h.
 * Pure.
 */
#include <string.h>

#include "https.h"

/* The parts of a date, before they are checked. */
struct date {
	int	year, month, day, hour, min, sec;	/* month from 0 */
};

/*
 * One letter per part: w short and W long name of the day, d day, e day with a
 * leading space, m name of the month, y two-digit and Y four-digit year, h i s
 * the time.  All other characters are literal.
 */
static const char *const forms[] = {
	"w, d m Y h:i:s GMT", "W, d-m-y h:i:s GMT", "w m e h:i:s Y"
};

static const char *const days[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
	"Saturday"
};

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Read `n' digits.  Returns the number, or -1. */
static int
number(struct net_http_str *s, size_t n)
{
	int v = 0;

	if (s->len < n)
		return (-1);
	for (; n > 0; n--, s->p++, s->len--) {
		if (*s->p < '0' || *s->p > '9')
			return (-1);
		v = v * 10 + (*s->p - '0');
	}
	return (v);
}

/* Read the name of the day, which is otherwise ignored.  Returns 0, or -1. */
static int
day_name(struct net_http_str *s, int whole)
{
	size_t i, n;

	for (i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		n = whole ? strlen(days[i]) : 3;
		if (s->len < n || memcmp(s->p, days[i], n) != 0)
			continue;
		s->p += n;
		s->len -= n;
		return (0);
	}
	return (-1);
}

/* Read the name of the month.  Returns 0 to 11, or -1. */
static int
month_name(struct net_http_str *s)
{
	int i;

	for (i = 0; i < 12 && s->len >= 3; i++) {
		if (memcmp(s->p, months + 3 * i, 3) != 0)
			continue;
		s->p += 3;
		s->len -= 3;
		return (i);
	}
	return (-1);
}

/* Read the literal character `c'.  Returns 0, or -1 for another one. */
static int
literal(struct net_http_str *s, char c)
{
	if (s->len == 0 || *s->p != c)
		return (-1);
	s->p++;
	s->len--;
	return (0);
}

/* Read one part of a form.  Returns -1 when it does not match. */
static int
piece(struct net_http_str *s, char c, struct date *d)
{
	switch (c) {
	case 'w':
	case 'W':
		return (day_name(s, c == 'W'));
	case 'd':
		return (d->day = number(s, 2));
	case 'e':
		if (s->len > 0 && *s->p != ' ')
			return (d->day = number(s, 2));
		return (literal(s, ' ') == -1 ? -1 : (d->day = number(s, 1)));
	case 'm':
		return (d->month = month_name(s));
	case 'Y':
		return (d->year = number(s, 4));
	case 'y':
		if ((d->year = number(s, 2)) == -1)
			return (-1);
		return (d->year += d->year < 70 ? 2000 : 1900);
	case 'h':
		return (d->hour = number(s, 2));
	case 'i':
		return (d->min = number(s, 2));
	case 's':
		return (d->sec = number(s, 2));
	default:
		return (literal(s, c));
	}
}

static int
leap(int year)
{
	return ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0);
}

/* Days of the month. */
static int
length(int year, int month)
{
	static const int n[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
	    31 };

	return (n[month] + (month == 1 && leap(year)));
}

static int64_t
seconds(const struct date *d)
{
	int64_t n = d->day - 1;
	int i;

	if (d->year < 1970 || d->day < 1 ||
	    d->day > length(d->year, d->month) || d->hour > 23 ||
	    d->min > 59 || d->sec > 60)
		return (-1);
	for (i = 1970; i < d->year; i++)
		n += 365 + leap(i);
	for (i = 0; i < d->month; i++)
		n += length(d->year, i);
	return (((n * 24 + d->hour) * 60 + d->min) * 60 + d->sec);
}

int64_t
net_http_date(struct net_http_str s)
{
	struct net_http_str rest;
	struct date d;
	const char *f;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(&d, 0, sizeof(d));
		rest = s;
		for (f = forms[i]; *f != '\0'; f++)
			if (piece(&rest, *f, &d) == -1)
				break;
		if (*f == '\0' && rest.len == 0)
			return (seconds(&d));
	}
	return (-1);
}
