/*
 * peersfixture: for tests of peers.c: connections, call-backs that record what
 * is sent to clients and to other workers, and a replacement for output.c,
 * which watch.c calls.  Included once in a test program.
 */
#ifndef PEERSFIXTURE_H
#define PEERSFIXTURE_H

#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peers.h"
#include "relay.h"
#include "sent.h"
#include "watch.h"

#define WORKER	1		/* the number of this worker */

/* A connection and the frames sent to it. */
struct fixture_client {
	struct relay_conn	 c;
	uint8_t			 out[4096];
	size_t			 n;
};

static struct relay		*relay;
static char			 notified[1024]; /* to the others */
static struct fixture_client	 clients[64];
static unsigned int		 nclients;

void
relay_conn_send(struct relay_conn *c, const void *p, size_t n)
{
	struct fixture_client *cl = (struct fixture_client *)c;

	ATF_REQUIRE(n <= sizeof(cl->out) - cl->n);
	memcpy(cl->out + cl->n, p, n);
	cl->n += n;
}

static inline void
tell(const char *what, const struct relay_conn *c)
{
	size_t n = strlen(notified);

	snprintf(notified + n, sizeof(notified) - n, "%s%s %llu",
	    n == 0 ? "" : ", ", what, (unsigned long long)c->id);
}

static inline void
came(struct relay_conn *c, int dup)
{
	c->r->stats.dup_conns_total += dup != 0;
	tell("add", c);
	cluster_watch_present(c->r, c->session.key, c->addr, c->port,
	    derp_flags(&c->session));
}

static inline void
went(struct relay_conn *c)
{
	tell("remove", c);
}

static inline void
is_active(struct relay_conn *c)
{
	tell("active", c);
}

static inline void
came_remote(void *arg, const uint8_t *key, const uint8_t addr[16],
    uint16_t port, uint8_t flags)
{
	cluster_watch_present(arg, key, addr, port, flags);
}

static inline void
gone(void *arg, struct cluster_peer *p)
{
	struct relay *r = arg;

	derp_sent_gone(r->sent, &p->receivers, p->key);
	cluster_watch_gone(r, p->key);
}

static inline void
send_gone(struct relay_conn *c, const void *frame, size_t n)
{
	relay_conn_send(c, frame, n);
	c->r->stats.gone_disconnected++;
}

static inline void
duplicate(struct relay_conn *c, int dup)
{
	uint8_t frame[FRAME_HDR_LEN + 1] = { 0 };
	size_t n = dup ? 1 : 0;

	if (c->session.notified_dup == dup || c->dead)
		return;
	c->session.notified_dup = dup != 0;
	net_frame_put_hdr(frame, FRAME_HEALTH, (uint32_t)n);
	relay_conn_send(c, frame, FRAME_HDR_LEN + n);
}

static inline void
crowded(struct relay_conn *c)
{
	c->dead = 1;
}

/* Compare the notifications to other workers since the last call. */
static inline void
others(const char *want)
{
	cluster_peers_announce(relay->peers);
	ATF_CHECK_STREQ(notified, want);
	notified[0] = '\0';
}

static inline void
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

/* Compare the frames to a client since the last call, in order. */
static inline void
sent(struct fixture_client *cl, const char *want)
{
	char got[2048] = "", one[128];
	const uint8_t *p = cl->out, *end = cl->out + cl->n;
	uint8_t type;
	uint32_t n;

	while (p < end) {
		ATF_REQUIRE(end - p >= FRAME_HDR_LEN);
		net_frame_get_hdr(p, &type, &n);
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

/* A key; valid until the next call. */
static inline const uint8_t *
key_of(char k)
{
	static uint8_t key[FRAME_KEY_LEN];

	return (memset(key, k, sizeof(key)));
}

static inline struct cluster_peer *
peer(char k)
{
	return (cluster_peers_find(relay->peers, key_of(k)));
}

/* Log in a client with the key `k'. */
static inline struct fixture_client *
join(char k)
{
	struct fixture_client *cl = &clients[nclients++];
	struct relay_conn *c = &cl->c;

	ATF_REQUIRE(nclients <= sizeof(clients) / sizeof(clients[0]));
	c->r = relay;
	c->id = nclients;
	memcpy(c->session.key, key_of(k), sizeof(c->session.key));
	c->addr[10] = c->addr[11] = 0xff;
	c->addr[15] = (uint8_t)nclients;
	c->port = (uint16_t)(1000 + nclients);
	relay->now_us++;
	ATF_REQUIRE_EQ(cluster_peers_add(relay->peers, c, relay->now_us), 0);
	return (cl);
}

/* Remove the connection as conn.c does. */
static inline void
leave(struct fixture_client *cl)
{
	derp_sent_forget(cl->c.r->sent, &cl->c);
	if (cl->c.session.watching)
		LIST_REMOVE(&cl->c, session.watcher);
	cluster_peers_remove(cl->c.r->peers, &cl->c);
}

static inline void
remote_add(unsigned int worker, char k, uint64_t id, uint64_t active_us)
{
	static const uint8_t addr[16] = { [15] = 99 };

	cluster_peers_remote_add(relay->peers, worker, key_of(k), id, addr,
	    9000, PEER_PROBER, active_us);
}

static inline void
remote_remove(unsigned int worker, char k, uint64_t id)
{
	cluster_peers_remote_remove(relay->peers, worker, key_of(k), id);
}

static inline void
remote_active(unsigned int worker, char k, uint64_t id, uint64_t us)
{
	cluster_peers_remote_active(relay->peers, worker, key_of(k), id, us);
}

/* Compare keys, keys with duplicates, and the connections of those. */
static inline void
counts(unsigned int keys, unsigned int dups, unsigned int conns)
{
	struct relay_stats s;

	memset(&s, 0, sizeof(s));
	cluster_peers_count(relay->peers, &s);
	ATF_CHECK_EQ(s.clients, keys);
	ATF_CHECK_EQ(s.dup_keys, dups);
	ATF_CHECK_EQ(s.dup_conns, conns);
}

/* Check that the active connection of a key is that one of another worker. */
static inline void
active_there(const struct cluster_peer *p, unsigned int worker, uint64_t id)
{
	const struct cluster_remote_conn *rc = p->ractive;

	ATF_CHECK(p->active == NULL);
	ATF_REQUIRE(rc != NULL);
	ATF_CHECK_EQ(rc->worker, worker);
	ATF_CHECK_EQ(rc->id, id);
}

static inline int
note(struct fixture_client *to, char from)
{
	struct cluster_peer *p = peer(from);

	return (derp_sent_note(relay->sent, p == NULL ? NULL : &p->receivers,
	    &to->c));
}

/* The client sends a frame. */
static inline void
activity(struct fixture_client *cl)
{
	cluster_peers_activity(relay->peers, &cl->c, relay->now_us);
}

/* Another worker is lost; keys without connections are reaped. */
static inline void
worker_ends(unsigned int worker)
{
	cluster_peers_worker_gone(relay->peers, worker);
	cluster_peers_reap(relay->peers);
}

static inline struct relay *
new_relay(void)
{
	static const struct cluster_peers_ops ops = { came, went, is_active,
		came_remote, gone, duplicate, crowded };
	struct relay *r;

	ATF_REQUIRE((r = calloc(1, sizeof(*r))) != NULL);
	r->now_us = 1000;
	LIST_INIT(&r->watchers);
	r->peers = cluster_peers_new(&ops, r);
	r->sent = derp_sent_new(send_gone);
	ATF_REQUIRE(r->peers != NULL && r->sent != NULL);
	cluster_peers_limits(r->peers, WORKER, 0);
	return (r);
}

static inline void
set_up(void)
{
	relay = new_relay();
}

#endif
