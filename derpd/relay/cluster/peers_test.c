/*
 * peers_test: the table of keys: duplicates and their active connection, the
 * maximum of connections of a key, and what is told when a key is gone.
 */
#include "peersfixture.h"

ATF_TC_WITHOUT_HEAD(come_and_go);
ATF_TC_BODY(come_and_go, tc)
{
	struct fixture_client *a, *b;

	set_up();
	ATF_CHECK(peer('a') == NULL);
	a = join('a');
	b = join('b');
	ATF_REQUIRE(peer('a') != NULL && peer('b') != NULL);
	ATF_CHECK(active('a') == &a->c && a->c.session.peer == peer('a'));
	counts(2, 0, 0);
	leave(a);
	/* The key stays in the table until the end of the turn. */
	ATF_REQUIRE(peer('a') != NULL);
	ATF_CHECK(active('a') == NULL);
	reap();
	ATF_CHECK(peer('a') == NULL);
	counts(1, 0, 0);
	cluster_peers_remove(relay->peers, &a->c);	/* again: no effect */
	sent(b, "");
	ATF_CHECK_EQ(relay->stats->dup_conns_total, 0);
	leave(b);
	reap();
	counts(0, 0, 0);
	others("");
}

ATF_TC_WITHOUT_HEAD(duplicates);
ATF_TC_BODY(duplicates, tc)
{
	struct fixture_client *a, *b, *c;

	set_up();
	a = join('k');
	sent(a, "");
	b = join('k');
	/* Both are notified, once. */
	sent(a, "health");
	sent(b, "health");
	c = join('k');
	sent(a, "");
	sent(c, "health");
	counts(1, 1, 3);
	ATF_CHECK_EQ(relay->stats->dup_conns_total, 2);
	leave(c);
	sent(a, "");
	counts(1, 1, 2);
	leave(b);
	/* The last one is notified that it has no duplicates. */
	sent(a, "clear");
	sent(b, "");
	counts(1, 0, 0);
	/* A closing connection gets no more frames. */
	a->c.conn.dead = 1;
	b = join('k');
	sent(a, "");
	leave(b);
	leave(a);
	reap();
	/* The next connection of that key starts afresh. */
	a = join('k');
	sent(a, "");
}

/* The connection that came or sent last is active; then the one before it. */
ATF_TC_WITHOUT_HEAD(last_is_active);
ATF_TC_BODY(last_is_active, tc)
{
	struct fixture_client *a, *b, *c;

	set_up();
	a = join('k');
	b = join('k');
	c = join('k');
	ATF_CHECK(active('k') == &c->c);
	cluster_peers_activity(&a->c);
	ATF_CHECK(active('k') == &a->c);
	cluster_peers_activity(&a->c);
	ATF_CHECK(active('k') == &a->c);
	cluster_peers_activity(&b->c);
	ATF_CHECK(active('k') == &b->c);
	/* b, a, c */
	leave(b);
	ATF_CHECK(active('k') == &a->c);
	b = join('k');
	leave(a);
	ATF_CHECK(active('k') == &b->c);
	leave(b);
	ATF_CHECK(active('k') == &c->c);
	leave(c);
	ATF_CHECK(active('k') == NULL);
}

/* PeerGone is sent once to each connection that had a packet from the key. */
ATF_TC_WITHOUT_HEAD(gone_once);
ATF_TC_BODY(gone_once, tc)
{
	struct fixture_client *a, *b, *c, *d;

	set_up();
	a = join('a');
	b = join('b');
	c = join('c');
	d = join('d');
	ATF_CHECK_EQ(note(b, 'a'), 0);
	ATF_CHECK_EQ(note(b, 'a'), 0);	/* a second packet */
	ATF_CHECK_EQ(note(a, 'c'), 0);	/* c only sent to a */
	ATF_CHECK_EQ(note(d, 'a'), 0);
	leave(d);			/* closed before */
	leave(a);
	sent(b, "");
	reap();
	sent(b, "gone a 0");
	sent(c, "");
	sent(d, "");
	ATF_CHECK_EQ(relay->stats->gone_disconnected, 1);
	/* Connect again, send nothing, leave. */
	a = join('a');
	leave(a);
	reap();
	sent(b, "");
	/*
	 * Packets that were sent to a are forgotten too: no PeerGone about c.
	 */
	leave(c);
	reap();
	sent(b, "");
	ATF_CHECK_EQ(relay->stats->gone_disconnected, 1);
}

ATF_TC_WITHOUT_HEAD(gone_with_the_last);
ATF_TC_BODY(gone_with_the_last, tc)
{
	struct fixture_client *a, *a2, *b;

	set_up();
	a = join('a');
	a2 = join('a');
	b = join('b');
	ATF_CHECK_EQ(note(b, 'a'), 0);
	leave(a);
	reap();
	sent(b, "");
	leave(a2);
	reap();
	sent(b, "gone a 0");
	counts(1, 0, 0);
	/* Connected again in the same turn: no PeerGone. */
	a = join('a');
	ATF_CHECK_EQ(note(b, 'a'), 0);
	leave(a);
	a = join('a');
	reap();
	sent(b, "");
	ATF_CHECK(active('a') == &a->c);
	leave(a);
	reap();
	sent(b, "gone a 0");
}

/* Above the maximum the connection is closed that was silent longest. */
ATF_TC_WITHOUT_HEAD(room);
ATF_TC_BODY(room, tc)
{
	const unsigned int n = 16384;
	struct relay_conn *crowd;
	struct fixture_client *a, *b, *c, *d;
	unsigned int i;

	set_up();
	ATF_REQUIRE((crowd = calloc(n, sizeof(*crowd))) != NULL);
	a = join('k');
	b = join('k');
	for (i = 2; i < n; i++) {
		crowd[i].r = relay;
		memcpy(crowd[i].session.key, key_of('k'), FRAME_KEY_LEN);
		crowd[i].session.notified_dup = 1;
		ATF_REQUIRE_EQ(cluster_peers_add(relay->peers, &crowd[i]), 0);
	}
	ATF_CHECK_EQ(peer('k')->nconns, n);
	ATF_CHECK(!a->c.conn.dead && !b->c.conn.dead);
	cluster_peers_activity(&a->c);
	c = join('k');
	ATF_CHECK(b->c.conn.dead && !crowd[2].conn.dead && !c->c.conn.dead);
	/* Two too many: the next one when the first has left. */
	d = join('k');
	leave(b);
	ATF_CHECK(crowd[2].conn.dead && !crowd[3].conn.dead && !d->c.conn.dead);
	cluster_peers_remove(relay->peers, &crowd[2]);
	ATF_CHECK(!crowd[3].conn.dead && !a->c.conn.dead);
	ATF_CHECK_EQ(peer('k')->nconns, n);
}

static unsigned int nseen, last_slot;

static void
see(const struct cluster_peer *p, void *arg)
{
	unsigned int slot = ipc_slot_of(p->key, relay->conf.slot_secret);

	ATF_CHECK(slot >= last_slot && p->nconns > 0);
	last_slot = slot;
	nseen++;
	(void)arg;
}

/* Many keys, and none is lost; they are walked slot by slot. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	const unsigned int n = 5000;
	struct relay_conn *c;
	unsigned int i, slot = 0, pieces = 0;

	set_up();
	ATF_REQUIRE((c = calloc(n, sizeof(*c))) != NULL);
	for (i = 0; i < n; i++) {
		c[i].r = relay;
		memcpy(c[i].session.key, &i, sizeof(i));
		ATF_REQUIRE_EQ(cluster_peers_add(relay->peers, &c[i]), 0);
	}
	counts(n, 0, 0);
	for (i = 0; i < n; i += 2)
		cluster_peers_remove(relay->peers, &c[i]);
	while (slot < IPC_SLOTS) {
		slot = cluster_peers_each(relay->peers, slot, 100, see, NULL);
		pieces++;
		/* A slot is not cut; there are few keys in one. */
		ATF_CHECK(nseen < pieces * 120 && last_slot < slot);
	}
	ATF_CHECK_EQ(nseen, n / 2);
	reap();
	counts(n / 2, 0, 0);
	for (i = 0; i < n; i++)
		ATF_CHECK_EQ(cluster_peers_find(relay->peers,
		    c[i].session.key) != NULL, i % 2 == 1);
}

/* Two workers in one process have independent tables. */
ATF_TC_WITHOUT_HEAD(side_by_side);
ATF_TC_BODY(side_by_side, tc)
{
	struct relay *first, *second;
	struct fixture_client *a, *b, *c;

	set_up();
	first = relay;
	relay = second = new_relay();
	b = join('k');
	relay = first;
	ATF_CHECK(peer('k') == NULL);
	a = join('k');
	sent(a, "");			/* no duplicate of b */
	counts(1, 0, 0);
	c = join('k');
	sent(a, "health");
	sent(b, "");
	ATF_REQUIRE_EQ(note(a, 'k'), 0);
	leave(c);
	sent(a, "clear");
	derp_sent_free(first->sent);
	cluster_peers_free(first->peers);
	free(first);
	relay = second;
	ATF_CHECK(active('k') == &b->c);
	counts(1, 0, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, come_and_go);
	ATF_TP_ADD_TC(tp, duplicates);
	ATF_TP_ADD_TC(tp, last_is_active);
	ATF_TP_ADD_TC(tp, gone_once);
	ATF_TP_ADD_TC(tp, gone_with_the_last);
	ATF_TP_ADD_TC(tp, room);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, side_by_side);
	return (atf_no_error());
}
