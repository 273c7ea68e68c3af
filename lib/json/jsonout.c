/*
 * jsonout: see jsonout.h.  Used by what the parent tells derpctl.
 */
#include <stdarg.h>
#include <stdio.h>

#include "jsonout.h"

void
jsonout(struct wr *w, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		w->bad = 1;
	else
		wr_bytes(w, text, (size_t)n);
}

void
jsonout_str(struct wr *w, const char *s)
{
	unsigned char ch;

	wr_bytes(w, "\"", 1);
	for (; (ch = (unsigned char)*s) != '\0'; s++) {
		if (ch == '"' || ch == '\\')
			jsonout(w, "\\%c", ch);
		else if (ch < 0x20 || ch >= 0x7f)
			jsonout(w, "\\u%04x", ch);
		else
			wr_bytes(w, s, 1);
	}
	wr_bytes(w, "\"", 1);
}

void
jsonout_time(struct wr *w, time_t t)
{
	struct tm tm;
	char text[32];

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text[0] = '\0';
	jsonout_str(w, text);
}

void
jsonout_hex(struct wr *w, const void *p, size_t n)
{
	const unsigned char *b = p;

	wr_bytes(w, "\"", 1);
	for (; n > 0; n--, b++)
		jsonout(w, "%02x", *b);
	wr_bytes(w, "\"", 1);
}
