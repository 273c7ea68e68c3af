/*
 * Fuzz target: answers of another server in https.c: head, body and target of a
 * redirect.  The first byte is the size of the pieces.  The result does not
 * depend on it, and the body is bounded.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "httpbody.h"
#include "https.h"

#define MAX_BODY	4096

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Feed it by `step' bytes to the end; 1 whole, -1 refused. */
static int
decode(struct net_http_body *b, const struct net_http_head *h, const uint8_t *p,
    size_t len, size_t step)
{
	size_t n;
	int rv;

	net_http_body_init(b, h, 0, MAX_BODY);
	rv = net_http_body_feed(b, NULL, 0);
	for (; rv == 0 && len > 0; p += n, len -= n) {
		n = len < step ? len : step;
		rv = net_http_body_feed(b, p, n);
		if (b->len > MAX_BODY)
			abort();
	}
	if (rv == 0)
		rv = net_http_body_end(b) == 0 ? 1 : -1;
	if (rv == 1 && (b->p == NULL || b->p[b->len] != '\0'))
		abort();
	return (rv);
}

/* The target of a redirect is a URL that we accept. */
static void
follow(struct net_http_str location)
{
	struct net_url from, to, again;
	char text[URL_MAXTEXT];

	if (location.p == NULL ||
	    net_url_parse("https://a.test:8443/b/c?d", &from) == -1 ||
	    net_url_follow(&from, location.p, location.len, &to) == -1)
		return;
	if (net_url_text(&to, text, sizeof(text)) == -1 ||
	    net_url_parse(text, &again) == -1 || strcmp(to.path,
	    again.path) != 0 || strcmp(to.host, again.host) != 0 ||
	    strcmp(to.port, again.port) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct net_http_head h;
	struct net_http_body a, b;
	size_t step;
	int n, rv;

	if (len < 1)
		return (0);
	step = 1U + *p++;
	len--;
	if ((n = net_http_parse_response(&h, (const char *)p, len)) <= 0)
		return (0);
	if (net_http_date(net_http_field(&h, "Last-Modified")) < -1)
		abort();
	follow(net_http_field(&h, "Location"));
	rv = decode(&a, &h, p + n, len - (size_t)n, step);
	if (decode(&b, &h, p + n, len - (size_t)n, SIZE_MAX) != rv ||
	    (rv == 1 && (a.len != b.len || memcmp(a.p, b.p, a.len) != 0)))
		abort();
	net_http_body_free(&a);
	net_http_body_free(&b);
	return (0);
}
