/*
 * acme_link: references in the Location (RFC 9110 10.2.2) and Link (RFC 8288)
 * fields of a directory's answers; see acme.h.  Pure.
 */
#include <string.h>
#include <strings.h>

#include "acme.h"

int
helper_resolve(const char *base, struct net_http_str ref, char *dst)
{
	struct net_url	 from, to;
	char		 text[URL_MAXTEXT];

	dst[0] = '\0';
	if (ref.p == NULL || ref.len >= IPC_ACME_URLSIZE)
		return (-1);
	memcpy(text, ref.p, ref.len);
	text[ref.len] = '\0';
	if (strlen(text) != ref.len)
		return (-1);
	if (net_url_parse(text, &to) == -1 &&
	    (net_url_parse(base, &from) == -1 ||
	    net_url_follow(&from, ref.p, ref.len, &to) == -1 ||
	    net_url_text(&to, text, sizeof(text)) == -1))
		return (-1);
	if (strlen(text) >= IPC_ACME_URLSIZE)
		return (-1);
	memcpy(dst, text, strlen(text) + 1);
	return (0);
}

int
helper_location(const struct net_http_head *h, const char *base, char *dst)
{
	return (helper_resolve(base, net_http_field(h, "Location"), dst));
}

/* Skip white space. */
static const char *
space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return (p);
}

/* The end of a word, or of a quoted string with its quotes. */
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

/* 1 when `rel' is among the relations in the text, which may be quoted. */
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
 * Parse the parameters of a link from `p' on: 1 when its relation is `rel'.
 * *next gets the beginning of the next link.
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
		if (*p != ';') {	/* malformed: skip to the comma */
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

/* Find the `n'th link with `rel' in a field; *seen counts skipped ones. */
static int
in_field(struct net_http_str s, const char *base, const char *rel,
    unsigned int n, unsigned int *seen, char *dst)
{
	const char		*p = s.p, *end = s.p + s.len, *gt;
	struct net_http_str	 ref;

	while ((p = space(p, end)) < end) {
		if (*p != '<' ||
		    (gt = memchr(p, '>', (size_t)(end - p))) == NULL)
			return (-1);
		ref.p = p + 1;
		ref.len = (size_t)(gt - ref.p);
		if (parameters(gt + 1, end, rel, &p) &&
		    helper_resolve(base, ref, dst) == 0 && (*seen)++ == n)
			return (0);
	}
	return (-1);
}

int
helper_link(const struct net_http_head *h, const char *base, const char *rel,
    unsigned int n, char *dst)
{
	unsigned int	 seen = 0;
	size_t		 i;

	for (i = 0; i < h->nfields; i++)
		if (net_http_caseeq(h->fields[i].name, "Link") &&
		    in_field(h->fields[i].value, base, rel, n, &seen,
		    dst) == 0)
			return (0);
	dst[0] = '\0';
	return (-1);
}
