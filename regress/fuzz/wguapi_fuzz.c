/*
 * Fuzz target: an answer of wireguard-go.  It means the same whether it arrives
 * at once or byte by byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "uapi.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		abort();
}

static enum wg_uapi_end
read_it(struct wg_dump *d, const char *p, size_t len, size_t step, int *error)
{
	enum wg_uapi_end end = WG_UAPI_MORE;
	struct wg_uapi_in in;
	size_t n;

	wg_uapi_begin(&in, d);
	for (; len > 0 && end == WG_UAPI_MORE; p += n, len -= n) {
		n = len < step ? len : step;
		end = wg_uapi_read(&in, p, n);
	}
	*error = in.error;
	wg_uapi_end(&in);
	/* Bytes behind the end are noticed in one piece alone. */
	if (len > 0 && step == 1 && end != WG_UAPI_JUNK)
		end = WG_UAPI_JUNK;
	return (end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct wg_dump a, b;
	uint8_t key[WG_KEYLEN];
	enum wg_uapi_end end;
	int error, again;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	a.private_key = key;
	end = read_it(&a, (const char *)p, len, len, &error);
	check((end == WG_UAPI_ERROR) <= (error != 0));
	check(read_it(&b, (const char *)p, len, 1, &again) == end);
	if (end != WG_UAPI_JUNK) {
		check(error == again && a.npeers == b.npeers);
		check(a.npeers == 0 || memcmp(a.peers, b.peers, a.npeers *
		    sizeof(*a.peers)) == 0);
		check(a.port == b.port && a.fwmark == b.fwmark);
	}
	(void)read_it(NULL, (const char *)p, len, len, &error);
	wg_dump_free(&a);
	wg_dump_free(&b);
	return (0);
}
