/*
 * meshlink_test: Tests of meshlink.c that need no node: the age of the mesh
 * key.  The rest is in mesh_test.c.
 */
#include <sys/socket.h>
#include <atf-c.h>
#include <event2/event.h>

#include "chan.h"
#include "ipcsend.h"
#include "meshlink.h"

static struct dial_node	 node;
static struct mesh_link	 l;
static struct ipc_chan	*parent, *relay;	/* their ends */

/* Make a channel to `peer', with our end in the event loop. */
static struct ipc_chan *
make_chan(enum ipc_role peer, struct ipc_chan **end)
{
	struct ipc_chan *c;
	int sv[2];

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	c = ipc_chan_new(l.base, sv[0], ROLE_MESH, peer, NULL, NULL, NULL);
	*end = ipc_chan_new(NULL, sv[1], peer, ROLE_MESH, NULL, NULL, NULL);
	ATF_REQUIRE(c != NULL && *end != NULL);
	return (c);
}

/* A link that is up, with this number. */
static void
begin(uint32_t number)
{
	ATF_REQUIRE((l.base = event_base_new()) != NULL);
	l.node = &node;
	l.parent = make_chan(ROLE_PARENT, &parent);
	mesh_link_init(&l);
	l.relay = make_chan(ROLE_RELAY, &relay);
	l.state = IPC_MESH_UP;
	l.number = number;
}

static void
settle(void)
{
	int i;

	for (i = 0; i < 10; i++)
		ATF_REQUIRE(event_base_loop(l.base, EVLOOP_NONBLOCK) != -1);
}

/* The seconds until the link ends. */
static long
remaining(void)
{
	struct timeval tv, now;

	ATF_REQUIRE(evtimer_pending(&l.old, &tv));
	event_base_gettimeofday_cached(l.base, &now);
	return ((long)(tv.tv_sec - now.tv_sec));
}

/* A link ends a day after the mesh key has changed, and is dialled anew. */
ATF_TC_WITHOUT_HEAD(old);
ATF_TC_BODY(old, tc)
{
	struct ipc_msg_mesh_status st;
	struct ipc_msg_mesh_end end;
	struct timeval first, second;
	struct ipc_msg m;

	begin(5);
	mesh_link_rekey(&l);
	ATF_CHECK(remaining() >= 24L * 60 * 60 - 10);
	ATF_CHECK(remaining() <= 24L * 60 * 60 + 70);
	ATF_REQUIRE(evtimer_pending(&l.old, &first));
	mesh_link_rekey(&l);
	ATF_REQUIRE(evtimer_pending(&l.old, &second));
	ATF_CHECK_EQ(first.tv_sec, second.tv_sec);
	ATF_CHECK_EQ(first.tv_usec, second.tv_usec);
	event_active(&l.old, EV_TIMEOUT, 1);
	settle();
	ATF_REQUIRE_EQ(0, ipc_chan_recv(relay, &m, 10000));
	ATF_REQUIRE_EQ(MSG_MESH_END, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_mesh_end(&m.rd, &end));
	ATF_CHECK_EQ(5, end.number);
	ipc_msg_free(&m);
	ATF_REQUIRE_EQ(0, ipc_chan_recv(parent, &m, 10000));
	ATF_REQUIRE_EQ(MSG_MESH_STATUS, m.type);
	ATF_REQUIRE_EQ(0, ipc_get_mesh_status(&m.rd, &st));
	ATF_CHECK_EQ(IPC_MESH_DOWN, st.state);
	ipc_msg_free(&m);
	ATF_CHECK(evtimer_pending(&l.again, NULL));
	ATF_CHECK(!evtimer_pending(&l.old, NULL));
}

/* A link that has ended before is newer than the key. */
ATF_TC_WITHOUT_HEAD(newer);
ATF_TC_BODY(newer, tc)
{
	struct ipc_msg_mesh_lost v = { 5, 0, "it was closed" };

	begin(5);
	mesh_link_rekey(&l);
	mesh_link_lost(&l, &v);
	ATF_CHECK_EQ(IPC_MESH_DOWN, l.state);
	ATF_CHECK(!evtimer_pending(&l.old, NULL));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, old);
	ATF_TP_ADD_TC(tp, newer);
	return (atf_no_error());
}
