/*
 * dialproxy_fuzz: any answer of a proxy, and any URL of one.  The first byte
 * says which.
 */
#include <stdlib.h>
#include <string.h>

#include "dialproxy.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* What opened the way, or was refused, is so with fewer bytes or undecided. */
static void
answer(const char *p, size_t n)
{
	char why[200] = "";
	size_t k;
	int rv, cut;

	rv = dial_proxy_response(p, n, why, sizeof(why));
	must(rv >= -1 && rv <= 1 && (rv == -1) == (why[0] != '\0'));
	for (k = n > 64 ? n - 64 : 0; k < n; k++) {
		cut = dial_proxy_response(p, k, why, sizeof(why));
		must(rv == -1 || cut == 0);
	}
}

static void
url(const char *p, size_t n)
{
	struct dial_proxy proxy;
	char text[2000], buf[1024];
	int len;

	if (n >= sizeof(text))
		return;
	memcpy(text, p, n);
	text[n] = '\0';
	if (dial_proxy_set(&proxy, text) == -1)
		return;
	len = dial_proxy_request(&proxy, "relay.test", "443", buf, sizeof(buf));
	must(len > 0 && strlen(buf) == (size_t)len);
	must(strcmp(buf + len - 4, "\r\n\r\n") == 0);
	must(strstr(buf, "\r\n\r\n") == buf + len - 4);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (data[0] == 'u')
		url((const char *)data + 1, size - 1);
	else
		answer((const char *)data + 1, size - 1);
	return 0;
}
