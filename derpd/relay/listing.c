/*
 * listing: see listing.h.  Called by relay.c.
 *
 * A front may ask whatever it likes: only some hundred clients are looked at in
 * a turn, after their packets, and no more are reported than fit on a page.
 */
#include <string.h>

#include "ipcsend.h"
#include "listing.h"
#include "log.h"
#include "peers.h"
#include "relay.h"
#include "slots.h"

#define TURN	512	/* connections of a turn, and those of a slot more */

/* Fill in a row, except for its texts. */
static void
fill(struct ipc_list_row *row, const struct relay_conn *c)
{
	const struct relay *r = c->r;
	const struct derp_session *s = &c->session;

	row->number = s->number;
	memcpy(row->key, s->key, sizeof(row->key));
	memcpy(row->addr, c->conn.addr, sizeof(row->addr));
	row->port = c->conn.port;
	row->since = s->login_ns;
	row->age_ms = (r->set.now_us - s->login_us) / 1000;
	row->active = c == cluster_peers_active(s->peer);
	row->dup = s->notified_dup;
	row->home = s->home;
	row->flags = derp_flags(s);
	row->version = s->version;
	row->senders = s->senders;
	row->rx_packets = s->rx_packets;
	row->rx_bytes = s->rx_bytes;
	row->tx_packets = s->tx_packets;
	row->tx_bytes = s->tx_bytes;
}

/* Offer a connection to the page, if the query is about it: 1, else 0. */
static int
offer(struct relay_listing *l, const struct relay_conn *c)
{
	const char *app = c->session.app == NULL ? "" : c->session.app;
	struct ipc_list_row row;

	if (c->conn.state != CONN_UP || c->conn.dead ||
	    !conn_clientpage_matches(&l->page.query, c->conn.addr, app))
		return (0);
	l->conns++;
	fill(&row, c);
	if (!conn_clientpage_wants(&l->page, &row))
		return (1);
	strlcpy(row.app, app, sizeof(row.app));
	strlcpy(row.name, relay_admit_name(c), sizeof(row.name));
	strlcpy(row.group, relay_admit_group(c), sizeof(row.group));
	conn_clientpage_add(&l->page, &row);
	return (1);
}

/* Offer the connections of a key. */
static void
visit(const struct cluster_peer *p, void *arg)
{
	struct relay_listing *l = arg;
	const struct relay_conn *c;
	int match = 0;

	TAILQ_FOREACH(c, &p->conns, session.same)
		match |= offer(l, c);
	l->keys += (uint64_t)match;
	l->visited += p->nconns;
}

/* Report what was selected; `whole' 1 if that is complete. */
static void
report(struct relay *r, int whole)
{
	struct relay_listing *l = &r->listing;
	struct ipc_msg_relay_listed one = { .request = l->request };
	struct ipc_msg_relay_list_end end = { l->request, whole, l->conns,
	    l->keys, l->page.past };
	size_t i;

	for (i = 0; i < l->page.n; i++) {
		one.row = l->page.rows[i];
		(void)ipc_send_relay_listed(r->parent, &one);
	}
	(void)ipc_send_relay_list_end(r->parent, &end);
	conn_clientpage_free(&l->page);
}

void
relay_listing_begin(struct relay *r, const struct ipc_msg_relay_list *v)
{
	struct relay_listing *l = &r->listing;
	const struct cluster_peer *p;

	conn_clientpage_free(&l->page);
	memset(l, 0, sizeof(*l));
	l->request = v->request;
	if (conn_clientpage_begin(&l->page, &v->query) == -1) {
		log_warnx("no memory for a page of the list of clients");
		report(r, 0);
		return;
	}
	if (v->query.filter != IPC_LIST_KEY)
		return;
	l->slot = IPC_SLOTS;
	if ((p = cluster_peers_find(r->peers, v->query.key)) != NULL)
		visit(p, l);
}

void
relay_listing_work(struct relay *r)
{
	struct relay_listing *l = &r->listing;

	if (l->page.rows == NULL)
		return;
	l->visited = 0;
	while (l->slot < IPC_SLOTS && l->visited < TURN)
		l->slot = cluster_peers_each(r->peers, l->slot, 1, visit, l);
	if (l->slot == IPC_SLOTS)
		report(r, 1);
}

int
relay_listing_more(const struct relay *r)
{
	return (r->listing.page.rows != NULL);
}
