/*
 * files: see files.h.  Called by fronts and relay workers.
 */
#include <sys/resource.h>
#include <limits.h>

#include "files.h"
#include "log.h"

#define RESERVE		8	/* the other channels, old and new at once */

void
conn_files_init(struct conn_files *f)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("can't get the limit of open files (getrlimit)");
	f->max = rl.rlim_cur > INT_MAX ? INT_MAX : (unsigned int)rl.rlim_cur;
}

unsigned int
conn_files_mark(const struct conn_files *f, unsigned int channels)
{
	unsigned int n = RESERVE + channels;

	if (f->max == 0)
		return (UINT_MAX);
	return (f->max - (n < f->max / 4 ? n : f->max / 4));
}
