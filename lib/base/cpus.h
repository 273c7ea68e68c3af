/*
 * cpus: how many processors there are for this process.
 */
#ifndef CPUS_H
#define CPUS_H

/*
 * Number of processors that this process may use: those of its affinity
 * (taskset, a container's cpuset) on Linux, else all that are online; at
 * least 1.
 */
unsigned int	base_cpus(void);

#endif
