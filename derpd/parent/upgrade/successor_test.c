/*
 * successor_test: what a derpd that takes over does on each message of the old
 * one, whose parent is the test.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "ipcsend.h"
#include "successor.h"

#define WAIT_MS	20000

static struct event_base	*base;
static struct ipc_chan		*old;	/* the old derpd's end */
static struct upgrade_new	 n;
static unsigned int		 kept[IPC_UP_CONTROL + 1];
static unsigned int		 accepts, receives, serves, fails, deadlines;
static char			 failed[IPC_ERRORSIZE];	/* "-": known there */

static void
keep(void *arg, enum ipc_up_socket kind, int fd)
{
	(void)arg;
	kept[kind]++;
	ATF_CHECK_EQ(0, close(fd));
}

static void
accepted(void *arg)
{
	(void)arg;
	accepts++;
}

static void
receive(void *arg)
{
	(void)arg;
	receives++;
}

static void
serve(void *arg)
{
	(void)arg;
	serves++;
}

static void
fail(void *arg, const char *why)
{
	(void)arg;
	fails++;
	strlcpy(failed, why == NULL ? "-" : why, sizeof(failed));
}

static void
deadline(void *arg, unsigned int ms)
{
	(void)arg;
	ATF_CHECK(ms > 0);
	deadlines++;
}

static const struct upgrade_new_ops	 ops = {
	keep, accepted, receive, serve, fail, deadline
};

static void
begin(void)
{
	int	 sv[2];

	ATF_REQUIRE((base = event_base_new()) != NULL);
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	old = ipc_chan_new(NULL, sv[0], ROLE_PARENT, ROLE_SUCCESSOR, NULL, NULL,
	    NULL);
	ATF_REQUIRE(old != NULL);
	ATF_REQUIRE_EQ(0, upgrade_new_open(&n, sv[1], &ops, NULL));
}

static void
flush(void)
{
	ATF_REQUIRE_EQ(0, ipc_chan_flush(old, WAIT_MS));
}

/* The new one handles what has come. */
static void
turn(void)
{
	unsigned int	 i;

	for (i = 0; i < 4; i++)
		ATF_REQUIRE(event_base_loop(base, EVLOOP_ONCE |
		    EVLOOP_NONBLOCK) != -1);
}

static const uint8_t map[IPC_MAXNODES] = { IPC_NONODE, 8 };

static void
send_begin(unsigned int version, unsigned int nworkers)
{
	static const uint8_t	 secret[IPC_SLOT_SECRETLEN] = { 1, 2, 3 };
	static const uint8_t	 hash[IPC_MESHHASH_LEN] = { 4, 5 };
	static const uint8_t	 nodes[IPC_NODE_LEN] = { 6, 7 };
	struct ipc_msg_up_begin	 v = { version, "old", nworkers, secret,
	    hash, 1, 1, nodes };

	ATF_REQUIRE_EQ(0, ipc_send_up_begin(old, &v));
	flush();
}

/* The old derpd has so many relay workers and this one two; all is ready. */
static void
until_ready(unsigned int nold, unsigned int nnew)
{
	static const uint8_t	 key[IPC_KEYLEN] = { 7 };
	struct ipc_msg_up_ready	 v;
	struct ipc_msg		 m;

	begin();
	send_begin(IPC_MOVE_VERSION, nold);
	ATF_REQUIRE_EQ(0, upgrade_new_begin(&n));
	ATF_REQUIRE_EQ(0, upgrade_new_attach(&n, base));
	turn();
	ATF_CHECK_EQ(0, ipc_chan_poll(old));
	upgrade_new_ready(&n, nnew, key, map);
	turn();
	ATF_REQUIRE_EQ(0, ipc_chan_recv(old, &m, WAIT_MS));
	ATF_REQUIRE_EQ(MSG_UP_READY, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_up_ready(&m.rd, &v));
	ATF_CHECK_EQ(nnew, v.nworkers);
	ATF_CHECK_EQ(7, v.node_key[0]);
	ATF_CHECK_EQ(8, v.nodes[1]);
	ATF_CHECK_EQ(1, n.nnodes);
	ATF_CHECK_EQ(6, n.nodes[0]);
	ATF_CHECK_EQ(8, n.map[1]);
	ipc_msg_free(&m);
	/* Another child of a later start says nothing. */
	upgrade_new_ready(&n, nnew, key, map);
	turn();
	ATF_CHECK_EQ(0, ipc_chan_poll(old));
}

static void
send_accept(void)
{
	ATF_REQUIRE_EQ(0, ipc_send_up_accept(old));
	flush();
	turn();
}

/* A channel of sessions; its end that would go to the old worker. */
static int
send_move(unsigned int from, unsigned int to)
{
	struct ipc_msg_up_move	 v = { from, to };
	int			 sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	ATF_REQUIRE_EQ(0, ipc_send_up_move(old, &v, sv[1]));
	flush();
	turn();
	return (sv[0]);
}

static void
send_commit(void)
{
	ATF_REQUIRE_EQ(0, ipc_send_up_commit(old));
	flush();
	turn();
}

static void
old_dies(void)
{
	ipc_chan_free(old);
	old = NULL;
	turn();
}

/* The next message to the old derpd. */
static void
expect(uint32_t type)
{
	struct ipc_msg	 m;

	turn();
	ATF_REQUIRE_EQ(0, ipc_chan_recv(old, &m, WAIT_MS));
	ATF_CHECK_EQ_MSG(type, m.type, "%s", ipc_msg_name(m.type));
	ipc_msg_free(&m);
}

static void
expect_nothing(void)
{
	turn();
	ATF_CHECK_EQ(0, ipc_chan_poll(old));
}

/* What upgrade_new_channel() gives is the other end of `end'. */
static void
check_channel(unsigned int from, unsigned int to, int end)
{
	int	 fd = upgrade_new_channel(&n, from, to);
	char	 c = 0;

	ATF_REQUIRE(fd != -1);
	ATF_CHECK_EQ(1, write(end, "x", 1));
	ATF_CHECK_EQ(1, read(fd, &c, 1));
	ATF_CHECK_EQ(-1, upgrade_new_channel(&n, from, to));
	close(fd);
	close(end);
}

ATF_TC_WITHOUT_HEAD(all);
ATF_TC_BODY(all, tc)
{
	const uint8_t	 same[IPC_MESHHASH_LEN] = { 4, 5 };
	const uint8_t	 another[IPC_MESHHASH_LEN] = { 4, 6 };
	const uint8_t	 none[IPC_MESHHASH_LEN] = { 0 };
	int	 ends[2][3], i, k;

	until_ready(2, 3);
	ATF_CHECK_STREQ("old", n.build);
	ATF_CHECK(n.has_secret && n.slot_secret[2] == 3 && n.stun);
	ATF_CHECK_EQ(0, upgrade_new_rekeyed(&n, same));
	ATF_CHECK_EQ(1, upgrade_new_rekeyed(&n, another));
	ATF_CHECK_EQ(1, upgrade_new_rekeyed(&n, none));
	ATF_CHECK_EQ(0, accepts);
	send_accept();
	ATF_CHECK_EQ(1, accepts);
	for (i = 0; i < 2; i++)
		for (k = 0; k < 3; k++) {
			ATF_CHECK_EQ(0, receives);
			ends[i][k] = send_move((unsigned int)i,
			    (unsigned int)k);
		}
	ATF_CHECK_EQ(1, receives);
	for (i = 0; i < 2; i++)
		for (k = 0; k < 3; k++)
			check_channel((unsigned int)i, (unsigned int)k,
			    ends[i][k]);
	expect_nothing();
	upgrade_new_took(&n, NULL, 17);
	expect(MSG_UP_TOOK);
	ATF_CHECK_EQ(0, serves);
	send_commit();
	ATF_CHECK_EQ(1, serves);
	ATF_CHECK_EQ(17, n.sessions);
	expect(MSG_UP_TAKEN);
	/* How the old one ends does not matter now. */
	old_dies();
	ATF_CHECK_EQ(1, serves);
	ATF_CHECK_EQ(0, fails);
}

/* One of the two has no relay: nothing moves. */
ATF_TC_WITHOUT_HEAD(no_relay);
ATF_TC_BODY(no_relay, tc)
{
	until_ready(0, 2);
	send_accept();
	expect_nothing();
	send_commit();
	ATF_CHECK_EQ(1, serves);
	expect(MSG_UP_TAKEN);
	ATF_CHECK_EQ(0, fails + receives);
}

ATF_TC_WITHOUT_HEAD(relay_goes);
ATF_TC_BODY(relay_goes, tc)
{
	until_ready(2, 0);
	send_accept();
	send_commit();
	ATF_CHECK_EQ(1, serves);
	expect(MSG_UP_TAKEN);
}

static void
send_socket(enum ipc_up_socket kind)
{
	struct ipc_msg_up_socket	 v = { kind };
	int				 fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ATF_REQUIRE(fd != -1);
	ATF_REQUIRE_EQ(0, ipc_send_up_socket(old, &v, fd));
}

ATF_TC_WITHOUT_HEAD(sockets);
ATF_TC_BODY(sockets, tc)
{
	begin();
	send_socket(IPC_UP_LISTEN);
	send_socket(IPC_UP_LISTEN);
	send_socket(IPC_UP_CONTROL);
	send_begin(1, 1);
	ATF_REQUIRE_EQ(0, upgrade_new_begin(&n));
	ATF_CHECK_EQ(2, kept[IPC_UP_LISTEN]);
	ATF_CHECK_EQ(1, kept[IPC_UP_CONTROL]);
	/* Another one is too late. */
	ATF_REQUIRE_EQ(0, upgrade_new_attach(&n, base));
	send_socket(IPC_UP_STUN);
	flush();
	turn();
	ATF_CHECK_EQ(0, kept[IPC_UP_STUN]);
	ATF_CHECK_EQ(1, fails);
	ATF_CHECK(strstr(failed, "UP_SOCKET") != NULL);
	upgrade_new_failed(&n, failed);
	expect(MSG_UP_FAILED);
}

ATF_TC_WITHOUT_HEAD(version);
ATF_TC_BODY(version, tc)
{
	begin();
	send_begin(IPC_MOVE_VERSION + 1, 1);
	ATF_CHECK_EQ(-1, upgrade_new_begin(&n));
	ATF_CHECK(strstr(n.why, ipc_build_id()) != NULL);
	ATF_CHECK(strstr(n.why, "old") != NULL);
	upgrade_new_failed(&n, n.why);
	expect(MSG_UP_FAILED);
}

/* What may not come yet: it ends, and the old derpd goes on. */
ATF_TC_WITHOUT_HEAD(order);
ATF_TC_BODY(order, tc)
{
	begin();
	ATF_REQUIRE_EQ(0, ipc_send_up_accept(old));
	flush();
	ATF_CHECK_EQ(-1, upgrade_new_begin(&n));
	ATF_CHECK(strstr(n.why, "UP_ACCEPT") != NULL);
	ATF_CHECK_EQ(0, accepts);
}

ATF_TC_WITHOUT_HEAD(order_ready);
ATF_TC_BODY(order_ready, tc)
{
	until_ready(1, 1);
	send_commit();
	ATF_CHECK_EQ(0, serves);
	ATF_CHECK_EQ(1, fails);
	/* It has ended, whatever comes. */
	send_accept();
	ATF_CHECK_EQ(0, accepts);
	ATF_CHECK_EQ(1, fails);
}

ATF_TC_WITHOUT_HEAD(order_moves);
ATF_TC_BODY(order_moves, tc)
{
	until_ready(2, 1);
	send_accept();
	close(send_move(1, 0));
	close(send_move(1, 0));
	ATF_CHECK_EQ(1, fails);
}

ATF_TC_WITHOUT_HEAD(order_worker);
ATF_TC_BODY(order_worker, tc)
{
	until_ready(2, 1);
	send_accept();
	close(send_move(0, 1));
	ATF_CHECK_EQ(1, fails);
}

ATF_TC_WITHOUT_HEAD(order_commit);
ATF_TC_BODY(order_commit, tc)
{
	until_ready(1, 1);
	send_accept();
	close(send_move(0, 0));
	ATF_CHECK_EQ(1, receives);
	send_commit();
	ATF_CHECK_EQ(0, serves);
	ATF_CHECK_EQ(1, fails);
}

/* The old derpd lives, and sends what nobody may send. */
ATF_TC_WITHOUT_HEAD(junk);
ATF_TC_BODY(junk, tc)
{
	until_ready(1, 1);
	ATF_REQUIRE_EQ(16, write(ipc_chan_fd(old), "AAAABBBBCCCCDDDD", 16));
	turn();
	ATF_CHECK_EQ(0, serves);
	ATF_CHECK_EQ(1, fails);
}

static void
send_abort(void)
{
	struct ipc_msg_up_abort	 v = { "why" };

	ATF_REQUIRE_EQ(0, ipc_send_up_abort(old, &v));
	flush();
	turn();
}

/* The old derpd goes on, and ends this one without a word. */
ATF_TC_WITHOUT_HEAD(aborts);
ATF_TC_BODY(aborts, tc)
{
	until_ready(1, 1);
	send_accept();
	close(send_move(0, 0));
	upgrade_new_took(&n, NULL, 3);
	expect(MSG_UP_TOOK);
	send_abort();
	ATF_CHECK_STREQ("-", failed);
	old_dies();
	ATF_CHECK_EQ(0, serves);
	ATF_CHECK_EQ(1, fails);
}

ATF_TC_WITHOUT_HEAD(aborts_early);
ATF_TC_BODY(aborts_early, tc)
{
	struct ipc_msg_up_abort	 v = { "why" };

	begin();
	ATF_REQUIRE_EQ(0, ipc_send_up_abort(old, &v));
	flush();
	ATF_CHECK_EQ(-1, upgrade_new_begin(&n));
	ATF_CHECK_STREQ("", n.why);
}

/* The sessions do not come: not before it is clear that the old one lives. */
ATF_TC_WITHOUT_HEAD(lost);
ATF_TC_BODY(lost, tc)
{
	until_ready(1, 1);
	send_accept();
	close(send_move(0, 0));
	upgrade_new_took(&n, "half a session", 0);
	ATF_CHECK_EQ(0, fails);
	ATF_CHECK_EQ(1, deadlines);
	upgrade_new_late(&n);
	ATF_CHECK_EQ(1, fails);
	ATF_CHECK_STREQ("half a session", failed);
	upgrade_new_failed(&n, failed);
	expect(MSG_UP_FAILED);
}

/* The old derpd is killed: this one serves, with what it has. */
ATF_TC_WITHOUT_HEAD(orphan_begin);
ATF_TC_BODY(orphan_begin, tc)
{
	static const uint8_t	 key[IPC_KEYLEN] = { 7 };

	begin();
	send_socket(IPC_UP_LISTEN);
	flush();
	old_dies();
	ATF_REQUIRE_EQ(0, upgrade_new_begin(&n));
	ATF_CHECK_EQ(1, kept[IPC_UP_LISTEN]);
	ATF_CHECK(n.orphan && !n.has_secret && !n.stun);
	ATF_CHECK_EQ(0, upgrade_new_attach(&n, base));
	upgrade_new_ready(&n, 2, key, map);
	ATF_CHECK_EQ(1, serves);
	ATF_CHECK_EQ(0, fails);
}

ATF_TC_WITHOUT_HEAD(orphan_start);
ATF_TC_BODY(orphan_start, tc)
{
	static const uint8_t	 key[IPC_KEYLEN] = { 7 };

	begin();
	send_begin(1, 2);
	ATF_REQUIRE_EQ(0, upgrade_new_begin(&n));
	ATF_REQUIRE_EQ(0, upgrade_new_attach(&n, base));
	old_dies();
	ATF_CHECK_EQ(0, serves);
	upgrade_new_ready(&n, 2, key, map);
	ATF_CHECK_EQ(1, serves);
}

ATF_TC_WITHOUT_HEAD(orphan_ready);
ATF_TC_BODY(orphan_ready, tc)
{
	until_ready(2, 2);
	old_dies();
	ATF_CHECK_EQ(1, serves);
}

ATF_TC_WITHOUT_HEAD(orphan_accept);
ATF_TC_BODY(orphan_accept, tc)
{
	until_ready(2, 2);
	send_accept();
	old_dies();
	ATF_CHECK_EQ(1, serves);
	ATF_CHECK_EQ(0, receives);
}

/* Some channels have come: their sessions are waited for. */
ATF_TC_WITHOUT_HEAD(orphan_some);
ATF_TC_BODY(orphan_some, tc)
{
	int	 end;

	until_ready(2, 2);
	send_accept();
	end = send_move(1, 0);
	old_dies();
	ATF_CHECK_EQ(1, receives);
	ATF_CHECK_EQ(0, serves);
	ATF_CHECK_EQ(-1, upgrade_new_channel(&n, 0, 0));
	check_channel(1, 0, end);
	upgrade_new_took(&n, NULL, 5);
	ATF_CHECK_EQ(1, serves);
	ATF_CHECK_EQ(5, n.sessions);
}

/* What has come completely is served. */
ATF_TC_WITHOUT_HEAD(orphan_move);
ATF_TC_BODY(orphan_move, tc)
{
	until_ready(1, 1);
	send_accept();
	close(send_move(0, 0));
	/* The worker's end is seen before the parent's. */
	upgrade_new_took(&n, "cut", 0);
	old_dies();
	ATF_CHECK_EQ(0, serves);
	upgrade_new_late(&n);
	ATF_CHECK_EQ(1, serves);
	ATF_CHECK_EQ(0, fails);
}

ATF_TC_WITHOUT_HEAD(orphan_took);
ATF_TC_BODY(orphan_took, tc)
{
	until_ready(1, 1);
	send_accept();
	close(send_move(0, 0));
	upgrade_new_took(&n, NULL, 4);
	expect(MSG_UP_TOOK);
	old_dies();
	ATF_CHECK_EQ(1, serves);
	ATF_CHECK_EQ(4, n.sessions);
}

/* The channel fails, but the old derpd lives. */
ATF_TC_WITHOUT_HEAD(no_orphan);
ATF_TC_BODY(no_orphan, tc)
{
	until_ready(1, 1);
	send_accept();
	close(send_move(0, 0));
	ipc_chan_limit(n.chan, 1);
	upgrade_new_took(&n, NULL, 4);
	turn();
	ATF_CHECK_EQ(0, serves);
	ATF_CHECK_EQ(0, n.orphan);
	ATF_CHECK_EQ(1, fails);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all);
	ATF_TP_ADD_TC(tp, no_relay);
	ATF_TP_ADD_TC(tp, relay_goes);
	ATF_TP_ADD_TC(tp, sockets);
	ATF_TP_ADD_TC(tp, version);
	ATF_TP_ADD_TC(tp, order);
	ATF_TP_ADD_TC(tp, order_ready);
	ATF_TP_ADD_TC(tp, order_moves);
	ATF_TP_ADD_TC(tp, order_worker);
	ATF_TP_ADD_TC(tp, order_commit);
	ATF_TP_ADD_TC(tp, junk);
	ATF_TP_ADD_TC(tp, aborts);
	ATF_TP_ADD_TC(tp, aborts_early);
	ATF_TP_ADD_TC(tp, lost);
	ATF_TP_ADD_TC(tp, orphan_begin);
	ATF_TP_ADD_TC(tp, orphan_start);
	ATF_TP_ADD_TC(tp, orphan_ready);
	ATF_TP_ADD_TC(tp, orphan_accept);
	ATF_TP_ADD_TC(tp, orphan_some);
	ATF_TP_ADD_TC(tp, orphan_move);
	ATF_TP_ADD_TC(tp, orphan_took);
	ATF_TP_ADD_TC(tp, no_orphan);
	return (atf_no_error());
}
