/*
 * cpus: see cpus.h.  Called at the start of the parent and of relay workers,
 * before the sandbox.
 */
#ifdef __linux__
#include <sched.h>
#endif
#include <unistd.h>

#include "cpus.h"

unsigned int
base_cpus(void)
{
	long n;
#ifdef __linux__
	cpu_set_t set;

	/* It fails on a machine with more processors than the set holds. */
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return ((unsigned int)CPU_COUNT(&set));
#endif
	n = sysconf(_SC_NPROCESSORS_ONLN);
	return (n < 1 ? 1 : (unsigned int)n);
}
