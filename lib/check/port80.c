/*
 * port80: the HTTP server on port 80.
 */
#include "run.h"

void
check_port80(struct check_run *r)
{
	(void)r;
}
