/*
 * peers_test: the table of connections over all workers, the notifications that
 * a key is gone, and watchers.
 */
#include "peersfixture.h"

ATF_TC_WITHOUT_HEAD(come_and_go);
ATF_TC_BODY(come_and_go, tc)
{
	struct fixture_client *a, *b;
	uint64_t gen;

	set_up();
	ATF_CHECK(peer('a') == NULL);
	a = join('a');
	b = join('b');
	others("add 1, add 2");
	ATF_REQUIRE(peer('a') != NULL && peer('b') != NULL);
	ATF_CHECK(peer('a')->active == &a->c && a->c.session.peer == peer('a'));
	ATF_CHECK_EQ(cluster_peers_conns(peer('a')), 1);
	counts(2, 0, 0);
	gen = cluster_peers_generation(relay->peers);
	leave(a);
	others("remove 1");
	/* The key stays in the table until the end of the turn. */
	ATF_REQUIRE(peer('a') != NULL);
	ATF_CHECK(peer('a')->active == NULL && peer('a')->ractive == NULL);
	ATF_CHECK_EQ(cluster_peers_generation(relay->peers), gen);
	cluster_peers_reap(relay->peers);
	ATF_CHECK(peer('a') == NULL);
	ATF_CHECK_EQ(cluster_peers_generation(relay->peers), gen + 1);
	counts(1, 0, 0);
	cluster_peers_remove(relay->peers, &a->c);	/* again: no effect */
	others("");
	sent(b, "");
	ATF_CHECK_EQ(relay->stats.dup_conns_total, 0);
	leave(b);
	cluster_peers_reap(relay->peers);
	counts(0, 0, 0);
}

/*
 * A worker that reports too many connections of one key, each older than the
 * last: the list is walked for each.
 */
ATF_TC_WITHOUT_HEAD(remote_flood);
ATF_TC_BODY(remote_flood, tc)
{
	const uint64_t n = 200000;
	uint64_t i;

	set_up();
	for (i = 1; i <= n; i++)
		remote_add(2, 'k', i, 2 * n - i);
	ATF_CHECK_EQ(cluster_peers_conns(peer('k')), 2 * PEERS_CONNS_MAX);
	active_there(peer('k'), 2, 1);
	remote_remove(2, 'k', n);	/* one that was ignored */
	worker_ends(2);
	counts(0, 0, 0);
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
	ATF_CHECK_EQ(relay->stats.dup_conns_total, 2);
	leave(c);
	sent(a, "");
	counts(1, 1, 2);
	leave(b);
	/* The last one is notified that it has no duplicates. */
	sent(a, "clear");
	sent(b, "");
	counts(1, 0, 0);
	leave(a);
	cluster_peers_reap(relay->peers);
	/* The next connection of that key starts afresh. */
	a = join('k');
	sent(a, "");
}

ATF_TC_WITHOUT_HEAD(duplicate_elsewhere);
ATF_TC_BODY(duplicate_elsewhere, tc)
{
	struct fixture_client *a;

	set_up();
	a = join('k');
	remote_add(2, 'k', 7, 5);
	sent(a, "health");
	counts(1, 1, 2);
	remote_remove(2, 'k', 8);	/* an unknown one */
	remote_remove(3, 'k', 7);
	remote_remove(2, 'x', 7);
	sent(a, "");
	counts(1, 1, 2);
	remote_remove(2, 'k', 7);
	sent(a, "clear");
	counts(1, 0, 0);
	/* A closing connection gets no more frames. */
	a->c.dead = 1;
	remote_add(2, 'k', 9, 6);
	sent(a, "");
}

ATF_TC_WITHOUT_HEAD(worker_gone);
ATF_TC_BODY(worker_gone, tc)
{
	struct fixture_client *a, *b;

	set_up();
	a = join('a');
	b = join('b');
	remote_add(2, 'a', 1, 1);
	remote_add(2, 'a', 2, 2);
	remote_add(3, 'a', 3, 3);
	remote_add(2, 'c', 4, 4);
	remote_add(3, 'd', 5, 5);
	ATF_REQUIRE_EQ(note(b, 'c'), 0);
	ATF_REQUIRE_EQ(note(b, 'd'), 0);
	counts(4, 1, 4);
	sent(a, "health");
	worker_ends(2);
	counts(3, 1, 2);
	ATF_CHECK(peer('c') == NULL && peer('d') != NULL);
	sent(a, "");
	sent(b, "gone c 0");
	worker_ends(3);
	counts(2, 0, 0);
	sent(a, "clear");
	sent(b, "gone d 0");
	cluster_peers_worker_gone(relay->peers, 3);	/* none of its own */
	cluster_peers_reap(relay->peers);
	counts(2, 0, 0);
	sent(b, "");
}

/* PeerGone is sent once to each connection that had a packet from the key. */
ATF_TC_WITHOUT_HEAD(gone);
ATF_TC_BODY(gone, tc)
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
	ATF_CHECK_EQ(note(b, 'x'), -1);	/* unknown key */
	leave(d);			/* closed before */
	leave(a);
	sent(b, "");
	cluster_peers_reap(relay->peers);
	sent(b, "gone a 0");
	sent(c, "");
	sent(d, "");
	ATF_CHECK_EQ(relay->stats.gone_disconnected, 1);
	/* Connect again, send nothing, leave. */
	a = join('a');
	leave(a);
	cluster_peers_reap(relay->peers);
	sent(b, "");
	/*
	 * Packets that were sent to a are forgotten too: no PeerGone about c.
	 */
	leave(c);
	cluster_peers_reap(relay->peers);
	sent(b, "");
	ATF_CHECK_EQ(relay->stats.gone_disconnected, 1);
}

ATF_TC_WITHOUT_HEAD(gone_with_the_last);
ATF_TC_BODY(gone_with_the_last, tc)
{
	struct fixture_client *a, *a2, *b;

	set_up();
	a = join('a');
	a2 = join('a');
	b = join('b');
	remote_add(2, 'a', 1, 1);
	ATF_CHECK_EQ(note(b, 'a'), 0);
	leave(a);
	cluster_peers_reap(relay->peers);
	leave(a2);
	cluster_peers_reap(relay->peers);
	sent(b, "");
	/* The last connection is that of the other worker. */
	remote_remove(2, 'a', 1);
	cluster_peers_reap(relay->peers);
	sent(b, "gone a 0");
	counts(1, 0, 0);
	/* Connected again in the same turn: no PeerGone. */
	a = join('a');
	ATF_CHECK_EQ(note(b, 'a'), 0);
	leave(a);
	a = join('a');
	cluster_peers_reap(relay->peers);
	sent(b, "");
	ATF_REQUIRE(peer('a') != NULL && peer('a')->active == &a->c);
	leave(a);
	cluster_peers_reap(relay->peers);
	sent(b, "gone a 0");
}

ATF_TC_WITHOUT_HEAD(watchers);
ATF_TC_BODY(watchers, tc)
{
	struct fixture_client *w, *a, *b;

	set_up();
	a = join('a');			/* 1 */
	w = join('w');			/* 2 */
	w->c.session.mesh = 1;
	remote_add(2, 'r', 1, 1);
	b = join('a');			/* 3, the active one of its key */
	remote_add(2, 'x', 2, 1);
	remote_remove(2, 'x', 2);	/* gone, but not yet reaped */
	sent(w, "");
	cluster_watch_begin(&w->c);
	ATF_CHECK_EQ(relay->stats.watchers, 1);
	/* One for each key, its own too, in the order of the table. */
	sent(w, "present a from 3 port 1003 flags 1, "
	    "present w from 2 port 1002 flags 2, "
	    "present r from 99 port 9000 flags 4");
	cluster_watch_begin(&w->c);	/* again: no second flood */
	ATF_CHECK_EQ(relay->stats.watchers, 1);
	cluster_peers_reap(relay->peers);
	sent(w, "gone x 0");
	/* Every connection that is added; only the last removal of a key. */
	remote_add(2, 'a', 3, 1);
	sent(w, "present a from 99 port 9000 flags 4");
	(void)join('n');
	sent(w, "present n from 4 port 1004 flags 1");
	leave(a);
	leave(b);
	cluster_peers_reap(relay->peers);
	sent(w, "");
	remote_remove(2, 'a', 3);
	sent(w, "");
	cluster_peers_reap(relay->peers);
	sent(w, "gone a 0");
	ATF_CHECK_EQ(relay->stats.gone_disconnected, 2);
	sent(b, "health");
	/* It had no packet from it, and no longer watches. */
	leave(w);
	worker_ends(2);
	sent(w, "");
}

/* Many keys, and none is lost. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	static const uint8_t addr[16];
	uint8_t key[FRAME_KEY_LEN] = { 0 };
	uint64_t i;

	set_up();
	for (i = 0; i < 5000; i++) {
		memcpy(key, &i, sizeof(i));
		cluster_peers_remote_add(relay->peers, 2, key, i, addr, 1, 1,
		    i);
	}
	counts(5000, 0, 0);
	for (i = 0; i < 5000; i += 2) {
		memcpy(key, &i, sizeof(i));
		cluster_peers_remote_remove(relay->peers, 2, key, i);
	}
	cluster_peers_reap(relay->peers);
	counts(2500, 0, 0);
	for (i = 0; i < 5000; i++) {
		memcpy(key, &i, sizeof(i));
		ATF_CHECK_EQ(cluster_peers_find(relay->peers, key) != NULL,
		    i % 2 == 1);
	}
	ATF_CHECK_EQ(cluster_peers_generation(relay->peers), 2500);
}

/*
 * Two workers in one process have independent tables.  Their connections have
 * the same numbers.
 */
ATF_TC_WITHOUT_HEAD(side_by_side);
ATF_TC_BODY(side_by_side, tc)
{
	struct relay *first, *second;
	struct fixture_client *a, *b, *c;

	set_up();
	first = relay;
	relay = second = new_relay();
	b = join('k');
	others("add 1");
	remote_add(2, 'r', 7, 1);
	ATF_REQUIRE_EQ(note(b, 'r'), 0);
	relay = first;
	ATF_CHECK(peer('k') == NULL && peer('r') == NULL);
	a = join('k');
	sent(a, "");			/* no duplicate of b */
	counts(1, 0, 0);
	c = join('k');
	sent(a, "health");
	sent(b, "");
	others("add 2, add 3");
	remote_add(2, 'r', 7, 1);	/* the number is free here */
	counts(2, 1, 2);
	ATF_REQUIRE_EQ(note(a, 'r'), 0);
	worker_ends(2);
	sent(a, "gone r 0");
	sent(b, "");
	ATF_CHECK_EQ(cluster_peers_generation(first->peers), 1);
	ATF_CHECK_EQ(cluster_peers_generation(second->peers), 0);

	/* Each has its own pending notifications. */
	activity(a);
	relay = second;
	others("");
	relay = first;
	others("active 2");
	leave(c);
	sent(a, "clear");
	derp_sent_free(first->sent);
	cluster_peers_free(first->peers);
	free(first);
	relay = second;
	ATF_REQUIRE(peer('k') != NULL && peer('k')->active == &b->c);
	counts(2, 0, 0);
	worker_ends(2);
	sent(b, "gone r 0");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, come_and_go);
	ATF_TP_ADD_TC(tp, remote_flood);
	ATF_TP_ADD_TC(tp, duplicates);
	ATF_TP_ADD_TC(tp, duplicate_elsewhere);
	ATF_TP_ADD_TC(tp, worker_gone);
	ATF_TP_ADD_TC(tp, gone);
	ATF_TP_ADD_TC(tp, gone_with_the_last);
	ATF_TP_ADD_TC(tp, watchers);
	ATF_TP_ADD_TC(tp, many);
	ATF_TP_ADD_TC(tp, side_by_side);
	return (atf_no_error());
}
