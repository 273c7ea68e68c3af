/*
 * readfd: see readfd.h.  Called by settings.c and state.c.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "readfd.h"

#define FIRST	65536

/* Make room for more than `*size' bytes.  Returns 0, or -1 with errno. */
static int
enlarge(uint8_t **p, size_t *size)
{
	const size_t more = *size == 0 ? FIRST : 2 * *size;
	uint8_t *q;

	if ((q = realloc(*p, more)) == NULL)
		return (-1);
	*p = q;
	*size = more;
	return (0);
}

void *
admit_readfd(int fd, size_t max, size_t *n)
{
	uint8_t *p = NULL;
	size_t size = 0;
	ssize_t got;

	*n = 0;
	for (;;) {
		if (*n == size && enlarge(&p, &size) == -1)
			break;
		got = pread(fd, p + *n, size - *n, (off_t)*n);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			break;
		if (got == 0)
			return (p);
		if ((*n += (size_t)got) > max) {
			errno = EFBIG;
			break;
		}
	}
	free(p);
	return (NULL);
}
