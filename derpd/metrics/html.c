/*
 * html: see html.h.  Called by page.c, chart.c and tables.c.
 */
#include <stdio.h>
#include <string.h>

#include "html.h"
#include "out.h"

static const char *
escaped(char c)
{
	switch (c) {
	case '&':
		return ("&amp;");
	case '<':
		return ("&lt;");
	case '>':
		return ("&gt;");
	case '"':
		return ("&quot;");
	case '\'':
		return ("&#39;");
	default:
		return (NULL);
	}
}

void
metrics_html_text(struct ipc_wr *w, const char *s)
{
	const char *p, *e;

	if (s == NULL)
		return;
	for (p = s; *p != '\0'; p++) {
		if ((e = escaped(*p)) == NULL)
			continue;
		ipc_wr_bytes(w, s, (size_t)(p - s));
		ipc_wr_bytes(w, e, strlen(e));
		s = p + 1;
	}
	ipc_wr_bytes(w, s, (size_t)(p - s));
}

/* Does `s' have the form of "2026-01-31T12:00:00Z"? */
static int
is_time(const char *s)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	size_t i;

	if (strlen(s) != sizeof(form) - 1)
		return (0);
	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' :
		    s[i] != form[i])
			return (0);
	return (1);
}

void
metrics_html_time(struct ipc_wr *w, const char *s)
{
	if (s == NULL || !is_time(s))
		metrics_html_text(w, s);
	else
		metrics_out(w, "<time datetime=\"%s\">%.10s %.5s UTC</time>", s,
		    s, s + 11);
}

void
metrics_html_clock(struct ipc_wr *w, time_t t)
{
	char s[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL && strftime(s, sizeof(s),
	    "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		metrics_out(w, "<time datetime=\"%s\">%.8s UTC</time>", s,
		    s + 11);
}

const char *
metrics_html_count(char *dst, uint64_t n)
{
	char digits[24];
	size_t i, len, at = 0;

	len = (size_t)snprintf(digits, sizeof(digits), "%llu",
	    (unsigned long long)n);
	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			dst[at++] = ',';
		dst[at++] = digits[i];
	}
	dst[at] = '\0';
	return (dst);
}

/* Three digits and a unit: a power of 1000, before `what'. */
static const char *
with_unit(char *dst, uint64_t n, const char *what)
{
	static const char *const units[] = { "", "k", "M", "G", "T", "P", "E" };
	double v = (double)n;
	size_t i = 0;

	while (v >= 999.5 && i + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1000;
		i++;
	}
	snprintf(dst, METRICS_HTML_NUMSIZE, "%.*f %s%s", i == 0 || v >= 99.95 ?
	    0 : v >= 9.995 ? 1 : 2, v, units[i], what);
	return (dst);
}

const char *
metrics_html_bits(char *dst, uint64_t n)
{
	return (with_unit(dst, n, "bit/s"));
}

const char *
metrics_html_bytes(char *dst, uint64_t n)
{
	return (with_unit(dst, n, "B"));
}

const char *
metrics_html_age(char *dst, uint64_t seconds)
{
	static const struct {
		uint64_t	 secs;	/* of one */
		const char	*name;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" },
	    { 1, "s" } };
	unsigned long long n, rest;
	size_t i = 0;

	while (i < 3 && seconds < units[i].secs)
		i++;
	n = seconds / units[i].secs;
	rest = i == 3 ? 0 : seconds % units[i].secs / units[i + 1].secs;
	if (rest == 0)
		snprintf(dst, METRICS_HTML_NUMSIZE, "%llu %s", n,
		    units[i].name);
	else
		snprintf(dst, METRICS_HTML_NUMSIZE, "%llu %s %llu %s", n,
		    units[i].name, rest, units[i + 1].name);
	return (dst);
}
