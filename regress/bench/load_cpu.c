/*
 * load_cpu: CPU time and memory of a process and its descendants, from /proc.
 * Called by load_modes.c and stunload.c; reads /proc alone.
 */
#include <sys/types.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

#define PROCS_MAX	4096

struct stat_line {
	pid_t		 parent;
	unsigned long	 utime, stime;	/* ticks */
};

static int
read_stat(pid_t pid, struct stat_line *s)
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
	if (sscanf(p + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
	    &s->parent, &s->utime, &s->stime) != 3)
		return (-1);
	return (0);
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
	struct stat_line s;
	struct dirent	*e;
	char		*end;
	DIR		*d;
	long		 pid;

	if ((d = opendir("/proc")) == NULL)
		return;
	while ((e = readdir(d)) != NULL && *n < PROCS_MAX) {
		pid = strtol(e->d_name, &end, 10);
		if (pid <= 0 || *end != '\0')
			continue;
		if (read_stat((pid_t)pid, &s) == 0 && s.parent == parent)
			pids[(*n)++] = (pid_t)pid;
	}
	closedir(d);
}

void
usage_of(pid_t pid, struct usage *u)
{
	static pid_t	 pids[PROCS_MAX];
	struct stat_line s;
	double		 tick = (double)sysconf(_SC_CLK_TCK);
	int		 i, n = 0;

	u->cpu = 0;
	u->pss = 0;
	if (pid == 0)
		return;
	pids[n++] = pid;
	for (i = 0; i < n; i++) {
		if (read_stat(pids[i], &s) == -1)
			continue;
		u->cpu += (double)(s.utime + s.stime) / tick;
		u->pss += read_pss(pids[i]);
		add_children(pids[i], pids, &n);
	}
}
