/*
 * out: text for people and JSON for programs, with nothing in it that a
 * terminal would obey.
 *
 * Called by every command.  Touches the stream that it is given.
 */
#include <sys/types.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "json.h"

#define DOC_DEPTH	16
#define DOC_TOKENS	65536

/*
 * The well-formed UTF-8 sequence (RFC 3629, section 4) at the start of the
 * `len' bytes at `p': its bytes and code point in *cp; 0 when it is none.
 */
static size_t
utf8(const unsigned char *p, size_t len, uint32_t *cp)
{
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

/* Might a terminal obey this character, or show the text in another order? */
static int
is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x61c ||
	    (cp >= 0x200e && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	    (cp >= 0x2066 && cp <= 0x2069);
}

void
put_text(FILE *fp, const char *p, size_t len)
{
	const unsigned char	*u = (const unsigned char *)p;
	uint32_t		 cp;
	size_t			 i, n;

	while (len > 0) {
		if ((n = utf8(u, len, &cp)) > 0 && !is_control(cp))
			fwrite(u, 1, n, fp);
		else {
			if (n == 0)
				n = 1;
			for (i = 0; i < n; i++)
				fprintf(fp, "\\x%02x", u[i]);
		}
		u += n;
		len -= n;
	}
}

void
put_json_str(FILE *fp, const char *s)
{
	const unsigned char	*u = (const unsigned char *)s;
	size_t			 len = strlen(s), n;
	uint32_t		 cp;

	fputc('"', fp);
	while (len > 0) {
		if ((n = utf8(u, len, &cp)) == 0) {
			fputc('?', fp);
			n = 1;
		} else if (cp == '"' || cp == '\\')
			fprintf(fp, "\\%c", (char)cp);
		else if (is_control(cp))
			fprintf(fp, "\\u%04x", (unsigned int)cp);
		else
			fwrite(u, 1, n, fp);
		u += n;
		len -= n;
	}
	fputc('"', fp);
}

int
put_json_doc(FILE *fp, const char *text, size_t len)
{
	const unsigned char	*u = (const unsigned char *)text;
	struct json_error	 e;
	struct json		*j;
	uint32_t		 cp;
	size_t			 n;

	if ((j = json_parse(text, len, DOC_DEPTH, DOC_TOKENS, &e)) == NULL)
		return -1;
	json_free(j);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	while (len > 0) {
		if ((n = utf8(u, len, &cp)) == 0)
			return -1;
		/* Below 0x20 a well-formed text has white space alone, and
		   that between its tokens. */
		if (cp == '\r')
			fputc(' ', fp);
		else if (cp >= 0x20 && is_control(cp))
			fprintf(fp, "\\u%04x", (unsigned int)cp);
		else
			fwrite(u, 1, n, fp);
		u += n;
		len -= n;
	}
	fputc('\n', fp);
	return 0;
}

void
fmt_bytes(char *dst, size_t size, uint64_t n)
{
	static const char	units[] = "KMGTPE";
	uint64_t		whole = n, tenths = 0;
	int			u = -1;

	while (whole >= 1000 && u < 5) {
		/* In tenths first, so that nothing is lost or overflows. */
		tenths = (whole % 1024) * 10 / 1024;
		whole /= 1024;
		u++;
	}
	if (u == -1)
		snprintf(dst, size, "%" PRIu64, whole);
	else
		snprintf(dst, size, "%" PRIu64 ".%" PRIu64 "%c", whole, tenths,
		    units[u]);
}

void
fmt_age(char *dst, size_t size, uint64_t s)
{
	if (s < 60)
		snprintf(dst, size, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(dst, size, "%" PRIu64 "m%02" PRIu64 "s", s / 60,
		    s % 60);
	else if (s < 86400)
		snprintf(dst, size, "%" PRIu64 "h%02" PRIu64 "m", s / 3600,
		    s % 3600 / 60);
	else
		snprintf(dst, size, "%" PRIu64 "d%02" PRIu64 "h", s / 86400,
		    s % 86400 / 3600);
}
