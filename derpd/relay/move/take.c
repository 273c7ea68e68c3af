/*
 * take: imported sessions go on; see move.h.  Called by relay.c and
 * relayconn.c.
 */
#include <stddef.h>

#include "cluster.h"
#include "fartable.h"
#include "log.h"
#include "move.h"
#include "movepriv.h"
#include "relay.h"
#include "relayadmit.h"
#include "welcome.h"

#define PIECE	512		/* sessions, or keys, of a turn */

void
move_stop(struct relay *r)
{
	/* Two who write with one key would repeat numbers of its records. */
	if (r->move.out != NULL && move_export_keep(r->move.out) == -1)
		fatalx("sessions go on at another worker: this one ends");
	move_export_free(r->move.out);
	r->move.out = NULL;
}

void
move_leave(struct relay_conn *c)
{
	struct move_import *m;
	unsigned int i;
	uint32_t k;

	if (c->conn.state != CONN_MOVED)
		return;
	/* Many may leave at a time: nothing here walks over sessions. */
	for (i = 0; i < IPC_MAXWORKERS; i++) {
		if ((m = c->r->move.in[i]) == NULL)
			continue;
		if (m->last == c) {
			m->last = NULL;
			m->skips = 1;
		}
		for (k = 0; k < m->nlinks; k++)
			if (m->links[k].c == c)
				m->links[k].c = NULL;
		if (c->place < m->n && m->v[c->place] == c)
			m->v[c->place] = NULL;
	}
}

/*
 * What the old workers knew through links to these nodes, which have not moved,
 * does not count any more.
 */
static void
forget_links(struct relay *r, uint32_t lost)
{
	unsigned int i;

	for (i = 0; i < FAR_LINKS; i++)
		if ((lost & 1U << i / 2) != 0)
			cluster_far_ended(r, i);
}

/*
 * Links to these nodes that have come end all the same: of what the node had
 * said not all has come, and it does not say it again.  Of one that has ended
 * meanwhile workers may have heard before the old ones had told them all.
 */
static void
end_links(struct move_import *m, uint32_t lost)
{
	struct relay_conn *c;
	unsigned int i;

	for (i = 0; i < m->nlinks; i++) {
		c = m->links[i].c;
		if (c == NULL || c->conn.dead)
			cluster_far_lost(m->r, m->links[i].link);
		else if ((lost & 1U << m->links[i].link / 2) != 0)
			nodes_link_end(c, 1, "not all has come that it said");
	}
}

void
move_take(struct relay *r, uint32_t lost)
{
	unsigned int i;

	if (r->move.taking != MOVE_WAITING)
		return;
	r->move.taking = MOVE_TAKING;
	conn_clock(&r->set);
	r->hold.over_us = r->set.now_us;
	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (r->move.in[i] != NULL)
			move_import_claim(r->move.in[i]);
	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (r->move.in[i] != NULL)
			end_links(r->move.in[i], lost);
	forget_links(r, lost);
}

static void
go_on(struct relay_conn *c)
{
	if (c->conn.dead)
		return;
	relay_conn_go_on(c);
	derp_go_on(&c->session);
	cluster_restored(c);
	relay_admit_began(c);
	relay_welcome_tell(c);
}

static void
take_links(struct move_import *m)
{
	unsigned int i;

	for (i = 0; i < m->nlinks; i++)
		if (m->links[i].c != NULL && !m->links[i].c->conn.dead)
			nodes_link_go_on(m->links[i].c);
	m->nlinks = 0;
}

/* Go on with links and up to `max' sessions.  Return how many sessions. */
static unsigned int
take_sessions(struct move_import *m, unsigned int max)
{
	struct relay_conn *c;
	unsigned int n;

	take_links(m);
	for (n = 0; n < max && m->taken < m->n; n++)
		if ((c = m->v[m->taken++]) != NULL)
			go_on(c);
	return (n);
}

/* Look for up to `max' keys that may be gone.  Return how many. */
static unsigned int
tell_lost(struct move_import *m, unsigned int max)
{
	unsigned int n;

	for (n = 0; n < max && m->told < m->nlost; n++, m->told++)
		cluster_not_restored(m->r, m->lost[m->told].key,
		    m->lost[m->told].local);
	return (n);
}

/* All goes on: what is left of the moves is their channels. */
static void
end(struct relay *r)
{
	unsigned int i;

	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (r->move.in[i] != NULL)
			move_import_taken(r->move.in[i]);
	relay_admit_moved(r);
}

void
move_take_work(struct relay *r)
{
	unsigned int i, left = PIECE;

	if (r->move.taking != MOVE_TAKING)
		return;
	for (i = 0; i < IPC_MAXWORKERS; i++)
		if (r->move.in[i] != NULL)
			left -= take_sessions(r->move.in[i], left);
	/* Who is there is known when all sessions are. */
	for (i = 0; i < IPC_MAXWORKERS && left > 0; i++)
		if (r->move.in[i] != NULL)
			left -= tell_lost(r->move.in[i], left);
	if (left > 0) {
		r->move.taking = MOVE_TAKEN;
		end(r);
	}
}

void
move_take_rest(struct relay *r)
{
	while (r->move.taking == MOVE_TAKING)
		move_take_work(r);
}

void
move_work(struct relay *r)
{
	move_export_work(r->move.out);
	move_take_work(r);
}

int
move_more(const struct relay *r)
{
	return (move_export_more(r->move.out) ||
	    r->move.taking == MOVE_TAKING);
}
