/*
 * converttext: messages, and the text of the configuration: strings, which are
 * quoted, and comments; see convertset.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "convertset.h"
#include "printable.h"

#define COLUMNS	79

/* Format a message; what a terminal might interpret is replaced. */
static void
format(char *dst, size_t size, const char *fmt, va_list ap)
{
	vsnprintf(dst, size, fmt, ap);
	base_printable(dst);
}

void
convert_error(struct convert *c, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	format(line, sizeof(line), fmt, ap);
	va_end(ap);
	c->nerrors++;
	c->ops->say(c->ops->arg, CONVERT_ERROR, line);
}

void
convert_shown(const struct convert *c, enum convert_id id,
    char dst[CONVERT_SHOWNSIZE])
{
	const char *value = convert_get(c, id);

	if (strlcpy(dst, value == NULL ? "" : value, CONVERT_SHOWNSIZE) >=
	    CONVERT_SHOWNSIZE)
		memcpy(dst + CONVERT_SHOWNSIZE - sizeof("..."), "...",
		    sizeof("..."));
}

void
convert_bad(struct convert *c, enum convert_id id, const char *want)
{
	char shown[CONVERT_SHOWNSIZE];

	convert_shown(c, id, shown);
	if (shown[0] == '\0')
		convert_error(c, "%s is not set: expected %s",
		    convert_name(c, id), want);
	else
		convert_error(c, "%s: \"%s\": expected %s",
		    convert_name(c, id), shown, want);
}

void
convert_put(struct convert *c, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		ipc_wr_refuse(&c->text, EMSGSIZE);
	else
		ipc_wr_bytes(&c->text, text, (size_t)n);
}

void
convert_quote(struct convert *c, const char *s)
{
	ipc_wr_u8(&c->text, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			ipc_wr_u8(&c->text, '\\');
		ipc_wr_u8(&c->text, (uint8_t)*s);
	}
	ipc_wr_u8(&c->text, '"');
}

void
convert_line(struct convert *c, const char *before, const char *s,
    const char *after)
{
	convert_put(c, "%s ", before);
	convert_quote(c, s);
	convert_put(c, "%s\n", after);
}

/* Add a comment, broken at blanks. */
static void
comment(struct convert *c, const char *s)
{
	size_t n, at = 0;

	while (*s != '\0') {
		n = strcspn(s, " ");
		if (at == 0 || at + 1 + n > COLUMNS) {
			convert_put(c, at == 0 ? "#" : "\n#");
			at = 1;
		}
		ipc_wr_u8(&c->text, ' ');
		ipc_wr_bytes(&c->text, s, n);
		at += 1 + n;
		s += n;
		s += *s == ' ';
	}
	convert_put(c, "\n");
}

/* Add a formatted comment, and say it when it is a difference from derper. */
static void
remark(struct convert *c, int said, const char *fmt, va_list ap)
{
	char line[1024];

	format(line, sizeof(line), fmt, ap);
	comment(c, line);
	if (said)
		c->ops->say(c->ops->arg, CONVERT_NOTE, line);
}

void
convert_note(struct convert *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	remark(c, 1, fmt, ap);
	va_end(ap);
}

void
convert_comment(struct convert *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	remark(c, 0, fmt, ap);
	va_end(ap);
}
