/*
 * judge: what the results of several places tell together; see task.h.
 */
#include "task.h"

int
ctlcheck_judge(struct ctlcheck_run *run)
{
	(void)run;
	return (0);
}
