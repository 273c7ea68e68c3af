/*
 * joblimit_test: what a job of check can't do, even as root.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "ctl.h"

/* Does the kernel have Landlock?  Others have pledge(2), or nothing. */
static int
has_landlock(void)
{
#ifdef SYS_landlock_create_ruleset
	return (syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1U) > 0);
#else
	return (0);
#endif
}

/* What fails, as bits: what a job must not do, or (later) must do. */
static int
tries(void)
{
	char *const words[] = { "true", NULL }, *const env[] = { NULL };
	int fd, failed = 0;

	if ((fd = open("there", O_WRONLY)) == -1)
		failed |= 1;
	if (open("new", O_WRONLY | O_CREAT, 0600) == -1)
		failed |= 2;
	if (rename("there", "here") == -1)
		failed |= 4;
	if (execve("/bin/true", words, env) == -1 && errno == EACCES)
		failed |= 8;
	if ((fd = open("there", O_RDONLY)) == -1)
		failed |= 16;
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		failed |= 32;
	return (failed);
}

ATF_TC_WITHOUT_HEAD(limited);
ATF_TC_BODY(limited, tc)
{
	int status, fd;
	pid_t pid;

	if (!has_landlock())
		atf_tc_skip("no Landlock here");
	ATF_REQUIRE((fd = open("there", O_WRONLY | O_CREAT, 0600)) != -1);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		(void)signal(SIGXFSZ, SIG_IGN);
		ctl_limit_job();
		_exit(tries());
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_REQUIRE(WIFEXITED(status));
	ATF_CHECK_EQ(1 | 2 | 4 | 8, WEXITSTATUS(status));
}

/* A job does not outlive the command, however that ends. */
ATF_TC(orphan);
ATF_TC_HEAD(orphan, tc)
{
	atf_tc_set_md_var(tc, "timeout", "20");
}
ATF_TC_BODY(orphan, tc)
{
	int p[2];
	pid_t pid;
	char c;

#ifndef __linux__
	atf_tc_skip("it outlives it for a while");
#endif
	ATF_REQUIRE_EQ(0, pipe(p));
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		if (fork() == 0) {
			ctl_limit_job();
			(void)!write(p[1], "x", 1);
			(void)alarm(60);
			for (;;)
				pause();
		}
		for (;;)
			pause();
	}
	(void)close(p[1]);
	ATF_REQUIRE_EQ(1, read(p[0], &c, 1));
	ATF_REQUIRE_EQ(0, kill(pid, SIGKILL));
	ATF_REQUIRE_EQ(pid, waitpid(pid, NULL, 0));
	/* The end of the job is that of its end of the pipe. */
	ATF_CHECK_EQ(0, read(p[0], &c, 1));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, limited);
	ATF_TP_ADD_TC(tp, orphan);
	return (atf_no_error());
}
