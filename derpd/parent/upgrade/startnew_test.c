/*
 * startnew_test: the program of the new derpd is nobody else's, and it gets the
 * options, the environment and the descriptors that it needs, no others.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "startnew.h"

/* A program `text' at `path', which prints or does something. */
static void
write_program(const char *path, const char *text)
{
	FILE	*f = fopen(path, "w");

	ATF_REQUIRE(f != NULL);
	ATF_REQUIRE(fputs(text, f) != EOF && fclose(f) == 0);
	ATF_REQUIRE_EQ(0, chmod(path, 0755));
}

/* The same in folders of our own; its full path is in `full'. */
static void
set_up(char full[PATH_MAX], const char *text)
{
	umask(022);
	ATF_REQUIRE_EQ(0, mkdir("a", 0755));
	ATF_REQUIRE_EQ(0, mkdir("a/b", 0755));
	write_program("a/b/derpd", text);
	ATF_REQUIRE(realpath("a/b/derpd", full) != NULL);
}

static void
wrong(const char *path, const char *what)
{
	char		 real[PATH_MAX];
	const char	*why = upgrade_start_check(path, real, sizeof(real));

	ATF_CHECK_MSG(why != NULL && strstr(why, what) != NULL,
	    "\"%s\", not \"%s\"", why == NULL ? "fine" : why, what);
}

ATF_TC_WITHOUT_HEAD(check);
ATF_TC_BODY(check, tc)
{
	char	 full[PATH_MAX], real[PATH_MAX], gone[PATH_MAX + 16];

	set_up(full, "");
	ATF_CHECK(upgrade_start_check(full, real, sizeof(real)) == NULL);
	ATF_CHECK_STREQ(full, real);
	ATF_REQUIRE_EQ(0, symlink("a/b", "link"));
	ATF_CHECK(upgrade_start_check("link/derpd", real, sizeof(real)) ==
	    NULL);
	ATF_CHECK_STREQ(full, real);

	snprintf(gone, sizeof(gone), "%s (deleted)", full);
	wrong(gone, "(deleted) can't be found");
	wrong("a/b", "is not a file");
	ATF_REQUIRE_EQ(0, chmod(full, 0644));
	wrong(full, "can't be executed");
	ATF_REQUIRE_EQ(0, chmod(full, 0775));
	wrong(full, "can change ");
	ATF_REQUIRE_EQ(0, chmod(full, 0757));
	wrong(full, "chmod go-w");
	ATF_REQUIRE_EQ(0, chmod(full, 0755));
	/* The folder, and one above it. */
	ATF_REQUIRE_EQ(0, chmod("a/b", 0775));
	wrong(full, "/a/b, and so replace");
	ATF_REQUIRE_EQ(0, chmod("a/b", 0755));
	ATF_REQUIRE_EQ(0, chmod("a", 0777));
	wrong(full, "/a, and so replace");
	/* As /tmp is. */
	ATF_REQUIRE_EQ(0, chmod("a", 01777));
	ATF_CHECK(upgrade_start_check(full, real, sizeof(real)) == NULL);
}

ATF_TC(owner);
ATF_TC_HEAD(owner, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(owner, tc)
{
	char	 full[PATH_MAX];

	set_up(full, "");
	ATF_REQUIRE_EQ(0, chown(full, 12345, (gid_t)-1));
	wrong(full, "belongs to user 12345");
	ATF_REQUIRE_EQ(0, chown(full, 0, (gid_t)-1));
	ATF_REQUIRE_EQ(0, chown("a", 12345, (gid_t)-1));
	wrong(full, "/a belongs to user 12345");
}

/* The words with spaces between. */
static const char *
joined(char **v)
{
	static char	 text[1024];

	text[0] = '\0';
	ATF_REQUIRE(v != NULL);
	for (; *v != NULL; v++) {
		strlcat(text, *v, sizeof(text));
		strlcat(text, " ", sizeof(text));
	}
	return (text);
}

ATF_TC_WITHOUT_HEAD(args);
ATF_TC_BODY(args, tc)
{
	static const char *const macros[] = { "a=b c", "d=" };
	struct upgrade_start	 s = { .conf_path = "/etc/derpd.conf" };

	ATF_CHECK_STREQ("/p -U 3 -f /etc/derpd.conf ",
	    joined(upgrade_start_args(&s, "/p")));
	s.debug = s.verbose = 1;
	s.macros = macros;
	s.nmacros = 2;
	ATF_CHECK_STREQ("/p -U 3 -d -v -f /etc/derpd.conf -D a=b c -D d= ",
	    joined(upgrade_start_args(&s, "/p")));
	s.from_env = 1;
	s.nmacros = 0;
	ATF_CHECK_STREQ("/p -U 3 -d -v -E ",
	    joined(upgrade_start_args(&s, "/p")));
}

ATF_TC_WITHOUT_HEAD(env);
ATF_TC_BODY(env, tc)
{
	static char	 v[][40] = { "LD_PRELOAD=/evil.so", "PATH=/evil",
	    "NOTIFY_SOCKET=/run/n", "HOME=/root", "LANG=C", "LANGUAGE=x",
	    "DERP_HOSTNAME=h", "DERPD_STAND_IN=9", "IFS=x" };
	char		*from[sizeof(v) / sizeof(v[0]) + 1] = { NULL };
	struct upgrade_start s = { .stand_in = -1 };
	size_t		 i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		from[i] = v[i];
	ATF_CHECK_STREQ("PATH=/usr/bin:/bin NOTIFY_SOCKET=/run/n LANG=C ",
	    joined(upgrade_start_env(&s, from)));
	s.from_env = 1;
	s.stand_in = 17;
	s.number = 8;
	ATF_CHECK_STREQ("PATH=/usr/bin:/bin DERPD_STAND_IN=8 "
	    "NOTIFY_SOCKET=/run/n HOME=/root LANG=C DERP_HOSTNAME=h ",
	    joined(upgrade_start_env(&s, from)));
}

/* Read all that comes from `fd'. */
static const char *
all_of(int fd)
{
	static char	 text[4096];
	size_t		 n = 0;
	ssize_t		 got;

	while (n < sizeof(text) - 1 &&
	    (got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	return (text);
}

/* What it is started with, as it sees that. */
ATF_TC_WITHOUT_HEAD(started);
ATF_TC_BODY(started, tc)
{
	struct upgrade_start	 s = { .conf_path = "/c" };
	char			 full[PATH_MAX];
	const char		*why, *text;
	int			 fd, status, pfd[2];
	pid_t			 pid, child;

	set_up(full, "#!/bin/sh\n"
	    "{ echo \"$*\"; echo \"stand-in $DERPD_STAND_IN\"\n"
	    "for n in 0 1 2 3 4 5 6 7 8 9 20 30; do\n"
	    "	[ -e /dev/fd/$n ] && echo \"open $n\"; done\n"
	    "kill -HUP $$; echo survived; } >&3\n");
	s.self = full;
	ATF_REQUIRE_EQ(0, pipe(pfd));
	ATF_REQUIRE_EQ(30, dup2(pfd[0], 30));	/* not close-on-exec */
	ATF_REQUIRE(signal(SIGHUP, SIG_IGN) != SIG_ERR);
	s.stand_in = -1;
	pid = upgrade_start(&s, &child, &fd, &why);
	ATF_REQUIRE_MSG(pid > 0, "%s", why);
	ATF_REQUIRE((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	text = all_of(fd);
	ATF_CHECK_MSG(strncmp(text, "-U 3 -f /c\nstand-in \nopen 0\nopen 1\n"
	    "open 2\nopen 3\n", 47) == 0, "%s", text);
	ATF_CHECK_MSG(strstr(text, "open 30") == NULL &&
	    strstr(text, "open 4") == NULL, "%s", text);
	/* A signal that this process ignores has its default there. */
	ATF_CHECK_MSG(strstr(text, "survived") == NULL, "%s", text);
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP);
	close(fd);

	s.stand_in = pfd[1];
	s.number = 2;
	pid = upgrade_start(&s, &child, &fd, &why);
	ATF_REQUIRE_MSG(pid > 0, "%s", why);
	text = all_of(fd);
	ATF_CHECK_MSG(strstr(text, "stand-in 2\n") != NULL &&
	    strstr(text, "open 4\n") != NULL, "%s", text);
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	struct upgrade_start	 s = { .conf_path = "/c", .stand_in = -1,
	    .self = "/nowhere/derpd" };
	const char		*why = NULL;
	int			 fd;
	pid_t			 child;

	ATF_CHECK_EQ(-1, upgrade_start(&s, &child, &fd, &why));
	ATF_REQUIRE(why != NULL);
	ATF_CHECK_MSG(strstr(why, "/nowhere/derpd can't be found") != NULL,
	    "%s", why);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, check);
	ATF_TP_ADD_TC(tp, owner);
	ATF_TP_ADD_TC(tp, args);
	ATF_TP_ADD_TC(tp, env);
	ATF_TP_ADD_TC(tp, started);
	ATF_TP_ADD_TC(tp, refused);
	return (atf_no_error());
}
