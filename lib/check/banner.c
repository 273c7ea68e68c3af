/*
 * banner: see banner.h.  Called by tls.c and http.c.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "banner.h"

#define LINE	96	/* characters of a line that are quoted */

struct check_beginning {
	const char	*bytes;
	size_t		 len;
	const char	*name;
};

#define BEGINS(bytes, name)	{ bytes, sizeof(bytes) - 1, name }
static const struct check_beginning beginnings[] = {
	BEGINS("HTTP/1.", "HTTP"),	/* the first one: see kind() */
	BEGINS("SSH-", "SSH"),
	BEGINS("220 ", "a mail or FTP server"),
	BEGINS("220-", "a mail or FTP server"),
	BEGINS("421 ", "a mail or FTP server"),
	BEGINS("554 ", "a mail server"),
	BEGINS("* OK", "an IMAP server"),
	BEGINS("+OK", "a POP3 server"),
	BEGINS("RFB ", "VNC"),
	BEGINS("-ERR", "Redis or a POP3 server"),
	BEGINS("-DENIED", "Redis"),
	BEGINS("PROXY ", "a PROXY header of version 1"),
	BEGINS("\r\n\r\n\0\r\nQUIT\n", "a PROXY header of version 2"),
	BEGINS("DERP\xf0\x9f\x94\x91", "DERP without TLS and HTTP"),
};
#undef BEGINS

static const struct check_beginning *
kind(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (n >= beginnings[i].len &&
		    memcmp(p, beginnings[i].bytes, beginnings[i].len) == 0)
			return (&beginnings[i]);
	return (NULL);
}

/* Servers of HTTP/2 begin with a SETTINGS frame (RFC 9113, 6.5). */
static int
is_settings(const uint8_t *p, size_t n)
{
	return (n >= 9 && p[0] == 0 && p[2] % 6 == 0 && p[3] == 4 &&
	    memcmp(p + 4, "\0\0\0\0", 5) == 0);
}

/* Quote the first line. */
static void
quote(const uint8_t *p, size_t n, char dst[LINE + 1])
{
	size_t i;

	for (i = 0; i < n && i < LINE && p[i] != '\r' && p[i] != '\n'; i++)
		dst[i] = p[i] < ' ' || p[i] > '~' || p[i] == '"' ? '?' :
		    (char)p[i];
	dst[i] = '\0';
}

enum check_service
check_banner(const uint8_t *p, size_t n, char *dst, size_t size)
{
	const struct check_beginning *b = kind(p, n);
	char line[LINE + 1], server[LINE + 1];

	if (is_settings(p, n)) {
		(void)snprintf(dst, size, "HTTP/2");
		return (CHECK_SERVICE_H2);
	}
	quote(p, n, line);
	if (b == NULL) {
		(void)snprintf(dst, size, "an unknown service: \"%s\"", line);
		return (CHECK_SERVICE_UNKNOWN);
	}
	if (b != beginnings) {
		(void)snprintf(dst, size, "%s: \"%s\"", b->name, line);
		return (CHECK_SERVICE_KNOWN);
	}
	check_banner_field(p, n, "Server:", server, sizeof(server));
	(void)snprintf(dst, size, "\"%s\"%s%s", line, server[0] == '\0' ? "" :
	    " of the server ", server);
	return (CHECK_SERVICE_HTTP);
}

void
check_banner_field(const uint8_t *p, size_t n, const char *name, char *dst,
    size_t size)
{
	const size_t len = strlen(name);
	const uint8_t *end;
	char line[LINE + 1];

	dst[0] = '\0';
	for (; (end = memchr(p, '\n', n)) != NULL && n > len; p = end + 1) {
		n -= (size_t)(end + 1 - p);
		if (n < len || strncasecmp((const char *)end + 1, name,
		    len) != 0)
			continue;
		quote(end + 1 + len, n - len, line);
		(void)snprintf(dst, size, "%s", line + strspn(line, " "));
		return;
	}
}
