/*
 * succeed: see succeed.h.  Called by talk.c, and by procs.c and relays.c with
 * what happens to processes.
 */
#include <sys/socket.h>
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#include "ipcsend.h"
#include "log.h"
#include "parent.h"

static struct parent_succession *
of(struct parent *d)
{
	return (&d->succeed.s);
}

static int
busy(void *arg)
{
	const struct parent *d = arg;

	return (d->gens.now != NULL);
}

static int
start(void *arg, unsigned int worker)
{
	struct parent *d = arg;

	d->relaynext.c.worker = worker;
	d->succeed.generation = d->gens.id;
	log_info("relay %u is being replaced: a new process starts", worker);
	return (parent_relays_start_next(&d->relaynext));
}

static void
held(void *arg, const char *why, uint32_t sessions)
{
	(void)sessions;
	parent_succession_held(of(arg), why);
}

static void
hold(void *arg)
{
	struct parent *d = arg;

	log_debug("relay %u: all relay workers are to be held",
	    d->succeed.s.worker);
	d->succeed.held_ms = d->super.system->clock();
	parent_moves_hold(d, held, d);
}

static void
sent(void *arg, const char *why, uint32_t sessions)
{
	parent_succession_sent(of(arg), why, sessions);
}

static void
took(void *arg, const char *why, uint32_t sessions)
{
	parent_succession_took(of(arg), why, sessions);
}

static void
move(void *arg, unsigned int worker)
{
	struct parent *d = arg;
	struct parent_moves_chan from = { .p = &d->relays[worker],
	    .other = worker };
	struct parent_moves_chan to = { .p = &d->relaynext, .other = worker,
	    .links = meshset_links(worker, d->nworkers, NULL) };
	uint8_t nodes[IPC_MAXNODES];
	unsigned int i;
	int sv[2];

	log_debug("relay %u: all are held, its sessions move", worker);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1) {
		log_warn("no channel between two processes of relay %u "
		    "(socketpair)", worker);
		parent_succession_sent(of(d), "the sessions can't be sent "
		    "(socketpair)", 0);
		return;
	}
	from.fd = sv[0];
	to.fd = sv[1];
	for (i = 0; i < IPC_MAXNODES; i++)
		nodes[i] = (uint8_t)i;
	parent_moves_receive(d, &to, 1, d->nworkers, d->slot_secret, took, d);
	parent_moves_send(d, &from, 1, d->nworkers, d->slot_secret, nodes, sent,
	    d);
}

/*
 * The new process has what was in force when it was started, and no generation
 * is staged in it: one that has begun since, for keys alone, would be committed
 * where it is not known.
 */
static const char *
broken(void *arg)
{
	const struct parent *d = arg;

	if (d->gens.id != d->succeed.generation)
		return ("keys was started again meanwhile: try again");
	return (parent_moves_broken(d));
}

/* Give the new process of the worker what it was started without.  0, or -1. */
static int
complete(struct parent_proc *p)
{
	const uint32_t lost = meshset_links(p->c.worker, p->d->nworkers,
	    NULL) & ~p->d->moves.links;
	int rv;

	if (parent_servers_send_counters(p) == -1 ||
	    parent_servers_connect_keys(p) == -1 || parent_drain_send(p) == -1)
		return (-1);
	/* Without a channel to admit it requests one. */
	(void)admitset_connect(p);
	parent_relays_succeeded(p, lost);
	rv = parent_moves_take(p, lost);
	/* What has not moved is forgotten before links are made anew. */
	meshset_connect_relay(p);
	return (rv);
}

static void
commit(void *arg, unsigned int worker, uint32_t sessions)
{
	struct parent *d = arg;
	struct parent_proc *p = &d->relays[worker], *old = &d->relaynext;

	parent_relays_exchange(p, old);
	if (complete(p) == -1)
		super_fail(&p->c, "could not be given the sessions of the one "
		    "before");
	(void)parent_moves_leave(old);
	parent_moves_thaw(d);
	/* The old one answers nothing any more. */
	parent_control_worker_gone(d, worker);
	parent_frontlists_relay_gone(d, worker);
	parent_metricsd_changed(d);
	log_info("relay %u is replaced: process %d by %d, %u sessions went on "
	    "after %llu ms", worker, (int)old->c.pid, (int)p->c.pid, sessions,
	    (unsigned long long)(d->super.system->clock() -
	    d->succeed.held_ms));
}

static void
thaw(void *arg)
{
	parent_moves_thaw(arg);
}

static void
end_other(void *arg)
{
	struct parent *d = arg;

	if (d->relaynext.c.pid > 0)
		super_kill_one(&d->relaynext.c);
}

static void
late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	parent_succession_late(of(arg));
}

static void
deadline(void *arg, unsigned int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	struct parent *d = arg;

	if (ms == 0)
		evtimer_del(d->succeed.ev_late);
	else if (evtimer_add(d->succeed.ev_late, &tv) == -1)
		fatalx("no timer to replace a relay worker");
	/* Generations have waited. */
	if (!parent_succeed_on(d))
		parent_gens_wake(&d->gens);
}

void
parent_succeed_init(struct parent *d)
{
	static const struct parent_succession_ops ops = {
		.busy = busy,
		.start = start,
		.hold = hold,
		.move = move,
		.broken = broken,
		.commit = commit,
		.thaw = thaw,
		.kill = end_other,
		.deadline = deadline
	};

	d->succeed.s.ops = &ops;
	d->succeed.s.arg = d;
	if ((d->succeed.ev_late = evtimer_new(d->super.base, late, d)) == NULL)
		fatalx("no memory to replace relay workers");
}

/* Why no worker can be replaced now; NULL: one can. */
static const char *
refusal(const struct parent *d, uint32_t worker)
{
	unsigned int i;

	if (worker >= d->nworkers)
		return ("there is no relay worker of this number");
	if (d->drain.on)
		return ("derpd drains");
	if (upgrade_excludes(d) || parent_moves_held(d))
		return ("one thing at a time: derpd is being replaced");
	if (d->relaynext.c.pid > 0)
		return ("the process of an earlier try has not ended");
	for (i = 0; i < d->nworkers; i++)
		if (!d->relays[i].c.ready)
			return ("a relay worker does not run: try again when "
			    "it is back");
	return (NULL);
}

void
parent_succeed(struct parent *d, uint32_t worker, parent_succession_cb done,
    void *arg)
{
	const char *why = refusal(d, worker);

	if (why != NULL)
		done(arg, why);
	else
		parent_succession_begin(of(d), worker, done, arg);
}

void
parent_succeed_forget(struct parent *d, const void *arg)
{
	parent_succession_forget(of(d), arg);
}

int
parent_succeed_on(const struct parent *d)
{
	return (parent_succession_on(&d->succeed.s));
}

int
parent_succeed_needs(const struct parent *d)
{
	return (parent_succeed_on(d) &&
	    d->succeed.s.state != PARENT_SUCCESSION_ENDING);
}

int
parent_succeed_message(struct parent_proc *p, struct ipc_msg *m)
{
	/* Of the old one nothing counts any more. */
	if (!parent_succeed_needs(p->d))
		return (0);
	switch (m->type) {
	case MSG_RELAY_TOOK:
		return (parent_moves_message(p, m));
	case MSG_SERVER_RESULT:
		return (parent_servers_message(p, m));
	case MSG_SERVER_KEYLESS:
	case MSG_SERVER_ADMITLESS:
	case MSG_SERVER_UNLINKED:
		return (0);		/* it gets channels at the commit */
	default:
		return (-1);
	}
}

void
parent_succeed_ready(struct parent *d)
{
	parent_succession_ready(of(d));
}

void
parent_succeed_gone(struct parent *d)
{
	parent_succession_gone(of(d));
}

void
parent_succeed_broke(const struct parent_proc *p)
{
	if (parent_succeed_on(p->d))
		parent_succession_broke(of(p->d), parent_servers_name(p));
}

void
parent_succeed_stop(struct parent *d)
{
	if (d->succeed.s.ops != NULL)
		parent_succession_stop(of(d));
}
