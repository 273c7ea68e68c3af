/*
 * http: what the relay's HTTP server answers.
 */
#include "run.h"

int
check_http(struct check_run *r, struct check_addr *a)
{
	(void)r;
	(void)a;
	return (1);
}
