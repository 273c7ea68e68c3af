/*
 * killat: run a program, and kill it just before it renames or removes a file
 * of ACME's for the Nth time: killat N FILE PROGRAM ARGUMENT...
 *
 * FILE then has the path.  The program replaces this process, so that a wait
 * for this process is a wait for the program; the tracing process ends with it.
 * The children of the program are not traced.  Exits 77 where tracing is not
 * possible.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <errno.h>
#include <limits.h>
#include <linux/ptrace.h>
#include <signal.h>

#define OURS	"/acme"		/* part of the path of a file that counts */

/* The index of the argument that is a path; -1: none. */
static int
path_argument(unsigned long long nr)
{
	switch (nr) {
#ifdef SYS_rename
	case SYS_rename:
		return (1);
#endif
#ifdef SYS_unlink
	case SYS_unlink:
		return (0);
#endif
	case SYS_unlinkat:
		return (1);
#ifdef SYS_renameat
	case SYS_renameat:
		return (3);
#endif
	case SYS_renameat2:
		return (3);
	default:
		return (-1);
	}
}

/* The string at `addr' of the process. */
static void
read_string(pid_t pid, unsigned long long addr, char *dst, size_t size)
{
	struct iovec	 to = { dst, 1 }, from = { NULL, 1 };
	size_t		 i;

	for (i = 0; i < size - 1; i++) {
		to.iov_base = dst + i;
		from.iov_base = (void *)(uintptr_t)(addr + i);
		if (process_vm_readv(pid, &to, 1, &from, 1, 0) != 1 ||
		    dst[i] == '\0')
			break;
	}
	dst[i] = '\0';
}

/* 1: the process enters a call that counts, for the path in `path'. */
static int
counts(pid_t pid, char path[PATH_MAX])
{
	struct ptrace_syscall_info	 si;
	int				 n;

	memset(&si, 0, sizeof(si));
	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(si),
	    &si) <= 0 || si.op != PTRACE_SYSCALL_INFO_ENTRY ||
	    (n = path_argument(si.entry.nr)) == -1)
		return (0);
	read_string(pid, si.entry.args[n], path, PATH_MAX);
	return (strstr(path, OURS) != NULL);
}

static void
watch(pid_t pid, int left, const char *file)
{
	char	 path[PATH_MAX];
	int	 status, sig;
	FILE	*fp;

	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		sig = 0;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			if (counts(pid, path) && --left == 0) {
				if ((fp = fopen(file, "w")) != NULL) {
					fprintf(fp, "%s\n", path);
					fclose(fp);
				}
				kill(pid, SIGKILL);
				continue;
			}
		} else if (status >> 16 == 0)
			sig = WSTOPSIG(status);
		(void)ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)sig);
	}
	_exit(0);
}

/* In a process without a parent: trace `pid', and confirm by `ready'. */
static void
begin(pid_t pid, int left, const char *file, int ready)
{
	int	 status;

	if (fork() != 0)
		_exit(0);
	if (ptrace(PTRACE_SEIZE, pid, NULL,
	    (void *)PTRACE_O_TRACESYSGOOD) == -1 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == -1 ||
	    waitpid(pid, &status, __WALL) != pid)
		_exit(1);
	(void)ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	(void)!write(ready, "", 1);
	close(ready);
	watch(pid, left, file);
}

int
main(int argc, char **argv)
{
	pid_t	 self = getpid(), child;
	int	 p[2];
	ssize_t	 n;
	char	 c;

	if (argc < 4)
		errx(1, "usage: killat N FILE PROGRAM ARGUMENT...");
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	if (pipe(p) == -1 || (child = fork()) == -1)
		err(1, "pipe, fork");
	if (child == 0) {
		close(p[0]);
		begin(self, atoi(argv[1]), argv[2], p[1]);
	}
	close(p[1]);
	(void)waitpid(child, NULL, 0);
	while ((n = read(p[0], &c, 1)) == -1 && errno == EINTR)
		continue;
	close(p[0]);
	if (n != 1)
		errx(77, "can't be watched here");
	execv(argv[3], argv + 3);
	err(1, "%s", argv[3]);
}
#else
int
main(void)
{
	errx(77, "not on this system");
}
#endif
