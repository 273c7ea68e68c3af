/*
 * talknew_test: the old parent with the channel to the new one, which the test
 * plays: with the most relay workers on both sides, and where these would need
 * more open files than are allowed.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <atf-c.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipcsend.h"
#include "parentfixture.h"

#define PAIRS	(IPC_MAXWORKERS * IPC_MAXWORKERS)
#define SOME	512		/* more files than a test has open */

static struct ipc_chan	*end;		/* of the new parent */
static struct ipc_chan	*ends[IPC_MAXWORKERS];	/* of relay workers */
static uint8_t		 seen[IPC_MAXWORKERS][IPC_MAXWORKERS];

/* Allow so many open files. */
static void
allow(rlim_t n)
{
	struct rlimit	 rl;

	ATF_REQUIRE_EQ(0, getrlimit(RLIMIT_NOFILE, &rl));
	if (rl.rlim_max < n)
		atf_tc_skip("the limit of open files is too low");
	rl.rlim_cur = n;
	ATF_REQUIRE_EQ(0, setrlimit(RLIMIT_NOFILE, &rl));
}

/* The next message to the new parent.  0, or -1: there is none. */
static int
next(struct ipc_msg *m)
{
	/* After an abort it is closed. */
	ATF_REQUIRE(d.upgrade.chan == NULL ||
	    ipc_chan_flush(d.upgrade.chan, 0) == 0 || errno == ETIMEDOUT);
	return (ipc_chan_recv(end, m, 0));
}

static void
expect(uint32_t type)
{
	struct ipc_msg	 m;

	ATF_REQUIRE_EQ(0, next(&m));
	ATF_REQUIRE_STREQ(ipc_msg_name(type), ipc_msg_name(m.type));
	ipc_msg_free(&m);
}

/* A parent with the most relay workers; a new one has been started. */
static void
begin(void)
{
	const char	*why;
	unsigned int	 i;
	int		 sv[2];

	d.self = "derpd";
	d.nworkers = IPC_MAXWORKERS;
	ATF_REQUIRE((d.super.base = event_base_new()) != NULL);
	set_up_parent(no_wait, no_kill);
	parent_moves_init(&d);
	/* The relay workers read nothing. */
	for (i = 0; i < d.nworkers; i++) {
		ends[i] = connect_child(&d.relays[i]);
		d.relays[i].c.ready = 1;
	}
	upgrade_init(&d);
	d.upgrade.old.state = UPGRADE_STARTING;
	d.upgrade.old.alive = 1;
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	end = ipc_chan_new(NULL, sv[1], ROLE_SUCCESSOR, ROLE_PARENT, NULL,
	    NULL, NULL);
	ATF_REQUIRE(end != NULL);
	why = upgrade_talk(&d, sv[0]);
	ATF_REQUIRE_MSG(why == NULL, "%s", why);
	expect(MSG_UP_BEGIN);
}

/* The new one is ready, with as many workers. */
static void
ready(void)
{
	const uint8_t	 key[IPC_KEYLEN] = { 0 }, nodes[IPC_MAXNODES] = { 0 };
	const struct ipc_msg_up_ready v = { IPC_MAXWORKERS, key, nodes };

	ATF_REQUIRE_EQ(0, ipc_send_up_ready(end, &v));
	ATF_REQUIRE_EQ(0, ipc_chan_flush(end, 1000));
	ATF_REQUIRE(event_base_loop(d.super.base, EVLOOP_ONCE) != -1);
}

/* Each old worker has a channel to each new one, all made at once. */
ATF_TC_WITHOUT_HEAD(most);
ATF_TC_BODY(most, tc)
{
	struct ipc_msg_up_move	 v;
	struct ipc_msg		 m;
	unsigned int		 n;

	allow(2 * PAIRS + SOME);
	begin();
	ready();
	ATF_REQUIRE_STREQ("HOLDING", upgrade_old_name(d.upgrade.old.state));
	expect(MSG_UP_ACCEPT);
	d.upgrade.old.ops->move(d.upgrade.old.arg);
	ATF_CHECK_STREQ("", d.upgrade.old.why);
	for (n = 0; next(&m) == 0; n++) {
		ATF_REQUIRE_EQ(MSG_UP_MOVE, m.type);
		ATF_REQUIRE(m.fd != -1);
		ATF_REQUIRE_EQ(0, ipc_get_up_move(&m.rd, &v));
		ATF_CHECK_EQ(0, seen[v.from][v.to]++);
		ipc_msg_free(&m);
	}
	ATF_CHECK_EQ(PAIRS, n);
	ATF_CHECK_EQ(0, ipc_chan_queued(d.upgrade.chan));
}

/* They could not all be open: nobody is retired or held. */
ATF_TC_WITHOUT_HEAD(files);
ATF_TC_BODY(files, tc)
{
	unsigned long	 need;
	const char	*why = d.upgrade.old.why;

	allow(2 * PAIRS);
	begin();
	ready();
	ATF_CHECK_STREQ("ENDING", upgrade_old_name(d.upgrade.old.state));
	ATF_CHECK(!parent_moves_held(&d));
	ATF_CHECK_MSG(strstr(why, "raise the limit of open files") != NULL,
	    "%s", why);
	ATF_REQUIRE(strstr(why, "fewer than ") != NULL);
	need = strtoul(strstr(why, "fewer than ") + 11, NULL, 10);
	ATF_CHECK_MSG(need > 2 * PAIRS && need <= 2 * PAIRS + SOME, "%s", why);
	expect(MSG_UP_ABORT);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, most);
	ATF_TP_ADD_TC(tp, files);
	return (atf_no_error());
}
