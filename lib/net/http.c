/*
 * http: the head of an HTTP/1.x message, parsed in place (RFC 9112, RFC 9110).
 *
 * Called by fronts for requests, and by HTTP clients of the suite for
 * responses.  Pure: touches only its arguments, allocates nothing.
 *
 * A head is parsed once it is complete.  Before that only the checks that
 * reject a client early are made, so that a head sent byte by byte costs no
 * more than a search for the empty line.  Lines end with CR LF only: RFC 9112
 * 2.2 permits a server to accept a lone LF, but two parsers that disagree on
 * the end of a line make request smuggling possible.
 */
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "http.h"

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A character of a token (RFC 9110 5.6.2). */
static int
is_tchar(char c)
{
	return is_digit(c) || is_alpha(c) ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* A character allowed in a field value, including white space. */
static int
is_text(char c)
{
	unsigned char	u = (unsigned char)c;

	return u == '\t' || (u >= 0x20 && u != 0x7f);
}

/* Optional white space (RFC 9110 5.6.3). */
static int
is_ows(char c)
{
	return c == ' ' || c == '\t';
}

static int
all(struct net_http_str s, int (*is)(char))
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if (!is(s.p[i]))
			return 0;
	return 1;
}

static struct net_http_str
piece(const char *p, size_t len)
{
	struct net_http_str	s = { p, len };

	return s;
}

static struct net_http_str
trim(struct net_http_str s)
{
	while (s.len > 0 && is_ows(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && is_ows(s.p[s.len - 1]))
		s.len--;
	return s;
}

/*
 * Split `s' at the first `c': *before gets the part before it, *s the part
 * behind it.  Returns 0, or -1 without changes when `c' does not occur.
 */
static int
cut(struct net_http_str *s, char c, struct net_http_str *before)
{
	const char	*q;

	if (s->len == 0 || (q = memchr(s->p, c, s->len)) == NULL)
		return -1;
	*before = piece(s->p, (size_t)(q - s->p));
	s->len -= before->len + 1;
	s->p = q + 1;
	return 0;
}

int
net_http_eq(struct net_http_str s, const char *t)
{
	size_t	n = strlen(t);

	return s.p != NULL && s.len == n && memcmp(s.p, t, n) == 0;
}

int
net_http_caseeq(struct net_http_str s, const char *t)
{
	size_t	n = strlen(t);

	/* Parts contain no NUL, so strncasecmp() compares them whole. */
	return s.p != NULL && s.len == n && strncasecmp(s.p, t, n) == 0;
}

struct net_http_str
net_http_field(const struct net_http_head *h, const char *name)
{
	size_t	i;

	for (i = 0; i < h->nfields; i++)
		if (net_http_caseeq(h->fields[i].name, name))
			return h->fields[i].value;
	return piece(NULL, 0);
}

/*
 * Remove the next element from the comma-separated list `s'.  Returns 0 at its
 * end.
 */
static int
list_next(struct net_http_str *s, struct net_http_str *item)
{
	if (s->p == NULL)
		return 0;
	if (cut(s, ',', item) == -1) {
		*item = *s;
		*s = piece(NULL, 0);
	}
	*item = trim(*item);
	return 1;
}

int
net_http_has_token(const struct net_http_head *h, const char *name,
    const char *token)
{
	struct net_http_str	list, item;
	size_t			i;

	for (i = 0; i < h->nfields; i++) {
		if (!net_http_caseeq(h->fields[i].name, name))
			continue;
		list = h->fields[i].value;
		while (list_next(&list, &item))
			if (net_http_caseeq(item, token))
				return 1;
	}
	return 0;
}

/*
 * Find the end of the head.  Returns its bytes, HTTP_MORE, or an error.  *skip
 * is set to the bytes of the one empty line that may precede a request (RFC
 * 9112 2.2).
 */
static int
head_length(const char *buf, size_t len, size_t *skip)
{
	const char	*lf, *end;
	size_t		 n;

	*skip = 0;
	if (len >= 2 && buf[0] == '\r' && buf[1] == '\n')
		*skip = 2;
	else if (len == 0 || (len == 1 && buf[0] == '\r'))
		return HTTP_MORE;
	buf += *skip;
	len -= *skip;
	if (len == 0)
		return HTTP_MORE;
	if (!is_tchar(buf[0]))
		return HTTP_BAD;

	lf = memchr(buf, '\n', len);
	if (lf != NULL && lf[-1] != '\r')
		return HTTP_BAD;
	n = lf != NULL ? (size_t)(lf - buf) - 1 : len;
	if (n > HTTP_MAX_LINE + (lf == NULL))	/* the CR may already be
						   there */
		return HTTP_TOOLONG;
	end = lf != NULL ? memmem(lf - 1, len - n, "\r\n\r\n", 4) : NULL;
	n = *skip + (end != NULL ? (size_t)(end - buf) + 4 : len);
	if (n > HTTP_MAX_HEAD || (end == NULL && n == HTTP_MAX_HEAD))
		return HTTP_TOOLARGE;
	return end != NULL ? (int)n : HTTP_MORE;
}

/*
 * uri-host [ ":" port ] (RFC 9110 7.2), without user information.  The host may
 * be empty (reg-name of RFC 3986 3.2.2): clients that know only an address send
 * a Host like ":33445".  Accepted text contains nothing that could end a field
 * or a URL's authority.
 */
static int
host_ok(struct net_http_str s)
{
	size_t	i = 0;

	if (s.len > 0 && s.p[0] == '[') {
		for (i = 1; i < s.len && s.p[i] != ']'; i++)
			if (!is_hex(s.p[i]) && s.p[i] != ':' && s.p[i] != '.')
				return 0;
		if (i < 3 || i == s.len)
			return 0;
		i++;
	} else {
		for (; i < s.len && s.p[i] != ':'; i++)
			if (!is_alpha(s.p[i]) && !is_digit(s.p[i]) &&
			    (s.p[i] == '\0' ||
			    strchr("-._~!$&'()*+,;=%", s.p[i]) == NULL))
				return 0;
	}
	if (i == s.len)
		return 1;
	return s.p[i] == ':' &&
	    all(piece(s.p + i + 1, s.len - i - 1), is_digit);
}

/* The authority of a target; an empty host is refused (RFC 9110 4.2.1). */
static int
authority_ok(struct net_http_str s)
{
	return s.len > 0 && s.p[0] != ':' && host_ok(s);
}

/*
 * Parse HTTP/1.x.  Returns 0 with the minor version (above 1 counts as 1), or
 * an error.
 */
static int
parse_version(struct net_http_str s, int *minor)
{
	if (s.len != 8 || memcmp(s.p, "HTTP/", 5) != 0 || !is_digit(s.p[5]) ||
	    s.p[6] != '.' || !is_digit(s.p[7]))
		return HTTP_BAD;
	if (s.p[5] != '1')
		return HTTP_VERSION;
	*minor = s.p[7] != '0';
	return 0;
}

/* A character allowed in a request target; a fragment is never sent. */
static int
is_target(char c)
{
	return c > 0x20 && c < 0x7f && c != '#';
}

/*
 * Skip "http://" or "https://" of an absolute form.  Returns 0, or -1 for
 * another scheme.
 */
static int
skip_scheme(struct net_http_str *s)
{
	size_t	n;

	if (s->len >= 7 && strncasecmp(s->p, "http://", 7) == 0)
		n = 7;
	else if (s->len >= 8 && strncasecmp(s->p, "https://", 8) == 0)
		n = 8;
	else
		return -1;
	s->p += n;
	s->len -= n;
	return 0;
}

/* The four forms of a request target (RFC 9112 3.2). */
static int
parse_target(struct net_http_head *h)
{
	struct net_http_str	s = h->target;
	size_t			n;

	if (s.len == 0 || !all(s, is_target))
		return HTTP_BAD;
	if (net_http_eq(h->method, "CONNECT")) {
		h->host = s;
		return authority_ok(s) ? 0 : HTTP_BAD;
	}
	if (net_http_eq(h->method, "OPTIONS") && net_http_eq(s, "*")) {
		h->path = s;
		return 0;
	}
	if (s.p[0] != '/') {
		if (skip_scheme(&s) == -1)
			return HTTP_BAD;
		for (n = 0; n < s.len && s.p[n] != '/' && s.p[n] != '?';)
			n++;
		h->host = piece(s.p, n);
		if (!authority_ok(h->host))
			return HTTP_BAD;
		s.p += n;
		s.len -= n;
	}
	if (cut(&s, '?', &h->path) == 0)
		h->query = s;
	else
		h->path = s;
	if (h->path.len == 0)
		h->path = piece("/", 1);
	return 0;
}

static int
parse_request_line(struct net_http_head *h, struct net_http_str line)
{
	int	error;

	if (cut(&line, ' ', &h->method) == -1 ||
	    cut(&line, ' ', &h->target) == -1)
		return HTTP_BAD;
	if (h->method.len == 0 || !all(h->method, is_tchar))
		return HTTP_BAD;
	if ((error = parse_version(line, &h->minor)) != 0)
		return error;
	return parse_target(h);
}

/* RFC 9112 4; the reason is ignored, and its space may be missing. */
static int
parse_status_line(struct net_http_head *h, struct net_http_str line)
{
	struct net_http_str	version;
	int			error;

	if (!all(line, is_text) || cut(&line, ' ', &version) == -1)
		return HTTP_BAD;
	if ((error = parse_version(version, &h->minor)) != 0)
		return error;
	if (line.len < 3 || !all(piece(line.p, 3), is_digit) ||
	    (line.len > 3 && line.p[3] != ' '))
		return HTTP_BAD;
	h->status = (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 +
	    (line.p[2] - '0');
	return h->status >= 100 && h->status <= 599 ? 0 : HTTP_BAD;
}

static int
parse_field(struct net_http_head *h, struct net_http_str line)
{
	struct net_http_field	*f;

	if (h->nfields == HTTP_MAX_FIELDS)
		return HTTP_TOOLARGE;
	f = &h->fields[h->nfields++];
	/* A name that begins or ends with white space fails is_tchar(). */
	if (cut(&line, ':', &f->name) == -1 || f->name.len == 0 ||
	    !all(f->name, is_tchar) || !all(line, is_text))
		return HTTP_BAD;
	f->value = trim(line);
	return 0;
}

static int
parse_content_length(struct net_http_head *h, struct net_http_str v)
{
	long long	n = 0;
	size_t		i;

	if (v.len == 0 || !all(v, is_digit))
		return HTTP_BAD;
	for (i = 0; i < v.len; i++) {
		if (n > (LLONG_MAX - 9) / 10)
			return HTTP_BAD;
		n = n * 10 + (v.p[i] - '0');
	}
	if (h->content_length != -1 && h->content_length != n)
		return HTTP_BAD;
	h->content_length = n;
	return 0;
}

/*
 * Transfer codings of all fields (RFC 9112 6.1): chunked must be the last one
 * and occur once, and no other coding is supported.
 */
static int
parse_transfer(struct net_http_head *h)
{
	struct net_http_str	list, item;
	int			present = 0, chunked = 0, others = 0;
	size_t			i;

	for (i = 0; i < h->nfields; i++) {
		if (!net_http_caseeq(h->fields[i].name, "Transfer-Encoding"))
			continue;
		present = 1;
		list = h->fields[i].value;
		while (list_next(&list, &item)) {
			if (chunked)
				return HTTP_BAD;
			if (net_http_caseeq(item, "chunked"))
				chunked = 1;
			else
				others = 1;
		}
	}
	if (!present)
		return 0;
	if (!chunked || h->minor == 0 || h->content_length != -1)
		return HTTP_BAD;
	h->chunked = 1;
	return others ? HTTP_NOTIMPL : 0;
}

/*
 * Derive the body's framing and the connection's persistence from the fields.
 */
static int
parse_framing(struct net_http_head *h)
{
	size_t	i;
	int	error;

	for (i = 0; i < h->nfields; i++)
		if (net_http_caseeq(h->fields[i].name, "Content-Length") &&
		    (error = parse_content_length(h, h->fields[i].value)) != 0)
			return error;
	if ((error = parse_transfer(h)) != 0)
		return error;
	h->keepalive = !net_http_has_token(h, "Connection", "close") &&
	    (h->minor == 1 || net_http_has_token(h, "Connection",
	    "keep-alive"));
	return 0;
}

/* Host: once in 1.1, at most once in 1.0, well-formed (RFC 9112 3.2). */
static int
parse_host(struct net_http_head *h)
{
	struct net_http_str	host = { NULL, 0 };
	size_t			i;

	for (i = 0; i < h->nfields; i++) {
		if (!net_http_caseeq(h->fields[i].name, "Host"))
			continue;
		if (host.p != NULL || !host_ok(h->fields[i].value))
			return HTTP_BAD;
		host = h->fields[i].value;
	}
	if (host.p == NULL && h->minor == 1)
		return HTTP_BAD;
	if (h->host.p == NULL)
		h->host = host;
	return 0;
}

/* Parse either kind of head; `first' parses the first line. */
static int
parse(struct net_http_head *h, const char *buf, size_t len,
    int (*first)(struct net_http_head *, struct net_http_str))
{
	struct net_http_str	rest, line;
	size_t			skip;
	int			n, error;

	memset(h, 0, offsetof(struct net_http_head, fields));
	h->content_length = -1;
	h->nfields = 0;
	if ((n = head_length(buf, len, &skip)) <= 0)
		return n;

	/* Exclude the empty line at the end. */
	rest = piece(buf + skip, (size_t)n - skip - 2);
	for (; cut(&rest, '\n', &line) == 0; first = NULL) {
		if (line.len == 0 || line.p[--line.len] != '\r')
			return HTTP_BAD;
		error = first != NULL ? first(h, line) : parse_field(h, line);
		if (error != 0)
			return error;
	}
	return (error = parse_framing(h)) != 0 ? error : n;
}

int
net_http_parse_request(struct net_http_head *h, const char *buf, size_t len)
{
	int	n, error;

	if ((n = parse(h, buf, len, parse_request_line)) <= 0)
		return n;
	if ((error = parse_host(h)) != 0)
		return error;
	/* HTTP/1.0 has no 100 (Continue) (RFC 9110 10.1.1). */
	h->expect_continue = h->minor == 1 &&
	    net_http_caseeq(net_http_field(h, "Expect"), "100-continue");
	return n;
}

int
net_http_parse_response(struct net_http_head *h, const char *buf, size_t len)
{
	/* Only a request may follow an empty line. */
	if (len > 0 && buf[0] != 'H')
		return HTTP_BAD;
	return parse(h, buf, len, parse_status_line);
}
