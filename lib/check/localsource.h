/*
 * localsource: the relay from further addresses of this machine.  Used only in
 * this folder.
 */
#ifndef LOCALSOURCE_H
#define LOCALSOURCE_H

#include <ifaddrs.h>

#include "run.h"

#define RUN_SOURCES	2	/* addresses of a family that are tried */

/*
 * Pick the addresses of `list' to check from: those of the family of `usual',
 * the address that is used anyway, of interfaces that are up, without those of
 * private networks, and one of each IPv6 network.  Returns their number.
 */
size_t	 check_sources_pick(const struct ifaddrs *list,
	    const struct check_addr *usual,
	    const struct ifaddrs *v[RUN_SOURCES]);

/*
 * Check the TCP port and STUN of `a' from the address `source' of an interface.
 */
void	 check_sources_try(struct check_run *r, const struct check_addr *a,
	    const char *source, const char *interface);

#endif
