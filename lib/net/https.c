/*
 * https: one HTTPS request, blocking; see https.h.  Called by fetch and health
 * and by the ACME client.  Touches the network only through its stream.
 */
#include <sys/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "httpreader.h"
#include "https.h"
#include "printable.h"

#define READ_SIZE	(16 * 1024)

/* A request in progress. */
struct ask {
	const struct net_https_request *req;
	struct net_https_response *res;
	struct net_url		 url;
	struct net_stream	*s;
	long long		 until;
};

static int	fail(struct ask *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Store the reason as one printable line.  Always returns -1. */
static int
fail(struct ask *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->res->error, sizeof(a->res->error), fmt, ap);
	va_end(ap);
	base_printable(a->res->error);
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
open_to(struct ask *a)
{
	const char *where = a->req->address;

	if (a->req->open != NULL)
		return (a->req->open(a->s, &a->url, a->until,
		    a->req->open_arg));
	return (net_stream_dial(a->s, where != NULL ? where : a->url.host,
	    a->url.port, a->until));
}

static int
connect_to(struct ask *a)
{
	const char *why;
	const uint8_t *pem;
	size_t len;

	if (open_to(a) == -1 ||
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

/* Read into `r' up to the end of the response.  Returns 0, or -1. */
static int
read_all(struct ask *a, struct net_http_reader *r)
{
	static uint8_t buf[READ_SIZE];
	ssize_t n;
	int rv;

	do {
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
			rv = net_http_reader_feed(r, buf, (size_t)n);
		else
			rv = net_http_reader_end(r) == 0 ? 1 : -1;
	} while (rv == 0);
	return (rv == -1 ? fail(a, "%s", r->why) : 0);
}

static int
read_response(struct ask *a)
{
	struct net_http_reader r;
	int rv;

	rv = net_http_reader_init(&r, strcmp(a->req->method, "HEAD") == 0,
	    a->req->max_body);
	rv = rv == -1 ? fail(a, "%s", r.why) : read_all(a, &r);
	if (rv == 0) {
		a->res->head = r.head;
		a->res->text = r.text;
		a->res->body = r.body.p;
		a->res->body_len = r.body.len;
		r.text = NULL;
		r.body.p = NULL;
	}
	net_http_reader_free(&r);
	return (rv);
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
	if (connect_to(&a) == 0 && send_request(&a) == 0)
		rv = read_response(&a);
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
