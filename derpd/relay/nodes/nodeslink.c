/*
 * nodeslink: a link to another node, from its first frame to its end; see
 * nodes.h.  Called by nodes.c, nodesadopt.c, nodesmove.c, relayconn.c,
 * packets.c and relay/move.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "far.h"
#include "nodes.h"
#include "queue.h"
#include "relay.h"

#define SILENT_BEATS	4	/* then the link is lost: 8 s */
#define ORPHAN_BEATS	5	/* without a mesh process: 10 s */
#define FORGIVE_BEATS	30	/* between two calls of net_record_forgive() */
#define QUEUE_CLIENTS	4	/* the queue is as long as so many of clients */
#define PONG_ROOM	4096	/* bytes of own frames that wait: no more
				   pongs */

static struct nodes_node *
node_of(const struct nodes_link *l)
{
	return (&l->c->r->nodes.of[l->link / 2]);
}

/* The link of the connection whose session this is. */
static struct nodes_link *
link_of(struct nodes_session *s)
{
	return ((struct nodes_link *)(void *)s);
}

void
nodes_link_end(struct relay_conn *c, int now, const char *why)
{
	struct nodes_link *l = c->node;

	if (c->conn.dead)
		return;
	l->now = now != 0;
	l->why = why;
	conn_close(&c->conn, why);
}

/* Frames of the node */

static void
present(struct nodes_session *s, const uint8_t key[FRAME_KEY_LEN])
{
	const struct nodes_link *l = link_of(s);
	struct relay *r = l->c->r;

	/* The node also names those that log in there, such as this relay. */
	if (memcmp(key, r->conf.node_key, FRAME_KEY_LEN) != 0)
		cluster_far_present(r, l->link, key);
}

static void
gone(struct nodes_session *s, const uint8_t key[FRAME_KEY_LEN])
{
	const struct nodes_link *l = link_of(s);

	cluster_far_gone(l->c->r, l->link, key);
}

/* A node that does not read its pongs gets no more. */
static void
ping(struct nodes_session *s, const uint8_t data[FRAME_PING_LEN])
{
	struct relay_conn *c = link_of(s)->c;
	uint8_t frame[FRAME_PONG_SIZE];

	if (conn_buf_left(&c->conn.output.ctl) < PONG_ROOM)
		conn_send(&c->conn, frame, net_frame_put_pong(frame, data));
}

static void
health(struct nodes_session *s, const uint8_t *text, size_t n)
{
	struct nodes_link *l = link_of(s);
	struct nodes_node *node = node_of(l);

	if (n == l->health_len && memcmp(text, l->health, n) == 0)
		return;
	memcpy(l->health, text, n);
	l->health_len = n;
	if (n == 0)
		log_limited(&node->says, "mesh node %u says that all is well "
		    "again", nodes_number(node));
	else
		log_limited_warnx(&node->says, "mesh node %u says: %.*s",
		    nodes_number(node), (int)n, (const char *)text);
}

static void
restarting(struct nodes_session *s)
{
	link_of(s)->restarting = 1;
}

static void
end(struct nodes_session *s, const char *why)
{
	nodes_link_end(link_of(s)->c, 0, why);
}

static const struct nodes_session_ops ops = {
	.present = present,
	.gone = gone,
	.ping = ping,
	.health = health,
	.restarting = restarting,
	.close = end
};

size_t
nodes_link_input(struct relay_conn *c, const uint8_t *p, size_t n)
{
	struct relay *r = c->r;
	size_t used;

	c->node->silent = 0;
	c->node->frames = 1;
	used = nodes_session_input(&c->node->session, p, n);
	if (!c->conn.dead && cluster_link_waits(r)) {
		conn_pause(&c->conn, PAUSE_NEWS);
		r->nodes.paused = 1;
	}
	return (used);
}

/* Begin and end */

/* End the link before this one; its mesh process, if it lives, knows. */
static void
replace(struct nodes_node *n)
{
	struct relay_conn *old = n->c;

	if (old == NULL)
		return;
	old->node->orphan = 1;
	nodes_link_end(old, 0, "there is a newer link");
	nodes_link_ended(old);
}

void
nodes_link_attach(struct relay_conn *c, struct nodes_node *n,
    struct nodes_link *l, unsigned int link)
{
	n->c = c;
	n->parity = link % 2;
	n->r->nodes.nconns++;
	l->c = c;
	l->session.ops = &ops;
	l->link = link;
	c->node = l;
}

void
nodes_link_begin(struct relay_conn *c, struct nodes_node *n,
    struct nodes_link *l)
{
	struct conn_stats *stats = n->r->stats;
	uint8_t hdr[FRAME_HDR_LEN];

	replace(n);
	nodes_link_attach(c, n, l, 2 * nodes_number(n) + (n->parity ^ 1));
	stats->node_links[nodes_number(n)]++;
	stats->node_up[nodes_number(n)] = 1;
	c->conn.patient = 1;
	c->conn.state = CONN_UP;
	c->session.login_us = n->r->set.now_us;
	conn_deadline(&c->conn, NODES_BEAT_SECS - 1);
	net_frame_put_hdr(hdr, FRAME_WATCH_CONNS, 0);
	conn_send(&c->conn, hdr, sizeof(hdr));
	conn_resume(&c->conn, PAUSE_LOGIN);
}

/* Return why the link has ended, for the mesh process. */
static const char *
reason(const struct nodes_link *l)
{
	if (l->why != NULL)
		return (l->why);
	if (l->restarting)
		return ("the node restarts");
	if (!l->frames && l->beats <= 1)
		return ("the node closed it at once: has it another mesh key?");
	return (l->c->conn.why != NULL ? l->c->conn.why : "it was closed");
}

void
nodes_link_ended(struct relay_conn *c)
{
	struct nodes_link *l = c->node;
	struct nodes_node *n;

	if (l == NULL || l->lost)
		return;
	l->lost = 1;
	n = node_of(l);
	n->c = NULL;
	n->r->stats->node_up[nodes_number(n)] = 0;
	cluster_far_lost(n->r, l->link);
	log_debug("link to node %u has ended: %s", nodes_number(n), reason(l));
	if (l->orphan == 0)
		nodes_tell(n, l->number, l->now, reason(l));
}

void
nodes_link_free(struct relay_conn *c)
{
	if (c->node == NULL)
		return;
	c->r->nodes.nconns--;
	free(c->node);
	c->node = NULL;
}

/*
 * Time is counted in beats: a process that was stopped for a while reads what
 * the node sent before it misses it.
 */
void
nodes_link_beat(struct relay_conn *c)
{
	static const uint8_t data[FRAME_PING_LEN];
	struct nodes_link *l = c->node;
	uint8_t hdr[FRAME_HDR_LEN];

	l->beats++;
	if ((c->conn.paused & PAUSE_NEWS) != 0)
		l->silent = 0;		/* it is not read */
	if (l->silent++ == SILENT_BEATS)
		nodes_link_end(c, 0, "the node was silent for 8 seconds");
	else if (l->orphan > 0 && l->orphan++ == ORPHAN_BEATS)
		nodes_link_end(c, 0, "its mesh process has ended");
	if (c->conn.dead)
		return;
	if (c->conn.rec != NULL && l->beats % FORGIVE_BEATS == 0)
		net_record_forgive(c->conn.rec);
	relay_packets_rest(c);
	net_frame_put_hdr(hdr, FRAME_PING, sizeof(data));
	conn_send(&c->conn, hdr, sizeof(hdr));
	conn_send(&c->conn, data, sizeof(data));
	conn_deadline(&c->conn, NODES_BEAT_SECS - 1);
}

/* Packets */

void
nodes_link_limits(struct derp_queue_limits *lim)
{
	lim->bytes = lim->bytes < UINT32_MAX / QUEUE_CLIENTS ?
	    lim->bytes * QUEUE_CLIENTS : UINT32_MAX;
	lim->packets = lim->packets < UINT32_MAX / QUEUE_CLIENTS ?
	    lim->packets * QUEUE_CLIENTS : UINT32_MAX;
}

void
nodes_link_sent(struct relay_conn *c, size_t n)
{
	struct conn_stats *stats = c->r->stats;
	const unsigned int node = c->node->link / 2;

	stats->forwarded_out++;
	stats->node_packets[node]++;
	stats->node_bytes[node] += n;
}

void
nodes_link_dropped(struct relay_conn *c)
{
	c->r->stats->node_drops[c->node->link / 2]++;
}
