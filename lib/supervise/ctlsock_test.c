/*
 * ctlsock_test: the control socket goes from one daemon to the next; nobody who
 * connects meanwhile is refused.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctlsock.h"
#include "log.h"
#include "supervise.h"

static char	 path[PATH_MAX], elsewhere[PATH_MAX];
static char	 line[256];		/* of the log */

/* A daemon with a control socket. */
struct one_daemon {
	struct super		 s;
	struct super_ctlsock	 k;
	unsigned int		 accepted;
};

static struct one_daemon old, new;

static void
settings(const struct super *s, struct super_settings *c)
{
	(void)s;
	memset(c, 0, sizeof(*c));
	c->user = c->keys_user = "nobody";
	c->chroot = "";
}

static void
accepted(void *arg, int fd)
{
	struct one_daemon	*d = arg;

	d->accepted++;
	(void)send(fd, "x", 1, MSG_NOSIGNAL);
	close(fd);
}

static void
daemon_new(struct one_daemon *d)
{
	static const struct super_ops	ops = { .settings = settings };

	d->s.name = "derpd";
	d->s.ops = &ops;
	ATF_REQUIRE((d->s.base = event_base_new()) != NULL);
	d->k.s = &d->s;
	d->k.accepted = accepted;
	d->k.arg = d;
}

/* The old daemon has its socket at `path'. */
static void
set_up(void)
{
	char	cwd[PATH_MAX - 8];

	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	snprintf(path, sizeof(path), "%s/s", cwd);
	snprintf(elsewhere, sizeof(elsewhere), "%s/t", cwd);
	daemon_new(&old);
	daemon_new(&new);
	ATF_CHECK_EQ(-1, super_ctlsock_fd(&old.k));
	ATF_REQUIRE_EQ(0, super_ctlsock_open(&old.k, path, path, -1));
	ATF_CHECK(super_ctlsock_fd(&old.k) != -1);
}

static int
dial(const char *at)
{
	struct sockaddr_un	sun;
	int			fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strlcpy(sun.sun_path, at, sizeof(sun.sun_path));
	ATF_REQUIRE((fd = socket(AF_UNIX, SOCK_STREAM, 0)) != -1);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return (fd);
	close(fd);
	return (-1);
}

/* The connection gets its answer from this side. */
static void
check_answer(struct one_daemon *d, int fd)
{
	char	c;

	ATF_REQUIRE(fd != -1);
	while (recv(fd, &c, 1, MSG_DONTWAIT) != 1)
		ATF_REQUIRE_EQ(0, event_base_loop(d->s.base, EVLOOP_ONCE));
	close(fd);
}

/* A copy of the old side's socket, as the new one gets it. */
static int
copy(void)
{
	int	fd = dup(super_ctlsock_fd(&old.k));

	ATF_REQUIRE(fd != -1);
	return (fd);
}

static ino_t
inode(const char *at)
{
	struct stat	st;

	ATF_REQUIRE_EQ(0, lstat(at, &st));
	return (st.st_ino);
}

ATF_TC_WITHOUT_HEAD(inherited);
ATF_TC_BODY(inherited, tc)
{
	struct stat	st;
	ino_t		ino;
	int		before, between;

	set_up();
	ino = inode(path);
	before = dial(path);
	ATF_REQUIRE_EQ(0, chmod(path, 0600));
	ATF_REQUIRE_EQ(0, super_ctlsock_open(&new.k, path, path, copy()));
	between = dial(path);
	super_ctlsock_leave(&old.k);
	ATF_CHECK_EQ(-1, super_ctlsock_fd(&old.k));
	super_ctlsock_leave(&old.k);
	ATF_CHECK_EQ(ino, inode(path));
	ATF_REQUIRE_EQ(0, lstat(path, &st));
	ATF_CHECK_EQ(0660, st.st_mode & 07777);
	check_answer(&new, before);
	check_answer(&new, between);
	check_answer(&new, dial(path));
	ATF_CHECK_EQ(0, old.accepted);
	super_ctlsock_close(&new.k);
	ATF_CHECK_EQ(-1, dial(path));
	ATF_CHECK(lstat(path, &st) == -1);
}

/* The old side goes on when the new one ends before it leaves. */
ATF_TC_WITHOUT_HEAD(aborted);
ATF_TC_BODY(aborted, tc)
{
	int	fd;

	set_up();
	ATF_REQUIRE_EQ(0, super_ctlsock_open(&new.k, path, path, copy()));
	super_ctlsock_leave(&new.k);
	fd = dial(path);
	check_answer(&old, fd);
}

/* With another path there is a new socket, and no old one. */
ATF_TC_WITHOUT_HEAD(another_path);
ATF_TC_BODY(another_path, tc)
{
	struct stat	st;

	set_up();
	ATF_REQUIRE_EQ(0, super_ctlsock_open(&new.k, elsewhere, elsewhere,
	    copy()));
	super_ctlsock_leave(&old.k);
	ATF_CHECK(lstat(path, &st) == -1);
	check_answer(&new, dial(elsewhere));
}

/* A socket whose file has gone is of no use. */
ATF_TC_WITHOUT_HEAD(removed);
ATF_TC_BODY(removed, tc)
{
	set_up();
	ATF_REQUIRE_EQ(0, unlink(path));
	ATF_REQUIRE_EQ(0, super_ctlsock_open(&new.k, path, path, copy()));
	super_ctlsock_leave(&old.k);
	check_answer(&new, dial(path));
}

/* Another daemon has taken the path: it keeps it. */
ATF_TC_WITHOUT_HEAD(taken);
ATF_TC_BODY(taken, tc)
{
	struct super_ctlsock	 k = { .s = &new.s };
	int			 p[2], fd;
	pid_t			 pid;
	char			 c;

	set_up();
	ATF_REQUIRE_EQ(0, unlink(path));
	ATF_REQUIRE_EQ(0, pipe(p));
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		if (super_ctlsock_open(&k, path, path, -1) == 0 &&
		    write(p[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	ATF_REQUIRE_EQ(1, read(p[0], &c, 1));
	log_capture(line, sizeof(line));
	fd = copy();
	ATF_CHECK_EQ(-1, super_ctlsock_open(&new.k, path, path, fd));
	log_capture(NULL, 0);
	ATF_CHECK_MSG(strstr(line, "another derpd answers") != NULL, "%s",
	    line);
	ATF_CHECK_EQ(-1, fcntl(fd, F_GETFD));
	ATF_REQUIRE((fd = dial(path)) != -1);
	close(fd);
	ATF_REQUIRE_EQ(0, kill(pid, SIGKILL));
	ATF_REQUIRE_EQ(pid, waitpid(pid, NULL, 0));
}

/* What is no control socket is closed. */
ATF_TC_WITHOUT_HEAD(wrong);
ATF_TC_BODY(wrong, tc)
{
	int	sv[2], i;

	set_up();
	super_ctlsock_close(&old.k);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	for (i = 0; i < 2; i++) {
		ATF_REQUIRE_EQ(0, super_ctlsock_open(&new.k, path, path,
		    sv[i]));
		ATF_CHECK_EQ(-1, fcntl(sv[i], F_GETFD));
		check_answer(&new, dial(path));
		super_ctlsock_close(&new.k);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, inherited);
	ATF_TP_ADD_TC(tp, aborted);
	ATF_TP_ADD_TC(tp, another_path);
	ATF_TP_ADD_TC(tp, removed);
	ATF_TP_ADD_TC(tp, taken);
	ATF_TP_ADD_TC(tp, wrong);
	return (atf_no_error());
}
