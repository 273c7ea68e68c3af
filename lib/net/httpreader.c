/*
 * httpreader: one HTTP/1.1 response; see httpreader.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "httpreader.h"

#define MAX_INTERIM	16	/* 1xx responses before the final one */

static int	fail(struct net_http_reader *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Store the reason.  Always returns -1. */
static int
fail(struct net_http_reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	return (-1);
}

int
net_http_reader_init(struct net_http_reader *r, int head_only, size_t max_body)
{
	memset(r, 0, sizeof(*r));
	r->head_only = head_only;
	r->max_body = max_body;
	if ((r->text = malloc(HTTP_MAX_HEAD)) == NULL)
		return (fail(r, "out of memory for the response"));
	return (0);
}

/* Report why a head is refused. */
static int
fail_head(struct net_http_reader *r, int error)
{
	if (error == HTTP_NOTIMPL)
		return (fail(r, "the response has a transfer coding other than "
		    "chunked"));
	if (error == HTTP_TOOLARGE || error == HTTP_MORE)
		return (fail(r, "the head of the response is larger than %d "
		    "bytes", HTTP_MAX_HEAD));
	return (fail(r, "the response is not HTTP/1.1"));
}

/*
 * Parse the heads in `text', up to the final one.  Returns 1 when that is
 * complete, 0 when more is needed, or -1.
 */
static int
parse_heads(struct net_http_reader *r)
{
	int n;

	for (;;) {
		n = net_http_parse_response(&r->head, r->text + r->used,
		    r->end - r->used);
		if (n == HTTP_MORE && r->end < HTTP_MAX_HEAD)
			return (0);
		if (n <= 0)
			return (fail_head(r, n));
		r->used += (size_t)n;
		if (r->head.status >= 200 ||
		    (r->upgrade && r->head.status == 101))
			return (1);
		if (r->head.status == 101)
			return (fail(r, "the server switched protocols "
			    "unasked"));
		if (++r->interim == MAX_INTERIM)
			return (fail(r, "more than %d interim responses",
			    MAX_INTERIM - 1));
	}
}

/* Report why the body is refused. */
static int
fail_body(struct net_http_reader *r)
{
	return (fail(r, "%s (HTTP status %d, %zu bytes so far, at most %zu)",
	    r->body.why, r->head.status, r->body.len, r->max_body));
}

/* Read a part of the body.  Returns as net_http_reader_feed(). */
static int
feed_body(struct net_http_reader *r, const uint8_t *p, size_t n)
{
	int rv = net_http_body_feed(&r->body, p, n);

	return (rv == -1 ? fail_body(r) : rv);
}

int
net_http_reader_feed(struct net_http_reader *r, const uint8_t *p, size_t n)
{
	size_t take;
	int rv;

	if (r->why[0] != '\0')
		return (-1);
	if (r->final)
		return (feed_body(r, p, n));
	take = n < HTTP_MAX_HEAD - r->end ? n : HTTP_MAX_HEAD - r->end;
	if (take > 0)
		memcpy(r->text + r->end, p, take);
	r->end += take;
	if ((rv = parse_heads(r)) != 1)
		return (rv);
	r->final = 1;
	net_http_body_init(&r->body, &r->head, r->head_only, r->max_body);
	rv = feed_body(r, (const uint8_t *)r->text + r->used, r->end - r->used);
	if (rv != -1 && take < n)
		rv = feed_body(r, p + take, n - take);
	return (rv);
}

int
net_http_reader_end(struct net_http_reader *r)
{
	if (r->why[0] != '\0')
		return (-1);
	if (!r->final)
		return (fail(r, r->end == 0 ? "the server closed the "
		    "connection without a response" : "the server closed the "
		    "connection within the head of its response"));
	return (net_http_body_end(&r->body) == -1 ? fail_body(r) : 0);
}

int
net_http_reader_too_large(const struct net_http_reader *r)
{
	return (r->final && net_http_body_too_large(&r->body));
}

int
net_http_reader_empty(const struct net_http_reader *r)
{
	return (r->end == 0);
}

int
net_http_reader_reusable(const struct net_http_reader *r)
{
	return (r->final && r->head.keepalive && r->body.behind == 0 &&
	    net_http_body_delimited(&r->body));
}

void
net_http_reader_free(struct net_http_reader *r)
{
	free(r->text);
	net_http_body_free(&r->body);
	memset(r, 0, sizeof(*r));
}
