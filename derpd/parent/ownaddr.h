/*
 * ownaddr: the address at which the world reaches this machine, as far as the
 * machine knows.
 */
#ifndef OWNADDR_H
#define OWNADDR_H

#include <sys/socket.h>
#include <stddef.h>

/*
 * 1 when everybody can reach the address: neither loopback, link-local,
 * multicast nor of a private, shared, documentation or other special block
 * (RFC 6890), else 0.
 */
int	parent_ownaddr_is_public(const struct sockaddr *sa);

/*
 * The one public address of `family' among those of the interfaces that are up,
 * as text in `dst' of `size' bytes.  0, or -1: there is none, or several.
 */
int	parent_ownaddr_find(int family, char *dst, size_t size);

#endif
