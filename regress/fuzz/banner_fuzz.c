/*
 * banner_fuzz: any bytes as what a service says that does not speak TLS.
 *
 * Checked: its description is printable ASCII, in buffers of any size.
 */
#include <stdlib.h>
#include <string.h>

#include "banner.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
describe(const uint8_t *data, size_t n, size_t size)
{
	char *dst, *p;

	if ((dst = malloc(size)) == NULL)
		abort();
	(void)check_banner(data, n, dst, size);
	if (memchr(dst, '\0', size) == NULL)
		abort();
	for (p = dst; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			abort();
	free(dst);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n;

	for (n = 1; n <= size; n += n < 64 ? 1 : 97) {
		describe(data, n, 1);
		describe(data, n, 300);
	}
	return (0);
}
