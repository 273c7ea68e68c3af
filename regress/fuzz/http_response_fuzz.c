/*
 * Fuzz target: response heads.  A head is never longer than its input, its
 * status is valid, and its fields can be read.
 */
#include <stdint.h>
#include <stdlib.h>

#include "http.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct net_http_head	h;
	const char			*buf = (const char *)p;
	struct net_http_str		 v;
	int				 n;

	if ((n = net_http_parse_response(&h, buf, len)) <= 0)
		return 0;
	v = net_http_field(&h, "Content-Length");
	if ((size_t)n > len || h.status < 100 || h.status > 599 ||
	    (v.p == NULL) != (h.content_length == -1) ||
	    (h.chunked && h.content_length != -1) ||
	    h.chunked != net_http_has_token(&h, "Transfer-Encoding", "chunked"))
		abort();
	return 0;
}
