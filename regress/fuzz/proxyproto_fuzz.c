/*
 * proxyproto_fuzz: any bytes as the header of a load balancer.
 *
 * Checked: a header is within its input and its bounds; it has the same length
 * and content whatever follows; nothing shorter is one, and what is refused
 * stays refused with more bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "proxyproto.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_proxyproto h, first;
	int was = 0, now;
	size_t n;

	if (size == 0)
		return (0);
	memset(&first, 0, sizeof(first));
	for (n = 0; n <= size; n += n < 300 ? 1 : 97) {
		now = net_proxyproto_parse(&h, data, n);
		must(now >= -1 && now <= (int)n);
		must(now <= (data[0] == 'P' ? NET_PROXYPROTO_LINE :
		    NET_PROXYPROTO_MAX));
		if (was == 0 && now > 0) {
			/* One byte less was too little. */
			must(net_proxyproto_parse(&first, data,
			    (size_t)now - 1) == 0);
			first = h;
		} else
			must(was == 0 || now == was);
		must(now <= 0 || memcmp(&h, &first, sizeof(h)) == 0);
		was = now;
	}
	return (0);
}
