/*
 * answer: see answer.h.  Called by connection.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "answer.h"
#include "json.h"
#include "printable.h"

#define MAX_DEPTH	64	/* of JSON */
#define MAX_SHOWN	100	/* bytes of a response in a reason */

/* A response, and where its reason goes. */
struct judge {
	const struct net_http_reader *r;
	char	*why;
	size_t	 size;
};

static enum ipc_verify_answer	failed(const struct judge *, const char *, ...)
				    __attribute__((format(printf, 2, 3)));

/* Store the reason of a failure. */
static enum ipc_verify_answer
failed(const struct judge *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(j->why, j->size, fmt, ap);
	va_end(ap);
	return (IPC_VERIFY_FAILED);
}

/* Name the status and quote the first line of the body. */
static enum ipc_verify_answer
failed_status(const struct judge *j)
{
	const char *p = (const char *)j->r->body.p;
	size_t n = strcspn(p, "\r\n");

	return (failed(j, "HTTP status %d instead of an answer%s%.*s",
	    j->r->head.status, n > 0 ? ": " : "",
	    (int)(n > MAX_SHOWN ? MAX_SHOWN : n), p));
}

/* The body as JSON, an object; NULL with the reason stored. */
static struct json *
object_of(const struct judge *j)
{
	const struct net_http_reader *r = j->r;
	struct net_http_str coding;
	struct json_error e;
	struct json *doc;

	coding = net_http_field(&r->head, "Content-Encoding");
	if (coding.p != NULL && !net_http_caseeq(coding, "identity")) {
		failed(j, "the answer has a content coding (%.*s) that was not "
		    "requested", (int)(coding.len > 20 ? 20 : coding.len),
		    coding.p);
		return (NULL);
	}
	doc = json_parse((const char *)r->body.p, r->body.len, MAX_DEPTH,
	    r->body.len, &e);
	if (doc == NULL)
		failed(j, "the answer is not JSON: line %u, column %u: %s",
		    e.line, e.column, e.what);
	else if (json_type(doc, 0) != JSON_OBJECT) {
		json_free(doc);
		failed(j, "the answer is JSON, but no object");
		doc = NULL;
	}
	return (doc);
}

/*
 * The values of the member Allow; Go's decoder, and so derper, ignores the case
 * of names.  Returns their number, and the last one in *v.
 */
static int
find_allow(const struct json *doc, json_ref *v)
{
	char name[8];
	json_ref k;
	int n = 0;

	for (k = json_first(doc, 0); k != -1; k = json_next(doc, k))
		if (json_str(doc, k, name, sizeof(name)) != -1 &&
		    strcasecmp(name, "Allow") == 0) {
			*v = json_value(doc, k);
			n++;
		}
	return (n);
}

static enum ipc_verify_answer
by_allow(const struct judge *j, const struct json *doc)
{
	json_ref v = -1;
	int n = find_allow(doc, &v), yes;

	if (n > 1)
		return (failed(j, "the answer has Allow %d times", n));
	if (n == 0 || json_type(doc, v) == JSON_NULL)
		return (IPC_VERIFY_NO);
	if (json_bool(doc, v, &yes) == -1)
		return (failed(j, "Allow is neither true nor false in the "
		    "answer"));
	return (yes ? IPC_VERIFY_YES : IPC_VERIFY_NO);
}

/* Does the status say nothing about the client? */
static int
about_server(int status)
{
	return (status < 400 || status > 499 || status == 407 ||
	    status == 408 || status == 421 || status == 425 || status == 429);
}

static enum ipc_verify_answer
of_url(const struct judge *j)
{
	enum ipc_verify_answer a;
	struct json *doc;
	int status = j->r->head.status;

	if (status >= 300 && status <= 399)
		return (failed(j, "HTTP status %d: the server redirects, which "
		    "is not followed: configure the URL that answers",
		    status));
	if (status != 200) {
		a = failed_status(j);
		return (about_server(status) ? a : IPC_VERIFY_NO);
	}
	if ((doc = object_of(j)) == NULL)
		return (IPC_VERIFY_FAILED);
	a = by_allow(j, doc);
	json_free(doc);
	return (a);
}

static enum ipc_verify_answer
of_tailscaled(const struct judge *j)
{
	const struct net_http_reader *r = j->r;
	struct json *doc;

	if (r->head.status == 404)
		return (IPC_VERIFY_NO);
	if (r->head.status == 400 && strstr((const char *)r->body.p,
	    "invalid 'addr' parameter") != NULL)
		return (failed(j, "this tailscaled is too old: it does not "
		    "know node keys"));
	if (r->head.status != 200)
		return (failed_status(j));
	if ((doc = object_of(j)) == NULL)
		return (IPC_VERIFY_FAILED);
	json_free(doc);
	return (IPC_VERIFY_YES);
}

enum ipc_verify_answer
verify_answer_of(enum ipc_verify_kind kind, const struct net_http_reader *r,
    char *why, size_t size)
{
	const struct judge j = { r, why, size };
	enum ipc_verify_answer a;

	why[0] = '\0';
	a = kind == IPC_VERIFY_URL ? of_url(&j) : of_tailscaled(&j);
	base_printable(why);
	return (a);
}
