/*
 * peers_active_test: which connection of a key is active over all workers, the
 * notifications about it, and the maximum of connections of a key.
 */
#include "peersfixture.h"

ATF_TC_WITHOUT_HEAD(active_here);
ATF_TC_BODY(active_here, tc)
{
	struct fixture_client *a, *b, *c;
	struct cluster_peer *p;

	set_up();
	a = join('k');
	b = join('k');
	c = join('k');
	p = peer('k');
	others("add 1, add 2, add 3");
	ATF_CHECK(p->active == &c->c);
	relay->now_us += 10;
	activity(a);
	others("active 1");
	ATF_CHECK(p->active == &a->c);
	/* It is active already: no notification. */
	relay->now_us += 10;
	activity(a);
	others("");
	ATF_CHECK_EQ(a->c.session.active_us, relay->now_us);
	/* In the same microsecond the later one wins. */
	activity(b);
	ATF_CHECK(p->active == &b->c);
	activity(c);
	ATF_CHECK(p->active == &c->c);
	/* One notification a key and turn, for the last one. */
	others("active 3");
	others("");
	/*
	 * The previous one becomes active again, and all workers are notified.
	 */
	leave(c);
	ATF_CHECK(p->active == &b->c);
	others("remove 3, active 2");
	leave(a);
	ATF_CHECK(p->active == &b->c);
	leave(b);
	ATF_CHECK(p->active == NULL);
}

ATF_TC_WITHOUT_HEAD(active_elsewhere);
ATF_TC_BODY(active_elsewhere, tc)
{
	struct fixture_client *a;
	struct cluster_peer *p;
	uint64_t now;

	set_up();
	a = join('k');
	p = peer('k');
	now = relay->now_us;
	remote_add(2, 'k', 5, now + 10);
	active_there(p, 2, 5);
	/* An older connection does not become active; a later activity does. */
	remote_add(3, 'k', 6, now + 9);
	active_there(p, 2, 5);
	remote_active(3, 'k', 6, now + 11);
	active_there(p, 3, 6);
	others("add 1");
	/* A local frame wins, whatever the times are. */
	activity(a);
	ATF_CHECK(p->active == &a->c && p->ractive == NULL);
	ATF_CHECK(a->c.session.active_us > now + 11);
	others("active 1");
	/* A worker with an outdated time is notified. */
	remote_active(2, 'k', 5, now + 11);
	ATF_CHECK(p->active == &a->c);
	others("active 1");
	/* A time before the reported one changes nothing. */
	remote_active(3, 'k', 6, now + 5);
	others("active 1");
	remote_active(2, 'k', 77, now + 1000);
	remote_active(2, 'x', 5, now + 1000);
	ATF_CHECK(p->active == &a->c);
	others("");
	leave(a);
	others("remove 1");
	/* Equal times: the higher worker, in all workers. */
	active_there(p, 3, 6);
	remote_remove(3, 'k', 6);
	active_there(p, 2, 5);
	remote_remove(2, 'k', 5);
	ATF_CHECK(p->ractive == NULL && p->active == NULL);
	cluster_peers_reap(relay->peers);
	ATF_CHECK(peer('k') == NULL);
}

/* With equal times every worker chooses the same connection. */
ATF_TC_WITHOUT_HEAD(equal_times);
ATF_TC_BODY(equal_times, tc)
{
	struct fixture_client *a;
	struct cluster_peer *p;

	set_up();
	a = join('k');
	p = peer('k');
	remote_add(WORKER - 1, 'k', 100, a->c.session.active_us);
	ATF_CHECK(p->active == &a->c && p->ractive == NULL);
	remote_add(WORKER + 1, 'k', 1, a->c.session.active_us);
	active_there(p, WORKER + 1, 1);
	remote_add(WORKER + 1, 'k', 2, a->c.session.active_us);
	active_there(p, WORKER + 1, 2);
}

/* The time of the latest activity is kept, whichever connection has left. */
ATF_TC_WITHOUT_HEAD(takes_over);
ATF_TC_BODY(takes_over, tc)
{
	struct fixture_client *a, *b, *c;
	struct cluster_peer *p;
	uint64_t now;

	set_up();
	a = join('k');
	b = join('k');
	c = join('k');
	p = peer('k');
	now = relay->now_us;
	remote_add(2, 'k', 5, now - 1);	/* when `b' was added */
	relay->now_us += 10;
	activity(a);
	relay->now_us += 10;
	activity(b);
	/* b, a, c, and then the other worker's. */
	leave(b);
	ATF_CHECK(p->active == &a->c);
	leave(a);
	ATF_CHECK(p->active == &c->c);
	others("add 1, add 2, add 3, remove 2, remove 1, active 3");
	leave(c);
	active_there(p, 2, 5);
	others("remove 3");
}

/* The latest of other workers' connections becomes active too. */
ATF_TC_WITHOUT_HEAD(order_elsewhere);
ATF_TC_BODY(order_elsewhere, tc)
{
	struct cluster_peer *p;

	set_up();
	remote_add(2, 'k', 1, 10);
	remote_add(3, 'k', 1, 30);
	remote_add(2, 'k', 2, 20);
	p = peer('k');
	active_there(p, 3, 1);
	remote_active(2, 'k', 1, 25);
	active_there(p, 3, 1);
	remote_remove(3, 'k', 1);
	active_there(p, 2, 1);
	remote_remove(2, 'k', 1);
	active_there(p, 2, 2);
}

/*
 * Notifications out of order: the latest reported activity of a connection is
 * kept, for the choice and for the order of its successors.
 */
ATF_TC_WITHOUT_HEAD(older_news);
ATF_TC_BODY(older_news, tc)
{
	struct fixture_client *a;
	struct cluster_peer *p;

	set_up();
	remote_add(2, 'k', 1, 10);
	remote_add(3, 'k', 1, 11);
	remote_add(2, 'k', 2, 12);
	p = peer('k');
	remote_active(2, 'k', 2, 20);
	remote_active(3, 'k', 1, 25);
	remote_active(2, 'k', 1, 30);
	active_there(p, 2, 1);
	/* Of the active one: a connection with an earlier time stays behind. */
	remote_active(2, 'k', 1, 15);
	remote_active(2, 'k', 1, 30);
	remote_active(3, 'k', 1, 26);
	active_there(p, 2, 1);
	/* Of its successor. */
	remote_active(3, 'k', 1, 14);
	remote_remove(2, 'k', 1);
	active_there(p, 3, 1);
	/* A local connection that is added now is the latest of all. */
	relay->now_us = 100;
	a = join('k');
	ATF_CHECK(p->active == &a->c && p->ractive == NULL);
	others("add 1");
	remote_active(3, 'k', 1, 99);
	ATF_CHECK(p->active == &a->c);
	others("active 1");
	remote_active(3, 'k', 1, 98);
	ATF_CHECK(p->active == &a->c);
	leave(a);
	active_there(p, 3, 1);
	remote_remove(3, 'k', 1);
	active_there(p, 2, 2);
}

/* A worker that adds the same connection twice is ignored. */
ATF_TC_WITHOUT_HEAD(said_twice);
ATF_TC_BODY(said_twice, tc)
{
	set_up();
	remote_add(2, 'k', 1, 10);
	remote_add(2, 'k', 1, 20);
	remote_add(2, 'x', 1, 20);
	cluster_peers_reap(relay->peers);
	counts(1, 0, 0);
	ATF_CHECK(peer('x') == NULL);
	remote_remove(2, 'k', 1);
	counts(1, 0, 0);
	cluster_peers_reap(relay->peers);
	counts(0, 0, 0);
}

ATF_TC_WITHOUT_HEAD(room);
ATF_TC_BODY(room, tc)
{
	struct fixture_client *a, *b, *c, *d;
	uint64_t i;

	set_up();
	a = join('k');
	b = join('k');
	for (i = 2; i < 4096; i++)
		remote_add(2, 'k', i, relay->now_us);
	ATF_CHECK_EQ(cluster_peers_conns(peer('k')), 4096);
	ATF_CHECK(!a->c.dead && !b->c.dead);
	relay->now_us += 10;
	activity(a);
	/* The connection that was silent longest is closed, then the next. */
	c = join('k');
	ATF_CHECK(b->c.dead && !a->c.dead && !c->c.dead);
	d = join('k');
	ATF_CHECK(a->c.dead && !c->c.dead && !d->c.dead);
	leave(a);
	leave(b);
	ATF_CHECK_EQ(cluster_peers_conns(peer('k')), 4096);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, active_here);
	ATF_TP_ADD_TC(tp, active_elsewhere);
	ATF_TP_ADD_TC(tp, equal_times);
	ATF_TP_ADD_TC(tp, takes_over);
	ATF_TP_ADD_TC(tp, order_elsewhere);
	ATF_TP_ADD_TC(tp, older_news);
	ATF_TP_ADD_TC(tp, said_twice);
	ATF_TP_ADD_TC(tp, room);
	return (atf_no_error());
}
