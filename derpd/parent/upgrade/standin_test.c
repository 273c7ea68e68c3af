/*
 * standin_test: a process stands in for a chain of others: it ends as the last
 * one does, passes signals on to the one that serves, and none in between
 * stays.
 */
#include <sys/wait.h>
#include <atf-c.h>
#include <event2/event.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "standin.h"
#include "startnew.h"

static struct event_base	*base;

static void
ended(void *arg)
{
	(void)arg;
	event_base_loopbreak(base);
}

static void
child_ended(evutil_socket_t fd, short what, void *arg)
{
	int	 status;
	pid_t	 pid;

	(void)fd;
	(void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		upgrade_stand_in_reaped(arg, pid, status, 0);
}

/* Be parent `number' that is started with the stand-in's pipe `out'. */
static void
be_parent(struct upgrade_stand_in *s, int out, unsigned int number)
{
	char	 text[16];

	snprintf(text, sizeof(text), "%u", number);
	if (dup2(out, UPGRADE_STAND_IN_FD) == -1 ||
	    setenv(UPGRADE_STAND_IN_ENV, text, 1) == -1)
		_exit(99);
	upgrade_stand_in_init(s, 1, ended, NULL);
	if (s->out != UPGRADE_STAND_IN_FD || s->wanted ||
	    getenv(UPGRADE_STAND_IN_ENV) != NULL)
		_exit(98);
}

/*
 * The first of `n' parents under the stand-in whose pipe is `out'.  Each starts
 * the next one and ends; the last one writes its pid to `up' and waits for a
 * signal.
 */
static void
chain(int out, int n, int up)
{
	struct upgrade_stand_in	 s;
	pid_t			 pid;

	be_parent(&s, out, 1);
	for (; n > 0; n--) {
		if ((pid = fork()) == 0) {
			be_parent(&s, upgrade_stand_in_pass(&s),
			    s.number + 1);
			continue;
		}
		if (upgrade_stand_in_begin(&s, NULL, pid) != 0)
			_exit(97);
		_exit(0);
	}
	pid = getpid();
	if (write(up, &pid, sizeof(pid)) != sizeof(pid))
		_exit(96);
	for (;;)
		pause();
}

static void
exit_7(int sig)
{
	(void)sig;
	_exit(7);
}

/* Stand in for `n' that replace one another; the exit status at the end. */
static int
stand_in(int n)
{
	static struct upgrade_stand_in s;
	static struct event	*ev;
	pid_t			 pid, last;
	int			 out, up[2];

	ATF_REQUIRE((base = event_base_new()) != NULL);
	ATF_REQUIRE_EQ(0, pipe(up));
	ATF_REQUIRE(signal(SIGTERM, exit_7) != SIG_ERR);
	ATF_REQUIRE_EQ(0, unsetenv("NOTIFY_SOCKET"));
	upgrade_stand_in_init(&s, 1, ended, NULL);
	ATF_REQUIRE(s.wanted);
	ev = evsignal_new(base, SIGCHLD, child_ended, &s);
	ATF_REQUIRE(ev != NULL && event_add(ev, NULL) == 0);
	if ((out = upgrade_stand_in_pass(&s)) == -1)
		atf_tc_skip("this system has no subreaper");
	if ((pid = fork()) == 0)
		chain(out, n, up[1]);
	ATF_REQUIRE_EQ(1, upgrade_stand_in_begin(&s, base, pid));
	ATF_REQUIRE_EQ((ssize_t)sizeof(last), read(up[0], &last, sizeof(last)));
	while (!s.over && s.serves != last)
		ATF_REQUIRE_EQ(0, event_base_loop(base, EVLOOP_ONCE));
	ATF_REQUIRE_EQ(1, upgrade_stand_in_signal(&s, SIGTERM));
	while (!s.over)
		ATF_REQUIRE_EQ(0, event_base_loop(base, EVLOOP_ONCE));
	/* Nobody is left. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	ATF_CHECK_EQ(ECHILD, errno);
	return (s.status);
}

ATF_TC_WITHOUT_HEAD(one);
ATF_TC_BODY(one, tc)
{
	ATF_CHECK_EQ(7, stand_in(0));
}

ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	ATF_CHECK_EQ(7, stand_in(100));
}

/* The successor of one in between ends while that one still runs. */
ATF_TC_WITHOUT_HEAD(told);
ATF_TC_BODY(told, tc)
{
	struct upgrade_stand_in	 s, t = { .in = -1, .next_out = -1 };
	int			 out;

	ATF_REQUIRE((base = event_base_new()) != NULL);
	ATF_REQUIRE_EQ(0, unsetenv("NOTIFY_SOCKET"));
	upgrade_stand_in_init(&s, 1, ended, NULL);
	if ((out = upgrade_stand_in_pass(&s)) == -1)
		atf_tc_skip("this system has no subreaper");
	t.out = dup(out);
	t.number = 1;
	ATF_REQUIRE_EQ(1, upgrade_stand_in_begin(&s, base, 1000001));
	ATF_REQUIRE_EQ(0, upgrade_stand_in_begin(&t, base, 1000002));
	upgrade_stand_in_reaped(&t, 1000002, SIGKILL, 1000002);
	/* This is the end of the first one, which counts no more. */
	upgrade_stand_in_reaped(&s, 1000001, 0, 0);
	ATF_CHECK_EQ(1000002, s.serves);
	ATF_CHECK(s.over);
	ATF_CHECK_EQ(128 + SIGKILL, s.status);
}

/* The whole chain is killed. */
ATF_TC_WITHOUT_HEAD(killed);
ATF_TC_BODY(killed, tc)
{
	struct upgrade_stand_in	 s;

	ATF_REQUIRE((base = event_base_new()) != NULL);
	ATF_REQUIRE_EQ(0, unsetenv("NOTIFY_SOCKET"));
	upgrade_stand_in_init(&s, 1, ended, NULL);
	if (upgrade_stand_in_pass(&s) == -1)
		atf_tc_skip("this system has no subreaper");
	ATF_REQUIRE_EQ(1, upgrade_stand_in_begin(&s, base, 1000001));
	while (!s.over)
		ATF_REQUIRE_EQ(0, event_base_loop(base, EVLOOP_ONCE));
	ATF_CHECK_EQ(1, s.status);
}

/* Under a service manager, and in the background, nobody is needed. */
ATF_TC_WITHOUT_HEAD(unwanted);
ATF_TC_BODY(unwanted, tc)
{
	struct upgrade_stand_in	 s;

	upgrade_stand_in_init(&s, 0, ended, NULL);
	ATF_CHECK(!s.wanted);
	ATF_CHECK_EQ(-1, upgrade_stand_in_pass(&s));
	ATF_REQUIRE_EQ(0, setenv("NOTIFY_SOCKET", "/run/n", 1));
	upgrade_stand_in_init(&s, 1, ended, NULL);
	ATF_CHECK(!s.wanted);
	ATF_CHECK_EQ(0, upgrade_stand_in_begin(&s, NULL, 1000001));
	ATF_CHECK_EQ(0, upgrade_stand_in_signal(&s, SIGTERM));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, one);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, told);
	ATF_TP_ADD_TC(tp, killed);
	ATF_TP_ADD_TC(tp, unwanted);
	return (atf_no_error());
}
