/*
 * reply: see reply.h.  Called by metricsd.c with each request head.
 */
#include <string.h>

#include "out.h"
#include "prom.h"
#include "reply.h"

#define TEXT	"text/plain; charset=utf-8"
#define PROM	"text/plain; version=0.0.4; charset=utf-8"
#define HTML	"text/html; charset=utf-8"

/* An answer that is being made. */
struct reply_writer {
	struct ipc_wr	*w;
	time_t		 now;
	const struct net_http_head *h;	/* NULL: the request is not known */
	int		 close;
};

static const char *
reason(int status)
{
	switch (status) {
	case 200:
		return ("OK");
	case 400:
		return ("Bad Request");
	case 403:
		return ("Forbidden");
	case 404:
		return ("Not Found");
	case 405:
		return ("Method Not Allowed");
	case 414:
		return ("URI Too Long");
	case 431:
		return ("Request Header Fields Too Large");
	case 501:
		return ("Not Implemented");
	case 503:
		return ("Service Unavailable");
	case 505:
		return ("HTTP Version Not Supported");
	default:
		return ("Internal Server Error");
	}
}

/* Date (RFC 9110 6.6.1); the locale is C. */
static void
put_date(struct ipc_wr *w, time_t now)
{
	char date[64];
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL && strftime(date, sizeof(date),
	    "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
		metrics_out(w, "Date: %s\r\n", date);
}

/* Write the answer with this body, which HEAD leaves out. */
static void
put(struct reply_writer *r, int status, const char *type, const void *body,
    size_t len)
{
	const int head = r->h != NULL && net_http_eq(r->h->method, "HEAD");

	metrics_out(r->w, "HTTP/1.1 %d %s\r\n", status, reason(status));
	put_date(r->w, r->now);
	metrics_out(r->w, "Content-Type: %s\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n",
	    type, len);
	if (status == 405)
		metrics_out(r->w, "Allow: GET, HEAD\r\n");
	if (strcmp(type, HTML) == 0)
		metrics_out(r->w, "Content-Security-Policy: default-src "
		    "'none'; style-src 'unsafe-inline'; base-uri 'none'; "
		    "form-action 'none'; frame-ancestors 'none'\r\n"
		    "X-Frame-Options: DENY\r\n"
		    "Referrer-Policy: no-referrer\r\n");
	metrics_out(r->w, "Connection: %s\r\n\r\n", r->close ? "close" :
	    "keep-alive");
	if (!head)
		ipc_wr_bytes(r->w, body, len);
}

static void
put_line(struct reply_writer *r, int status, const char *line)
{
	put(r, status, TEXT, line, strlen(line));
}

/* Write what one of the writers of the view makes. */
static void
put_made(struct reply_writer *r, int status, const char *type,
    const struct ipc_wr *made)
{
	if (ipc_wr_ok(made) && made->len <= METRICS_MAX_REPLY)
		put(r, status, type, made->p, made->len);
	else
		put_line(r, 500, "out of memory\n");
}

static void
put_health(struct reply_writer *r, const struct metrics_view *v)
{
	struct ipc_wr reasons;

	ipc_wr_init(&reasons);
	metrics_reasons(v, &reasons);
	if (ipc_wr_ok(&reasons) && reasons.len == 0)
		put_line(r, 200, "ok\n");
	else
		put_made(r, 503, TEXT, &reasons);
	ipc_wr_free(&reasons);
}

static void
put_by(struct reply_writer *r, const struct metrics_view *v, const char *type,
    void (*write)(const struct metrics_view *, struct ipc_wr *))
{
	struct ipc_wr made;

	ipc_wr_init(&made);
	write(v, &made);
	put_made(r, 200, type, &made);
	ipc_wr_free(&made);
}

static void
route(struct reply_writer *r, const struct metrics_view *v)
{
	struct net_http_str path = r->h->path;

	if (!net_http_eq(r->h->method, "GET") &&
	    !net_http_eq(r->h->method, "HEAD"))
		put_line(r, 405, "GET or HEAD\n");
	else if (net_http_eq(path, "/metrics"))
		put_by(r, v, PROM, metrics_prom);
	else if (net_http_eq(path, "/health"))
		put_health(r, v);
	else if (net_http_eq(path, "/"))
		put_by(r, v, HTML, metrics_page);
	else
		put_line(r, 404, "there is /, /metrics and /health\n");
}

int
metrics_reply(const struct metrics_view *v, const struct net_http_head *h,
    int parsed, struct ipc_wr *w)
{
	struct reply_writer r = { .w = w, .now = v->now, .close = 1 };

	if (parsed < 0) {
		put_line(&r, -parsed, reason(-parsed));
		return (1);
	}
	r.h = h;
	/* A body is not read: the next request can't be found behind it. */
	r.close = !h->keepalive || h->chunked || h->content_length > 0;
	route(&r, v);
	return (r.close);
}

void
metrics_reply_denied(time_t now, struct ipc_wr *w)
{
	struct reply_writer r = { .w = w, .now = now, .close = 1 };

	put_line(&r, 403, "this address may not ask\n");
}
