/*
 * Fuzz target: answers of another server: heads, body and target of a redirect.
 * The first byte is the size of the pieces.  The result does not depend on it,
 * and the body is bounded.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "httpreader.h"
#include "https.h"

#define MAX_BODY	4096

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Read it by `step' bytes, then the end; 1 complete, -1 refused. */
static int
read_by(struct net_http_reader *r, const uint8_t *p, size_t len, size_t step)
{
	size_t n;
	int rv = 0;

	if (net_http_reader_init(r, 0, MAX_BODY) == -1)
		abort();
	for (; rv == 0 && len > 0; p += n, len -= n) {
		n = len < step ? len : step;
		rv = net_http_reader_feed(r, p, n);
		if (r->body.len > MAX_BODY || r->end > HTTP_MAX_HEAD)
			abort();
	}
	if (rv == 0)
		rv = net_http_reader_end(r) == 0 ? 1 : -1;
	if (rv == 1 && (r->body.p == NULL || r->body.p[r->body.len] != '\0'))
		abort();
	if ((rv == -1) != (r->why[0] != '\0'))
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
	struct net_http_reader a, b;
	size_t step;
	int rv;

	if (len < 1)
		return (0);
	step = 1U + *p++;
	len--;
	rv = read_by(&a, p, len, step);
	if (read_by(&b, p, len, SIZE_MAX) != rv || (rv == 1 &&
	    (a.head.status != b.head.status || a.body.len != b.body.len ||
	    memcmp(a.body.p, b.body.p, a.body.len) != 0)))
		abort();
	if (rv == 1) {
		if (net_http_date(net_http_field(&a.head,
		    "Last-Modified")) < -1)
			abort();
		follow(net_http_field(&a.head, "Location"));
	}
	net_http_reader_free(&a);
	net_http_reader_free(&b);
	return (0);
}
