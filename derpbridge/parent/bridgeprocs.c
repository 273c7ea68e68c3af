/*
 * bridgeprocs: the children of derpbridged's parent, for lib/supervise/; see
 * bridge.h.
 */
#include <event2/event.h>

#include "bridge.h"
#include "ipcsend.h"

#define BUDGET_MS	10000	/* of bridge_may() */

/*
 * A row for each program; the folders are relative to that of derpbridged.
 */
static struct super_program programs[] = {
#define OUTSIDE(ROLE, name)
#define CHILD(ROLE, member, name, program, folder, sandbox)
#define WORKERS(ROLE, member, name, program, folder, sandbox)
#define BRIDGE(ROLE, member, name, program, folder, sandbox)		\
	{ ROLE_##ROLE, program, folder, "", -1 },
#include "roles.def"
	{ ROLE_MAP, "derpmapd", "../derpmapd", "", -1 },
	{ ROLE_FETCH, "derpmapd", "../derpmapd", "", -1 },
	{ ROLE_RESOLVE, "derpd-resolve", "../derpd/resolve", "", -1 }
};

/* A child of derpbridged. */
static struct bridge_child *
child(struct super_child *c)
{
	return ((struct bridge_child *)c);
}

static void
settings(const struct super *s, struct super_settings *v)
{
	const struct bridge *d = s->arg;
	const struct bconf *c = d->conf;

	v->user = c->user;
	v->keys_user = c->keys_user;
	v->chroot = c->chroot;
	v->sandbox = c->sandbox;
	v->verbose = d->verbose;
	v->json = c->log_json && !d->checking && !d->restoring;
	v->to_stderr = d->debug;
	v->timeout = c->child_timeout;
}

static int
start(struct super_child *c)
{
	switch (c->role) {
	case ROLE_NETLINK:
		return (bridge_netlink_start(child(c)));
	case ROLE_WGKEYS:
		return (bridge_keys_start(child(c)));
	case ROLE_WORKER:
		return (bridge_worker_start(child(c)));
	case ROLE_MAP:
		return (bridge_map_start(child(c)));
	case ROLE_FETCH:
		return (bridge_fetch_start(child(c)));
	default:
		return (bridge_resolve_start(child(c)));
	}
}

static int
wanted(const struct super_child *c)
{
	const struct bridge *d = c->s->arg;

	if (d->restoring)
		return (c->role == ROLE_NETLINK);
	if (c->role != ROLE_FETCH)
		return (1);
	return (d->conf->map.url != NULL && bridge_lend_ready(d));
}

static void
ending(struct super_child *c)
{
	if (c->role == ROLE_NETLINK)
		bridge_netlink_drain(child(c));
}

static void
ended(struct super_child *c)
{
	struct bridge *d = c->s->arg;

	if (c->role == ROLE_WORKER)
		bridge_control_worker_gone(d);
}

static void
reaped(struct super_child *c)
{
	struct bridge *d = c->s->arg;

	if (c->role == ROLE_MAP)
		mapqueue_checker_gone(&d->maps.check, d->super.stopping);
}

static void
ready(struct super_child *c)
{
	bridge_ready(c->s->arg);
}

/* netlink sets direct endpoints; until then the others carry packets. */
static int
serves(const struct super_child *c)
{
	return (c->role != ROLE_NETLINK);
}

static int
served(const struct super_child *c)
{
	return (c->role == ROLE_NETLINK);
}

static const struct super_ops ops = {
	.settings = settings,
	.start = start,
	.wanted = wanted,
	.ending = ending,
	.ended = ended,
	.reaped = reaped,
	.ready = ready,
	.serves = serves,
	.served = served
};

static void
add(struct bridge *d, struct bridge_child *p, enum ipc_role role)
{
	p->d = d;
	super_add(&d->super, &p->c, role, 0);
}

void
bridge_procs_set_up(struct bridge *d)
{
	d->super.name = "derpbridged";
	d->super.ops = &ops;
	d->super.arg = d;
	d->super.programs = programs;
	d->super.nprograms = sizeof(programs) / sizeof(programs[0]);
	d->super.children = d->children;
	d->super.n = 0;
	super_init(&d->super);
	add(d, &d->keys, ROLE_WGKEYS);
	add(d, &d->netlink, ROLE_NETLINK);
	add(d, &d->map, ROLE_MAP);
	add(d, &d->resolve, ROLE_RESOLVE);
	add(d, &d->fetch, ROLE_FETCH);
	add(d, &d->worker, ROLE_WORKER);
}

int
bridge_start_child(struct bridge_child *p, int (*set_up)(struct bridge_child *),
    ipc_chan_cb cb)
{
	if (super_spawn(&p->c) == -1)
		return (-1);
	return (super_begin(&p->c, set_up(p), cb));
}

void
bridge_child_message(struct bridge_child *p, struct ipc_msg *m,
    int (*handle)(struct bridge_child *, struct ipc_msg *))
{
	super_handled(&p->c, m->type == MSG_READY ?
	    super_became_ready(&p->c, m) : handle(p, m));
}

int
bridge_may(const struct bridge_child *p, struct bridge_budget *b,
    unsigned int most)
{
	const uint64_t now = p->d->super.system->clock();

	if (b->n == 0 || now - b->since_ms >= BUDGET_MS) {
		b->since_ms = now;
		b->n = 0;
	}
	return (b->n++ < most);
}

void
bridge_child_drain(struct bridge_child *p,
    int (*handle)(struct bridge_child *, struct ipc_msg *))
{
	struct ipc_msg m;

	while (p->c.chan != NULL && ipc_chan_recv(p->c.chan, &m, 0) == 0) {
		if (handle(p, &m) == -1)
			super_forget(&p->c);
		ipc_msg_free(&m);
	}
}
