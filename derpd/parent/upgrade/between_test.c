/*
 * between_test: the process in between tells how the new one ended, and leaves
 * it alone.
 */
#include <sys/wait.h>
#include <atf-c.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "between.h"

static int	fds[2];		/* the new process lives until it is closed */

/* Start a process that waits, then ends with 7 or by SIGKILL. */
static pid_t
begin(int between, int signalled, pid_t *child)
{
	pid_t	 pid;
	char	 c;

	ATF_REQUIRE((pid = upgrade_between_fork(between, child)) != -1);
	if (pid != 0)
		return (pid);
	close(fds[1]);
	if (read(fds[0], &c, 1) != 0)
		_exit(1);
	if (signalled)
		(void)kill(getpid(), SIGKILL);
	_exit(7);
}

static int
ended(pid_t child)
{
	int	 status;

	close(fds[1]);
	ATF_REQUIRE_EQ(child, waitpid(child, &status, 0));
	return (status);
}

ATF_TC_WITHOUT_HEAD(how);
ATF_TC_BODY(how, tc)
{
	pid_t	 pid, child;
	int	 between, status;

	for (between = 0; between < 2; between++) {
		ATF_REQUIRE_EQ(0, pipe(fds));
		pid = begin(between, 0, &child);
		ATF_CHECK_EQ(between, pid != child);
		status = ended(child);
		ATF_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
		ATF_REQUIRE_EQ(0, pipe(fds));
		(void)begin(between, 1, &child);
		status = ended(child);
		ATF_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}

ATF_TC_WITHOUT_HEAD(left);
ATF_TC_BODY(left, tc)
{
	pid_t	 pid, child;

	ATF_REQUIRE_EQ(0, pipe(fds));
	pid = begin(1, 0, &child);
	upgrade_between_end(child);
	ATF_CHECK_EQ(-1, waitpid(child, NULL, 0));
	ATF_CHECK_EQ(ECHILD, errno);
	/* It is somebody else's child, and runs. */
	ATF_CHECK_EQ(-1, waitpid(pid, NULL, 0));
	ATF_CHECK_EQ(0, kill(pid, 0));
	close(fds[1]);
}

/* What the one in between does not hold open. */
ATF_TC_WITHOUT_HEAD(descriptors);
ATF_TC_BODY(descriptors, tc)
{
	pid_t	 child;
	int	 pfd[2];
	char	 c;

	ATF_REQUIRE_EQ(0, pipe(pfd));
	switch (upgrade_between_fork(1, &child)) {
	case -1:
		atf_tc_fail("no fork");
	case 0:
		close(pfd[1]);
		(void)pause();
		_exit(0);
	}
	close(pfd[1]);
	ATF_CHECK_EQ(0, read(pfd[0], &c, 1));
	upgrade_between_end(child);
}

/* It ends when its parent does, in the place of which another one stands. */
ATF_TC_WITHOUT_HEAD(follows);
ATF_TC_BODY(follows, tc)
{
#ifdef PR_SET_CHILD_SUBREAPER
	int	 pfd[2], status;
	pid_t	 first, pid[2];

	/* To see the ends of both. */
	ATF_REQUIRE_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	ATF_REQUIRE(pipe(pfd) == 0 && pipe(fds) == 0);
	if ((first = fork()) == 0) {
		pid[0] = begin(1, 0, &pid[1]);
		if (write(pfd[1], pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		(void)pause();
		_exit(0);
	}
	ATF_REQUIRE_EQ((ssize_t)sizeof(pid), read(pfd[0], pid, sizeof(pid)));
	ATF_REQUIRE_EQ(0, kill(first, SIGKILL));
	ATF_REQUIRE_EQ(first, waitpid(first, NULL, 0));
	ATF_REQUIRE_EQ(pid[1], waitpid(pid[1], &status, 0));
	ATF_CHECK(WIFSIGNALED(status));
	/* The new one goes on. */
	close(fds[1]);
	ATF_REQUIRE_EQ(pid[0], waitpid(pid[0], &status, 0));
	ATF_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
#else
	atf_tc_skip("this system does not say when a parent ends");
#endif
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, how);
	ATF_TP_ADD_TC(tp, left);
	ATF_TP_ADD_TC(tp, descriptors);
	ATF_TP_ADD_TC(tp, follows);
	return (atf_no_error());
}
