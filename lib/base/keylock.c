/*
 * keylock: see keylock.h.  Called by keymem.c and by the bridge's keys.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "keylock.h"
#include "log.h"

/* Can so many bytes more be locked? */
static int
can_lock(size_t n)
{
	void *p;
	int ok;

	p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1,
	    0);
	if (p == MAP_FAILED)
		return (1);
	ok = mlock(p, n) == 0;
	(void)munmap(p, n);
	return (ok);
}

void
base_keylock_check(int locked, size_t more)
{
	struct rlimit rl;

	if ((!locked || (more > 0 && !can_lock(more))) &&
	    getrlimit(RLIMIT_MEMLOCK, &rl) == 0)
		log_warnx("can't lock keys in memory (mlock), they may be "
		    "written to swap: raise the limit, now %llu bytes, to "
		    "8 MiB (LimitMEMLOCK= in the unit, ulimit -l)",
		    (unsigned long long)rl.rlim_cur);
}
