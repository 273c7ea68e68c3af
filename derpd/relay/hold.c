/*
 * hold: see hold.h.  Called by relay.c, and by hands.c and relayconn.c, which
 * ask whether one is on.
 *
 * What is on its way ends by itself: fronts close their channels when the
 * parent tells them, keys has few boxes to seal, and a ring is finite.  No
 * front may keep sessions from moving: one that does not close its channel
 * loses it.  If somebody else hangs the parent thaws all after some seconds.
 */
#include <event2/event.h>
#include <unistd.h>

#include "cluster.h"
#include "hold.h"
#include "ipcsend.h"
#include "link.h"
#include "log.h"
#include "move.h"
#include "peers.h"
#include "relay.h"
#include "sent.h"

#define HANDS_TICKS	2	/* seconds for fronts; less than the parent
				   waits */

int
relay_hold_is_on(const struct relay *r)
{
	return (r->hold.state != RELAY_HOLD_OFF);
}

int
relay_hold_is_held(const struct relay *r)
{
	return (r->hold.state == RELAY_HOLD_ON);
}

static void
hold_channel(struct ipc_chan *ch, int on)
{
	if (ch != NULL)
		ipc_chan_hold(ch, on);
}

/*
 * What admit, keys and mesh processes say changes connections, or ends them.
 * Sessions that wait for keys need its answer.
 */
void
relay_hold_channels(struct relay *r)
{
	const int on = relay_hold_is_on(r);
	unsigned int i;

	hold_channel(r->admit.chan, on);
	hold_channel(r->keys, on && r->hold.state != RELAY_HOLD_LOGINS);
	for (i = 0; i < IPC_MAXNODES; i++)
		hold_channel(r->nodes.of[i].chan, on);
}

/*
 * Reap as in any turn.  After the marks nobody could be told: connections that
 * end then are reaped after a thaw, or the new worker tells of their keys.
 */
static void
reap(struct relay *r)
{
	conn_reap(&r->set);
	cluster_peers_reap(r->peers);
	cluster_count(r);
}

/* Return 1 when what the state waits for has come, else 0. */
static int
is_due(const struct relay *r)
{
	if (r->hold.state == RELAY_HOLD_LOGINS)
		return (relay_hands_closed(r) &&
		    TAILQ_EMPTY(&r->seals.list) &&
		    r->move.taking != MOVE_TAKING);
	return (r->hold.state == RELAY_HOLD_LINKS &&
	    cluster_link_marked(r, r->hold.number));
}

/* All who come are in. */
static void
mark(struct relay *r)
{
	reap(r);
	cluster_link_mark(r, r->hold.number);
	r->hold.state = RELAY_HOLD_LINKS;
	relay_hold_channels(r);
}

/* Nothing is on its way. */
static void
complete(struct relay *r)
{
	struct ipc_msg_relay_held v = { r->hold.number };

	r->hold.state = RELAY_HOLD_ON;
	cluster_link_quiet(r);
	if (ipc_send_relay_held(r->parent, &v) == -1)
		fatal("can't report to the parent that sessions are held "
		    "(sendmsg)");
}

/* Take the next step, if it is due. */
static void
step(struct relay *r)
{
	if (!is_due(r))
		return;
	if (r->hold.state == RELAY_HOLD_LOGINS)
		mark(r);
	else
		complete(r);
}

/* Let in what is on its way, and write what it leads to. */
static void
let_in(struct relay *r)
{
	cluster_link_read(r);
	move_work(r);
	conn_output_flush(&r->set);
	if (r->hold.state == RELAY_HOLD_LOGINS)
		reap(r);
	derp_sent_reap(r->sent);
	conn_output_flush(&r->set);
	step(r);
	cluster_link_flush(r);
}

/* Return 1 when the next turn has something to do without an event, else 0. */
static int
has_more(struct relay *r)
{
	if (relay_hold_is_held(r))
		return (move_more(r));
	return (is_due(r) || move_more(r) ||
	    !TAILQ_EMPTY(&r->set.outputs.dirty) || !cluster_link_sleep(r));
}

void
relay_hold_turn(struct relay *r)
{
	if (event_base_loop(r->set.base, EVLOOP_ONCE |
	    (has_more(r) ? EVLOOP_NONBLOCK : 0)) == -1)
		fatal("can't run the event loop (epoll, kqueue)");
	conn_clock(&r->set);
	/* A thaw leads to a whole turn. */
	if (relay_hold_is_held(r))
		move_work(r);
	else if (relay_hold_is_on(r))
		let_in(r);
}

void
relay_hold_tick(struct relay *r)
{
	if (++r->hold.ticks == HANDS_TICKS &&
	    r->hold.state == RELAY_HOLD_LOGINS)
		relay_hands_close(r);
}

int
relay_hold_message(void *arg, const struct ipc_msg_relay_hold *v)
{
	struct relay *r = arg;

	if (v->hold == 0)
		return (-1);
	r->hold.number = v->hold;
	r->hold.ticks = 0;
	/* One that was not thawed begins anew. */
	if (relay_hold_is_on(r)) {
		move_stop(r);
		cluster_link_go_on(r);
	}
	r->hold.state = RELAY_HOLD_LOGINS;
	relay_hold_channels(r);
	return (0);
}

int
relay_hold_thaw(void *arg)
{
	struct relay *r = arg;

	if (!relay_hold_is_on(r))
		return (0);
	r->hold.state = RELAY_HOLD_OFF;
	conn_clock(&r->set);
	r->hold.over_us = r->set.now_us;
	move_stop(r);
	cluster_link_go_on(r);
	relay_hold_channels(r);
	conn_unhold(&r->set);
	relay_hands_missing(r);
	return (0);
}

int
relay_hold_leave(void *arg)
{
	struct relay *r = arg;

	if (!relay_hold_is_held(r))
		return (-1);
	log_debug("sessions have moved: this worker ends");
	_exit(0);
}

int
relay_hold_succeeded(void *arg, const struct ipc_msg_relay_succeeded *v)
{
	struct relay *r = arg;

	if (!relay_hold_is_held(r) || v->worker >= r->conf.nworkers ||
	    v->worker == r->conf.worker)
		return (-1);
	cluster_link_succeeded(r, v->worker, v->lost);
	return (0);
}
