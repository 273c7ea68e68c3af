/*
 * child_test: Tests of what a child process of the suite inherits, of its first
 * message, and of what it can still do after confinement.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <linux/capability.h>
#endif

#include "build.h"
#include "child.h"
#include "sandbox.h"

/* A program that prints its arguments, environment and file descriptors. */
static const char	script[] = "#!/bin/sh\n"
	"{ echo \"args $*\"; env | sed 's/^/env /'\n"
	"for i in 0 1 3 4 5 6 7 8 9; do\n"
	"	(eval \": <&$i\") 2>/dev/null && echo \"fd $i\"\n"
	"done; } >&2\n"
	"exit 0\n";

static char	text[8192];

static void
run_script(void)
{
	FILE	*f;
	pid_t	 pid;
	ssize_t	 n;
	int	 fd, out, saved, st;

	ATF_REQUIRE((f = fopen("prog", "w")) != NULL);
	ATF_REQUIRE(fputs(script, f) >= 0 && fclose(f) == 0);
	ATF_REQUIRE(chmod("prog", 0700) == 0);
	ATF_REQUIRE((out = open("out", O_RDWR | O_CREAT | O_TRUNC,
	    0600)) != -1);
	/* A file descriptor that the child must not inherit. */
	ATF_REQUIRE(dup2(out, 8) != -1);
	ATF_REQUIRE((saved = dup(STDERR_FILENO)) != -1);
	ATF_REQUIRE(dup2(out, STDERR_FILENO) != -1);
	pid = ipc_child_spawn(-1, "./prog", "keys", &fd);
	dup2(saved, STDERR_FILENO);
	ATF_REQUIRE(pid != -1);
	ATF_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_REQUIRE(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	n = pread(out, text, sizeof(text) - 1, 0);
	ATF_REQUIRE(n > 0);
	text[n] = '\0';
	printf("%s", text);
	close(fd);
}

ATF_TC_WITHOUT_HEAD(arguments);
ATF_TC_BODY(arguments, tc)
{
	run_script();
	ATF_CHECK(strstr(text, "args -x keys\n") != NULL);
}

ATF_TC_WITHOUT_HEAD(environment);
ATF_TC_BODY(environment, tc)
{
	setenv("SECRET", "x", 1);
	setenv("LD_LIBRARY_PATH", "/nonexistent", 1);
	setenv("NOTIFY_SOCKET", "/nonexistent", 1);
	setenv("UBSAN_OPTIONS", "print_stacktrace=1", 1);
	setenv("ASAN_OPTIONS", "symbolize=0", 1);
	setenv("JOURNAL_STREAM", "8:1234", 1);
	run_script();
	ATF_CHECK(strstr(text, "SECRET") == NULL);
	ATF_CHECK(strstr(text, "LD_LIBRARY_PATH") == NULL);
	ATF_CHECK(strstr(text, "NOTIFY_SOCKET") == NULL);
	ATF_CHECK(strstr(text, "env PATH=") != NULL);
	ATF_CHECK(strstr(text, "env JOURNAL_STREAM=8:1234\n") != NULL);
	ATF_CHECK(strstr(text,
	    "env UBSAN_OPTIONS=print_stacktrace=1\n") != NULL);
	ATF_CHECK(strstr(text,
	    "env ASAN_OPTIONS=symbolize=0:detect_leaks=0\n") != NULL);
}

ATF_TC_WITHOUT_HEAD(descriptors);
ATF_TC_BODY(descriptors, tc)
{
	static const char	*const gone[] = {
		"fd 4\n", "fd 5\n", "fd 6\n", "fd 7\n", "fd 8\n", "fd 9\n"
	};
	size_t			 i;

	run_script();
	ATF_CHECK(strstr(text, "fd 0\n") != NULL);
	ATF_CHECK(strstr(text, "fd 1\n") != NULL);
	ATF_CHECK(strstr(text, "fd 3\n") != NULL);
	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		ATF_CHECK_MSG(strstr(text, gone[i]) == NULL, "inherited %s",
		    gone[i]);
}

ATF_TC_WITHOUT_HEAD(no_program);
ATF_TC_BODY(no_program, tc)
{
	pid_t	pid;
	char	c;
	int	fd, st;

	ATF_REQUIRE((pid = ipc_child_spawn(-1, "./none", "keys", &fd)) != -1);
	ATF_CHECK_MSG(read(fd, &c, 1) == 0, "the channel is still open");
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_CHECK(WIFEXITED(st) && WEXITSTATUS(st) != 0);
	close(fd);
}

/* The opened program is executed, even if its path was replaced since. */
ATF_TC_WITHOUT_HEAD(replaced_program);
ATF_TC_BODY(replaced_program, tc)
{
	pid_t	pid;
	FILE	*f;
	int	fd, prog, st;

	/* `sh -x keys' runs the script of that name. */
	ATF_REQUIRE((f = fopen("keys", "w")) != NULL);
	ATF_REQUIRE(fputs("exec 2>&-; [ ! -e /dev/fd/4 ] && exit 42\n",
	    f) >= 0 && fclose(f) == 0);
	ATF_REQUIRE((prog = open("/bin/sh", O_RDONLY | O_CLOEXEC)) != -1);
	ATF_REQUIRE((pid = ipc_child_spawn(prog, "./replaced", "keys",
	    &fd)) != -1);
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 42);
	close(fd);
	close(prog);
}

/* Run `body' in a child process; return its exit code. */
static int
in_child(void (*body)(int), int fd)
{
	pid_t	pid;
	int	st;

	fflush(NULL);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		body(fd);
		_exit(0);
	}
	if (fd != -1)
		close(fd);
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_REQUIRE_MSG(WIFEXITED(st), "signal %d", WTERMSIG(st));
	return WEXITSTATUS(st);
}

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "not so: %s\n", what);
	_exit(99);
}

static void
begin(int fd)
{
	struct ipc_child_start	st;
	struct ipc_chan		*c;

	must(dup2(fd, CHILD_FD) != -1, "dup2");
	must((c = ipc_child_init(ROLE_RELAY, &st)) != NULL, "child_init");
	must(st.worker == 3 && st.verbose == 1 && st.json == 1 &&
	    st.sandbox == 1 && st.to_stderr == 1, "numbers");
	must(strcmp(st.user, "someone") == 0, "user");
	must(strcmp(st.chroot, "/var/empty") == 0, "chroot");
	must(ipc_chan_send(c, MSG_READY, NULL, -1) == 0, "channel to parent");
}

/*
 * Run ipc_child_init() on a first message of `type' from a parent with build
 * `build', with `extra' appended.  Returns the exit code.
 */
static int
start(uint32_t type, const char *build, const char *extra)
{
	struct ipc_chan	*p;
	struct ipc_wr	 w;
	int		 sv[2], code;

	ATF_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	p = ipc_chan_new(NULL, sv[0], ROLE_PARENT, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(p != NULL);
	ipc_wr_init(&w);
	ipc_wr_str(&w, build);
	ipc_wr_u32(&w, 3);
	ipc_wr_u8(&w, 1);
	ipc_wr_u8(&w, 1);
	ipc_wr_u8(&w, 1);
	ipc_wr_u8(&w, 1);
	ipc_wr_str(&w, "someone");
	ipc_wr_str(&w, "/var/empty");
	ipc_wr_bytes(&w, extra, strlen(extra));
	ATF_REQUIRE(ipc_chan_send(p, type, &w, -1) == 0);
	ATF_REQUIRE(ipc_chan_flush(p, 1000) == 0);
	ipc_wr_free(&w);
	code = in_child(begin, sv[1]);
	ipc_chan_free(p);
	return code;
}

ATF_TC_WITHOUT_HEAD(first_message);
ATF_TC_BODY(first_message, tc)
{
	int	sv[2];

	ATF_CHECK_EQ(0, start(MSG_START, ipc_build_id(), ""));
	ATF_CHECK_EQ(1, start(MSG_START, ipc_build_id(), "x"));
	ATF_CHECK_EQ(1, start(MSG_START, "another", ""));
	ATF_CHECK_EQ(1, start(MSG_STOP, ipc_build_id(), ""));
	ATF_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	close(sv[0]);
	ATF_CHECK_EQ(1, in_child(begin, sv[1]));
}

/* Fill in the start settings for ipc_child_confine(). */
static void
ask(struct ipc_child_start *st, const char *user, const char *dir, int sandbox)
{
	memset(st, 0, sizeof(*st));
	st->sandbox = sandbox;
	st->to_stderr = 1;
	snprintf(st->user, sizeof(st->user), "%s", user);
	snprintf(st->chroot, sizeof(st->chroot), "%s", dir);
}

static void
check_limits(void)
{
	struct rlimit	rl;

	must(getrlimit(RLIMIT_CORE, &rl) == 0 && rl.rlim_max == 0,
	    "no core dumps");
#ifdef __linux__
	must(prctl(PR_GET_DUMPABLE) == 0, "not dumpable");
	must(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
	    "no new privileges");
#endif
}

static void
confine_nobody(int fd)
{
	struct ipc_child_start	 st;
	struct passwd		*pw;
	const char		*level;
	uid_t			 uid;
	gid_t			 gid, groups[8];
	struct stat		 here, top;

	(void)fd;
	must((pw = getpwnam("nobody")) != NULL, "there is a nobody");
	uid = pw->pw_uid;
	gid = pw->pw_gid;
	must(mkdir("root", 0755) == 0, "mkdir");
	ask(&st, "nobody", "root", 0);
	level = ipc_child_confine(ROLE_KEYS, &st);
	must(getuid() == uid && geteuid() == uid, "uid");
	must(getgid() == gid && getegid() == gid, "gid");
	must(getgroups(8, groups) == 1 && groups[0] == gid, "groups");
	must(setuid(0) == -1 && setgid(0) == -1, "no way back");
	must(access("/etc/passwd", F_OK) == -1 && errno == ENOENT, "chroot");
	/* An open or current directory would allow leaving the chroot. */
	must(stat(".", &here) == 0 && stat("/", &top) == 0 &&
	    here.st_dev == top.st_dev && here.st_ino == top.st_ino, "chdir");
	must(fork() == -1, "no new process");
	must(strcmp(level, "chroot, user nobody, sandbox off") == 0, level);
	check_limits();
}

ATF_TC_WITHOUT_HEAD(confine);
ATF_TC_BODY(confine, tc)
{
	if (geteuid() != 0)
		atf_tc_skip("needs root");
	ATF_CHECK_EQ(0, in_child(confine_nobody, -1));
}

/* Root that stays root has no capability left. */
static void
confine_root(int fd)
{
	struct ipc_child_start	 st;
	const char		*level;
	gid_t			 group;

	(void)fd;
	ask(&st, "root", "", 0);
	level = ipc_child_confine(ROLE_KEYS, &st);
	must(strcmp(level, "user root, sandbox off") == 0, level);
	must(getuid() == 0 && getgroups(1, &group) == 1 && group == 0,
	    "root alone");
#ifdef __linux__
	must(setuid(65534) == -1 && errno == EPERM, "no CAP_SETUID");
	must(chroot("/") == -1 && errno == EPERM, "no CAP_SYS_CHROOT");
#endif
	check_limits();
}

ATF_TC_WITHOUT_HEAD(root);
ATF_TC_BODY(root, tc)
{
	if (geteuid() != 0)
		atf_tc_skip("needs root");
	ATF_CHECK_EQ(0, in_child(confine_root, -1));
}

#ifdef __linux__
/* The capabilities of this process, of one kind, as a bit each. */
static uint64_t
capabilities(const char *kind)
{
	char	 line[128];
	uint64_t v = UINT64_MAX;
	FILE	*f;

	must((f = fopen("/proc/self/status", "re")) != NULL, "status");
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, kind, strlen(kind)) == 0)
			v = strtoull(line + strlen(kind) + 1, NULL, 16);
	fclose(f);
	return v;
}

/* The process of this role keeps these capabilities, and no others. */
static void
must_keep(enum ipc_role role, const char *user, uint64_t want)
{
	struct ipc_child_start	st;

	ask(&st, user, "", 0);
	(void)ipc_child_confine(role, &st);
	must(capabilities("CapPrm:") == want, "permitted");
	must(capabilities("CapEff:") == want, "effective");
	must(capabilities("CapInh:") == 0, "inheritable");
	must(setuid(0) == -1 || geteuid() == 0, "no way back to root");
	must(chroot("/") == -1 && errno == EPERM, "no CAP_SYS_CHROOT");
	check_limits();
}

static void
confine_netlink(int fd)
{
	(void)fd;
	must_keep(ROLE_NETLINK, "nobody", 1ULL << CAP_NET_ADMIN);
	must(getuid() != 0 && setuid(0) == -1, "user");
}

static void
confine_netlink_root(int fd)
{
	(void)fd;
	must_keep(ROLE_NETLINK, "root", 1ULL << CAP_NET_ADMIN);
}

static void
confine_netlink_without(int fd)
{
	(void)fd;
	if (geteuid() == 0)
		must(setgid(65534) == 0 && setuid(65534) == 0, "setuid");
	must_keep(ROLE_NETLINK, "nobody", 0);
}

static void
confine_bridge_worker(int fd)
{
	(void)fd;
	must_keep(ROLE_WORKER, "nobody", 0);
}
#endif

/* Netlink keeps what it needs to set endpoints, and nothing else. */
ATF_TC_WITHOUT_HEAD(capability);
ATF_TC_BODY(capability, tc)
{
#ifdef __linux__
	ATF_CHECK_EQ(0, in_child(confine_netlink_without, -1));
	if (geteuid() != 0)
		atf_tc_skip("the rest needs root");
	ATF_CHECK_EQ(0, in_child(confine_netlink, -1));
	ATF_CHECK_EQ(0, in_child(confine_netlink_root, -1));
	ATF_CHECK_EQ(0, in_child(confine_bridge_worker, -1));
#else
	atf_tc_skip("this system has no capabilities");
#endif
}

static void
confine_unprivileged(int fd)
{
	struct ipc_child_start	 st;
	const char		*level;

	(void)fd;
	if (geteuid() == 0)
		must(setgid(65534) == 0 && setuid(65534) == 0, "setuid");
	ask(&st, "nobody", "/var/empty", 0);
	level = ipc_child_confine(ROLE_KEYS, &st);
	must(strcmp(level, "sandbox off") == 0, level);
	check_limits();
}

ATF_TC_WITHOUT_HEAD(unprivileged);
ATF_TC_BODY(unprivileged, tc)
{
	ATF_CHECK_EQ(0, in_child(confine_unprivileged, -1));
}

static void
confine_sandbox(int fd)
{
	const char		*user = geteuid() == 0 ? "user root, " : "";
	struct ipc_child_start	 st;
	const char		*level;

	(void)fd;
	ask(&st, "", "", 1);
	level = ipc_child_confine(ROLE_RELAY, &st);
	must(strncmp(level, user, strlen(user)) == 0, level);
	must(strcmp(level + strlen(user), sandbox_level()) == 0, level);
	must(strcmp(sandbox_level(), "none") != 0, "a sandbox");
}

/* A front has less of the processor than others. */
static void
confine_nice(int fd)
{
	struct ipc_child_start	st;
	int			before = getpriority(PRIO_PROCESS, 0);

	(void)fd;
	ask(&st, "", "", 0);
	(void)ipc_child_confine(ROLE_RELAY, &st);
	must(getpriority(PRIO_PROCESS, 0) == before, "relay: as the parent");
	(void)ipc_child_confine(ROLE_FRONT, &st);
	must(getpriority(PRIO_PROCESS, 0) == (before > 14 ? 19 : before + 5),
	    "front: nicer");
}

ATF_TC_WITHOUT_HEAD(nice_value);
ATF_TC_BODY(nice_value, tc)
{
	ATF_CHECK_EQ(0, in_child(confine_nice, -1));
}

ATF_TC_WITHOUT_HEAD(sandbox);
ATF_TC_BODY(sandbox, tc)
{
	if (strcmp(sandbox_backend(), "null") == 0)
		/* Without a sandbox the child must exit with an error. */
		ATF_CHECK_EQ(1, in_child(confine_sandbox, -1));
	else
		ATF_CHECK_EQ(0, in_child(confine_sandbox, -1));
}

static void
confine_unknown_user(int fd)
{
	struct ipc_child_start	st;

	(void)fd;
	ask(&st, "no-such-user-here", "", 0);
	ipc_child_confine(ROLE_KEYS, &st);
}

static void
confine_no_chroot(int fd)
{
	struct ipc_child_start	st;

	(void)fd;
	ask(&st, "", "./no-such-directory", 0);
	ipc_child_confine(ROLE_KEYS, &st);
}

ATF_TC_WITHOUT_HEAD(confine_fails);
ATF_TC_BODY(confine_fails, tc)
{
	if (geteuid() != 0)
		atf_tc_skip("needs root");
	ATF_CHECK_EQ(1, in_child(confine_unknown_user, -1));
	ATF_CHECK_EQ(1, in_child(confine_no_chroot, -1));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, arguments);
	ATF_TP_ADD_TC(tp, environment);
	ATF_TP_ADD_TC(tp, descriptors);
	ATF_TP_ADD_TC(tp, no_program);
	ATF_TP_ADD_TC(tp, replaced_program);
	ATF_TP_ADD_TC(tp, first_message);
	ATF_TP_ADD_TC(tp, confine);
	ATF_TP_ADD_TC(tp, root);
	ATF_TP_ADD_TC(tp, capability);
	ATF_TP_ADD_TC(tp, unprivileged);
	ATF_TP_ADD_TC(tp, sandbox);
	ATF_TP_ADD_TC(tp, nice_value);
	ATF_TP_ADD_TC(tp, confine_fails);
	return atf_no_error();
}
