/*
 * workernode_test: Tests of workernode.c: when a node is dialled, dialled again
 * and closed, and what its owner is asked for.
 */
#include <fcntl.h>

#include "workerfixture.h"

static const uint8_t	 peer[FRAME_KEY_LEN] = { 0x55 };

static void
send_text(const char *text)
{
	ATF_REQUIRE_EQ(0, worker_node_send(&node, peer, text, strlen(text),
	    base_clock_ms()));
	worker_node_flush(&node, base_clock_ms());
}

/* Dialled when it is held; what came before is sent then. */
ATF_TC_WITHOUT_HEAD(hold);
ATF_TC_BODY(hold, tc)
{
	begin(relay_echo);
	ATF_CHECK_EQ(WORKER_NODE_IDLE, node.state);
	worker_node_hold(&node);
	ATF_CHECK_EQ(WORKER_NODE_DIALING, node.state);
	send_text("one");
	send_text("two");
	UNTIL(packets == 2);
	ATF_CHECK_STREQ("DU", states);
	ATF_CHECK_EQ(NODE_KEY, node.key[0]);
	HAS(node.where, "127.0.0.1 port ");
	ATF_CHECK_STREQ("", node.why);
	ATF_CHECK_EQ(1, asked_addrs);
	ATF_CHECK_EQ(1, asked_sockets);
	ATF_CHECK_EQ(1, asked_logins);
	ATF_CHECK_EQ(WORKER_QUEUE_MS, node.queue.max_ms);
	worker_node_hold(&node);
	worker_node_release(&node);
	ATF_CHECK_EQ(WORKER_NODE_UP, node.state);
	ATF_CHECK_EQ(0, evtimer_pending(&node.timer, NULL));
	finish();
}

/* The address that has answered is tried first the next time. */
ATF_TC_WITHOUT_HEAD(first_address);
ATF_TC_BODY(first_address, tc)
{
	two_places = 1;
	begin(relay_echo);
	node.idle_ms = 100;
	send_text("one");
	UNTIL(packets == 1);
	ATF_CHECK_EQ(2, asked_sockets);
	UNTIL(node.state == WORKER_NODE_IDLE);
	send_text("two");
	UNTIL(packets == 2);
	ATF_CHECK_EQ(3, asked_sockets);
	finish();
}

/* Dialled for a packet, and closed when nothing is heard any more. */
ATF_TC_WITHOUT_HEAD(idle);
ATF_TC_BODY(idle, tc)
{
	begin(relay_echo);
	node.idle_ms = 100;
	send_text("one");
	ATF_CHECK_EQ(WORKER_NODE_DIALING, node.state);
	UNTIL(packets == 1);
	UNTIL(node.state == WORKER_NODE_IDLE);
	ATF_CHECK(base_clock_ms() - node.link.last_packet >= 100);
	ATF_CHECK_STREQ("", node.where);
	ATF_CHECK(node.queue.bytes == NULL);
	send_text("two");
	UNTIL(packets == 2);
	/* It is not idle while somebody holds it. */
	worker_node_hold(&node);
	ATF_CHECK_EQ(0, evtimer_pending(&node.timer, NULL));
	worker_node_release(&node);
	ATF_CHECK(evtimer_pending(&node.timer, NULL));
	UNTIL(node.state == WORKER_NODE_IDLE);
	ATF_CHECK_STREQ("DUIDUI", states);
	ATF_CHECK_EQ(2, node.link.counts.tx_packets);
	finish();
}

/* The first connection ends at once. */
static void
serve_second(struct visit *v)
{
	if (v->nth == 0) {
		node_login(v, "", 0);
		return;
	}
	relay_echo(v);
}

/* Dialled again while it is held, with what came meanwhile. */
ATF_TC_WITHOUT_HEAD(again);
ATF_TC_BODY(again, tc)
{
	begin(serve_second);
	worker_node_hold(&node);
	UNTIL(node.state == WORKER_NODE_WAITING);
	HAS(last_why, "closed the connection");
	ATF_CHECK_EQ(1, node.failures);
	ATF_CHECK(node.again_at <= node.since + DIAL_REDIAL_NOW_MS);
	send_text("one");
	worker_node_hurry(&node);
	ATF_CHECK_EQ(WORKER_NODE_DIALING, node.state);
	UNTIL(packets == 1);
	ATF_CHECK_STREQ("DUWDU", states);
	ATF_CHECK_EQ(0, node.failures);
	finish();
}

/* It asks for the next login soon, each time. */
static void
serve_restarts(struct visit *v)
{
	static const uint8_t soon[8] = { 0, 0, 0, 1, 0, 0, 0, 1 };
	uint8_t f[FRAME_HDR_LEN + sizeof(soon)];

	net_frame_put_hdr(f, FRAME_RESTARTING, sizeof(soon));
	memcpy(f + FRAME_HDR_LEN, soon, sizeof(soon));
	node_login(v, f, sizeof(f));
	node_linger(v);
}

/* A relay that restarts without end is left alone longer each time. */
ATF_TC_WITHOUT_HEAD(restarts);
ATF_TC_BODY(restarts, tc)
{
	begin(serve_restarts);
	worker_node_hold(&node);
	UNTIL(strcmp(states, "DUWDUW") == 0);
	ATF_CHECK_STREQ("the relay restarts", node.why);
	ATF_CHECK(node.again_at >= node.since + 500);
	UNTIL(strcmp(states, "DUWDUWDUW") == 0);
	ATF_CHECK(node.again_at >= node.since + 1000);
	finish();
}

/* A relay that is not there: it waits, and rests when nobody needs it. */
ATF_TC_WITHOUT_HEAD(away);
ATF_TC_BODY(away, tc)
{
	begin(relay_echo);
	node_stop(&server);
	worker_node_hold(&node);
	UNTIL(node.state == WORKER_NODE_WAITING);
	HAS(node.why, "connect to 127.0.0.1 port");
	ATF_CHECK(node.again_at > node.since);
	send_text("one");
	worker_node_release(&node);
	/* The packet is reason enough to try once more. */
	UNTIL(strstr(states, "DWDW") != NULL);
	ATF_CHECK_EQ(2, node.failures);
	UNTIL(node.state == WORKER_NODE_IDLE);
	ATF_CHECK_STREQ("DWDWI", states);
	ATF_CHECK_EQ(0, node.queue.n);
	worker_node_free(&node);
}

/* The name of a node may be an address: nobody is asked then. */
ATF_TC_WITHOUT_HEAD(address);
ATF_TC_BODY(address, tc)
{
	begin(relay_echo);
	ATF_REQUIRE_EQ(0, dial_node_set(&node.target, "127.0.0.1",
	    (uint16_t)server.port));
	come_up();
	ATF_CHECK_EQ(0, asked_addrs);
	finish();
}

/* Answers count once, and for their question. */
ATF_TC_WITHOUT_HEAD(answers);
ATF_TC_BODY(answers, tc)
{
	struct net_place v;
	int fd;

	begin(relay_echo);
	mute = 1;
	worker_node_hold(&node);
	UNTIL(asked_addrs == 1);
	memset(&v, 0, sizeof(v));
	worker_node_addrs(&node, last_cookie - 1, &v, 0, "wrong");
	ATF_CHECK_EQ(WORKER_NODE_DIALING, node.state);
	worker_node_addrs(&node, last_cookie, &v, 0, "no such name");
	ATF_CHECK_EQ(WORKER_NODE_WAITING, node.state);
	HAS(node.why, "find the addresses of localhost: no such name");
	/* It is too late for that. */
	worker_node_addrs(&node, last_cookie, &v, 1, "");
	worker_node_login(&node, last_cookie, login_info, 1, "");
	ATF_REQUIRE((fd = dup(0)) != -1);
	worker_node_socket(&node, last_cookie, fd, "");
	ATF_CHECK_EQ(-1, fcntl(fd, F_GETFD));
	ATF_REQUIRE((fd = dup(0)) != -1);
	worker_node_socket(&node, last_cookie - 1, fd, "");
	ATF_CHECK_EQ(-1, fcntl(fd, F_GETFD));
	ATF_CHECK_EQ(WORKER_NODE_WAITING, node.state);
	/* No login: the keys process may say why. */
	mute = 0;
	worker_node_hurry(&node);
	mute = 1;
	UNTIL(asked_logins == 1);
	worker_node_login(&node, last_cookie - 1, NULL, 0, "wrong");
	ATF_CHECK_EQ(WORKER_NODE_DIALING, node.state);
	worker_node_login(&node, last_cookie, NULL, 0, "no key\033");
	ATF_CHECK_EQ(WORKER_NODE_WAITING, node.state);
	HAS(node.why, "login at 127.0.0.1 port ");
	HAS(node.why, ": no key?");
	finish();
}

/* A node that is freed has nothing left, whatever it does. */
ATF_TC_WITHOUT_HEAD(freed);
ATF_TC_BODY(freed, tc)
{
	struct timeval tv = { 0, 100000 };

	begin(relay_echo);
	mute = 1;
	worker_node_hold(&node);
	worker_node_free(&node);
	set_node();
	mute = 0;
	worker_node_hold(&node);
	UNTIL(node.dial.step > DIAL_CONNECT);
	finish();
	ATF_REQUIRE_EQ(0, event_base_loopexit(base, &tv));
	ATF_REQUIRE_EQ(0, event_base_dispatch(base));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, hold);
	ATF_TP_ADD_TC(tp, first_address);
	ATF_TP_ADD_TC(tp, idle);
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, restarts);
	ATF_TP_ADD_TC(tp, away);
	ATF_TP_ADD_TC(tp, address);
	ATF_TP_ADD_TC(tp, answers);
	ATF_TP_ADD_TC(tp, freed);
	return (atf_no_error());
}
