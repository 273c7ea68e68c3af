/*
 * between: see between.h.  Called by startnew.c and replace.c.
 */
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "between.h"

/* The process in between ends with the one that forked it. */
static void
follow(pid_t parent)
{
#ifdef PR_SET_PDEATHSIG
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
#endif
	if (getppid() != parent)
		_exit(1);
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return (status);
}

/* End as a process of which waitpid() says this.  No core: it has its own. */
static void
end_as(int status)
{
	sigset_t none;

	if (!WIFSIGNALED(status))
		_exit(WEXITSTATUS(status));
	sigemptyset(&none);
	signal(WTERMSIG(status), SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
#ifdef PR_SET_DUMPABLE
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	(void)kill(getpid(), WTERMSIG(status));
	_exit(1);
}

/* Write the pid of the new process to `fd', and wait for it. */
static void
stand(pid_t pid, int fd)
{
	if (pid == -1 || write(fd, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	/* The ends of channels close with the processes that use them. */
	closefrom(STDERR_FILENO + 1);
	end_as(wait_for(pid));
}

/* The pid that stand() wrote, or -1. */
static pid_t
read_pid(int fd)
{
	pid_t pid;
	ssize_t n;

	while ((n = read(fd, &pid, sizeof(pid))) == -1 && errno == EINTR)
		;
	return (n == (ssize_t)sizeof(pid) ? pid : -1);
}

pid_t
upgrade_between_fork(int between, pid_t *child)
{
	pid_t parent = getpid(), pid;
	int pfd[2];

	if (!between)
		return (*child = fork());
	if (pipe2(pfd, O_CLOEXEC) == -1)
		return (*child = -1);
	if ((*child = fork()) == 0) {
		close(pfd[0]);
		follow(parent);
		if ((pid = fork()) == 0)
			return (0);
		stand(pid, pfd[1]);
	}
	close(pfd[1]);
	pid = *child == -1 ? -1 : read_pid(pfd[0]);
	close(pfd[0]);
	if (pid == -1 && *child != -1) {
		(void)wait_for(*child);
		errno = EAGAIN;
	}
	return (pid);
}

void
upgrade_between_end(pid_t child)
{
	(void)kill(child, SIGKILL);
	(void)wait_for(child);
}
