/*
 * promtext: see promtext.h.  Called by prom.c.
 */
#include <stdlib.h>
#include <string.h>

#include "promtext.h"

#define NAME_CHARS	"abcdefghijklmnopqrstuvwxyz_0123456789"
#define NUMBER_CHARS	"0123456789.-+eE"
#define MAX_LABELS	8	/* of a line */

/* The name of a label. */
struct label_name {
	const char	*p;
	size_t		 n;
};

/* The bytes of the name of such a metric at `p', 0 if there is none. */
static size_t
name_of(const char *p)
{
	static const char *const prefixes[] = { "derpmap_", "derp_admit_" };
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(p, prefixes[i], strlen(prefixes[i])) == 0)
			return (strspn(p, NAME_CHARS));
	return (0);
}

/* Skip the quoted value of a label.  NULL: it is malformed. */
static const char *
skip_quoted(const char *p)
{
	for (p++; *p != '"'; p++) {
		if (*p == '\\' && *++p != '\\' && *p != '"' && *p != 'n')
			return (NULL);
		if ((unsigned char)*p < ' ')
			return (NULL);
	}
	return (p + 1);
}

/* Read the name of a label into v[n]; the others are before it.  0, or -1. */
static int
get_label(const char *p, struct label_name *v, size_t n)
{
	size_t i;

	v[n].p = p;
	v[n].n = strspn(p, NAME_CHARS);
	if (v[n].n == 0 || (*p >= '0' && *p <= '9'))
		return (-1);
	for (i = 0; i < n; i++)
		if (v[i].n == v[n].n && memcmp(v[i].p, p, v[n].n) == 0)
			return (-1);
	return (0);
}

/* Skip {a="b",c="d"}.  NULL: malformed. */
static const char *
skip_labels(const char *p)
{
	struct label_name v[MAX_LABELS];
	size_t n = 0;

	do {
		p++;
		if (n == MAX_LABELS || get_label(p, v, n) == -1)
			return (NULL);
		p += v[n++].n;
		if (p[0] != '=' || p[1] != '"' ||
		    (p = skip_quoted(p + 1)) == NULL)
			return (NULL);
	} while (*p == ',');
	return (*p == '}' ? p + 1 : NULL);
}

static int
is_number(const char *p)
{
	size_t n = strspn(p, NUMBER_CHARS);
	char *end;

	if (n == 0 || (p[n] != '\n' && p[n] != '\0'))
		return (0);
	(void)strtod(p, &end);
	return (end == p + n);
}

/* 1 if the line at `p' is a value of a metric. */
static int
is_value(const char *p)
{
	size_t n = name_of(p);

	if (n == 0)
		return (0);
	p += n;
	if (*p == '{' && (p = skip_labels(p)) == NULL)
		return (0);
	return (*p == ' ' && is_number(p + 1));
}

/* 1 if the rest of a line at `p' is a type. */
static int
is_type(const char *p)
{
	const size_t n = strcspn(p, "\n");

	return ((n == 7 && memcmp(p, "counter", n) == 0) ||
	    (n == 5 && memcmp(p, "gauge", n) == 0));
}

/* 1 if it is a text with valid escapes. */
static int
is_help(const char *p)
{
	if ((unsigned char)*p <= ' ')
		return (0);
	for (; *p != '\n' && *p != '\0'; p++)
		if (*p == '\\' && *++p != '\\' && *p != 'n')
			return (0);
	return (1);
}

/* 1 if the line at `p' describes a metric. */
static int
is_comment(const char *p)
{
	size_t n;

	if (strncmp(p, "# HELP ", 7) != 0 && strncmp(p, "# TYPE ", 7) != 0)
		return (0);
	n = name_of(p + 7);
	if (n == 0 || p[7 + n] != ' ')
		return (0);
	return (p[2] == 'T' ? is_type(p + 8 + n) : is_help(p + 8 + n));
}

void
metrics_promtext(const char *text, struct ipc_wr *w)
{
	size_t n;

	for (; *text != '\0'; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (!is_value(text) && !is_comment(text))
			continue;
		ipc_wr_bytes(w, text, n);
		ipc_wr_u8(w, '\n');
	}
}
