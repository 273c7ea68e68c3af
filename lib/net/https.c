/*
 * https: one HTTPS request, blocking; see https.h.  Called by fetch and health
 * and by the ACME client.  Touches the network only through its stream.
 */
#include <sys/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "httpbody.h"
#include "https.h"

#define READ_SIZE	(16 * 1024)
#define MAX_INTERIM	16	/* 1xx responses before the final one */

/* A request in progress. */
struct ask {
	const struct net_https_request *req;
	struct net_https_response *res;
	struct net_url		 url;
	struct net_stream	*s;
	long long		 until;
	size_t			 end;	/* bytes in res->text */
	size_t			 used;	/* of these, the bytes of heads */
};

static int	fail(struct ask *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Store the reason as one printable line.  Always returns -1. */
static int
fail(struct ask *a, const char *fmt, ...)
{
	char *p;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->res->error, sizeof(a->res->error), fmt, ap);
	va_end(ap);
	for (p = a->res->error; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return (-1);
}

/* Copy the stream's reason.  Always returns -1. */
static int
fail_stream(struct ask *a)
{
	a->res->timed_out = net_stream_timed_out(a->s);
	a->res->interrupted = net_stream_interrupted(a->s);
	return (fail(a, "%s", net_stream_error(a->s)));
}

static int
connect_to(struct ask *a)
{
	const char *where = a->req->address, *why;
	const uint8_t *pem;
	size_t len;

	if (net_stream_dial(a->s, where != NULL ? where : a->url.host,
	    a->url.port, a->until) == -1 ||
	    net_stream_write_plain(a->s, a->req->prelude, a->req->prelude_len,
	    a->until) == -1 ||
	    net_stream_tls(a->s, a->url.host, a->req->trust, a->req->trust_arg,
	    a->until) == -1)
		return (fail_stream(a));
	if (a->req->check == NULL)
		return (0);
	pem = net_stream_chain(a->s, &len);
	if ((why = a->req->check(pem, len, a->req->check_arg)) != NULL)
		return (fail(a, "%s", why));
	return (0);
}

/* The head of the request, on the heap; NULL when out of memory. */
static char *
make_head(const struct ask *a)
{
	const struct net_https_request *req = a->req;
	char host[sizeof(a->url.host) + 16], length[64] = "", *head;

	if (net_url_authority(&a->url, host, sizeof(host)) == -1)
		return (NULL);
	if (req->body != NULL)
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n",
		    req->body_len);
	if (asprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\n"
	    "User-Agent: derpd\r\nConnection: close\r\n%s%s\r\n", req->method,
	    a->url.path, host, length,
	    req->fields != NULL ? req->fields : "") == -1)
		return (NULL);
	return (head);
}

static int
send_request(struct ask *a)
{
	char *head;
	int rv;

	if ((head = make_head(a)) == NULL)
		return (fail(a, "out of memory for the request"));
	rv = net_stream_write(a->s, head, strlen(head), a->until);
	free(head);
	if (rv == 0 && a->req->body_len > 0)
		rv = net_stream_write(a->s, a->req->body, a->req->body_len,
		    a->until);
	return (rv == -1 ? fail_stream(a) : 0);
}

/* Read once, appending to the head.  Returns 0, or -1. */
static int
read_more(struct ask *a)
{
	ssize_t n;

	n = net_stream_read(a->s, a->res->text + a->end, HTTP_MAX_HEAD - a->end,
	    a->until);
	if (n == -1)
		return (fail_stream(a));
	if (n == 0)
		return (fail(a, a->end == 0 ? "the server closed the "
		    "connection without a response" : "the server closed the "
		    "connection within the head of its response"));
	a->end += (size_t)n;
	return (0);
}

/*
 * Read the head of one response; data behind it stays buffered.  Returns 0, or
 * -1.
 */
static int
read_head(struct ask *a)
{
	struct net_https_response *res = a->res;
	int n;

	for (;;) {
		n = net_http_parse_response(&res->head, res->text + a->used,
		    a->end - a->used);
		if (n > 0) {
			a->used += (size_t)n;
			return (0);
		}
		if (n == HTTP_NOTIMPL)
			return (fail(a, "the response has a transfer coding "
			    "other than chunked"));
		if (n == HTTP_TOOLARGE || a->end == HTTP_MAX_HEAD)
			return (fail(a, "the head of the response is larger "
			    "than %d bytes", HTTP_MAX_HEAD));
		if (n != HTTP_MORE)
			return (fail(a, "the response is not HTTP/1.1"));
		if (read_more(a) == -1)
			return (-1);
	}
}

/* Read heads up to the final response.  Returns 0, or -1. */
static int
read_heads(struct ask *a)
{
	int i;

	if ((a->res->text = malloc(HTTP_MAX_HEAD)) == NULL)
		return (fail(a, "out of memory for the response"));
	for (i = 0; i < MAX_INTERIM; i++) {
		if (read_head(a) == -1)
			return (-1);
		if (a->res->head.status == 101)
			return (fail(a, "the server switched protocols "
			    "unasked"));
		if (a->res->head.status >= 200)
			return (0);
	}
	return (fail(a, "more than %d interim responses", MAX_INTERIM));
}

/* Report why the body is refused. */
static int
fail_body(struct ask *a, const struct net_http_body *b)
{
	return (fail(a, "%s (HTTP status %d, %zu bytes so far, at most %zu)",
	    b->why, a->res->head.status, b->len, a->req->max_body));
}

/* Read into `b' up to the end of the body.  Returns 0, or -1. */
static int
read_all(struct ask *a, struct net_http_body *b)
{
	static uint8_t buf[READ_SIZE];
	ssize_t n;
	int rv;

	rv = net_http_body_feed(b, (const uint8_t *)a->res->text + a->used,
	    a->end - a->used);
	while (rv == 0) {
		/*
		 * A server that sends continuously would otherwise have no
		 * deadline.
		 */
		if (net_stream_until(0) > a->until) {
			a->res->timed_out = 1;
			return (fail(a, "the response did not end in time"));
		}
		n = net_stream_read(a->s, buf, sizeof(buf), a->until);
		if (n == -1)
			return (fail_stream(a));
		if (n > 0)
			rv = net_http_body_feed(b, buf, (size_t)n);
		else
			rv = net_http_body_end(b) == 0 ? 1 : -1;
	}
	return (rv == -1 ? fail_body(a, b) : 0);
}

static int
read_body(struct ask *a)
{
	struct net_http_body b;

	net_http_body_init(&b, &a->res->head, strcmp(a->req->method,
	    "HEAD") == 0, a->req->max_body);
	if (read_all(a, &b) == -1) {
		net_http_body_free(&b);
		return (-1);
	}
	a->res->body = b.p;
	a->res->body_len = b.len;
	return (0);
}

int
net_https_fetch(const struct net_https_request *req,
    struct net_https_response *res, int ms)
{
	struct ask a;
	int rv = -1;

	memset(res, 0, sizeof(*res));
	memset(&a, 0, sizeof(a));
	a.req = req;
	a.res = res;
	a.until = net_stream_until(ms);
	if (net_url_parse(req->url, &a.url) == -1)
		return (fail(&a, "\"%.200s\" is no https URL", req->url));
	if ((a.s = net_stream_new()) == NULL)
		return (fail(&a, "out of memory for a connection"));
	net_stream_watch(a.s, req->watch);
	if (connect_to(&a) == 0 && send_request(&a) == 0 &&
	    read_heads(&a) == 0)
		rv = read_body(&a);
	net_stream_free(a.s);
	return (rv);
}

void
net_https_free(struct net_https_response *res)
{
	free(res->text);
	free(res->body);
	memset(res, 0, sizeof(*res));
}
