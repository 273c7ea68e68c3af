/*
 * helper: the process acme-helper.
 *
 * helper.c        the process: parent, keys, one job at a time
 * helper_reach.c  what its sandbox leaves within reach
 */
#ifndef HELPER_H
#define HELPER_H

#include "acmeconf.h"
#include "sandbox.h"

/* The process; starts with child_init(), never returns. */
void	helper_main(void) __attribute__((noreturn));

/*
 * What the first settings want of files and ports, for child_confine(): names,
 * authorities, the directory.  Once.
 */
const struct sandbox_net *reach_set(const struct acme_conf *c);

/* Can later settings do with what reach_set() asked for?  1 yes, 0 no. */
int	reach_covers(const struct acme_conf *c);

#endif
