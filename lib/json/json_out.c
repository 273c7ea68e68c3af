/*
 * json_out: see json_out.h.  Used by all writers of JSON.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json_out.h"
#include "utf8.h"

#define TEXT_SIZE	1024

static void
put(struct json_out *o, const char *s)
{
	ipc_wr_bytes(o->w, s, strlen(s));
}

/* Write the `len' bytes at `p', escaped for a string. */
static void
put_escaped(struct json_out *o, const uint8_t *p, size_t len)
{
	char		 text[8];
	uint32_t	 cp;
	size_t		 n;

	for (; len > 0; p += n, len -= n) {
		n = json_utf8(p, len, &cp);
		if (n > 0 && cp != '"' && cp != '\\' && !json_is_control(cp)) {
			ipc_wr_bytes(o->w, p, n);
			continue;
		}
		if (n == 0) {
			n = 1;
			cp = *p;
		}
		if (cp == '"' || cp == '\\')
			snprintf(text, sizeof(text), "\\%c", (char)cp);
		else
			snprintf(text, sizeof(text), "\\u%04x",
			    (unsigned int)cp);
		put(o, text);
	}
}

/* Is a value with this name allowed here? */
static int
fits(const struct json_out *o, const char *name)
{
	if (o->depth == 0)
		return (name == NULL && !o->comma);
	return ((name == NULL) == ((o->arrays >> (o->depth - 1) & 1) != 0));
}

/*
 * Write what precedes a value.  Returns 0, or -1 when a value is not allowed.
 */
static int
begin(struct json_out *o, const char *name)
{
	if (!fits(o, name)) {
		o->w->bad = 1;
		return (-1);
	}
	if (o->comma)
		put(o, ",");
	if (o->depth > 0 && (o->lines >> (o->depth - 1) & 1))
		put(o, "\n");
	o->comma = 1;
	if (name != NULL) {
		put(o, "\"");
		put_escaped(o, (const uint8_t *)name, strlen(name));
		put(o, "\":");
	}
	return (0);
}

static void
nest(struct json_out *o, const char *name, uint32_t array, uint32_t lines)
{
	if (o->depth == JSON_OUT_DEPTH)
		o->w->bad = 1;
	else if (begin(o, name) == 0) {
		put(o, array ? "[" : "{");
		o->arrays = (o->arrays & ~(1U << o->depth)) |
		    array << o->depth;
		o->lines = (o->lines & ~(1U << o->depth)) | lines << o->depth;
		o->depth++;
		o->comma = 0;
	}
}

void
json_out_init(struct json_out *o, struct ipc_wr *w)
{
	memset(o, 0, sizeof(*o));
	o->w = w;
}

void
json_out_object(struct json_out *o, const char *name)
{
	nest(o, name, 0, 0);
}

void
json_out_array(struct json_out *o, const char *name)
{
	nest(o, name, 1, 0);
}

void
json_out_lines(struct json_out *o, const char *name)
{
	nest(o, name, 1, 1);
}

void
json_out_end(struct json_out *o)
{
	if (o->depth == 0) {
		o->w->bad = 1;
		return;
	}
	o->depth--;
	if (o->comma && (o->lines >> o->depth & 1))
		put(o, "\n");
	put(o, o->arrays >> o->depth & 1 ? "]" : "}");
	o->comma = 1;
}

void
json_out_raw(struct json_out *o, const char *name, const void *p, size_t len)
{
	if (begin(o, name) == 0)
		ipc_wr_bytes(o->w, p, len);
}

void
json_out_escaped(struct json_out *o, const char *name, const void *p,
    size_t len)
{
	if (begin(o, name) == -1)
		return;
	put(o, "\"");
	ipc_wr_bytes(o->w, p, len);
	put(o, "\"");
}

void
json_out_strn(struct json_out *o, const char *name, const void *p, size_t len)
{
	if (begin(o, name) == -1)
		return;
	put(o, "\"");
	put_escaped(o, p, len);
	put(o, "\"");
}

void
json_out_str(struct json_out *o, const char *name, const char *s)
{
	json_out_strn(o, name, s, s == NULL ? 0 : strlen(s));
}

void
json_out_fmt(struct json_out *o, const char *name, const char *fmt, ...)
{
	char	 text[TEXT_SIZE];
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		o->w->bad = 1;
	else
		json_out_strn(o, name, text, (size_t)n);
}

void
json_out_hex(struct json_out *o, const char *name, const void *p, size_t n)
{
	static const char	 digits[] = "0123456789abcdef";
	const uint8_t		*b = p;
	char			 two[2];

	if (begin(o, name) == -1)
		return;
	put(o, "\"");
	for (; n > 0; n--, b++) {
		two[0] = digits[*b >> 4];
		two[1] = digits[*b & 0xf];
		ipc_wr_bytes(o->w, two, sizeof(two));
	}
	put(o, "\"");
}

void
json_out_time(struct json_out *o, const char *name, time_t t)
{
	struct tm	 tm;
	char		 text[32];

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text[0] = '\0';
	json_out_str(o, name, text);
}

void
json_out_int(struct json_out *o, const char *name, int64_t v)
{
	char	 text[24];

	snprintf(text, sizeof(text), "%" PRId64, v);
	json_out_raw(o, name, text, strlen(text));
}

void
json_out_uint(struct json_out *o, const char *name, uint64_t v)
{
	char	 text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	json_out_raw(o, name, text, strlen(text));
}

void
json_out_bool(struct json_out *o, const char *name, int v)
{
	json_out_raw(o, name, v ? "true" : "false", v ? 4 : 5);
}

unsigned int
json_out_depth(const struct json_out *o)
{
	return (o->depth);
}

int
json_out_whole(const struct json_out *o)
{
	return (o->depth == 0 && o->comma && ipc_wr_ok(o->w));
}
