/*
 * cluster: the call-backs of the table of keys: they notify other workers,
 * watchers and clients of its changes.  Called by relay.c at the start, then by
 * peers.c and sent.c through call-backs.
 */
#include <string.h>

#include "cluster.h"
#include "link.h"
#include "peers.h"
#include "relay.h"
#include "sent.h"
#include "watch.h"

static const char	dup_text[] = "another connection uses the key of "
			    "this node: two machines with one key disturb "
			    "each other";

static void
came(struct relay_conn *c, int dup)
{
	struct relay *r = c->r;

	if (dup)
		r->stats->dup_conns_total++;
	cluster_link_present(c);
	cluster_watch_present(r, r->conf.worker, c->session.key, c->conn.addr,
	    c->conn.port, derp_flags(&c->session));
}

static void
gone(void *arg, struct cluster_peer *p)
{
	struct relay *r = arg;

	derp_sent_gone(r->sent, p->key);
	cluster_link_gone(r, p->key);
	cluster_watch_gone(r, r->conf.worker, p->key);
}

static void
send_duplicate(struct relay_conn *c, int dup)
{
	const char *text = dup ? dup_text : "";
	uint8_t hdr[FRAME_HDR_LEN];
	size_t n = strlen(text);

	if (dup == c->session.notified_dup || c->conn.dead)
		return;
	c->session.notified_dup = dup != 0;
	net_frame_put_hdr(hdr, FRAME_HEALTH, (uint32_t)n);
	conn_send(&c->conn, hdr, sizeof(hdr));
	conn_send(&c->conn, text, n);
}

static void
close_crowded(struct relay_conn *c)
{
	conn_close(&c->conn, "too many connections with one key");
}

static void
send_gone(struct relay_conn *c, const void *frame, size_t n)
{
	conn_send(&c->conn, frame, n);
	c->r->stats->gone_disconnected++;
}

static const struct cluster_peers_ops peers_ops = {
	.came = came,
	.gone = gone,
	.duplicate = send_duplicate,
	.crowded = close_crowded
};

int
cluster_init(struct relay *r)
{
	if ((r->peers = cluster_peers_new(&peers_ops, r,
	    r->conf.slot_secret)) == NULL ||
	    (r->sent = derp_sent_new(send_gone)) == NULL)
		return (-1);
	return (0);
}
