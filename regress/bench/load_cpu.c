/*
 * load_cpu: CPU time and memory of a process and its descendants, from /proc.
 * Called by load_modes.c, stunload.c and bridgeload; reads /proc
 * and CPU clocks alone.
 */
#include <sys/types.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define PROCS_MAX	4096

static int
read_parent(pid_t pid, pid_t *parent)
{
	char	 path[64], buf[1024], *p;
	ssize_t	 n;
	int	 fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((fd = open(path, O_RDONLY)) == -1)
		return (-1);
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return (-1);
	buf[n] = '\0';
	/* The name in parentheses may contain any character. */
	if ((p = strrchr(buf, ')')) == NULL)
		return (-1);
	return (sscanf(p + 1, " %*c %d", parent) == 1 ? 0 : -1);
}

/* Seconds of CPU time of all threads, also of those that have ended. */
static double
read_cpu(pid_t pid)
{
	struct timespec	 t;
	clockid_t	 clock;

	if (clock_getcpuclockid(pid, &clock) != 0 ||
	    clock_gettime(clock, &t) == -1)
		return (0);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static long
read_pss(pid_t pid)
{
	char	 path[64], line[256];
	FILE	*f;
	long	 kb, v;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		return (0);
	kb = 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Pss: %ld kB", &v) == 1) {
			kb = v;
			break;
		}
	fclose(f);
	return (kb);
}

/* Append the children of `parent' to pids. */
static void
add_children(pid_t parent, pid_t *pids, int *n)
{
	struct dirent	*e;
	char		*end;
	DIR		*d;
	pid_t		 above;
	long		 pid;

	if ((d = opendir("/proc")) == NULL)
		return;
	while ((e = readdir(d)) != NULL && *n < PROCS_MAX) {
		pid = strtol(e->d_name, &end, 10);
		if (pid <= 0 || *end != '\0')
			continue;
		if (read_parent((pid_t)pid, &above) == 0 && above == parent)
			pids[(*n)++] = (pid_t)pid;
	}
	closedir(d);
}

void
usage_of(pid_t pid, struct usage *u)
{
	static pid_t	 pids[PROCS_MAX];
	int		 i, n = 0;

	u->cpu = 0;
	u->pss = 0;
	if (pid == 0)
		return;
	pids[n++] = pid;
	for (i = 0; i < n; i++) {
		u->cpu += read_cpu(pids[i]);
		u->pss += read_pss(pids[i]);
		add_children(pids[i], pids, &n);
	}
}
