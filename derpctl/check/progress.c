/*
 * progress: a line on standard error that tells what is checked now, if that is
 * a terminal; see task.h.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "task.h"

#define COLUMNS		79
#define ERASE		"\r\033[K"

void
ctlcheck_progress(struct ctlcheck_run *run, const struct ctlcheck_task *t)
{
	char line[COLUMNS + 1];

	if (run->quiet || snprintf(line, sizeof(line),
	    "%zu of %zu checked; %s: %s", run->ndone, run->ntasks,
	    t->place.name, t->step) < 0)
		return;
	fputs(ERASE, stderr);
	ctl_put_text(stderr, line, strlen(line));
	(void)fflush(stderr);
	run->shown = 1;
}

void
ctlcheck_progress_end(struct ctlcheck_run *run)
{
	if (!run->shown)
		return;
	fputs(ERASE, stderr);
	(void)fflush(stderr);
	run->shown = 0;
}
