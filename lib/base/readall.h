/*
 * readall: read a file to its end.
 */
#ifndef READALL_H
#define READALL_H

#include <sys/types.h>
#include <stddef.h>

/*
 * Read from `fd' until its end, at most `max' bytes, into `p'.  A caller that
 * must notice a longer file passes room for one byte more.  Returns bytes, or
 * -1 with errno.
 */
ssize_t	 base_read_all(int fd, void *p, size_t max);

#endif
