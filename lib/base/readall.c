/*
 * readall: see readall.h.
 */
#include <errno.h>
#include <unistd.h>

#include "readall.h"

ssize_t
base_read_all(int fd, void *p, size_t max)
{
	char *to = p;
	size_t n = 0;
	ssize_t got;

	while (n < max) {
		got = read(fd, to + n, max - n);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return (-1);
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return ((ssize_t)n);
}
