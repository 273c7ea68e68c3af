/*
 * landlock_test: Tests of what Landlock refuses on its own, without seccomp.
 */
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#ifdef __linux__
#include <seccomp.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "landlock.h"

#ifdef __linux__
static struct sockaddr_in	addr;
static int			listener;

static int
open_file(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int
open_to_write(void)
{
	return open("old", O_RDWR);
}

static int
open_old(void)
{
	return open("old", O_RDONLY);
}

static int
list_root(void)
{
	return open("/", O_RDONLY | O_DIRECTORY);
}

static int
make_file(void)
{
	return open("new", O_WRONLY | O_CREAT, 0600);
}

static int
remove_file(void)
{
	return unlink("old");
}

static int
dial(void)
{
	int	fd;

	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		return -1;
	return connect(fd, (struct sockaddr *)&addr, sizeof(addr));
}

static int
serve(void)
{
	struct sockaddr_in	any = addr;
	int			fd;

	any.sin_port = 0;
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		return -1;
	return bind(fd, (struct sockaddr *)&any, sizeof(any));
}

/* Return the kernel's version of Landlock, 0 when it has none. */
static long
version(void)
{
#ifdef SYS_landlock_create_ruleset
	long	abi = syscall(SYS_landlock_create_ruleset, NULL, 0L, 1L);

	return abi > 0 ? abi : 0;
#else
	return 0;
#endif
}

/*
 * Make `call' in a child, with Landlock if `confined', which permits `path'
 * (NULL: none) and `net'.  Returns 1 when the call was refused, 0 when not.
 */
static int
refused_ports(int (*call)(void), int confined, const char *path,
    const struct sandbox_net *net, int any_port)
{
	pid_t	pid;
	int	st, fd;

	ATF_REQUIRE((fd = open("old", O_WRONLY | O_CREAT, 0600)) != -1);
	close(fd);
	unlink("new");
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		if (confined && sandbox_landlock_enter(&path, path != NULL,
		    net, any_port) < 1)
			_exit(3);
		if (call() != -1)
			_exit(0);
		_exit(errno == EACCES || errno == EPERM ? 1 : 2);
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
	ATF_REQUIRE(WIFEXITED(st));
	ATF_REQUIRE_MSG(WEXITSTATUS(st) < 2, "failed otherwise: %d",
	    WEXITSTATUS(st));
	return WEXITSTATUS(st);
}

static int
refused_but(int (*call)(void), int confined, const char *path,
    const struct sandbox_net *net)
{
	return refused_ports(call, confined, path, net, 0);
}

static int
refused(int (*call)(void), int confined)
{
	return refused_but(call, confined, NULL, NULL);
}

/* In a child: exit with 0 when Landlock, with `call' failing, gives `want'. */
static void
enter_lacking(int call, const char *name, int error, int want)
{
	const char	*path = "/etc";
	scmp_filter_ctx	 f;
	int		 rv;

	if ((f = seccomp_init(SCMP_ACT_ALLOW)) == NULL ||
	    seccomp_rule_add(f, SCMP_ACT_ERRNO((unsigned int)error), call,
	    0) < 0 || seccomp_load(f) < 0)
		_exit(10);
	if ((rv = sandbox_landlock_enter(&path, 1, NULL, 0)) != want)
		_exit(11);
	if (errno != error)
		_exit(12);
	if (strcmp(sandbox_landlock_failed(), name) != 0)
		_exit(13);
	_exit(open_old() == -1 ? 14 : 0);
}

static void
listen_somewhere(void)
{
	socklen_t	len = sizeof(addr);

	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((listener = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE(bind(listener, (struct sockaddr *)&addr, len) == 0);
	ATF_REQUIRE(listen(listener, 5) == 0);
	ATF_REQUIRE(getsockname(listener, (struct sockaddr *)&addr,
	    &len) == 0);
}
#endif

ATF_TC_WITHOUT_HEAD(files);
ATF_TC_BODY(files, tc)
{
#ifdef __linux__
	int	(*const calls[])(void) = {
		open_file, list_root, make_file, remove_file
	};
	size_t	i;

	if (version() < 1)
		atf_tc_skip("the kernel has no Landlock");
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		ATF_CHECK_EQ_MSG(0, refused(calls[i], 0), "call %zu", i);
		ATF_CHECK_EQ_MSG(1, refused(calls[i], 1), "call %zu", i);
	}
#else
	atf_tc_skip("only Linux has Landlock");
#endif
}

ATF_TC_WITHOUT_HEAD(network);
ATF_TC_BODY(network, tc)
{
#ifdef __linux__
	if (version() < 4)
		atf_tc_skip("the kernel's Landlock knows no network");
	listen_somewhere();
	ATF_CHECK_EQ(0, refused(dial, 0));
	ATF_CHECK_EQ(1, refused(dial, 1));
	ATF_CHECK_EQ(0, refused(serve, 0));
	ATF_CHECK_EQ(1, refused(serve, 1));
	/* Any port may be dialed, and none be served. */
	ATF_CHECK_EQ(0, refused_ports(dial, 1, NULL, NULL, 1));
	ATF_CHECK_EQ(1, refused_ports(serve, 1, NULL, NULL, 1));
	ATF_CHECK_EQ(1, refused_ports(open_file, 1, NULL, NULL, 1));
#else
	atf_tc_skip("only Linux has Landlock");
#endif
}

/* Only what `net' and `path' name remains permitted. */
ATF_TC_WITHOUT_HEAD(left);
ATF_TC_BODY(left, tc)
{
#ifdef __linux__
	const char		*none = "/no/such/place", *here = ".";
	struct sandbox_net	 net = { .read_paths = &none, .npaths = 1 };
	uint16_t		 port;

	if (version() < 1)
		atf_tc_skip("the kernel has no Landlock");
	ATF_CHECK_EQ(0, refused_but(open_file, 1, "/etc", NULL));
	ATF_CHECK_EQ(0, refused_but(open_file, 1, "/etc/passwd", NULL));
	ATF_CHECK_EQ(1, refused_but(open_file, 1, ".", NULL));
	ATF_CHECK_EQ(1, refused_but(open_file, 1, NULL, &net));
	ATF_CHECK_EQ(1, refused_but(open_to_write, 1, ".", NULL));
	ATF_CHECK_EQ(1, refused_but(make_file, 1, ".", NULL));
	ATF_CHECK_EQ(1, refused_but(open_old, 1, "/etc", &net));
	net.read_paths = &here;
	ATF_CHECK_EQ(0, refused_but(open_old, 1, "/etc", &net));
	if (version() < LANDLOCK_PORTS)
		return;
	listen_somewhere();
	ATF_CHECK_EQ(1, refused_but(dial, 1, NULL, &net));
	port = ntohs(addr.sin_port);
	net.ports = &port;
	net.nports = 1;
	ATF_CHECK_EQ(0, refused_but(dial, 1, NULL, &net));
	ATF_CHECK_EQ(1, refused_but(serve, 1, NULL, &net));
	port ^= 1;
	ATF_CHECK_EQ(1, refused_but(dial, 1, NULL, &net));
#else
	atf_tc_skip("only Linux has Landlock");
#endif
}

/* Each Landlock call fails, by a filter or for lack of kernel support. */
ATF_TC_WITHOUT_HEAD(lacking);
ATF_TC_BODY(lacking, tc)
{
#ifdef __linux__
	static const struct {
		int		 call;
		const char	*name;
	} calls[] = {
		{ SCMP_SYS(landlock_create_ruleset),
		    "landlock_create_ruleset" },
		{ SCMP_SYS(landlock_add_rule), "landlock_add_rule" },
		{ SCMP_SYS(landlock_restrict_self), "landlock_restrict_self" }
	};
	static const struct {
		int	 error, want;
	} errors[] = { { ENOSYS, 0 }, { EOPNOTSUPP, 0 }, { EPERM, 0 },
	    { EINVAL, -1 }, { EACCES, -1 } };
	size_t	 i, k;
	pid_t	 pid;
	int	 st;

	if (version() < 1)
		atf_tc_skip("the kernel has no Landlock");
	ATF_REQUIRE((st = open("old", O_WRONLY | O_CREAT, 0600)) != -1);
	close(st);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		for (k = 0; k < sizeof(errors) / sizeof(errors[0]); k++) {
			ATF_REQUIRE((pid = fork()) != -1);
			if (pid == 0)
				enter_lacking(calls[i].call, calls[i].name,
				    errors[k].error, errors[k].want);
			ATF_REQUIRE_EQ(pid, waitpid(pid, &st, 0));
			ATF_CHECK_MSG(WIFEXITED(st) && WEXITSTATUS(st) == 0,
			    "%s with %s: %d", calls[i].name,
			    strerror(errors[k].error), WEXITSTATUS(st));
		}
#else
	atf_tc_skip("only Linux has Landlock");
#endif
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, files);
	ATF_TP_ADD_TC(tp, network);
	ATF_TP_ADD_TC(tp, left);
	ATF_TP_ADD_TC(tp, lacking);
	return atf_no_error();
}
