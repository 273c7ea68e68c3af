/*
 * peers_test: who is connected over all workers, which connection of a key is
 * active, who is told that a key is gone, and who watches.  What connections
 * are sent, and other workers told, is noted by stand-ins for output.c,
 * session.c and link.c.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "peers.h"
#include "sent.h"

#define WORKER	1		/* the number of ours */

/* A connection and what it was sent. */
struct client {
	struct conn	 c;
	uint8_t		 out[4096];
	size_t		 n;
};

static struct relay	*relay;
static char		 told[1024];	/* the other workers */
static struct client	 clients[32];
static unsigned int	 nclients;

void
conn_send(struct conn *c, const void *p, size_t n)
{
	struct client *cl = (struct client *)c;

	ATF_REQUIRE(n <= sizeof(cl->out) - cl->n);
	memcpy(cl->out + cl->n, p, n);
	cl->n += n;
}

uint8_t
session_flags(const struct conn *c)
{
	return (c->mesh ? PEER_MESH : PEER_REGULAR);
}

static void
tell(const char *what, const struct conn *c)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof(told) - n, "%s%s %llu", n == 0 ? "" : ", ",
	    what, (unsigned long long)c->id);
}

void
link_add(struct conn *c)
{
	tell("add", c);
}

void
link_remove(struct conn *c)
{
	tell("remove", c);
}

void
link_active(struct conn *c)
{
	tell("active", c);
}

/* What other workers were told since the last time. */
static void
others(const char *want)
{
	ATF_CHECK_STREQ(told, want);
	told[0] = '\0';
}

static void
frame_text(char *dst, size_t size, uint8_t type, const uint8_t *p, uint32_t n)
{
	switch (type) {
	case FRAME_HEALTH:
		snprintf(dst, size, n == 0 ? "clear" : "health");
		break;
	case FRAME_PEER_GONE:
		ATF_REQUIRE_EQ(n, FRAME_KEY_LEN + 1);
		snprintf(dst, size, "gone %c %u", p[0], p[FRAME_KEY_LEN]);
		break;
	case FRAME_PEER_PRESENT:
		ATF_REQUIRE_EQ(n, FRAME_KEY_LEN + 16 + 2 + 1);
		p += FRAME_KEY_LEN;
		snprintf(dst, size, "present %c from %u port %u flags %u",
		    p[-1], p[15], p[16] * 256U + p[17], p[18]);
		break;
	default:
		atf_tc_fail("frame of type %u", type);
	}
}

/* What a client was sent since the last time, in order. */
static void
sent(struct client *cl, const char *want)
{
	char got[2048] = "", one[128];
	const uint8_t *p = cl->out, *end = cl->out + cl->n;
	uint8_t type;
	uint32_t n;

	while (p < end) {
		ATF_REQUIRE(end - p >= FRAME_HDR_LEN);
		frame_get_hdr(p, &type, &n);
		p += FRAME_HDR_LEN;
		ATF_REQUIRE((size_t)(end - p) >= n);
		frame_text(one, sizeof(one), type, p, n);
		strlcat(got, got[0] == '\0' ? "" : ", ", sizeof(got));
		strlcat(got, one, sizeof(got));
		p += n;
	}
	cl->n = 0;
	ATF_CHECK_STREQ(got, want);
}

/* Until the next call. */
static const uint8_t *
key_of(char k)
{
	static uint8_t key[FRAME_KEY_LEN];

	return (memset(key, k, sizeof(key)));
}

static struct peer *
peer(char k)
{
	return (peers_find(key_of(k)));
}

/* A client with the key `k' logs in. */
static struct client *
join(char k)
{
	struct client *cl = &clients[nclients++];
	struct conn *c = &cl->c;

	ATF_REQUIRE(nclients <= sizeof(clients) / sizeof(clients[0]));
	c->r = relay;
	c->id = nclients;
	memcpy(c->key, key_of(k), sizeof(c->key));
	c->addr[10] = c->addr[11] = 0xff;
	c->addr[15] = (uint8_t)nclients;
	c->port = (uint16_t)(1000 + nclients);
	LIST_INIT(&c->heard);
	relay->now_us++;
	ATF_REQUIRE_EQ(peers_add(c), 0);
	return (cl);
}

/* As conn.c does it. */
static void
leave(struct client *cl)
{
	sent_forget(&cl->c);
	if (cl->c.watching)
		LIST_REMOVE(&cl->c, watcher);
	peers_remove(&cl->c);
}

static void
remote_add(unsigned int worker, char k, uint64_t id, uint64_t active_us)
{
	static const uint8_t addr[16] = { [15] = 99 };

	peers_remote_add(relay, worker, key_of(k), id, addr, 9000,
	    PEER_PROBER, active_us);
}

static void
remote_remove(unsigned int worker, char k, uint64_t id)
{
	peers_remote_remove(relay, worker, key_of(k), id);
}

static void
remote_active(unsigned int worker, char k, uint64_t id, uint64_t us)
{
	peers_remote_active(relay, worker, key_of(k), id, us);
}

/* Keys, keys with duplicates, connections of those. */
static void
counts(unsigned int keys, unsigned int dups, unsigned int conns)
{
	struct stats s;

	memset(&s, 0, sizeof(s));
	peers_count(&s);
	ATF_CHECK_EQ(s.clients, keys);
	ATF_CHECK_EQ(s.dup_keys, dups);
	ATF_CHECK_EQ(s.dup_conns, conns);
}

/* The active connection of a key is that one of another worker. */
static void
active_there(const struct peer *p, unsigned int worker, uint64_t id)
{
	const struct rconn *rc = p->ractive;

	ATF_CHECK(p->active == NULL);
	ATF_REQUIRE(rc != NULL);
	ATF_CHECK_EQ(rc->worker, worker);
	ATF_CHECK_EQ(rc->id, id);
}

static int
note(struct client *to, char from)
{
	return (sent_note(&to->c, key_of(from)));
}

static void
set_up(void)
{
	relay = calloc(1, sizeof(*relay));
	ATF_REQUIRE(relay != NULL);
	relay->conf.worker = WORKER;
	relay->now_us = 1000;
	LIST_INIT(&relay->watchers);
	peers_init(relay);
}

ATF_TC_WITHOUT_HEAD(come_and_go);
ATF_TC_BODY(come_and_go, tc)
{
	struct client *a, *b;
	uint64_t gen;

	set_up();
	ATF_CHECK(peer('a') == NULL);
	a = join('a');
	b = join('b');
	others("add 1, add 2");
	ATF_REQUIRE(peer('a') != NULL && peer('b') != NULL);
	ATF_CHECK(peer('a')->active == &a->c && a->c.peer == peer('a'));
	ATF_CHECK_EQ(peers_conns(peer('a')), 1);
	counts(2, 0, 0);
	gen = peers_generation();
	leave(a);
	others("remove 1");
	/* The key stays known until the end of the round. */
	ATF_REQUIRE(peer('a') != NULL);
	ATF_CHECK(peer('a')->active == NULL && peer('a')->ractive == NULL);
	ATF_CHECK_EQ(peers_generation(), gen);
	peers_reap(relay);
	ATF_CHECK(peer('a') == NULL);
	ATF_CHECK_EQ(peers_generation(), gen + 1);
	counts(1, 0, 0);
	peers_remove(&a->c);		/* again: nothing happens */
	others("");
	sent(b, "");
	ATF_CHECK_EQ(relay->stats.dup_conns_total, 0);
	leave(b);
	peers_reap(relay);
	counts(0, 0, 0);
}

ATF_TC_WITHOUT_HEAD(duplicates);
ATF_TC_BODY(duplicates, tc)
{
	struct client *a, *b, *c;

	set_up();
	a = join('k');
	sent(a, "");
	b = join('k');
	/* Both hear of it, once. */
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
	/* It is over, for the one that is left. */
	sent(a, "clear");
	sent(b, "");
	counts(1, 0, 0);
	leave(a);
	peers_reap(relay);
	/* The next of that key begins anew. */
	a = join('k');
	sent(a, "");
}

ATF_TC_WITHOUT_HEAD(duplicate_elsewhere);
ATF_TC_BODY(duplicate_elsewhere, tc)
{
	struct client *a;

	set_up();
	a = join('k');
	remote_add(2, 'k', 7, 5);
	sent(a, "health");
	counts(1, 1, 2);
	remote_remove(2, 'k', 8);	/* not one that is there */
	remote_remove(3, 'k', 7);
	remote_remove(2, 'x', 7);
	sent(a, "");
	counts(1, 1, 2);
	remote_remove(2, 'k', 7);
	sent(a, "clear");
	counts(1, 0, 0);
	/* A connection that ends is told nothing more. */
	a->c.dead = 1;
	remote_add(2, 'k', 9, 6);
	sent(a, "");
}

ATF_TC_WITHOUT_HEAD(active_here);
ATF_TC_BODY(active_here, tc)
{
	struct client *a, *b, *c;
	struct peer *p;

	set_up();
	a = join('k');
	b = join('k');
	c = join('k');
	p = peer('k');
	others("add 1, add 2, add 3");
	ATF_CHECK(p->active == &c->c);
	relay->now_us += 10;
	peers_activity(&a->c);
	others("active 1");
	ATF_CHECK(p->active == &a->c);
	/* It is already: nobody is told. */
	relay->now_us += 10;
	peers_activity(&a->c);
	others("");
	ATF_CHECK_EQ(a->c.active_us, relay->now_us);
	/* In the same microsecond the later one wins. */
	peers_activity(&b->c);
	ATF_CHECK(p->active == &b->c);
	peers_activity(&c->c);
	ATF_CHECK(p->active == &c->c);
	others("active 2, active 3");
	/* The one before takes over, whichever that is. */
	leave(c);
	ATF_CHECK(p->active == &b->c);
	leave(a);
	ATF_CHECK(p->active == &b->c);
	leave(b);
	ATF_CHECK(p->active == NULL);
}

ATF_TC_WITHOUT_HEAD(active_elsewhere);
ATF_TC_BODY(active_elsewhere, tc)
{
	struct client *a;
	struct peer *p;
	uint64_t now;

	set_up();
	a = join('k');
	p = peer('k');
	now = relay->now_us;
	remote_add(2, 'k', 5, now + 10);
	active_there(p, 2, 5);
	/* An older one does not take over; one that spoke later does. */
	remote_add(3, 'k', 6, now + 9);
	active_there(p, 2, 5);
	remote_active(3, 'k', 6, now + 11);
	active_there(p, 3, 6);
	others("add 1");
	/* Ours speaks, in time's own order or not. */
	peers_activity(&a->c);
	ATF_CHECK(p->active == &a->c && p->ractive == NULL);
	ATF_CHECK(a->c.active_us > now + 11);
	others("active 1");
	/* Who thinks otherwise hears of it. */
	remote_active(2, 'k', 5, now + 11);
	ATF_CHECK(p->active == &a->c);
	others("active 1");
	remote_active(2, 'k', 77, now + 1000);
	remote_active(2, 'x', 5, now + 1000);
	ATF_CHECK(p->active == &a->c);
	others("");
	leave(a);
	others("remove 1");
	/* Equal times: the higher worker, as all of them see it. */
	active_there(p, 3, 6);
	remote_remove(3, 'k', 6);
	active_there(p, 2, 5);
	remote_remove(2, 'k', 5);
	ATF_CHECK(p->ractive == NULL && p->active == NULL);
	peers_reap(relay);
	ATF_CHECK(peer('k') == NULL);
}

/* The same choice in every worker when times are equal. */
ATF_TC_WITHOUT_HEAD(equal_times);
ATF_TC_BODY(equal_times, tc)
{
	struct client *a;
	struct peer *p;

	set_up();
	a = join('k');
	p = peer('k');
	remote_add(WORKER - 1, 'k', 100, a->c.active_us);
	ATF_CHECK(p->active == &a->c && p->ractive == NULL);
	remote_add(WORKER + 1, 'k', 1, a->c.active_us);
	active_there(p, WORKER + 1, 1);
	remote_add(WORKER + 1, 'k', 2, a->c.active_us);
	active_there(p, WORKER + 1, 2);
}

ATF_TC_WITHOUT_HEAD(worker_gone);
ATF_TC_BODY(worker_gone, tc)
{
	struct client *a, *b;

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
	peers_worker_gone(relay, 2);
	peers_reap(relay);
	counts(3, 1, 2);
	ATF_CHECK(peer('c') == NULL && peer('d') != NULL);
	sent(a, "");
	sent(b, "gone c 0");
	peers_worker_gone(relay, 3);
	peers_reap(relay);
	counts(2, 0, 0);
	sent(a, "clear");
	sent(b, "gone d 0");
	peers_worker_gone(relay, 3);	/* none of its own */
	peers_reap(relay);
	counts(2, 0, 0);
	sent(b, "");
}

/* PeerGone goes to those who had a packet from the key, once. */
ATF_TC_WITHOUT_HEAD(gone);
ATF_TC_BODY(gone, tc)
{
	struct client *a, *b, *c, *d;

	set_up();
	a = join('a');
	b = join('b');
	c = join('c');
	d = join('d');
	ATF_CHECK_EQ(note(b, 'a'), 0);
	ATF_CHECK_EQ(note(b, 'a'), 0);	/* a second packet */
	ATF_CHECK_EQ(note(a, 'c'), 0);	/* c only sent to a */
	ATF_CHECK_EQ(note(d, 'a'), 0);
	ATF_CHECK_EQ(note(b, 'x'), -1);	/* nobody */
	leave(d);			/* not here any more */
	leave(a);
	sent(b, "");
	peers_reap(relay);
	sent(b, "gone a 0");
	sent(c, "");
	sent(d, "");
	ATF_CHECK_EQ(relay->stats.gone_disconnected, 1);
	/* It comes back, sends nothing, goes. */
	a = join('a');
	leave(a);
	peers_reap(relay);
	sent(b, "");
	/* What went to a is forgotten too: c goes without a word. */
	leave(c);
	peers_reap(relay);
	sent(b, "");
	ATF_CHECK_EQ(relay->stats.gone_disconnected, 1);
}

ATF_TC_WITHOUT_HEAD(gone_with_the_last);
ATF_TC_BODY(gone_with_the_last, tc)
{
	struct client *a, *a2, *b;

	set_up();
	a = join('a');
	a2 = join('a');
	b = join('b');
	remote_add(2, 'a', 1, 1);
	ATF_CHECK_EQ(note(b, 'a'), 0);
	leave(a);
	peers_reap(relay);
	leave(a2);
	peers_reap(relay);
	sent(b, "");
	/* The last one is that of the other worker. */
	remote_remove(2, 'a', 1);
	peers_reap(relay);
	sent(b, "gone a 0");
	counts(1, 0, 0);
	/* Back in the same round: it was never away. */
	a = join('a');
	ATF_CHECK_EQ(note(b, 'a'), 0);
	leave(a);
	a = join('a');
	peers_reap(relay);
	sent(b, "");
	ATF_REQUIRE(peer('a') != NULL && peer('a')->active == &a->c);
	leave(a);
	peers_reap(relay);
	sent(b, "gone a 0");
}

ATF_TC_WITHOUT_HEAD(watchers);
ATF_TC_BODY(watchers, tc)
{
	struct client *w, *a, *b;

	set_up();
	a = join('a');			/* 1 */
	w = join('w');			/* 2 */
	w->c.mesh = 1;
	remote_add(2, 'r', 1, 1);
	b = join('a');			/* 3, the active one of its key */
	remote_add(2, 'x', 2, 1);
	remote_remove(2, 'x', 2);	/* gone, but not yet reaped */
	sent(w, "");
	watch_begin(&w->c);
	ATF_CHECK_EQ(relay->stats.watchers, 1);
	/* One for each key, itself too, in the order of the table. */
	sent(w, "present a from 3 port 1003 flags 1, "
	    "present w from 2 port 1002 flags 2, "
	    "present r from 99 port 9000 flags 4");
	watch_begin(&w->c);		/* again: no second flood */
	ATF_CHECK_EQ(relay->stats.watchers, 1);
	peers_reap(relay);
	sent(w, "gone x 0");
	/* Every connection that comes; only a key's last that goes. */
	remote_add(2, 'a', 3, 1);
	sent(w, "present a from 99 port 9000 flags 4");
	(void)join('n');
	sent(w, "present n from 4 port 1004 flags 1");
	leave(a);
	leave(b);
	peers_reap(relay);
	sent(w, "");
	remote_remove(2, 'a', 3);
	sent(w, "");
	peers_reap(relay);
	sent(w, "gone a 0");
	ATF_CHECK_EQ(relay->stats.gone_disconnected, 2);
	sent(b, "health");
	/* It has no packet from it, and watches no more. */
	leave(w);
	peers_worker_gone(relay, 2);
	peers_reap(relay);
	sent(w, "");
}

/* Many keys, and none lost. */
ATF_TC_WITHOUT_HEAD(many);
ATF_TC_BODY(many, tc)
{
	static const uint8_t addr[16];
	uint8_t key[FRAME_KEY_LEN] = { 0 };
	uint64_t i;

	set_up();
	for (i = 0; i < 5000; i++) {
		memcpy(key, &i, sizeof(i));
		peers_remote_add(relay, 2, key, i, addr, 1, 1, i);
	}
	counts(5000, 0, 0);
	for (i = 0; i < 5000; i += 2) {
		memcpy(key, &i, sizeof(i));
		peers_remote_remove(relay, 2, key, i);
	}
	peers_reap(relay);
	counts(2500, 0, 0);
	for (i = 0; i < 5000; i++) {
		memcpy(key, &i, sizeof(i));
		ATF_CHECK_EQ(peers_find(key) != NULL, i % 2 == 1);
	}
	ATF_CHECK_EQ(peers_generation(), 2500);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, come_and_go);
	ATF_TP_ADD_TC(tp, duplicates);
	ATF_TP_ADD_TC(tp, duplicate_elsewhere);
	ATF_TP_ADD_TC(tp, active_here);
	ATF_TP_ADD_TC(tp, active_elsewhere);
	ATF_TP_ADD_TC(tp, equal_times);
	ATF_TP_ADD_TC(tp, worker_gone);
	ATF_TP_ADD_TC(tp, gone);
	ATF_TP_ADD_TC(tp, gone_with_the_last);
	ATF_TP_ADD_TC(tp, watchers);
	ATF_TP_ADD_TC(tp, many);
	return (atf_no_error());
}
