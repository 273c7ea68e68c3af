/*
 * peersfixture: for tests of peers.c and watch.c: connections, call-backs that
 * record what is sent to clients, and replacements for output.c, conn.c and
 * linkmsg.c, which watch.c calls.  Included once in a test program.
 */
#ifndef PEERSFIXTURE_H
#define PEERSFIXTURE_H

#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "peers.h"
#include "relay.h"
#include "sent.h"
#include "slots.h"
#include "watch.h"

#define WORKER	1		/* the number of this worker */

/* A connection and the frames sent to it. */
struct fixture_client {
	struct relay_conn	 c;
	uint8_t			 out[65536];
	size_t			 n;
};

static struct relay		*relay;
static struct fixture_client	 clients[64];
static unsigned int		 nclients;
static char			 asked[1024];	/* of other workers */
static int			 no_link;	/* they are not there */

void
conn_send(struct conn *c, const void *p, size_t n)
{
	struct fixture_client *cl = (struct fixture_client *)relay_conn_of(c);

	ATF_REQUIRE(n <= sizeof(cl->out) - cl->n);
	memcpy(cl->out + cl->n, p, n);
	cl->n += n;
}

void
conn_close(struct conn *c, const char *why)
{
	(void)why;
	c->dead = 1;
}

void
cluster_link_watch(struct relay *r, int on)
{
	(void)r;
	strlcat(asked, on ? "watch " : "no-watch ", sizeof(asked));
}

int
cluster_link_flood(struct relay *r, unsigned int worker, uint64_t id,
    unsigned int slot)
{
	size_t n = strlen(asked);

	(void)r;
	if (no_link)
		return (-1);
	snprintf(asked + n, sizeof(asked) - n, "flood %u for %llu from %u ",
	    worker, (unsigned long long)id, slot);
	return (0);
}

static inline void
came(struct relay_conn *c, int dup)
{
	c->r->stats->dup_conns_total += dup != 0;
	cluster_watch_present(c->r, WORKER, c->session.key, c->conn.addr,
	    c->conn.port, derp_flags(&c->session));
}

static inline void
gone(void *arg, struct cluster_peer *p)
{
	struct relay *r = arg;

	derp_sent_gone(r->sent, p->key);
	cluster_watch_gone(r, WORKER, p->key);
}

static inline void
send_gone(struct relay_conn *c, const void *frame, size_t n)
{
	conn_send(&c->conn, frame, n);
	c->r->stats->gone_disconnected++;
}

static inline void
duplicate(struct relay_conn *c, int dup)
{
	uint8_t frame[FRAME_HDR_LEN + 1] = { 0 };
	size_t n = dup ? 1 : 0;

	if (c->session.notified_dup == dup || c->conn.dead)
		return;
	c->session.notified_dup = dup != 0;
	net_frame_put_hdr(frame, FRAME_HEALTH, (uint32_t)n);
	conn_send(&c->conn, frame, FRAME_HDR_LEN + n);
}

static inline void
crowded(struct relay_conn *c)
{
	c->conn.dead = 1;
}

/* Compare the requests to other workers since the last call. */
static inline void
others(const char *want)
{
	ATF_CHECK_STREQ(asked, want);
	asked[0] = '\0';
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

static inline unsigned int
slot_of(char k)
{
	return (ipc_slot_of(key_of(k), relay->conf.slot_secret));
}

static inline struct cluster_peer *
peer(char k)
{
	return (cluster_peers_find(relay->peers, key_of(k)));
}

static inline struct relay_conn *
active(char k)
{
	struct cluster_peer *p = peer(k);

	return (p == NULL ? NULL : cluster_peers_active(p));
}

/* Log in a client with the key `k'. */
static inline struct fixture_client *
join(char k)
{
	struct fixture_client *cl = &clients[nclients++];
	struct relay_conn *c = &cl->c;

	ATF_REQUIRE(nclients <= sizeof(clients) / sizeof(clients[0]));
	c->r = relay;
	c->conn.id = nclients;
	memcpy(c->session.key, key_of(k), sizeof(c->session.key));
	c->conn.addr[10] = c->conn.addr[11] = 0xff;
	c->conn.addr[15] = (uint8_t)nclients;
	c->conn.port = (uint16_t)(1000 + nclients);
	ATF_REQUIRE_EQ(cluster_peers_add(relay->peers, c), 0);
	return (cl);
}

/* Remove the connection as relayconn.c does. */
static inline void
leave(struct fixture_client *cl)
{
	derp_sent_forget(cl->c.r->sent, &cl->c);
	cluster_watch_end(&cl->c);
	cluster_peers_remove(cl->c.r->peers, &cl->c);
}

/* The end of a turn. */
static inline void
reap(void)
{
	cluster_peers_reap(relay->peers);
	derp_sent_reap(relay->sent);
}

/* Compare keys, keys with duplicates, and the connections of those. */
static inline void
counts(unsigned int keys, unsigned int dups, unsigned int conns)
{
	struct conn_stats s;

	memset(&s, 0, sizeof(s));
	cluster_peers_count(relay->peers, &s);
	ATF_CHECK_EQ(s.clients, keys);
	ATF_CHECK_EQ(s.dup_keys, dups);
	ATF_CHECK_EQ(s.dup_conns, conns);
}

/* A packet from a key is routed and written to a client. */
static inline int
note(struct fixture_client *to, char from)
{
	derp_sent_source(relay->sent, key_of(from), 0);
	return (derp_sent_note(relay->sent, key_of(from), &to->c));
}

static inline struct relay *
new_relay(void)
{
	static const struct cluster_peers_ops ops = { came, gone, duplicate,
		crowded };
	struct relay *r;

	ATF_REQUIRE((r = calloc(1, sizeof(*r))) != NULL);
	r->stats = &r->own.none;
	r->set.now_us = 1000;
	r->conf.worker = WORKER;
	r->conf.nworkers = 3;
	LIST_INIT(&r->watchers);
	r->peers = cluster_peers_new(&ops, r, r->conf.slot_secret);
	r->sent = derp_sent_new(send_gone);
	ATF_REQUIRE(r->peers != NULL && r->sent != NULL);
	return (r);
}

static inline void
set_up(void)
{
	relay = new_relay();
}

#endif
