/*
 * ownaddr: the public address of this machine, as far as its interfaces show
 * it.
 */
#ifndef OWNADDR_H
#define OWNADDR_H

#include <sys/socket.h>
#include <stddef.h>

/*
 * Find the only public address of `family' on the interfaces that are up; it is
 * written as text to `dst' of `size' bytes.  0, or -1: there is none, or
 * several.
 */
int	parent_ownaddr_find(int family, char *dst, size_t size);

#endif
