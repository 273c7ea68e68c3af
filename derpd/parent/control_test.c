/*
 * control_test: who may connect to the control socket, the bound on
 * connections, and malformed requests.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>

#include "build.h"
#include "control.h"
#include "messages.h"
#include "parent.h"
#include "conf_fixture.h"

#define WAIT_MS		20000
#define TALKS		16	/* at most */
#define SOCK		"s/derpd.sock"

static struct parent	 d;
static pid_t		 server = -1;

/* A child that serves the control socket as derpd's parent does. */
static void
serve(int ready)
{
	d.super.base = event_base_new();
	parent_procs_set_up(&d);
	if (d.super.base == NULL || parent_control_open(&d) == -1 ||
	    write(ready, "x", 1) != 1)
		_exit(1);
	(void)event_base_dispatch(d.super.base);
	_exit(0);
}

static void
start_server(void)
{
	char	 text[PATH_MAX + 256], cwd[PATH_MAX], c;
	int	 p[2];

	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	snprintf(text, sizeof(text), NAME CERT RELAY "control \"%s/" SOCK
	    "\"\nuser \"nobody\"\nkeys user \"daemon\"\n", cwd);
	d.conf = good(text);
	ATF_REQUIRE_EQ(0, mkdir("s", 0755));
	ATF_REQUIRE_EQ(0, chmod("s", 0755));
	ATF_REQUIRE_EQ(0, pipe(p));
	fflush(NULL);
	ATF_REQUIRE((server = fork()) != -1);
	if (server == 0)
		serve(p[1]);
	close(p[1]);
	ATF_REQUIRE_EQ(1, read(p[0], &c, 1));
	close(p[0]);
}

static void
stop_server(void)
{
	int	 status;

	/* The server still runs: no conversation ended it. */
	ATF_CHECK_EQ(0, waitpid(server, &status, WNOHANG));
	ATF_REQUIRE_EQ(0, kill(server, SIGKILL));
	ATF_REQUIRE_EQ(server, waitpid(server, &status, 0));
	conf_free(d.conf);
}

/* Connect to the socket; a descriptor, or -1 with errno. */
static int
dial(const char *path)
{
	struct sockaddr_un	 sun;
	int			 fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd != -1 && connect(fd, (struct sockaddr *)&sun, sizeof(sun)) ==
	    -1) {
		close(fd);
		return (-1);
	}
	return (fd);
}

/* Request a brief log.  1: done, 0: the connection was closed instead. */
static int
request_brief(struct ipc_chan *c)
{
	struct ipc_msg	 m;
	struct ipc_wr	 w;
	int		 rv;

	ipc_wr_init(&w);
	ipc_wr_u8(&w, 0);
	rv = ipc_chan_call(c, MSG_CTL_VERBOSE, &w, -1, &m, WAIT_MS);
	ipc_wr_free(&w);
	if (rv == -1)
		return (0);
	rv = m.type == MSG_CTL_DONE && ipc_rd_u8(&m.rd) == 1;
	ipc_msg_free(&m);
	return (rv);
}

static struct ipc_chan *
talk(const char *path)
{
	int	 fd = dial(path);

	return (fd == -1 ? NULL : ipc_chan_new(NULL, fd, ROLE_CTL, ROLE_PARENT,
	    NULL, NULL, NULL));
}

enum { ANSWERED, REFUSED, NO_WAY, OTHER };

/* The outcome of a request by this user and group. */
static int
outcome_for(uid_t uid, gid_t gid)
{
	struct ipc_chan	*c;
	pid_t		 pid;
	int		 status;

	fflush(NULL);
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		/* Enter the directory first: only its owner may search it. */
		if (chdir("s") == -1 || setgroups(1, &gid) == -1 ||
		    setgid(gid) == -1 || setuid(uid) == -1)
			_exit(OTHER);
		if ((c = talk("derpd.sock")) == NULL)
			_exit(errno == EACCES ? NO_WAY : OTHER);
		_exit(request_brief(c) ? ANSWERED : REFUSED);
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_REQUIRE(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

/*
 * The socket's group may send requests, derpd's own users may not even as
 * members: a compromised worker must not control its parent.
 */
ATF_TC(users);
ATF_TC_HEAD(users, tc)
{
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(users, tc)
{
	const struct passwd	*pw;
	struct stat		 st;
	uid_t			 relay, keys, other = 54321;
	gid_t			 group;

	ATF_REQUIRE((pw = getpwnam("daemon")) != NULL);
	keys = pw->pw_uid;
	ATF_REQUIRE((pw = getpwnam("nobody")) != NULL);
	relay = pw->pw_uid;
	group = pw->pw_gid;
	ATF_REQUIRE(relay != keys && relay != other && keys != other);
	start_server();
	ATF_REQUIRE_EQ(0, stat(SOCK, &st));
	ATF_CHECK_EQ(group, st.st_gid);
	ATF_CHECK_EQ_MSG(0660, st.st_mode & 07777, "%o", st.st_mode);
	ATF_CHECK_EQ(ANSWERED, outcome_for(0, 0));
	ATF_CHECK_EQ(ANSWERED, outcome_for(other, group));
	ATF_CHECK_EQ(NO_WAY, outcome_for(other, 54321));
	ATF_CHECK_EQ(REFUSED, outcome_for(relay, group));
	ATF_CHECK_EQ(REFUSED, outcome_for(keys, group));
	ATF_CHECK_EQ(ANSWERED, outcome_for(0, 0));
	stop_server();
}

/* 1 when the other end closes the connection without an answer. */
static int
closed(int fd)
{
	struct pollfd	 pfd = { .fd = fd, .events = POLLIN };
	char		 c;

	return (poll(&pfd, 1, WAIT_MS) == 1 && read(fd, &c, 1) <= 0);
}

ATF_TC_WITHOUT_HEAD(number);
ATF_TC_BODY(number, tc)
{
	struct ipc_chan	*c[TALKS];
	int		 fd, i, round, again;

	start_server();
	for (round = 0; round < 2; round++) {
		for (i = 0; i < TALKS; i++) {
			ATF_REQUIRE((c[i] = talk(SOCK)) != NULL);
			ATF_CHECK_MSG(request_brief(c[i]), "talk %d", i);
		}
		for (i = 0; i < 3; i++) {
			ATF_REQUIRE((fd = dial(SOCK)) != -1);
			ATF_REQUIRE_MSG(closed(fd), "one more than %d", TALKS);
			close(fd);
		}
		/*
		 * The conversations go on, and the end of one makes room for
		 * another.
		 */
		for (i = 0; i < TALKS; i++)
			ATF_CHECK_MSG(request_brief(c[i]), "talk %d", i);
		ipc_chan_free(c[0]);
		for (again = 0; again < WAIT_MS / 10; again++) {
			ATF_REQUIRE((c[0] = talk(SOCK)) != NULL);
			if (request_brief(c[0]))
				break;
			ipc_chan_free(c[0]);
			(void)poll(NULL, 0, 10);
		}
		ATF_REQUIRE(again < WAIT_MS / 10);
		for (i = 0; i < TALKS; i++)
			ipc_chan_free(c[i]);
	}
	stop_server();
}

/* A malformed message ends at most its own conversation. */
ATF_TC_WITHOUT_HEAD(garbage);
ATF_TC_BODY(garbage, tc)
{
	static const uint8_t	 junk[64] = { 0xff, 1, 2, 3 };
	struct ipc_chan		*c;
	struct ipc_msg		 m;
	struct ipc_wr		 w;
	char			 why[256];
	int			 fd;

	start_server();
	ATF_REQUIRE((fd = dial(SOCK)) != -1);
	ATF_REQUIRE_EQ(sizeof(junk), write(fd, junk, sizeof(junk)));
	ATF_CHECK(closed(fd));
	close(fd);
	/* A payload of the wrong form: the conversation goes on. */
	ATF_REQUIRE((c = talk(SOCK)) != NULL);
	ipc_wr_init(&w);
	ipc_wr_u8(&w, 2);
	ATF_REQUIRE_EQ(0, ipc_chan_call(c, MSG_CTL_VERBOSE, &w, -1, &m,
	    WAIT_MS));
	ipc_wr_free(&w);
	ATF_CHECK_EQ(MSG_CTL_DONE, m.type);
	ATF_CHECK_EQ(0, ipc_rd_u8(&m.rd));
	ipc_rd_str(&m.rd, why, sizeof(why));
	ATF_CHECK_STREQ("malformed request", why);
	ipc_msg_free(&m);
	ATF_CHECK(request_brief(c));
	ipc_chan_free(c);
	stop_server();
}

/* Greet as a derpctl of this build; 1 when derpd answers with its own. */
static int
greeted(struct ipc_chan *c, const char *build)
{
	struct ipc_msg_ctl_hello	 hello = { build };
	struct ipc_msg_ctl_build	 v;
	struct ipc_msg			 m;
	struct ipc_wr			 w;
	int				 rv;

	ipc_wr_init(&w);
	ipc_put_ctl_hello(&w, &hello);
	ATF_REQUIRE_EQ(0, ipc_chan_call(c, MSG_CTL_HELLO, &w, -1, &m, WAIT_MS));
	ipc_wr_free(&w);
	rv = m.type == MSG_CTL_BUILD && ipc_get_ctl_build(&m.rd, &v) == 0 &&
	    strcmp(v.build, ipc_build_id()) == 0;
	ipc_msg_free(&m);
	return (rv);
}

/*
 * A derpctl of another build is served; a malformed request is answered with
 * both builds, an unknown one closes the connection.  Other clients go on.
 */
ATF_TC_WITHOUT_HEAD(builds);
ATF_TC_BODY(builds, tc)
{
	/* imsg: type, length, peer, process. */
	const uint32_t			 later[4] = { 1000, sizeof(later) };
	struct ipc_chan			*c, *other;
	struct ipc_msg_ctl_done		 v;
	struct ipc_msg			 m;
	struct ipc_wr			 w;

	start_server();
	ATF_REQUIRE((other = talk(SOCK)) != NULL && request_brief(other));
	ATF_REQUIRE((c = talk(SOCK)) != NULL);
	ATF_CHECK(greeted(c, "b2"));
	ATF_CHECK(request_brief(c));
	ipc_wr_init(&w);
	ipc_wr_u8(&w, 2);
	ATF_REQUIRE_EQ(0, ipc_chan_call(c, MSG_CTL_VERBOSE, &w, -1, &m,
	    WAIT_MS));
	ipc_wr_free(&w);
	ATF_REQUIRE_EQ(MSG_CTL_DONE, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_ctl_done(&m.rd, &v));
	ATF_CHECK(!v.ok);
	ATF_CHECK(strstr(v.why, "derpctl of build b2: restart") != NULL);
	ATF_CHECK(strstr(v.why, ipc_build_id()) != NULL);
	ipc_msg_free(&m);
	ATF_REQUIRE_EQ(sizeof(later), write(ipc_chan_fd(c), later,
	    sizeof(later)));
	ATF_CHECK(closed(ipc_chan_fd(c)));
	ipc_chan_free(c);
	ATF_CHECK(request_brief(other));
	ipc_chan_free(other);
	stop_server();
}

/* Send requests and read no answers, until cut off; how many were sent. */
static int
flood(struct ipc_chan *c, int most)
{
	struct ipc_wr	 w;
	int		 i;

	ipc_wr_init(&w);
	ipc_wr_u8(&w, 2);
	for (i = 0; i < most; i++)
		if (ipc_chan_send(c, MSG_CTL_VERBOSE, &w, -1) == -1 ||
		    (i % 256 == 0 && ipc_chan_flush(c, WAIT_MS) == -1))
			break;
	ipc_wr_free(&w);
	return (i);
}

/*
 * A client that does not read costs the parent bounded memory, and does not
 * disturb other clients.
 */
ATF_TC_WITHOUT_HEAD(unread);
ATF_TC_BODY(unread, tc)
{
	struct ipc_chan	*mute, *half, *other;
	int		 n;

	start_server();
	ATF_REQUIRE((other = talk(SOCK)) != NULL);
	ATF_REQUIRE((half = talk(SOCK)) != NULL);
	ATF_REQUIRE((mute = talk(SOCK)) != NULL);
	ATF_REQUIRE(request_brief(other));
	ATF_CHECK_EQ(200000, flood(half, 200000));
	/* 64 MiB for all, of answers that take 100 bytes and more. */
	n = flood(mute, 1500000);
	ATF_CHECK_MSG(n > 200000 && n < 600000, "cut off after %d", n);
	ATF_CHECK(request_brief(other));
	ATF_CHECK_MSG(ipc_chan_flush(half, WAIT_MS) == 0,
	    "another one is cut off");
	ipc_chan_free(mute);
	ipc_chan_free(half);
	ipc_chan_free(other);
	stop_server();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, unread);
	ATF_TP_ADD_TC(tp, users);
	ATF_TP_ADD_TC(tp, number);
	ATF_TP_ADD_TC(tp, garbage);
	ATF_TP_ADD_TC(tp, builds);
	return (atf_no_error());
}
