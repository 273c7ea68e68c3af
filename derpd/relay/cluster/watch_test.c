/*
 * watch_test: what watchers hear of the keys of this worker and of others:
 * those that are there, slot by slot, and what comes and goes meanwhile.
 */
#include "peersfixture.h"

static const uint8_t addr[16] = { [15] = 99 };

/* Two keys of different slots, the lower one first. */
static char	low, high;

static void
choose_keys(void)
{
	low = 'l';
	high = 'h';
	if (slot_of(low) > slot_of(high)) {
		low = 'h';
		high = 'l';
	}
	ATF_REQUIRE(slot_of(low) < slot_of(high));
}

/* A text with the two keys in place of L and H. */
static const char *
with_keys(const char *text)
{
	static char s[512];
	char *p;

	strlcpy(s, text, sizeof(s));
	for (p = s; *p != '\0'; p++)
		*p = *p == 'L' ? low : *p == 'H' ? high : *p;
	return (s);
}

/* A key of the other worker 2 comes or goes. */
static void
comes(char k)
{
	cluster_watch_present(relay, 2, key_of(k), addr, 9000, PEER_PROBER);
}

static void
goes(char k)
{
	cluster_watch_gone(relay, 2, key_of(k));
}

/* A piece of worker 2's flood. */
static void
there(struct fixture_client *w, char k)
{
	cluster_watch_there(relay, w->c.conn.id, key_of(k), addr, 9000,
	    PEER_PROBER);
}

static void
flooded(struct fixture_client *w, unsigned int slot)
{
	cluster_watch_flooded(relay, 2, w->c.conn.id, slot);
}

ATF_TC_WITHOUT_HEAD(own_keys);
ATF_TC_BODY(own_keys, tc)
{
	struct fixture_client *w, *a, *b;

	set_up();
	a = join('a');			/* 1 */
	b = join('a');			/* 2, the active one of its key */
	w = join('w');			/* 3 */
	w->c.session.mesh = 1;
	sent(w, "");
	cluster_watch_begin(&w->c);
	cluster_watch_begin(&w->c);	/* again: no second flood */
	ATF_CHECK_EQ(relay->stats->watchers, 1);
	ATF_CHECK_EQ(cluster_watch_more(relay), 1);
	cluster_watch_work(relay);
	/* One for each key, its own too, in the order of the slots. */
	sent(w, slot_of('a') < slot_of('w') ?
	    "present a from 2 port 1002 flags 1, "
	    "present w from 3 port 1003 flags 2" :
	    "present w from 3 port 1003 flags 2, "
	    "present a from 2 port 1002 flags 1");
	ATF_CHECK_EQ(cluster_watch_more(relay), 0);
	others("watch flood 0 for 3 from 0 flood 2 for 3 from 0 ");
	cluster_watch_work(relay);
	others("");
	/* Every connection that is added; only the last removal of a key. */
	(void)join('n');
	sent(w, "present n from 4 port 1004 flags 1");
	leave(a);
	reap();
	sent(w, "");
	leave(b);
	sent(w, "");
	reap();
	sent(w, "gone a 0");
	ATF_CHECK_EQ(relay->stats->gone_disconnected, 1);
	leave(w);
	ATF_CHECK_EQ(relay->stats->watchers, 0);
	others("no-watch ");
	reap();
	sent(w, "");
}

/* Many keys: some hundred a turn, and none twice. */
ATF_TC_WITHOUT_HEAD(pieces);
ATF_TC_BODY(pieces, tc)
{
	const unsigned int n = 3000;
	const size_t size = FRAME_PEER_PRESENT_SIZE;
	struct fixture_client *w;
	struct relay_conn *c;
	unsigned int i, turns = 0, total = 0;

	set_up();
	ATF_REQUIRE((c = calloc(n, sizeof(*c))) != NULL);
	for (i = 0; i < n; i++) {
		c[i].r = relay;
		memcpy(c[i].session.key, &i, sizeof(i));
		ATF_REQUIRE_EQ(cluster_peers_add(relay->peers, &c[i]), 0);
	}
	w = join('w');
	cluster_watch_begin(&w->c);
	while (cluster_watch_more(relay)) {
		cluster_watch_work(relay);
		ATF_CHECK(w->n <= 600 * size);
		total += (unsigned int)(w->n / size);
		w->n = 0;
		turns++;
	}
	ATF_CHECK_EQ(total, n + 1);
	ATF_CHECK(turns > 4);
}

/* A watcher that reads slowly gets no more until it has read. */
ATF_TC_WITHOUT_HEAD(slow_reader);
ATF_TC_BODY(slow_reader, tc)
{
	static uint8_t much[1024 * 1024];
	struct fixture_client *w;

	set_up();
	w = join('w');
	ATF_REQUIRE_EQ(conn_buf_add(&w->c.conn.output.ctl, much,
	    sizeof(much)), 0);
	cluster_watch_begin(&w->c);
	ATF_CHECK_EQ(cluster_watch_more(relay), 0);
	cluster_watch_work(relay);
	sent(w, "");
	others("watch ");
	conn_buf_drain(&w->c.conn.output.ctl, 1);
	ATF_CHECK_EQ(cluster_watch_more(relay), 1);
	cluster_watch_work(relay);
	sent(w, "present w from 1 port 1001 flags 1");
	others("flood 0 for 1 from 0 flood 2 for 1 from 0 ");
}

/* News of another worker are told in the slots that the watcher has had. */
ATF_TC_WITHOUT_HEAD(meanwhile);
ATF_TC_BODY(meanwhile, tc)
{
	struct fixture_client *w, *second;
	unsigned int slot;

	set_up();
	choose_keys();
	slot = slot_of(low) + 1;
	w = join('w');
	cluster_watch_begin(&w->c);
	cluster_watch_work(relay);
	w->n = 0;
	others("watch flood 0 for 1 from 0 flood 2 for 1 from 0 ");
	/* The flood will have what comes before it, and not what goes. */
	comes(low);
	goes(low);
	comes(high);
	sent(w, "");
	there(w, low);
	flooded(w, slot);
	sent(w, with_keys("present L from 99 port 9000 flags 4"));
	cluster_watch_work(relay);
	ATF_REQUIRE(strncmp(asked, "flood 2 for 1 from ",
	    strlen("flood 2 for 1 from ")) == 0);
	ATF_CHECK_EQ(strtoul(asked + strlen("flood 2 for 1 from "), NULL, 10),
	    slot);
	asked[0] = '\0';
	goes(high);
	comes(high);
	sent(w, "");
	goes(low);
	comes(low);
	sent(w, with_keys("gone L 0, present L from 99 port 9000 flags 4"));
	/* Another watcher has a flood of its own. */
	second = join('s');
	w->n = 0;
	cluster_watch_begin(&second->c);
	there(w, high);
	flooded(w, IPC_SLOTS);
	sent(w, with_keys("present H from 99 port 9000 flags 4"));
	goes(high);
	sent(w, with_keys("gone H 0"));
	sent(second, "");
	others("");
	/* It can't be made to begin again. */
	flooded(w, 1);
	comes(high);
	sent(w, with_keys("present H from 99 port 9000 flags 4"));
	/* One that has left is no matter. */
	leave(w);
	there(w, low);
	flooded(w, IPC_SLOTS);
	sent(second, "");
}

/* A worker that is not there yet is asked when it is. */
ATF_TC_WITHOUT_HEAD(late_worker);
ATF_TC_BODY(late_worker, tc)
{
	struct fixture_client *w;

	set_up();
	no_link = 1;
	w = join('w');
	cluster_watch_begin(&w->c);
	cluster_watch_work(relay);
	others("watch ");
	ATF_CHECK_EQ(cluster_watch_more(relay), 0);
	no_link = 0;
	cluster_watch_work(relay);
	others("flood 0 for 1 from 0 flood 2 for 1 from 0 ");
	/* When one is lost, the watcher is closed. */
	cluster_watch_lost(relay);
	ATF_CHECK(w->c.conn.dead);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, own_keys);
	ATF_TP_ADD_TC(tp, pieces);
	ATF_TP_ADD_TC(tp, slow_reader);
	ATF_TP_ADD_TC(tp, meanwhile);
	ATF_TP_ADD_TC(tp, late_worker);
	return (atf_no_error());
}
