/*
 * ownaddr: the public address of this machine, as far as its interfaces show
 * it.
 */
#ifndef OWNADDR_H
#define OWNADDR_H

#include <sys/socket.h>
#include <stddef.h>

/*
 * 1 when the address is globally reachable: neither loopback, link-local,
 * multicast nor of a private, shared, documentation or other special block (RFC
 * 6890), else 0.
 */
int	parent_ownaddr_is_public(const struct sockaddr *sa);

/*
 * Find the only public address of `family' on the interfaces that are up; it is
 * written as text to `dst' of `size' bytes.  0, or -1: there is none, or
 * several.
 */
int	parent_ownaddr_find(int family, char *dst, size_t size);

#endif
