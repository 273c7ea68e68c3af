/*
 * helper_test: the process as the parent sees it, within its sandbox; with a
 * directory that never answers, or is not there.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <atf-c.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acme.h"
#include "build.h"
#include "child.h"
#include "helper.h"

#define WAIT_MS	30000

static struct chan	*parent;	/* the parent's end */
static struct acme_conf	 conf;
static pid_t		 pid;
static int		 in_child, lfd;

/*
 * Asked by the leak sanitizer at exit: from within the sandbox it could not
 * look.
 */
int	__lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return (in_child);
}

/* A listening socket on a free port, which nobody serves. */
static unsigned int
silent_server(void)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((lfd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(lfd, (struct sockaddr *)&sin, sizeof(sin)));
	ATF_REQUIRE_EQ(0, listen(lfd, 5));
	ATF_REQUIRE_EQ(0, getsockname(lfd, (struct sockaddr *)&sin, &len));
	return (ntohs(sin.sin_port));
}

static void
say(uint32_t type, struct wr *w)
{
	ATF_REQUIRE_EQ(0, chan_send(parent, type, w, -1));
	ATF_REQUIRE_EQ(0, chan_flush(parent, WAIT_MS));
	if (w != NULL)
		wr_free(w);
}

static void
say_conf(void)
{
	struct wr	 w;

	wr_init(&w);
	acme_conf_put(&w, &conf);
	say(MSG_ACME_CONF, &w);
}

static void
say_job(uint32_t id, enum acme_job job)
{
	struct wr	 w;

	wr_init(&w);
	wr_u32(&w, id);
	wr_u8(&w, (uint8_t)job);
	wr_u8(&w, 0);
	wr_blob(&w, "", 0);
	say(MSG_ACME_DO, &w);
}

static void
say_stop(void)
{
	struct wr	 w;

	wr_init(&w);
	wr_u32(&w, 1000);
	say(MSG_STOP, &w);
}

/* Fork the process and tell it how to start. */
static void
spawn(void)
{
	struct wr	 w;
	int		 sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		in_child = 1;
		close(sv[0]);
		if (sv[1] != CHILD_FD && dup2(sv[1], CHILD_FD) == -1)
			_exit(9);
		helper_main();
	}
	close(sv[1]);
	parent = chan_new(NULL, sv[0], ROLE_PARENT, ROLE_ACME, NULL, NULL,
	    NULL);
	ATF_REQUIRE(parent != NULL);
	wr_init(&w);
	wr_str(&w, build_id());
	wr_u32(&w, 0);
	wr_u8(&w, 1);		/* verbose */
	wr_u8(&w, 1);		/* sandbox on */
	wr_u8(&w, 1);		/* log to standard error */
	wr_str(&w, "");
	wr_str(&w, "");
	say(MSG_START, &w);
}

/* The same, with settings, until it is ready. */
static void
start(unsigned int port)
{
	struct msg	 m;
	char		 level[256];

	memset(&conf, 0, sizeof(conf));
	snprintf(conf.directory, sizeof(conf.directory),
	    "https://127.0.0.1:%u/dir", port);
	conf.nnames = 1;
	snprintf(conf.names[0], sizeof(conf.names[0]), "relay.test");
	spawn();
	say_conf();
	ATF_REQUIRE_EQ(0, chan_recv(parent, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_READY, m.type);
	rd_str(&m.rd, level, sizeof(level));
	ATF_CHECK(rd_end(&m.rd));
	ATF_CHECK_MSG(strcmp(sandbox_backend(), "null") == 0 ||
	    strstr(level, sandbox_backend()) != NULL, "%s", level);
	msg_free(&m);
}

/* The result of job `id' must be that. */
static void
expect(uint32_t id, enum acme_outcome end, const char *line)
{
	struct msg	 m;
	char		 error[ACME_LINESIZE];

	ATF_REQUIRE_EQ(0, chan_recv(parent, &m, WAIT_MS));
	ATF_REQUIRE_EQ_MSG(MSG_ACME_RESULT, m.type, "%s", msg_name(m.type));
	ATF_CHECK_EQ(id, rd_u32(&m.rd));
	ATF_CHECK_EQ(end, rd_u8(&m.rd));
	rd_str(&m.rd, error, sizeof(error));
	ATF_CHECK(rd_ok(&m.rd));
	ATF_CHECK_MSG(strstr(error, line) != NULL, "%s; expected %s", error,
	    line);
	msg_free(&m);
}

static void
await_exit(int want)
{
	int	 status;

	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_REQUIRE_MSG(WIFEXITED(status), "signal %d", WTERMSIG(status));
	ATF_CHECK_EQ(want, WEXITSTATUS(status));
	chan_free(parent);
}

/* Wait until it has connected to the silent directory. */
static void
await_connection(void)
{
	int	 fd;

	ATF_REQUIRE((fd = accept(lfd, NULL, NULL)) != -1);
}

ATF_TC_WITHOUT_HEAD(stops);
ATF_TC_BODY(stops, tc)
{
	start(silent_server());
	say_stop();
	await_exit(0);
}

ATF_TC_WITHOUT_HEAD(stops_at_work);
ATF_TC_BODY(stops_at_work, tc)
{
	start(silent_server());
	say_job(3, ACME_JOB_ISSUE);
	await_connection();
	say_stop();
	expect(3, ACME_END_STOPPED, "told to end");
	await_exit(0);
}

ATF_TC_WITHOUT_HEAD(parent_gone);
ATF_TC_BODY(parent_gone, tc)
{
	start(silent_server());
	say_job(3, ACME_JOB_ISSUE);
	await_connection();
	chan_free(parent);
	parent = NULL;
	await_exit(0);
}

/* What the parent says in between is heeded, and the request made again. */
ATF_TC_WITHOUT_HEAD(interrupted);
ATF_TC_BODY(interrupted, tc)
{
	struct wr	 w;

	start(silent_server());
	say_job(3, ACME_JOB_ARI);
	expect(3, ACME_END_INTERNAL, "does not name its authority");
	say_job(4, ACME_JOB_ISSUE);
	await_connection();
	wr_init(&w);
	wr_u8(&w, 1);
	say(MSG_VERBOSE, &w);
	await_connection();
	say_stop();
	expect(4, ACME_END_STOPPED, "told to end");
	await_exit(0);
}

/* A sign of life is given in the middle of a request, which goes on. */
ATF_TC_WITHOUT_HEAD(alive);
ATF_TC_BODY(alive, tc)
{
	struct pollfd	 pfd;
	struct msg	 m;
	int		 i;

	start(silent_server());
	say_job(3, ACME_JOB_ISSUE);
	await_connection();
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(0, chan_ping(parent));
		ATF_REQUIRE_EQ(0, chan_flush(parent, WAIT_MS));
		while (chan_owes(parent)) {
			ATF_REQUIRE_EQ(-1, chan_recv(parent, &m, 100));
			ATF_REQUIRE_EQ(ETIMEDOUT, errno);
		}
	}
	pfd.fd = lfd;
	pfd.events = POLLIN;
	ATF_CHECK_EQ_MSG(0, poll(&pfd, 1, 200), "it asked anew");
	say_stop();
	expect(3, ACME_END_STOPPED, "told to end");
	await_exit(0);
}

ATF_TC_WITHOUT_HEAD(unreachable);
ATF_TC_BODY(unreachable, tc)
{
	unsigned int	 port = silent_server();

	close(lfd);
	start(port);
	say_job(5, ACME_JOB_ISSUE);
	expect(5, ACME_END_UNREACHABLE, "can't ask the directory for its");
	/* And it goes on. */
	say_job(6, ACME_JOB_ARI);
	expect(6, ACME_END_INTERNAL, "");
	say_stop();
	await_exit(0);
}

/* Other settings that the sandbox can't do with: the parent starts anew. */
ATF_TC_WITHOUT_HEAD(other_port);
ATF_TC_BODY(other_port, tc)
{
	unsigned int	 port = silent_server();

	start(port);
	snprintf(conf.names[0], sizeof(conf.names[0]), "other.test");
	say_conf();
	say_job(7, ACME_JOB_ARI);
	expect(7, ACME_END_INTERNAL, "");
	snprintf(conf.directory, sizeof(conf.directory),
	    "https://127.0.0.1:%u/dir", port - 1);
	say_conf();
	await_exit(0);
}

ATF_TC_WITHOUT_HEAD(other_authority);
ATF_TC_BODY(other_authority, tc)
{
	start(silent_server());
	snprintf(conf.ca_file, sizeof(conf.ca_file), "/etc/other.pem");
	say_conf();
	await_exit(0);
}

ATF_TC_WITHOUT_HEAD(second_job);
ATF_TC_BODY(second_job, tc)
{
	start(silent_server());
	say_job(3, ACME_JOB_ISSUE);
	await_connection();
	say_job(4, ACME_JOB_ISSUE);
	await_exit(1);
}

ATF_TC_WITHOUT_HEAD(bad_settings);
ATF_TC_BODY(bad_settings, tc)
{
	struct wr	 w;

	spawn();
	wr_init(&w);
	wr_str(&w, "https://ca.example/");
	say(MSG_ACME_CONF, &w);
	await_exit(1);
	spawn();
	say_job(1, ACME_JOB_ISSUE);
	chan_free(parent);
	parent = NULL;
	await_exit(0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, stops);
	ATF_TP_ADD_TC(tp, stops_at_work);
	ATF_TP_ADD_TC(tp, parent_gone);
	ATF_TP_ADD_TC(tp, interrupted);
	ATF_TP_ADD_TC(tp, alive);
	ATF_TP_ADD_TC(tp, unreachable);
	ATF_TP_ADD_TC(tp, other_port);
	ATF_TP_ADD_TC(tp, other_authority);
	ATF_TP_ADD_TC(tp, second_job);
	ATF_TP_ADD_TC(tp, bad_settings);
	return atf_no_error();
}
