/*
 * stun: STUN on the node's addresses.
 */
#include "run.h"

void
check_stun(struct check_run *r)
{
	(void)r;
}
