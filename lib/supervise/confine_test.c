/*
 * confine_test: users and root of the children.
 */
#include <sys/types.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <linux/capability.h>
#endif

#include "confine.h"

ATF_TC_WITHOUT_HEAD(ids);
ATF_TC_BODY(ids, tc)
{
	static const char whole[] = "         0          0 4294967295\n",
	    one[] = "         0       1000          1\n",
	    two[] = "0 1000 1\n1 100000 65536\n";
	unsigned long	n;

	ATF_CHECK_EQ(1, super_confine_has_id(whole, 65534, &n));
	ATF_CHECK_EQ(4294967295UL, n);
	ATF_CHECK_EQ(1, super_confine_has_id(one, 0, &n));
	ATF_CHECK_EQ(1, n);
	ATF_CHECK_EQ(0, super_confine_has_id(one, 1, &n));
	/* Ids of the outside do not count. */
	ATF_CHECK_EQ(0, super_confine_has_id(one, 1000, &n));
	ATF_CHECK_EQ(1, super_confine_has_id(two, 0, &n));
	ATF_CHECK_EQ(65537, n);
	ATF_CHECK_EQ(1, super_confine_has_id(two, 65536, &n));
	ATF_CHECK_EQ(0, super_confine_has_id(two, 65537, &n));
	ATF_CHECK_EQ(0, super_confine_has_id("", 0, &n));
	ATF_CHECK_EQ(0, n);
	ATF_CHECK_EQ(0, super_confine_has_id("0 0", 0, &n));
	ATF_CHECK_EQ(0, super_confine_has_id("0 0 1\nx\n", 1, &n));
	ATF_CHECK_EQ(1, n);
}

#ifdef __linux__
/* Keep only the capability to change users.  0, or -1. */
static int
only_setuid(void)
{
	struct __user_cap_header_struct	h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	c[2];

	memset(c, 0, sizeof(c));
	c[0].effective = c[0].permitted = 1U << CAP_SETUID;
	return ((int)syscall(SYS_capset, &h, c));
}

/* A process of the user. */
static pid_t
start_as(uid_t uid)
{
	int	p[2];
	char	c;
	pid_t	pid;

	ATF_REQUIRE_EQ(0, pipe(p));
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		if (setuid(uid) == 0 && write(p[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	ATF_REQUIRE_EQ(1, read(p[0], &c, 1));
	return (pid);
}

/* In a process without CAP_KILL: the steps that succeed, as bits. */
static int
kill_without(pid_t pid)
{
	int	done = 0;

	if (only_setuid() == -1)
		return (0);
	if (kill(pid, SIGKILL) == -1 && errno == EPERM)
		done |= 1;
	if (super_confine_kill(pid, "daemon") == -1 && errno == EPERM)
		done |= 2;
	if (super_confine_kill(pid, "") == -1 && errno == EPERM)
		done |= 4;
	if (super_confine_kill(pid, "nobody") == 0)
		done |= 8;
	return (geteuid() == 0 ? done : 0);
}
#endif

/* Without CAP_KILL, a child of another user ends by this user. */
ATF_TC_WITHOUT_HEAD(kills);
ATF_TC_BODY(kills, tc)
{
#ifdef __linux__
	const struct passwd	*pw;
	pid_t	pid, killer;
	int	st;

	if (geteuid() != 0 || getpwnam("daemon") == NULL ||
	    (pw = getpwnam("nobody")) == NULL)
		atf_tc_skip("needs root, nobody and daemon");
	pid = start_as(pw->pw_uid);
	ATF_REQUIRE((killer = fork()) != -1);
	if (killer == 0)
		_exit(kill_without(pid));
	ATF_REQUIRE_EQ(killer, waitpid(killer, &st, 0));
	ATF_CHECK_EQ(15, WEXITSTATUS(st));
	(void)kill(pid, SIGTERM);	/* if it has not been killed */
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	ATF_CHECK_EQ(-1, super_confine_kill(pid, "nobody"));
	ATF_CHECK_EQ(ESRCH, errno);
#else
	atf_tc_skip("there are no capabilities");
#endif
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ids);
	ATF_TP_ADD_TC(tp, kills);
	return (atf_no_error());
}
