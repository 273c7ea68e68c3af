/*
 * acme_link: Link fields of HTTP (RFC 8288); see acme.h.  Pure.
 */
#include <string.h>
#include <strings.h>

#include "acme.h"

/* Pass over white space. */
static const char *
space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return (p);
}

/* The end of a word, or of a quoted text with its quotes. */
static const char *
word_end(const char *p, const char *end)
{
	if (p < end && *p == '"') {
		for (p++; p < end && *p != '"'; p++)
			if (*p == '\\' && p + 1 < end)
				p++;
		return (p < end ? p + 1 : p);
	}
	while (p < end && strchr(" \t;,=\"", *p) == NULL)
		p++;
	return (p);
}

/* Is `rel' among the relations in the text, which may be quoted? */
static int
has_rel(const char *p, const char *end, const char *rel)
{
	size_t		 n = strlen(rel);
	const char	*q;

	if (p < end && *p == '"') {
		p++;
		if (p < end && end[-1] == '"')
			end--;
	}
	for (; (p = space(p, end)) < end; p = q) {
		for (q = p; q < end && *q != ' ' && *q != '\t'; q++)
			;
		if ((size_t)(q - p) == n && strncasecmp(p, rel, n) == 0)
			return (1);
	}
	return (0);
}

/*
 * The parameters of a link from `p' on: is its relation `rel'?  *next gets
 * where the next link begins.
 */
static int
parameters(const char *p, const char *end, const char *rel, const char **next)
{
	const char	*name, *name_end, *value;
	int		 found = 0;

	for (;;) {
		p = space(p, end);
		if (p == end || *p == ',')
			break;
		if (*p != ';') {	/* malformed: on to the next comma */
			p++;
			continue;
		}
		name = space(p + 1, end);
		name_end = p = word_end(name, end);
		p = space(p, end);
		if (p == end || *p != '=')
			continue;
		value = space(p + 1, end);
		p = word_end(value, end);
		if (name_end - name == 3 &&
		    strncasecmp(name, "rel", 3) == 0 && has_rel(value, p, rel))
			found = 1;
	}
	*next = p < end ? p + 1 : p;
	return (found);
}

/* The `n'th link with `rel' in one field; *seen counts those passed over. */
static int
in_field(struct http_str s, const char *rel, unsigned int n,
    unsigned int *seen, char *dst)
{
	const char	*p = s.p, *end = s.p + s.len, *url, *gt;
	struct url	 u;
	size_t		 len;

	while ((p = space(p, end)) < end) {
		if (*p != '<' ||
		    (gt = memchr(p, '>', (size_t)(end - p))) == NULL)
			return (-1);
		url = p + 1;
		len = (size_t)(gt - url);
		if (!parameters(gt + 1, end, rel, &p) || len >= ACME_URLSIZE)
			continue;
		memcpy(dst, url, len);
		dst[len] = '\0';
		if (strlen(dst) == len && url_parse(dst, &u) == 0 &&
		    (*seen)++ == n)
			return (0);
	}
	return (-1);
}

int
acme_link(const struct http_head *h, const char *rel, unsigned int n,
    char *dst)
{
	unsigned int	 seen = 0;
	size_t		 i;

	for (i = 0; i < h->nfields; i++)
		if (http_caseeq(h->fields[i].name, "Link") &&
		    in_field(h->fields[i].value, rel, n, &seen, dst) == 0)
			return (0);
	dst[0] = '\0';
	return (-1);
}
