/*
 * pack: see pack.h.  Called by lib/mapqueue/.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "pack.h"

#define WINDOW_GZIP	(15 + 16)	/* deflateInit2(): the largest, gzip */
#define MEMORY		8

uint8_t *
mapset_pack_gzip(const void *p, size_t len, size_t *n)
{
	z_stream z;
	uint8_t *out;
	int rv;

	*n = 0;
	memset(&z, 0, sizeof(z));
	if (len < 2 || deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED,
	    WINDOW_GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return (NULL);
	if ((out = malloc(len)) == NULL) {
		deflateEnd(&z);
		return (NULL);
	}
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)(len - 1);	/* fails unless smaller */
	rv = deflate(&z, Z_FINISH);
	*n = z.total_out;
	deflateEnd(&z);
	if (rv == Z_STREAM_END)
		return (out);
	free(out);
	*n = 0;
	return (NULL);
}
