/*
 * exchange: one HTTP request and its response; see exchange.h.  Touches the
 * network only through the stream of its caller.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "exchange.h"

#define READ_SIZE	4096
#define QUOTE_SIZE	80	/* of the server's own words */

static enum check_end
ended(struct check_exchange *e, enum check_end end, const char *why)
{
	(void)snprintf(e->why, sizeof(e->why), "%s", why);
	return (end);
}

/* A read failed: say the usual reasons plainly, and others as they are. */
static const char *
plain_reason(const struct net_stream *s, int empty)
{
	const char *why = net_stream_error(s);

	if (net_stream_timed_out(s))
		return (empty ? "no response in time" :
		    "the response did not end in time");
	if (strstr(why, "unexpected eof") != NULL ||
	    strstr(why, "reset by peer") != NULL)
		return (empty ? "the server cut the connection without a "
		    "response" : "the server cut the connection within its "
		    "response");
	return (why);
}

/* Can what came be the beginning of a response?  1 or 0. */
static int
begins_http(const struct check_exchange *e)
{
	static const char begin[] = "HTTP/";
	const size_t n = sizeof(begin) - 1;

	return (memcmp(e->r.text, begin, e->r.end < n ? e->r.end : n) == 0);
}

/* A read failed, or the connection ended (`n' 0). */
static enum check_end
no_more(struct check_run *r, const struct net_stream *s,
    struct check_exchange *e, ssize_t n)
{
	const int empty = net_http_reader_empty(&e->r);

	if (!begins_http(e)) {
		r->stopped |= n == -1 && net_stream_interrupted(s);
		return (ended(e, CHECK_NOT_HTTP, "the response is not HTTP"));
	}
	if (n == -1) {
		r->stopped |= net_stream_interrupted(s);
		return (ended(e, !empty ? CHECK_CUT : net_stream_timed_out(s) ?
		    CHECK_SILENT : CHECK_CLOSED, plain_reason(s, empty)));
	}
	if (net_http_reader_end(&e->r) == 0)
		return (CHECK_ANSWERED);
	return (ended(e, empty ? CHECK_CLOSED : CHECK_CUT, e->r.why));
}

/* What the reader refused. */
static enum check_end
refused(struct check_exchange *e)
{
	if (net_http_reader_too_large(&e->r))
		return (ended(e, CHECK_TOO_LARGE, e->r.why));
	return (ended(e, e->r.final ? CHECK_CUT : CHECK_NOT_HTTP, e->r.why));
}

static enum check_end
receive(struct check_run *r, struct net_stream *s, struct check_exchange *e,
    long long until)
{
	uint8_t buf[READ_SIZE];
	size_t room;
	ssize_t n;
	int rv;

	do {
		if (net_stream_until(0) > until)
			return (ended(e, CHECK_CUT, "the response did not end "
			    "in time"));
		/* What follows 101 must be found in the reader's text. */
		room = e->r.final ? sizeof(buf) : HTTP_MAX_HEAD - e->r.end;
		n = net_stream_read(s, buf, room < sizeof(buf) ? room :
		    sizeof(buf), until);
		if (n <= 0)
			return (no_more(r, s, e, n));
		rv = net_http_reader_feed(&e->r, buf, (size_t)n);
	} while (rv == 0);
	return (rv == -1 ? refused(e) : CHECK_ANSWERED);
}

enum check_end
check_exchange(struct check_run *r, struct net_stream *s, const char *request,
    size_t max_body, struct check_exchange *e)
{
	const long long until = check_until(r);
	const uint64_t began = base_clock_us();

	memset(e, 0, sizeof(*e));
	e->sent = (int64_t)(base_clock_unix_ns() / 1000);
	if (net_http_reader_init(&e->r, 0, max_body) == -1)
		return (e->end = ended(e, CHECK_FAILED, e->r.why));
	e->r.upgrade = 1;
	if (net_stream_write(s, request, strlen(request), until) == -1)
		e->end = no_more(r, s, e, -1);
	else
		e->end = receive(r, s, e, until);
	e->took = (int64_t)(base_clock_us() - began);
	return (e->end);
}

void
check_exchange_free(struct check_exchange *e)
{
	net_http_reader_free(&e->r);
}

size_t
check_exchange_rest(const struct check_exchange *e, const uint8_t **p)
{
	*p = (const uint8_t *)e->r.text + e->r.used;
	return (e->r.end - e->r.used);
}

void
check_authority(const struct check_run *r, char *dst, size_t size)
{
	const char *host = r->node->host;
	const int v6 = strchr(host, ':') != NULL;
	char port[16] = "";

	if (r->node->port != 443)
		(void)snprintf(port, sizeof(port), ":%u", r->node->port);
	(void)snprintf(dst, size, "%s%s%s%s", v6 ? "[" : "", host,
	    v6 ? "]" : "", port);
}

void
check_quote(char *dst, size_t size, struct net_http_str s)
{
	size_t i, n = s.p == NULL ? 0 : s.len;

	if (n > size - 1)
		n = size - 1;
	for (i = 0; i < n; i++)
		dst[i] = s.p[i] >= ' ' && s.p[i] <= '~' ? s.p[i] : '?';
	dst[n] = '\0';
}

void
check_software(const struct check_exchange *e, char *dst, size_t size)
{
	struct net_http_str v = net_http_field(&e->r.head, "Server");

	if (v.p == NULL)
		v = net_http_field(&e->r.head, "Via");
	check_quote(dst, size, v);
}

/* Find `part' in the body, ignoring case. */
static const char *
find(const struct check_exchange *e, const char *part)
{
	const char *p = (const char *)e->r.body.p;
	const size_t len = e->r.body.len, n = strlen(part);
	size_t i;

	for (i = 0; i + n <= len; i++)
		if (strncasecmp(p + i, part, n) == 0)
			return (p + i);
	return (NULL);
}

int
check_body_has(const struct check_exchange *e, const char *part)
{
	return (find(e, part) != NULL);
}

/* The title of an HTML page, else a short text; "" if there is none. */
static void
title(const struct check_exchange *e, char *dst, size_t size)
{
	struct net_http_str s = { NULL, 0 };
	const char *begin = find(e, "<title>"), *end = find(e, "</title>");

	if (begin != NULL && end != NULL && end > begin) {
		s.p = begin + strlen("<title>");
		s.len = (size_t)(end - s.p);
	} else if (find(e, "<") == NULL && e->r.body.len < size) {
		s.p = (const char *)e->r.body.p;
		s.len = e->r.body.len;
	}
	while (s.len > 0 && (unsigned char)s.p[s.len - 1] <= ' ')
		s.len--;
	check_quote(dst, size, s);
}

void
check_describe(const struct check_exchange *e, char *dst, size_t size)
{
	char software[QUOTE_SIZE], page[QUOTE_SIZE];

	check_software(e, software, sizeof(software));
	title(e, page, sizeof(page));
	(void)snprintf(dst, size, "HTTP status %d%s%s%s%s%s",
	    e->r.head.status, software[0] != '\0' ? " from " : "", software,
	    page[0] != '\0' ? ", with the text \"" : "", page,
	    page[0] != '\0' ? "\"" : "");
}
