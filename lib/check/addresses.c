/*
 * addresses: what is known when each address of a node has been checked.
 */
#include "run.h"

void
check_addresses(struct check_run *r)
{
	(void)r;
}
