/*
 * certpick: which certificate a client gets.  The fronts, `derpctl node', the
 * checks of maps and those of certificates all go by it.
 */
#ifndef CERTPICK_H
#define CERTPICK_H

#include <stddef.h>

struct parent_loaded;

/*
 * The number of the certificate for clients that request `name' by SNI (RFC
 * 6066, 3): the first one that has the name, self-signed ones last; else the
 * first of all, which clients without a name (NULL) and with an address get.
 * -1: there is none.
 */
int	 parent_certpick(const struct parent_loaded *l, const char *name);

/*
 * The number of the certificate that a front compares as the `i'th: first those
 * of CAs, then the self-signed ones, each in the order of the configuration;
 * -1: no more.
 */
int	 parent_certpick_order(const struct parent_loaded *l, size_t i);

#endif
