/*
 * cluster: the call-backs of the table of keys: they notify other workers,
 * watchers and clients of its changes.  Called by relay.c at the start, by
 * welcome.c, and by peers.c and sent.c through call-backs.
 */
#include <string.h>

#include "cluster.h"
#include "far.h"
#include "link.h"
#include "peers.h"
#include "relay.h"
#include "relayadmit.h"
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
	else
		cluster_far_came(r, c->session.key);
	cluster_link_present(c);
	cluster_watch_present(r, r->conf.worker, c->session.key, c->conn.addr,
	    c->conn.port, derp_flags(&c->session));
}

static void
gone(void *arg, struct cluster_peer *p)
{
	struct relay *r = arg;
	const int region = cluster_far_left(r, p->key);

	relay_admit_forget(p);
	if (region)
		derp_sent_gone(r->sent, p->key);
	cluster_link_gone(r, p->key, 1, region);
	cluster_watch_gone(r, r->conf.worker, p->key);
}

static void
send_health(struct relay_conn *c, const char *text)
{
	uint8_t hdr[FRAME_HDR_LEN];
	size_t n = strlen(text);

	net_frame_put_hdr(hdr, FRAME_HEALTH, (uint32_t)n);
	conn_send(&c->conn, hdr, sizeof(hdr));
	conn_send(&c->conn, text, n);
}

static void
send_duplicate(struct relay_conn *c, int dup)
{
	if (dup == c->session.notified_dup || c->conn.dead)
		return;
	c->session.notified_dup = dup != 0;
	send_health(c, dup ? dup_text : "");
}

void
cluster_duplicate_again(struct relay_conn *c)
{
	if (c->session.notified_dup)
		send_health(c, dup_text);
}

int
cluster_restore(struct relay_conn *c)
{
	if (cluster_peers_restore(c->r->peers, c) == -1)
		return (-1);
	cluster_far_came(c->r, c->session.key);
	return (0);
}

void
cluster_restored(struct relay_conn *c)
{
	send_duplicate(c, c->session.peer->nconns > 1);
}

void
cluster_not_restored(struct relay *r, const uint8_t key[FRAME_KEY_LEN],
    int local)
{
	if (cluster_peers_find(r->peers, key) != NULL ||
	    cluster_far_has(r, key))
		return;
	derp_sent_gone(r->sent, key);
	cluster_link_gone(r, key, local, 1);
	if (local)
		cluster_watch_gone(r, r->conf.worker, key);
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
	    r->conf.slot_secret)) == NULL || cluster_far_init(r) == -1 ||
	    (r->sent = derp_sent_new(send_gone)) == NULL)
		return (-1);
	return (0);
}

void
cluster_count(struct relay *r)
{
	cluster_peers_count(r->peers, r->stats);
	cluster_far_count(r);
	r->stats->region_keys = r->stats->clients + r->stats->far_keys;
}
