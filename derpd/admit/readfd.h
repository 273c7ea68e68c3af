/*
 * readfd: read a file that was passed as a descriptor.
 */
#ifndef READFD_H
#define READFD_H

#include <stddef.h>

/*
 * Read the file on `fd' from its beginning, at most `max' bytes, wherever its
 * offset is: others may have the descriptor, too.  Returns the content, to be
 * freed, with its bytes in *n, or NULL with errno: EFBIG when there are more.
 */
void	*admit_readfd(int fd, size_t max, size_t *n);

#endif
