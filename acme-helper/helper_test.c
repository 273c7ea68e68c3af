/*
 * helper_test: acme-helper as the parent sees it, in its sandbox, with a
 * directory that never answers or does not exist.
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
#include "childpeer.h"
#include "helper.h"

static struct ipc_acme_conf	 conf;
static int			 lfd;

/* A listening socket on a free port, which nothing accepts from. */
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
send_conf(void)
{
	struct ipc_wr	 w;

	ipc_wr_init(&w);
	acme_conf_put(&w, &conf);
	child_tell(MSG_ACME_CONF, &w);
}

static void
send_job(uint32_t id, enum ipc_acme_job job)
{
	struct ipc_wr	 w;

	ipc_wr_init(&w);
	ipc_wr_u32(&w, id);
	ipc_wr_u8(&w, (uint8_t)job);
	ipc_wr_u8(&w, 0);
	ipc_wr_blob(&w, "", 0);
	child_tell(MSG_ACME_DO, &w);
}

static void
send_stop(void)
{
	struct ipc_wr	 w;

	ipc_wr_init(&w);
	ipc_wr_u32(&w, 1000);
	child_tell(MSG_STOP, &w);
}

static void
spawn(void)
{
	child_fork(ROLE_ACME, helper_main, 1);
}

/* The same with settings, until it is ready. */
static void
start(unsigned int port)
{
	memset(&conf, 0, sizeof(conf));
	snprintf(conf.directory, sizeof(conf.directory),
	    "https://127.0.0.1:%u/dir", port);
	conf.nnames = 1;
	snprintf(conf.names[0], sizeof(conf.names[0]), "relay.test");
	spawn();
	send_conf();
	child_is_ready();
}

/* Check the result of job `id'. */
static void
expect(uint32_t id, enum ipc_acme_outcome end, const char *line)
{
	struct ipc_msg	 m;
	char		 error[IPC_ACME_LINESIZE];

	ATF_REQUIRE_EQ(0, ipc_chan_recv(child, &m, WAIT_MS));
	ATF_REQUIRE_EQ_MSG(MSG_ACME_RESULT, m.type, "%s", ipc_msg_name(m.type));
	ATF_CHECK_EQ(id, ipc_rd_u32(&m.rd));
	ATF_CHECK_EQ(end, ipc_rd_u8(&m.rd));
	ipc_rd_str(&m.rd, error, sizeof(error));
	ATF_CHECK(ipc_rd_ok(&m.rd));
	ATF_CHECK_MSG(strstr(error, line) != NULL, "%s; expected %s", error,
	    line);
	ipc_msg_free(&m);
}

/* Wait until acme-helper has connected to the silent directory. */
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
	send_stop();
	child_ends(0);
}

ATF_TC_WITHOUT_HEAD(stops_at_work);
ATF_TC_BODY(stops_at_work, tc)
{
	start(silent_server());
	send_job(3, ACMEJOB_ISSUE);
	await_connection();
	send_stop();
	expect(3, ACMEEND_STOPPED, "stopped on request");
	child_ends(0);
}

ATF_TC_WITHOUT_HEAD(parent_gone);
ATF_TC_BODY(parent_gone, tc)
{
	start(silent_server());
	send_job(3, ACMEJOB_ISSUE);
	await_connection();
	child_leave();
}

/* A message of the parent is handled at once, and the request repeated. */
ATF_TC_WITHOUT_HEAD(interrupted);
ATF_TC_BODY(interrupted, tc)
{
	struct ipc_wr	 w;

	start(silent_server());
	send_job(3, ACMEJOB_ARI);
	expect(3, ACMEEND_INTERNAL, "does not name its authority");
	send_job(4, ACMEJOB_ISSUE);
	await_connection();
	ipc_wr_init(&w);
	ipc_wr_u8(&w, 1);
	ipc_wr_u8(&w, 0);
	child_tell(MSG_LOG, &w);
	await_connection();
	send_stop();
	expect(4, ACMEEND_STOPPED, "stopped on request");
	child_ends(0);
}

/* A ping is answered during a request, which goes on. */
ATF_TC_WITHOUT_HEAD(alive);
ATF_TC_BODY(alive, tc)
{
	struct pollfd	 pfd;
	struct ipc_msg	 m;
	int		 i;

	start(silent_server());
	send_job(3, ACMEJOB_ISSUE);
	await_connection();
	for (i = 0; i < 3; i++) {
		ATF_REQUIRE_EQ(0, ipc_chan_ping(child));
		ATF_REQUIRE_EQ(0, ipc_chan_flush(child, WAIT_MS));
		while (ipc_chan_owes_pong(child)) {
			ATF_REQUIRE_EQ(-1, ipc_chan_recv(child, &m, 100));
			ATF_REQUIRE_EQ(ETIMEDOUT, errno);
		}
	}
	pfd.fd = lfd;
	pfd.events = POLLIN;
	ATF_CHECK_EQ_MSG(0, poll(&pfd, 1, 200), "it connected again");
	send_stop();
	expect(3, ACMEEND_STOPPED, "stopped on request");
	child_ends(0);
}

ATF_TC_WITHOUT_HEAD(unreachable);
ATF_TC_BODY(unreachable, tc)
{
	unsigned int	 port = silent_server();

	close(lfd);
	start(port);
	send_job(5, ACMEJOB_ISSUE);
	expect(5, ACMEEND_UNREACHABLE, "can't query the directory for its");
	/* acme-helper goes on. */
	send_job(6, ACMEJOB_ARI);
	expect(6, ACMEEND_INTERNAL, "");
	send_stop();
	child_ends(0);
}

/* Settings that the sandbox does not permit: acme-helper is restarted. */
ATF_TC_WITHOUT_HEAD(other_port);
ATF_TC_BODY(other_port, tc)
{
	unsigned int	 port = silent_server();

	start(port);
	snprintf(conf.names[0], sizeof(conf.names[0]), "other.test");
	send_conf();
	send_job(7, ACMEJOB_ARI);
	expect(7, ACMEEND_INTERNAL, "");
	snprintf(conf.directory, sizeof(conf.directory),
	    "https://127.0.0.1:%u/dir", port - 1);
	send_conf();
	child_ends(0);
}

ATF_TC_WITHOUT_HEAD(other_authority);
ATF_TC_BODY(other_authority, tc)
{
	start(silent_server());
	snprintf(conf.ca_file, sizeof(conf.ca_file), "/etc/other.pem");
	send_conf();
	child_ends(0);
}

ATF_TC_WITHOUT_HEAD(second_job);
ATF_TC_BODY(second_job, tc)
{
	start(silent_server());
	send_job(3, ACMEJOB_ISSUE);
	await_connection();
	send_job(4, ACMEJOB_ISSUE);
	child_ends(1);
}

ATF_TC_WITHOUT_HEAD(bad_settings);
ATF_TC_BODY(bad_settings, tc)
{
	struct ipc_wr	 w;

	spawn();
	ipc_wr_init(&w);
	ipc_wr_str(&w, "https://ca.example/");
	child_tell(MSG_ACME_CONF, &w);
	child_ends(1);
	spawn();
	send_job(1, ACMEJOB_ISSUE);
	child_leave();
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
