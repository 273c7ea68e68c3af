/*
 * Tests of request.c, reload.c, node.c and of the output of status: commands
 * against a derpd that is played by a child process.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <atf-c.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "ctl.h"
#include "messages.h"

/* How the played derpd handles one request. */
struct part {
	uint32_t	 want;		/* expected request */
	uint32_t	 type;		/* message before the verdict, or 0 */
	const char	*text;		/* its string */
	int		 ok;		/* verdict, -1: close the channel */
	const char	*why;
};

static const char	*build;		/* of derpd; NULL: as derpctl */
static struct ctl	ctl = { .socket = "sock" };

/* Send one message: a text, after the byte `lead' unless that is -1. */
static void
tell(struct ipc_chan *c, uint32_t type, int lead, const char *s)
{
	struct ipc_wr	w;

	ipc_wr_init(&w);
	if (lead == -1)
		ipc_wr_blob(&w, s, strlen(s));
	else {
		ipc_wr_u8(&w, (uint8_t)lead);
		ipc_wr_str(&w, s);
	}
	if (ipc_chan_send(c, type, &w, -1) == -1 || ipc_chan_flush(c,
	    20000) == -1)
		_exit(3);
	ipc_wr_free(&w);
}

/* Send two clients. */
static void
list(struct ipc_chan *c)
{
	const struct ipc_client_info	ci = { .key = { 0xab }, .worker = 1 };
	struct ipc_wr			w;
	int				i;

	for (i = 0; i < 2; i++) {
		ipc_wr_init(&w);
		ipc_add_client_info(&w, &ci);
		if (ipc_chan_send(c, MSG_CTL_CLIENT, &w, -1) == -1 ||
		    ipc_chan_flush(c, 20000) == -1)
			_exit(3);
		ipc_wr_free(&w);
	}
}

/* Exchange the builds. */
static void
greet(struct ipc_chan *c)
{
	struct ipc_msg_ctl_build	own = { ipc_build_id() };
	struct ipc_msg_ctl_hello	hello;
	struct ipc_msg			m;
	struct ipc_wr			w;

	if (build != NULL)
		own.build = build;
	if (ipc_chan_recv(c, &m, 20000) == -1 || m.type != MSG_CTL_HELLO ||
	    ipc_get_ctl_hello(&m.rd, &hello) == -1 ||
	    strcmp(hello.build, ipc_build_id()) != 0)
		_exit(5);
	ipc_msg_free(&m);
	ipc_wr_init(&w);
	ipc_put_ctl_build(&w, &own);
	if (ipc_chan_send(c, MSG_CTL_BUILD, &w, -1) == -1 ||
	    ipc_chan_flush(c, 20000) == -1)
		_exit(5);
	ipc_wr_free(&w);
}

/* In the child: play the part for one connection. */
static void
play(int lfd, const struct part *p)
{
	struct ipc_chan	*c;
	struct ipc_msg	 m;
	int		 fd;

	alarm(60);
	if ((fd = accept(lfd, NULL, NULL)) == -1 ||
	    (c = ipc_chan_new(NULL, fd, ROLE_PARENT, ROLE_CTL, NULL, NULL,
	    NULL)) == NULL)
		_exit(2);
	greet(c);
	if (ipc_chan_recv(c, &m, 20000) == -1)
		_exit(2);
	if (m.type != p->want)
		_exit(4);
	ipc_msg_free(&m);
	if (p->type == MSG_CTL_CLIENT && p->text == NULL)
		list(c);
	else if (p->type != 0)
		tell(c, p->type, -1, p->text);
	if (p->ok != -1)
		tell(c, MSG_CTL_DONE, p->ok, p->why);
	ipc_chan_free(c);
	_exit(0);
}

/*
 * Run a command against the part.  Its exit status; its output is in the files
 * out and err.
 */
static int
run(const struct part *p, int (*cmd)(const struct ctl *, int, char **),
    const char *a0, const char *a1)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	char			*argv[3], b0[16], b1[16];
	pid_t			 pid, other;
	int			 lfd, st, verdict;

	signal(SIGPIPE, SIG_IGN);
	unlink("sock");
	strlcpy(sun.sun_path, "sock", sizeof(sun.sun_path));
	ATF_REQUIRE((lfd = socket(AF_UNIX, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE(bind(lfd, (struct sockaddr *)&sun, sizeof(sun)) == 0);
	ATF_REQUIRE(listen(lfd, 1) == 0);
	ATF_REQUIRE((other = fork()) != -1);
	if (other == 0)
		play(lfd, p);
	close(lfd);
	strlcpy(b0, a0, sizeof(b0));
	strlcpy(b1, a1 == NULL ? "" : a1, sizeof(b1));
	argv[0] = b0;
	argv[1] = a1 == NULL ? NULL : b1;
	argv[2] = NULL;
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		if (freopen("out", "w", stdout) == NULL ||
		    freopen("err", "w", stderr) == NULL)
			_exit(100);
		exit(cmd(&ctl, a1 == NULL ? 1 : 2, argv));
	}
	ATF_REQUIRE(waitpid(pid, &st, 0) == pid && WIFEXITED(st));
	ATF_REQUIRE(waitpid(other, &verdict, 0) == other);
	ATF_CHECK_MSG(WIFEXITED(verdict) && WEXITSTATUS(verdict) == 0,
	    "the played derpd was asked something else: %d", verdict);
	return WEXITSTATUS(st);
}

ATF_TC_WITHOUT_HEAD(good);
ATF_TC_BODY(good, tc)
{
	const struct part reload = { MSG_CTL_RELOAD, 0, NULL, 1, "" };
	const struct part loud = { MSG_CTL_VERBOSE, 0, NULL, 1, "" };
	const struct part node = { MSG_CTL_NODE, MSG_CTL_TEXT,
	    "{\"Name\":\"900a\"}", 1, "" };
	const struct part status = { MSG_CTL_STATUS, MSG_CTL_TEXT,
	    "{\"version\":\"0.1\",\"pid\":7}", 1, "" };
	const struct part clients = { MSG_CTL_CLIENTS, 0, NULL, 1, "" };

	ATF_CHECK_EQ(run(&reload, ctl_cmd_reload, "reload", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "configuration reloaded\n"));
	ATF_CHECK_EQ(run(&loud, ctl_cmd_log, "log", "verbose"), 0);
	ATF_CHECK(atf_utils_compare_file("out", "logging verbosely\n"));
	ATF_CHECK_EQ(run(&loud, ctl_cmd_log, "log", "brief"), 0);
	ATF_CHECK(atf_utils_compare_file("out", "logging briefly\n"));
	ATF_CHECK_EQ(run(&node, ctl_cmd_node, "node", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "{\"Name\":\"900a\"}\n"));
	ATF_CHECK_EQ(run(&status, ctl_cmd_status, "status", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("^derpd +0.1, process 7", "out"));
	ATF_CHECK_EQ(run(&clients, ctl_cmd_clients, "clients", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "0 connections\n"));
	ATF_CHECK(atf_utils_compare_file("err", ""));
}

ATF_TC_WITHOUT_HEAD(json);
ATF_TC_BODY(json, tc)
{
	const struct part reload = { MSG_CTL_RELOAD, 0, NULL, 1, "" };
	const struct part refused = { MSG_CTL_RELOAD, 0, NULL, 0, "no \"x\"" };
	const struct part status = { MSG_CTL_STATUS, MSG_CTL_TEXT,
	    "{\"pid\":7}", 1, "" };
	const struct part clients = { MSG_CTL_CLIENTS, 0, NULL, 1, "" };

	ctl.json = 1;
	ATF_CHECK_EQ(run(&reload, ctl_cmd_reload, "reload", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "{\"ok\":true}\n"));
	ATF_CHECK_EQ(run(&refused, ctl_cmd_reload, "reload", NULL), 1);
	ATF_CHECK(atf_utils_compare_file("out",
	    "{\"ok\":false,\"error\":\"no \\\"x\\\"\"}\n"));
	ATF_CHECK_EQ(run(&status, ctl_cmd_status, "status", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "{\"pid\":7}\n"));
	ATF_CHECK_EQ(run(&clients, ctl_cmd_clients, "clients", NULL), 0);
	ATF_CHECK(atf_utils_compare_file("out", "{\"clients\":[]}\n"));
}

ATF_TC_WITHOUT_HEAD(lists);
ATF_TC_BODY(lists, tc)
{
	const struct part all = { MSG_CTL_CLIENTS, MSG_CTL_CLIENT, NULL, 1,
	    "" };
	const struct part cut = { MSG_CTL_CLIENTS, MSG_CTL_CLIENT, NULL, 0,
	    "no more" };

	ATF_CHECK_EQ(run(&all, ctl_cmd_clients, "clients", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("^NODEKEY", "out"));
	ATF_CHECK(atf_utils_grep_file("^ab00000000000000 ", "out"));
	ATF_CHECK(atf_utils_grep_file("^2 connections$", "out"));
	ctl.json = 1;
	ATF_CHECK_EQ(run(&all, ctl_cmd_clients, "clients", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("^\\{\"clients\":\\[$", "out"));
	ATF_CHECK(atf_utils_grep_file("^\\]\\}$", "out"));
	/* The output is one object even when derpd closes the channel. */
	ATF_CHECK_EQ(run(&cut, ctl_cmd_clients, "clients", NULL), 1);
	ATF_CHECK(atf_utils_grep_file(
	    "^\\],\"ok\":false,\"error\":\"no more\"\\}$", "out"));
}

/* Known requests work with any build; other errors name the builds. */
ATF_TC_WITHOUT_HEAD(builds);
ATF_TC_BODY(builds, tc)
{
	const struct part status = { MSG_CTL_STATUS, MSG_CTL_TEXT,
	    "{\"version\":\"0.1\",\"pid\":7}", 1, "" };
	const struct part unknown = { MSG_CTL_RELOAD, 0, NULL, -1, "" };
	const struct part other = { MSG_CTL_RELOAD, MSG_CTL_TEXT, "x", -1, "" };
	char	say[256];

	build = "b2";
	ATF_CHECK_EQ(run(&status, ctl_cmd_status, "status", NULL), 0);
	ATF_CHECK(atf_utils_grep_file("^derpd +0.1, process 7", "out"));
	ATF_CHECK(atf_utils_compare_file("err", ""));
	/* As a derpd to which the request is unknown. */
	ATF_CHECK_EQ(run(&unknown, ctl_cmd_reload, "reload", NULL), 1);
	snprintf(say, sizeof(say), "closed the connection.*derpd is of build "
	    "b2, derpctl of build %s: restart derpd", ipc_build_id());
	ATF_CHECK_MSG(atf_utils_grep_file("%s", "err", say), "%s", say);
	ATF_CHECK_EQ(run(&other, ctl_cmd_reload, "reload", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("MSG_CTL_TEXT. is malformed: derpd is of "
	    "build b2", "err"));
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	const struct part no = { MSG_CTL_RELOAD, 0, NULL, 0,
	    "derpd.conf:3: \033[2Jwhat" };
	const struct part silent = { MSG_CTL_RELOAD, 0, NULL, 0, "" };

	ATF_CHECK_EQ(run(&no, ctl_cmd_reload, "reload", NULL), 1);
	ATF_CHECK(atf_utils_compare_file("out", ""));
	ATF_CHECK(atf_utils_compare_file("err",
	    "derpctl: derpd.conf:3: \\x1b[2Jwhat\n"));
	ATF_CHECK_EQ(run(&silent, ctl_cmd_reload, "reload", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("gave no reason", "err"));
}

ATF_TC_WITHOUT_HEAD(broken);
ATF_TC_BODY(broken, tc)
{
	const struct part gone = { MSG_CTL_RELOAD, 0, NULL, -1, NULL };
	const struct part other = { MSG_CTL_RELOAD, MSG_CTL_TEXT, "x", -1,
	    NULL };
	const struct part rubbish = { MSG_CTL_STATUS, MSG_CTL_TEXT, "{", -1,
	    NULL };
	const struct part forbidden = { MSG_CTL_STATUS, MSG_CTL_CLIENT, "",
	    -1, NULL };

	ATF_CHECK_EQ(run(&gone, ctl_cmd_reload, "reload", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("closed the connection", "err"));
	ATF_CHECK_EQ(run(&other, ctl_cmd_reload, "reload", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("MSG_CTL_TEXT. is malformed", "err"));
	ATF_CHECK_EQ(run(&rubbish, ctl_cmd_status, "status", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("malformed", "err"));
	ATF_CHECK_EQ(run(&forbidden, ctl_cmd_status, "status", NULL), 1);
	ATF_CHECK(atf_utils_grep_file("malformed", "err"));
	ATF_CHECK(atf_utils_compare_file("out", ""));
}

ATF_TC_WITHOUT_HEAD(no_socket);
ATF_TC_BODY(no_socket, tc)
{
	char	 long_path[200], name[] = "status", *argv[] = { name, NULL };

	ctl.socket = "nowhere";
	ATF_CHECK_EQ(ctl_cmd_status(&ctl, 1, argv), 1);
	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	ctl.socket = long_path;
	ATF_CHECK_EQ(ctl_cmd_status(&ctl, 1, argv), 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, good);
	ATF_TP_ADD_TC(tp, json);
	ATF_TP_ADD_TC(tp, lists);
	ATF_TP_ADD_TC(tp, builds);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, broken);
	ATF_TP_ADD_TC(tp, no_socket);
	return atf_no_error();
}
