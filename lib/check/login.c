/*
 * login: whether clients can log in and reach each other.
 */
#include "run.h"

int
check_login(struct check_run *r, struct check_addr *a)
{
	(void)r;
	(void)a;
	return (1);
}
