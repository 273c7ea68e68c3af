/*
 * hold_test: a worker is held when nothing is between it and another one, and
 * goes on from everywhere; its links to one that is succeeded.
 */
#include "hands.h"
#include "hold.h"
#include "linkfixture.h"
#include "log.h"
#include "seals.h"

static struct ipc_chan	*parent;	/* its end */
static uint8_t		 ticket[IPC_TICKET_NUMBERLEN] = { 1 };

static void
no_message(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	(void)m;
	(void)arg;
}

static void
no_end(struct ipc_chan *c, const char *why, void *arg)
{
	(void)c;
	(void)arg;
	atf_tc_fail("the channel to the parent ended: %s", why);
}

/* A worker with a channel to the parent. */
static void
begin_held(void)
{
	int sv[2];

	begin();
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	r->parent = ipc_chan_new(r->set.base, sv[0], ROLE_RELAY, ROLE_PARENT,
	    no_message, no_end, NULL);
	parent = ipc_chan_new(NULL, sv[1], ROLE_PARENT, ROLE_RELAY, NULL, NULL,
	    NULL);
	ATF_REQUIRE(r->parent != NULL && parent != NULL);
}

/* Turns in a hold, none of which waits. */
static void
held_turns(void)
{
	const struct timeval now = { 0, 0 };
	unsigned int i;

	nwire = 0;
	for (i = 0; i < 5 && relay_hold_is_on(r); i++) {
		ATF_REQUIRE_EQ(event_base_loopexit(r->set.base, &now), 0);
		relay_hold_turn(r);
	}
}

static void
hold(uint32_t number)
{
	const struct ipc_msg_relay_hold v = { number };

	ATF_REQUIRE_EQ(relay_hold_message(r, &v), 0);
	held_turns();
}

static void
thaw(void)
{
	ATF_REQUIRE_EQ(relay_hold_thaw(r), 0);
}

/* The hold that the worker has reported since the last call; 0: none. */
static uint32_t
reported(void)
{
	struct ipc_msg_relay_held v;
	struct ipc_msg m;

	held_turns();
	if (ipc_chan_recv(parent, &m, 0) == -1)
		return (0);
	ATF_REQUIRE_EQ(MSG_RELAY_HELD, m.type);
	ATF_REQUIRE_EQ(ipc_get_relay_held(&m.rd, &v), 0);
	ipc_msg_free(&m);
	ATF_CHECK_EQ(relay_hold_is_held(r), 1);
	return (v.hold);
}

static void
marks(struct other *o, uint32_t number)
{
	SAY(o, MARK, mark, number);
}

/* The next frame that the other worker gets is the mark of this hold. */
static void
gets_mark(struct other *o, uint32_t number)
{
	struct ipc_msg_link_mark v;
	struct ipc_msg m;

	ATF_REQUIRE_EQ(hears(o, &m), MSG_LINK_MARK);
	ATF_REQUIRE_EQ(ipc_get_link_mark(&m.rd, &v), 0);
	ATF_CHECK_EQ(v.hold, number);
}

/* Without other workers and fronts nothing is under way. */
ATF_TC_WITHOUT_HEAD(alone);
ATF_TC_BODY(alone, tc)
{
	const struct ipc_msg_relay_hold none = { 0 };

	begin_held();
	ATF_CHECK_EQ(relay_hold_is_on(r), 0);
	ATF_CHECK_EQ(relay_hold_message(r, &none), -1);
	thaw();
	hold(5);
	ATF_CHECK_EQ(reported(), 5);
	ATF_CHECK_EQ(reported(), 0);
	thaw();
	ATF_CHECK_EQ(relay_hold_is_on(r), 0);
	hold(6);
	/* Another hold, of which there was no thaw. */
	hold(7);
	ATF_CHECK_EQ(reported(), 6);
	ATF_CHECK_EQ(reported(), 7);
}

/* Packets that are on their way arrive before; marks of other holds are old. */
ATF_TC_WITHOUT_HEAD(links);
ATF_TC_BODY(links, tc)
{
	struct other *other, *third;
	struct relay_conn *c;
	struct ipc_msg m;

	begin_held();
	other = linked(OTHER);
	third = linked(THIRD);
	c = join(0, 0);
	marks(other, 8);
	hold(9);
	gets_mark(other, 9);
	gets_mark(third, 9);
	ATF_CHECK_EQ(reported(), 0);
	SAY(other, PACKET, packet, key_of(OTHER, 0), c->session.key, "abc", 3);
	marks(other, 9);
	held_turns();
	ATF_CHECK_EQ(nwire, FRAME_HDR_LEN + FRAME_KEY_LEN + 3);
	ATF_CHECK_EQ(reported(), 0);
	marks(third, 9);
	ATF_CHECK_EQ(reported(), 9);
	ATF_CHECK_EQ(hears(other, &m), 0);
	/* From now on nothing is read. */
	SAY(third, PACKET, packet, key_of(THIRD, 0), c->session.key, "d", 1);
	held_turns();
	ATF_CHECK_EQ(nwire, 0);
	thaw();
	turn();
	ATF_CHECK_EQ(nwire, FRAME_HDR_LEN + FRAME_KEY_LEN + 1);
}

/* A mark may come before RELAY_HOLD does. */
ATF_TC_WITHOUT_HEAD(early);
ATF_TC_BODY(early, tc)
{
	struct other *other;

	begin_held();
	other = linked(OTHER);
	marks(other, 3);
	turn();
	hold(3);
	ATF_CHECK_EQ(reported(), 3);
	gets_mark(other, 3);
	thaw();
	hold(4);
	gets_mark(other, 4);
	ATF_CHECK_EQ(reported(), 0);
}

/* Who was handed over, and waits for keys, is in before the marks. */
ATF_TC_WITHOUT_HEAD(logins);
ATF_TC_BODY(logins, tc)
{
	struct relay_seal *seal;
	struct other *other;
	struct ipc_msg m;
	int sv[2];

	begin_held();
	other = linked(OTHER);
	relay_hands_init(r);
	r->conf.nfronts = 2;
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(relay_hands_open(r, sv[0], 1), 0);
	ATF_REQUIRE((seal = relay_seals_add(&r->seals, 1, NULL, ticket)) !=
	    NULL);
	marks(other, 1);
	hold(1);
	ATF_CHECK_EQ(hears(other, &m), 0);
	close(sv[1]);
	held_turns();
	ATF_CHECK_EQ(hears(other, &m), 0);
	ATF_CHECK_EQ(r->hands.lost, 0);
	relay_seals_remove(&r->seals, seal);
	ATF_CHECK_EQ(reported(), 1);
	gets_mark(other, 1);
	thaw();
	/* The parent makes both, or is asked to. */
	ATF_CHECK_EQ(r->hands.lost, 3);
}

/* A front that keeps its channels open does not keep sessions from moving. */
ATF_TC_WITHOUT_HEAD(front_hangs);
ATF_TC_BODY(front_hangs, tc)
{
	struct other *other;
	struct ipc_msg m;
	char line[256] = "", byte;
	int sv[2], older[2], busy[2];

	begin_held();
	other = linked(OTHER);
	relay_hands_init(r);
	r->conf.nfronts = 3;
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, busy), 0);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, older), 0);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(relay_hands_open(r, busy[0], 0), 0);
	ATF_REQUIRE_EQ(relay_hands_open(r, older[0], 1), 0);
	ATF_REQUIRE_EQ(relay_hands_open(r, sv[0], 1), 0);
	marks(other, 1);
	hold(1);
	close(busy[1]);
	relay_hold_tick(r);
	held_turns();
	ATF_CHECK_EQ(r->hold.state, RELAY_HOLD_LOGINS);
	ATF_CHECK_EQ(hears(other, &m), 0);
	log_capture(line, sizeof(line));
	relay_hold_tick(r);
	log_capture(NULL, 0);
	ATF_CHECK_MSG(strstr(line, "front 1 ") != NULL, "%s", line);
	ATF_CHECK_EQ(read(sv[1], &byte, 1), 0);
	ATF_CHECK_EQ(read(older[1], &byte, 1), 0);
	ATF_CHECK_EQ(reported(), 1);
	gets_mark(other, 1);
	thaw();
	ATF_CHECK_EQ(r->hands.lost, 7);

	/* The next hold gives it as much time again. */
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE_EQ(relay_hands_open(r, sv[0], 1), 0);
	hold(2);
	relay_hold_tick(r);
	ATF_CHECK(!relay_hands_closed(r));
	close(sv[1]);
	held_turns();
	ATF_CHECK_EQ(r->hold.state, RELAY_HOLD_LINKS);
}

/* No connection is read, whatever its state; afterwards all are. */
ATF_TC_WITHOUT_HEAD(input);
ATF_TC_BODY(input, tc)
{
	static const uint8_t addr[16];
	uint8_t ping[FRAME_HDR_LEN + FRAME_PING_LEN] = { 0 };
	struct relay_conn *c;
	int sv[2];

	begin_held();
	net_frame_put_hdr(ping, FRAME_PING, FRAME_PING_LEN);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ATF_REQUIRE((c = relay_conn_new(r, sv[0], addr, 0)) != NULL);
	c->conn.plain = 1;
	c->conn.state = CONN_UP;
	c->conn.paused = 0;
	memcpy(c->session.key, key_of(WORKER, 0), FRAME_KEY_LEN);
	ATF_REQUIRE_EQ(relay_route_add(c), 0);
	ATF_REQUIRE_EQ(conn_input_begin(&c->conn), 0);
	ATF_REQUIRE_EQ(write(sv[1], ping, sizeof(ping)),
	    (ssize_t)sizeof(ping));
	hold(1);
	ATF_CHECK_EQ(reported(), 1);
	ATF_CHECK_EQ(nwire, 0);
	/* What asks for a read, such as a timer, has none. */
	conn_input_read(&c->conn);
	ATF_CHECK_EQ(c->conn.paused, PAUSE_HOLD);
	thaw();
	conn_work(&r->set);
	turn();
	ATF_CHECK_EQ(nwire, FRAME_PONG_SIZE);
	/* One that is closed meanwhile is reaped afterwards. */
	ATF_REQUIRE_EQ(write(sv[1], ping, sizeof(ping)),
	    (ssize_t)sizeof(ping));
	hold(2);
	ATF_CHECK_EQ(reported(), 2);
	conn_close(&c->conn, "test");
	held_turns();
	ATF_CHECK_EQ(r->set.nconns, 1);
	thaw();
	conn_reap(&r->set);
	ATF_CHECK_EQ(r->set.nconns, 0);
	close(sv[1]);
}

/* Who only sends its last bytes may end afterwards: nobody hears of it now. */
ATF_TC_WITHOUT_HEAD(draining);
ATF_TC_BODY(draining, tc)
{
	struct relay_conn *c, *d;
	struct other *other;
	struct ipc_msg m;

	begin_held();
	other = linked(OTHER);
	c = join(0, 0);
	d = join(1, 0);
	conn_close(&c->conn, "before the mark");
	hold(1);
	ATF_CHECK_EQ(hears(other, &m), MSG_LINK_GONE);
	gets_mark(other, 1);
	conn_close(&d->conn, "behind it");
	marks(other, 1);
	ATF_CHECK_EQ(reported(), 1);
	ATF_CHECK_EQ(hears(other, &m), 0);
	ATF_CHECK_EQ(r->set.nconns, 1);
	thaw();
	conn_reap(&r->set);
	turn();
	ATF_CHECK_EQ(hears(other, &m), MSG_LINK_GONE);
}

/* A link that is lost has nothing to bring. */
ATF_TC_WITHOUT_HEAD(lost);
ATF_TC_BODY(lost, tc)
{
	struct other *other;

	begin_held();
	other = linked(OTHER);
	hold(1);
	ATF_CHECK_EQ(reported(), 0);
	closed(other);
	ATF_CHECK_EQ(reported(), 1);
}

/* The other worker has filled its ring, or ours is full: news waits. */
ATF_TC_WITHOUT_HEAD(full);
ATF_TC_BODY(full, tc)
{
	struct other *other;
	struct ipc_msg m;
	unsigned int i;

	begin_held();
	other = linked(OTHER);
	for (i = 0; i < 2 * RING / FRAME_KEY_LEN &&
	    !cluster_link_waits(r); i++)
		cluster_link_gone(r, key_of(WORKER, 0), 1, 1);
	ATF_REQUIRE(cluster_link_waits(r));
	marks(other, 1);
	hold(1);
	ATF_CHECK_EQ(reported(), 0);
	for (i = 0; i < 1000 && relay_hold_is_on(r) &&
	    !relay_hold_is_held(r); i++) {
		while (hears(other, &m) == MSG_LINK_GONE)
			;
		held_turns();
	}
	ATF_CHECK_EQ(reported(), 1);
}

/* A mesh peer that watches. */
static struct relay_conn *
watcher(unsigned int n)
{
	struct relay_conn *c = join(n, 1);

	cluster_watch_begin(c);
	return (c);
}

static void
succeeded(unsigned int worker, int want)
{
	const struct ipc_msg_relay_succeeded v = { worker, UINT32_MAX };

	ATF_CHECK_EQ(relay_hold_succeeded(r, &v), want);
}

/*
 * A worker is succeeded: nobody hears of that.  What was left of a flood is
 * requested again, and both know who watches.
 */
ATF_TC_WITHOUT_HEAD(successor);
ATF_TC_BODY(successor, tc)
{
	struct relay_conn *c, *w;
	struct ipc_msg_link_watch watch;
	struct ipc_msg_link_flood flood;
	struct other *other;
	struct ipc_msg m;

	begin_held();
	other = linked(OTHER);
	c = join(0, 0);
	w = watcher(1);
	SAY(other, PACKET, packet, key_of(OTHER, 0), c->session.key, "abc", 3);
	SAY(other, WATCH, watch, 1);
	turn();
	turn();
	ATF_REQUIRE_EQ(hears(other, &m), MSG_LINK_WATCH);
	ATF_REQUIRE_EQ(hears(other, &m), MSG_LINK_FLOOD);
	SAY(other, FLOODED, flooded, w->conn.id, 100);
	turn();
	ATF_REQUIRE_EQ(hears(other, &m), MSG_LINK_FLOOD);
	ATF_REQUIRE_EQ(ipc_get_link_flood(&m.rd, &flood), 0);
	ATF_CHECK_EQ(flood.slot, 100);

	succeeded(OTHER, -1);		/* it is not held */
	marks(other, 1);
	hold(1);
	ATF_CHECK_EQ(reported(), 1);
	succeeded(WORKER, -1);
	succeeded(NWORKERS, -1);
	succeeded(OTHER, 0);
	ATF_CHECK(r->links.to[OTHER] == NULL);
	other = linked(OTHER);
	thaw();
	turn();
	ATF_CHECK_EQ(nwire, 0);
	ATF_CHECK(!c->conn.dead && !w->conn.dead);
	ATF_CHECK_EQ(r->links.unlinked, 0);
	ATF_REQUIRE_EQ(hears(other, &m), MSG_LINK_WATCH);
	ATF_REQUIRE_EQ(ipc_get_link_watch(&m.rd, &watch), 0);
	ATF_CHECK_EQ(watch.on, 1);
	ATF_REQUIRE_EQ(hears(other, &m), MSG_LINK_FLOOD);
	ATF_REQUIRE_EQ(ipc_get_link_flood(&m.rd, &flood), 0);
	ATF_CHECK_EQ(flood.watcher, w->conn.id);
	ATF_CHECK_EQ(flood.slot, 100);
	/* It still watches, and its keys are still noted. */
	(void)join(2, 0);
	turn();
	ATF_CHECK_EQ(hears(other, &m), MSG_LINK_PRESENT);
	SAY(other, GONE, gone, key_of(OTHER, 0), 1, 1);
	turn();
	ATF_CHECK(nwire >= FRAME_PEER_GONE_SIZE);
}

/* Without watchers the successor is told so: it takes all for such. */
ATF_TC_WITHOUT_HEAD(heir);
ATF_TC_BODY(heir, tc)
{
	struct ipc_msg_link_watch watch;
	struct other *other, *third;
	struct ipc_msg m;

	begin_held();
	other = linked(OTHER);
	marks(other, 1);
	hold(1);
	ATF_CHECK_EQ(reported(), 1);
	succeeded(OTHER, 0);
	other = linked(OTHER);
	thaw();
	turn();
	ATF_REQUIRE_EQ(hears(other, &m), MSG_LINK_WATCH);
	ATF_REQUIRE_EQ(ipc_get_link_watch(&m.rd, &watch), 0);
	ATF_CHECK_EQ(watch.on, 0);

	cluster_link_heir(r);
	third = linked(THIRD);
	(void)join(0, 0);
	turn();
	ATF_CHECK_EQ(hears(other, &m), MSG_LINK_PRESENT);
	ATF_CHECK_EQ(hears(third, &m), MSG_LINK_PRESENT);
	SAY(third, WATCH, watch, 0);
	turn();
	(void)join(1, 0);
	turn();
	ATF_CHECK_EQ(hears(other, &m), MSG_LINK_PRESENT);
	ATF_CHECK_EQ(hears(third, &m), 0);
}

/* A request of a flood behind our mark is answered when all go on. */
ATF_TC_WITHOUT_HEAD(flood);
ATF_TC_BODY(flood, tc)
{
	struct other *other;
	struct ipc_msg m;

	begin_held();
	other = linked(OTHER);
	hold(1);
	gets_mark(other, 1);
	SAY(other, FLOOD, flood, 1, 0);
	marks(other, 1);
	ATF_CHECK_EQ(reported(), 1);
	ATF_CHECK_EQ(hears(other, &m), 0);
	thaw();
	turn();
	ATF_CHECK_EQ(hears(other, &m), MSG_LINK_FLOODED);
}

/* The channels to others are read again in all ways out of a hold. */
ATF_TC_WITHOUT_HEAD(thaws);
ATF_TC_BODY(thaws, tc)
{
	struct other *other;

	begin_held();
	other = linked(OTHER);
	hold(1);
	ATF_CHECK_EQ(r->hold.state, RELAY_HOLD_LINKS);
	thaw();
	marks(other, 1);
	turn();
	ATF_CHECK_EQ(r->hold.state, RELAY_HOLD_OFF);
	ATF_CHECK_EQ(reported(), 0);
	ATF_REQUIRE(relay_seals_add(&r->seals, 1, NULL, ticket) != NULL);
	hold(2);
	ATF_CHECK_EQ(r->hold.state, RELAY_HOLD_LOGINS);
	thaw();
	ATF_CHECK_EQ(r->hold.state, RELAY_HOLD_OFF);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, alone);
	ATF_TP_ADD_TC(tp, links);
	ATF_TP_ADD_TC(tp, early);
	ATF_TP_ADD_TC(tp, logins);
	ATF_TP_ADD_TC(tp, front_hangs);
	ATF_TP_ADD_TC(tp, input);
	ATF_TP_ADD_TC(tp, draining);
	ATF_TP_ADD_TC(tp, lost);
	ATF_TP_ADD_TC(tp, full);
	ATF_TP_ADD_TC(tp, successor);
	ATF_TP_ADD_TC(tp, heir);
	ATF_TP_ADD_TC(tp, flood);
	ATF_TP_ADD_TC(tp, thaws);
	return (atf_no_error());
}
