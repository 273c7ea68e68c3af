/*
 * procs: the parent's children of all roles; see parent.h.  What is specific to
 * a role is in the table kinds[], and in fronts.c, signers.c, relays.c,
 * stuns.c, health.c, map/ and acme/; what all have in common, and other
 * parents, in lib/supervise/.
 */
#include <stdio.h>
#include <string.h>

#include "ipcsend.h"
#include "parent.h"

/* A row for each program; see struct super_program. */
static struct super_program programs[] = {
#define OUTSIDE(ROLE, name)
#define BRIDGE(ROLE, member, name, program, folder, sandbox)
#define CHILD(ROLE, member, name, program, folder, sandbox)		\
	{ ROLE_##ROLE, program, folder, "", -1 },
#include "roles.def"
};

/* A child of derpd. */
static struct parent_proc *
proc(struct super_child *c)
{
	return ((struct parent_proc *)c);
}

static void
settings(const struct super *s, struct super_settings *v)
{
	const struct parent *d = s->arg;
	const struct conf *c = d->conf;

	v->user = c->user;
	v->keys_user = c->keys_user;
	v->chroot = c->chroot;
	v->sandbox = c->sandbox;
	v->verbose = d->verbose;
	v->json = c->log_json && !d->checking;
	v->to_stderr = d->debug;
	v->timeout = c->child_timeout;
}

static int
start(struct super_child *c)
{
	return (proc(c)->start(proc(c)));
}

static void
from_keys(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct parent_proc *p = arg;

	(void)c;
	if (p->c.ready) {
		if (parent_keys_result(p->d, m) == -1)
			super_fail(&p->c,
			    "sent a malformed or unexpected answer");
	} else if (super_handle_ready(&p->c, m) == 0)
		parent_keys_ready(p->d);
	else
		super_fail(&p->c,
		    "sent an unexpected message");
}

int
parent_procs_start_keys(struct parent_proc *p)
{
	return (super_spawn(&p->c) == -1 ? -1 : super_attach(&p->c,
	    from_keys));
}

static int
maps_wanted(const struct parent_proc *p)
{
	return (!TAILQ_EMPTY(&p->d->conf->maps));
}

static int
fetch_wanted(const struct parent_proc *p)
{
	return (mapset_fetch_wanted(p->d->conf));
}

static int
health_wanted(const struct parent_proc *p)
{
	return (parent_health_wanted(p->d));
}

static int
metrics_wanted(const struct parent_proc *p)
{
	return (p->d->conf->metrics.enabled);
}

static int
acme_wanted(const struct parent_proc *p)
{
	return (renew_wanted(p->d->conf));
}

static int
dns_wanted(const struct parent_proc *p)
{
	return (parent_dns_wanted(p->d->conf));
}

static int
admit_wanted(const struct parent_proc *p)
{
	return (admitset_wanted(p->d->conf));
}

/*
 * One row for each child: how it is started, when it is wanted (NULL: always),
 * and 1 if it is not before this derpd has taken over (d->waiting).
 */
static const struct parent_role {
	int	(*start)(struct parent_proc *);
	int	(*wanted)(const struct parent_proc *);
	int	 later;
} kinds[ROLE_MAX] = {
	[ROLE_KEYS] = { parent_procs_start_keys, NULL, 0 },
	[ROLE_SIGNER] = { parent_signers_start_one, NULL, 0 },
	[ROLE_FRONT] = { parent_fronts_start_one, NULL, 0 },
	[ROLE_RELAY] = { parent_relays_start_one, NULL, 0 },
	[ROLE_STUN] = { parent_stuns_start_one, NULL, 1 },
	[ROLE_MAP] = { mapset_start_checker, maps_wanted, 0 },
	[ROLE_FETCH] = { mapset_fetch_start, fetch_wanted, 1 },
	[ROLE_HEALTH] = { parent_health_start, health_wanted, 1 },
	[ROLE_METRICS] = { parent_metricsd_start, metrics_wanted, 1 },
	[ROLE_ACME] = { renew_start, acme_wanted, 1 },
	[ROLE_ADMIT] = { admitset_start, admit_wanted, 0 },
	[ROLE_VERIFY] = { admitset_verify_start, admitset_verify_wanted, 0 },
	[ROLE_MESH] = { meshset_start, meshset_wanted, 0 },
	[ROLE_RESOLVE] = { parent_dns_start, dns_wanted, 0 }
};

/* Is this the process that is to replace a relay worker, or was replaced? */
static int
is_next(const struct super_child *c)
{
	const struct parent *d = c->s->arg;

	return (c == &d->relaynext.c);
}

/* It is started by succeed.c alone. */
static int
wanted(const struct super_child *c)
{
	const struct parent_proc *p = (const struct parent_proc *)c;
	const struct parent_role *k = &kinds[c->role];

	return (!is_next(c) && !(p->d->waiting && k->later) &&
	    !upgrade_ends(p->d, c->role) &&
	    (k->wanted == NULL || k->wanted(p)));
}

void
parent_procs_start_later(struct parent *d)
{
	unsigned int i;

	for (i = 0; i < d->super.n; i++)
		if (kinds[d->super.children[i]->role].later)
			(void)super_adjust(d->super.children[i]);
}

/* The same, or needed by a reload to check what is new. */
static int
needed(const struct super_child *c)
{
	const struct parent *d = c->s->arg;

	if (upgrade_keeps(d))
		return (0);
	if (is_next(c))
		return (parent_succeed_needs(d));
	return (wanted(c) || (c->role == ROLE_MAP &&
	    !TAILQ_EMPTY(&d->mapcheck.q.jobs)) ||
	    (c->role == ROLE_ADMIT && d->admitset.stage != NULL));
}

static void
forgot(struct super_child *c)
{
	struct parent *d = c->s->arg;

	proc(c)->commits = 0;
	if (c->role == ROLE_KEYS) {
		d->keys_loaded = 0;
		parent_keys_gone(d);
		parent_gen_keys_gone(&d->gens);
	}
}

static const char *
why(const struct super_child *c, const char *reason)
{
	const struct parent *d = c->s->arg;

	/* One that was replaced may end with what it was sent unread. */
	if (upgrade_ends(d, c->role) || (is_next(c) && !needed(c)))
		return ("closed");
	if ((c->role == ROLE_KEYS || c->role == ROLE_MAP ||
	    c->role == ROLE_ADMIT) && !c->ready && !d->super.stopping &&
	    needed(c))
		return (d->debug ? "did not start, its last line says why" :
		    "did not start, the system's log says why");
	return (reason);
}

/* derpd -n does not wait for its children to exit. */
static void
lost(struct super_child *c)
{
	struct parent *d = c->s->arg;

	if (d->checking)
		parent_loaded(d, 0);
}

static void
ending(struct super_child *c)
{
	parent_metricsd_changed(c->s->arg);
	if (c->role == ROLE_ADMIT)
		admitset_drain(proc(c));
}

/* A front or a relay worker has ended. */
static void
server_ended(struct parent_proc *p)
{
	struct parent *d = p->d;

	parent_servers_gone(p);
	parent_moves_gone(p);
	parent_gen_server_gone(&d->gens, parent_servers_number(p));
	if (p->c.role == ROLE_FRONT) {
		renew_front_gone(d, p->c.worker);
		parent_frontlists_front_gone(d, p->c.worker);
	} else {
		parent_succeed_broke(p);
		parent_relays_gone(p);
		parent_control_worker_gone(d, p->c.worker);
		parent_frontlists_relay_gone(d, p->c.worker);
	}
	upgrade_server_gone(p);
}

/* Keep the reason why this derpd can't take over. */
static void
note_end(struct parent *d, const struct super_child *c)
{
	if (d->waiting && needed(c) && d->why[0] == '\0')
		snprintf(d->why, sizeof(d->why), "%s %u of the new derpd "
		    "ended: %s", ipc_role_name(c->role), c->worker, d->debug ?
		    "its last line says why" : "the system's log says why");
}

static void
ended(struct super_child *c)
{
	struct parent *d = c->s->arg;

	if (is_next(c)) {
		parent_succeed_gone(d);
		return;
	}
	note_end(d, c);
	switch (c->role) {
	case ROLE_ADMIT:
		admitset_gone(d);
		break;
	case ROLE_FRONT:
	case ROLE_RELAY:
		server_ended(proc(c));
		break;
	case ROLE_ACME:
		renew_helper_gone(d);
		break;
	case ROLE_STUN:
		parent_stuns_gone(proc(c));
		break;
	case ROLE_MESH:
		meshset_gone(proc(c));
		break;
	default:
		break;
	}
}

static void
reaped(struct super_child *c)
{
	struct parent *d = c->s->arg;

	if (c->role == ROLE_MAP)
		mapqueue_checker_gone(&d->mapcheck, d->super.stopping);
}

static void
ready(struct super_child *c)
{
	if (is_next(c))
		parent_succeed_ready(c->s->arg);
	parent_ready(c->s->arg);
}

/*
 * Is this a process that fronts and relay workers need until they end, or a
 * front that finishes what it has?
 */
static int
serves(const struct super_child *c)
{
	return (c->role == ROLE_KEYS || c->role == ROLE_SIGNER ||
	    (c->role == ROLE_FRONT && upgrade_keeps_fronts(c->s->arg)));
}

static int
served(const struct super_child *c)
{
	return (c->role == ROLE_FRONT || c->role == ROLE_RELAY);
}

static void
other(struct super *s, pid_t pid, int status)
{
	upgrade_reaped(s->arg, pid, status);
}

static const struct super_ops ops = {
	.settings = settings,
	.start = start,
	.wanted = wanted,
	.needed = needed,
	.forgot = forgot,
	.why = why,
	.lost = lost,
	.ending = ending,
	.ended = ended,
	.reaped = reaped,
	.ready = ready,
	.other = other,
	.serves = serves,
	.served = served
};

static void
add(struct parent *d, struct parent_proc *p, enum ipc_role role,
    unsigned int worker)
{
	p->d = d;
	p->start = kinds[role].start;
	super_add(&d->super, &p->c, role, worker);
}

/* The number of processes of a role that has several. */
static unsigned int
count(const struct parent *d, enum ipc_role role)
{
	switch (role) {
	case ROLE_FRONT:
		return (d->nfronts);
	case ROLE_SIGNER:
		return (parent_signers_count(d));
	case ROLE_RELAY:
		return (d->nworkers);
	case ROLE_VERIFY:
		return (IPC_MAXVERIFY);
	case ROLE_MESH:
		return (IPC_MAXNODES);
	default:
		return (d->nstuns);
	}
}

/* All processes of a role that has several. */
static void
add_workers(struct parent *d, struct parent_proc *p, enum ipc_role role)
{
	unsigned int i;

	for (i = 0; i < count(d, role); i++)
		add(d, &p[i], role, i);
}

void
parent_procs_set_up(struct parent *d)
{
	d->super.name = "derpd";
	d->super.ops = &ops;
	d->super.arg = d;
	d->super.programs = programs;
	d->super.nprograms = sizeof(programs) / sizeof(programs[0]);
	d->super.children = d->children;
	d->super.n = 0;
	super_init(&d->super);
#define OUTSIDE(ROLE, name)
#define BRIDGE(ROLE, member, name, program, folder, sandbox)
#define CHILD(ROLE, member, name, program, folder, sandbox)		\
	add(d, &d->member, ROLE_##ROLE, 0);
#define WORKERS(ROLE, member, name, program, folder, sandbox)		\
	add_workers(d, d->member, ROLE_##ROLE);
#include "roles.def"
	add(d, &d->relaynext, ROLE_RELAY, 0);
}
