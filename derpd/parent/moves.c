/*
 * moves: see moves.h.  Called by succeed.c and upgrade/, by relays.c with the
 * answers of relay workers, and by procs.c when one has ended.
 *
 * Everything here is a message to be sent, or an answer: a process that hangs
 * costs a step its time, and nothing more.
 */
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

/* The seat of a relay worker, or of a process that is to replace one. */
static unsigned int
seat_of(const struct parent_proc *p)
{
	return (p >= p->d->relays && p < p->d->relays + IPC_MAXWORKERS ?
	    p->c.worker : IPC_MAXWORKERS);
}

static const char *
name(void *arg, unsigned int seat)
{
	struct parent *d = arg;

	return (seat == IPC_MAXWORKERS ? "the new relay worker" :
	    parent_servers_name(&d->relays[seat]));
}

static void
run_turn(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	parent_movesteps_turn(&d->moves.steps);
}

static void
turn(void *arg)
{
	struct parent *d = arg;

	event_active(d->moves.ev_turn, EV_TIMEOUT, 1);
}

/* The timers of steps. */

static void
hold_late(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	parent_movesteps_late(&d->moves.steps, PARENT_MOVES_HOLDING);
}

static void
send_late(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	parent_movesteps_late(&d->moves.steps, PARENT_MOVES_SENDING);
}

static void
receive_late(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	parent_movesteps_late(&d->moves.steps, PARENT_MOVES_RECEIVING);
}

static void
deadline(void *arg, enum parent_movesteps_kind kind, unsigned int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	struct parent *d = arg;

	if (ms == 0)
		evtimer_del(d->moves.ev_late[kind]);
	else if (evtimer_add(d->moves.ev_late[kind], &tv) == -1)
		fatalx("no timer for sessions that move");
}

void
parent_moves_init(struct parent *d)
{
	static const struct parent_movesteps_ops ops = {
		.deadline = deadline, .turn = turn, .name = name
	};
	static const event_callback_fn late[PARENT_MOVES_KINDS] = {
		hold_late, send_late, receive_late
	};
	struct parent_moves *m = &d->moves;
	unsigned int i;

	m->steps.ops = &ops;
	m->steps.arg = d;
	if ((m->ev_turn = evtimer_new(d->super.base, run_turn, d)) == NULL)
		fatalx("no memory for sessions that move");
	for (i = 0; i < PARENT_MOVES_KINDS; i++)
		if ((m->ev_late[i] = evtimer_new(d->super.base, late[i],
		    d)) == NULL)
			fatalx("no memory for sessions that move");
}

int
parent_moves_held(const struct parent *d)
{
	return (d->moves.steps.held);
}

const char *
parent_moves_broken(const struct parent *d)
{
	const char *why = d->moves.steps.broken;

	return (why[0] == '\0' ? NULL : why);
}

/* Hold one relay worker, which must run.  0, or -1. */
static int
hold_relay(struct parent_proc *p)
{
	struct ipc_msg_relay_hold v = { p->d->moves.hold };

	if (!p->c.ready || p->c.chan == NULL)
		return (-1);
	parent_movesteps_owe(&p->d->moves.steps, PARENT_MOVES_HOLDING,
	    p->c.worker, 0);
	return (ipc_send_relay_hold(p->c.chan, &v));
}

void
parent_moves_hold(struct parent *d, parent_moves_cb done, void *arg)
{
	struct parent_movesteps *m = &d->moves.steps;
	unsigned int i;

	if (++d->moves.hold == 0)
		d->moves.hold = 1;
	m->broken[0] = '\0';
	parent_movesteps_begin(m, PARENT_MOVES_HOLDING, PARENT_MOVES_HOLD_MS,
	    done, arg);
	m->held = 1;
	/*
	 * A front that is started meanwhile has no channels, nor has one that
	 * ends, or can't be told because it has ended or will be killed.
	 */
	for (i = 0; i < d->nfronts; i++)
		if (d->fronts[i].c.chan != NULL)
			(void)ipc_send_front_hold(d->fronts[i].c.chan);
	for (i = 0; i < d->nworkers; i++)
		if (hold_relay(&d->relays[i]) == -1)
			parent_movesteps_fail(m, PARENT_MOVES_HOLDING,
			    "a relay worker does not run");
	parent_movesteps_asked(m, PARENT_MOVES_HOLDING);
}

/* Give one channel to a worker.  0, or -1. */
static int
give(const struct parent_moves_chan *v, enum parent_movesteps_kind kind,
    unsigned int nworkers, const uint8_t *secret, const uint8_t *nodes)
{
	struct ipc_msg_relay_move_to to = { v->other, nworkers, secret, nodes };
	struct ipc_msg_relay_move_from from = { v->other, nworkers, secret,
	    v->rekeyed, v->links };

	if (v->p->c.chan == NULL) {
		close(v->fd);
		return (-1);
	}
	if (kind == PARENT_MOVES_SENDING)
		return (ipc_send_relay_move_to(v->p->c.chan, &to, v->fd));
	return (ipc_send_relay_move_from(v->p->c.chan, &from, v->fd));
}

/*
 * Give all channels (taken), and note who owes an answer: one to each that
 * sends, one for each channel to those that receive.
 */
static void
give_all(struct parent_movesteps *m, const struct parent_moves_chan *v,
    size_t n, enum parent_movesteps_kind kind, unsigned int nworkers,
    const uint8_t *secret, const uint8_t *nodes)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (give(&v[i], kind, nworkers, secret, nodes) == -1)
			parent_movesteps_fail(m, kind, "a relay worker could "
			    "not be given a channel");
		parent_movesteps_owe(m, kind, seat_of(v[i].p),
		    kind == PARENT_MOVES_SENDING ? 0 : v[i].other);
	}
}

void
parent_moves_send(struct parent *d, const struct parent_moves_chan *v, size_t n,
    unsigned int nworkers, const uint8_t *secret, const uint8_t *nodes,
    parent_moves_cb done, void *arg)
{
	struct parent_movesteps *m = &d->moves.steps;
	unsigned int i;

	parent_movesteps_begin(m, PARENT_MOVES_SENDING, PARENT_MOVES_MS, done,
	    arg);
	give_all(m, v, n, PARENT_MOVES_SENDING, nworkers, secret, nodes);
	for (i = 0; i < d->nworkers; i++)
		if (m->steps[PARENT_MOVES_SENDING].owed[i] != 0 &&
		    d->relays[i].c.chan != NULL &&
		    ipc_send_relay_move(d->relays[i].c.chan) == -1)
			parent_movesteps_fail(m, PARENT_MOVES_SENDING,
			    "a relay worker could not be told");
	parent_movesteps_asked(m, PARENT_MOVES_SENDING);
}

void
parent_moves_receive(struct parent *d, const struct parent_moves_chan *v,
    size_t n, unsigned int nworkers, const uint8_t *secret,
    parent_moves_cb done, void *arg)
{
	struct parent_movesteps *m = &d->moves.steps;

	d->moves.links = 0;
	parent_movesteps_begin(m, PARENT_MOVES_RECEIVING, PARENT_MOVES_MS, done,
	    arg);
	give_all(m, v, n, PARENT_MOVES_RECEIVING, nworkers, secret, NULL);
	parent_movesteps_asked(m, PARENT_MOVES_RECEIVING);
}

void
parent_moves_cancel(struct parent *d)
{
	parent_movesteps_cancel(&d->moves.steps);
}

int
parent_moves_take(struct parent_proc *p, uint32_t lost)
{
	struct ipc_msg_relay_take v = { lost };

	return (p->c.chan == NULL ? -1 : ipc_send_relay_take(p->c.chan, &v));
}

int
parent_moves_leave(struct parent_proc *p)
{
	return (p->c.chan == NULL ? -1 : ipc_send_relay_leave(p->c.chan));
}

void
parent_moves_connect(struct parent *d)
{
	unsigned int i;

	d->moves.steps.held = 0;
	d->moves.steps.broken[0] = '\0';
	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].c.chan != NULL)
			/* Who has no channel requests one. */
			(void)parent_servers_connect_hands(&d->relays[i]);
}

void
parent_moves_thaw(struct parent *d)
{
	unsigned int i;

	parent_moves_cancel(d);
	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].c.chan != NULL &&
		    ipc_send_relay_thaw(d->relays[i].c.chan) == -1)
			super_fail(&d->relays[i].c, "could not be told to go "
			    "on");
	if (parent_moves_held(d))
		parent_moves_connect(d);
}

/* The answers of relay workers */

static int
on_held(void *arg, const struct ipc_msg_relay_held *v)
{
	struct parent_proc *p = arg;

	/* One of an older hold may be on its way. */
	if (v->hold == p->d->moves.hold)
		parent_movesteps_answer(&p->d->moves.steps,
		    PARENT_MOVES_HOLDING, seat_of(p), 0, 1, 0, "");
	return (0);
}

/* Return 1 if answers about sessions are those of an older move. */
static int
is_old(const struct parent *d)
{
	return (d->moves.steps.steps[PARENT_MOVES_HOLDING].on);
}

static int
on_moved(void *arg, const struct ipc_msg_relay_moved *v)
{
	struct parent_proc *p = arg;

	if (!is_old(p->d))
		parent_movesteps_answer(&p->d->moves.steps,
		    PARENT_MOVES_SENDING, seat_of(p), 0, v->ok, v->sessions,
		    v->why);
	return (0);
}

static int
on_took(void *arg, const struct ipc_msg_relay_took *v)
{
	struct parent_proc *p = arg;

	if (is_old(p->d))
		return (0);
	/* It has links to its own nodes alone. */
	p->d->moves.links |= v->links &
	    meshset_links(p->c.worker, p->d->nworkers, NULL);
	parent_movesteps_answer(&p->d->moves.steps, PARENT_MOVES_RECEIVING,
	    seat_of(p), v->from, v->ok, v->sessions, v->why);
	return (0);
}

int
parent_moves_message(struct parent_proc *p, struct ipc_msg *m)
{
	static const struct ipc_handlers handlers = {
		.relay_held = on_held,
		.relay_moved = on_moved,
		.relay_took = on_took
	};

	return (ipc_dispatch(&handlers, m, p) == NULL ? 0 : -1);
}

void
parent_moves_gone(const struct parent_proc *p)
{
	struct parent_movesteps *m = &p->d->moves.steps;

	if (p->c.role == ROLE_RELAY)
		parent_movesteps_gone(m, name(p->d, seat_of(p)));
}

void
parent_moves_stop(struct parent *d)
{
	if (d->moves.steps.ops != NULL)
		parent_movesteps_stop(&d->moves.steps);
}
