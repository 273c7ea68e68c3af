/*
 * resolve: the process that resolves the names of bootstrap-dns; see resolve.h.
 *
 * The resolver blocks, so this process does nothing else.  It resolves each
 * name every few minutes and sends the parent what it found; between two
 * look-ups it answers its channel.
 */
#include <limits.h>
#include <stdlib.h>

#include "childrun.h"
#include "clock.h"
#include "log.h"
#include "lookup.h"
#include "reach.h"
#include "resolve.h"
#include "schedule.h"

static struct ipc_child		child;
static struct resolve_names	names;
static struct net_reach		reach;

static int
on_conf(void *arg, const struct ipc_msg_resolve_conf *v)
{
	(void)arg;
	resolve_names_set(&names, v->names, v->nnames, v->every,
	    base_clock_ms());
	return (0);
}

/* Handle messages until a name is due, forever without names. */
static struct resolve_name *
wait_for_work(void)
{
	struct resolve_name *n;
	uint64_t now;
	int ms;

	do {
		now = base_clock_ms();
		ms = INT_MAX;
		if ((n = resolve_names_first(&names)) != NULL &&
		    n->due < now + INT_MAX)
			ms = n->due > now ? (int)(n->due - now) : 0;
	} while (ipc_child_wait(&child, ms) || n == NULL ||
	    n->due > base_clock_ms());
	return (n);
}

static void
look_up(struct resolve_name *n)
{
	struct ipc_msg_resolve_result v;
	struct resolve_answer a;

	resolve_lookup(NULL, n->name, &a);
	resolve_names_done(&names, n, a.n > 0, base_clock_ms(), arc4random());
	v.name = n->name;
	v.naddrs = (uint32_t)a.n;
	v.addrs = a.addrs[0];
	v.why = a.why;
	ipc_child_sent(&child, ipc_send_resolve_result(child.parent, &v));
}

static void
prepare(struct ipc_child *c)
{
	(void)c;
	if (net_resolver_limit(2) == -1)
		fatal("can't limit the resolver's time (setenv RES_OPTIONS)");
}

static int
configured(void *arg)
{
	(void)arg;
	return (names.every_ms != 0);
}

static const struct sandbox_net *
within_reach(void *arg)
{
	(void)arg;
	if (net_reach_init(&reach) == -1)
		fatal("can't prepare the sandbox");
	return (&reach.net);
}

static void
work(void *arg)
{
	(void)arg;
	for (;;)
		look_up(wait_for_work());
}

static const struct ipc_handlers handlers = {
	.resolve_conf = on_conf
};

static struct ipc_child child = {
	.role = ROLE_RESOLVE,
	.handlers = &handlers,
	.prepare = prepare,
	.configured = configured,
	.reach = within_reach,
	.work = work
};

void
resolve_main(void)
{
	ipc_child_run(&child);
}
