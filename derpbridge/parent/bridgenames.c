/*
 * bridgenames: addresses of names for the worker, by the process resolve; see
 * bridgemap.h.
 */
#include <string.h>

#include "bridge.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"

#define EVERY_SECS	60	/* between two look-ups of a name */

static int
send_names(struct bridge_child *p)
{
	const struct bridge_names *s = &p->d->names;
	struct ipc_msg_resolve_conf v = { .every = EVERY_SECS, .nnames = s->n };
	unsigned int i;

	for (i = 0; i < s->n; i++)
		v.names[i] = s->v[i];
	return (ipc_send_resolve_conf(p->c.chan, &v));
}

static int
on_result(void *arg, const struct ipc_msg_resolve_result *v)
{
	const struct bridge_child *p = arg;
	struct ipc_chan *worker = p->d->worker.c.chan;
	struct ipc_msg_worker_addrs a = { v->name, v->naddrs, v->addrs, v->why };

	if (worker != NULL)
		(void)ipc_send_worker_addrs(worker, &a);
	return (0);
}

static int
handle(struct bridge_child *p, struct ipc_msg *m)
{
	static const struct ipc_handlers handlers = {
		.resolve_result = on_result
	};

	return (ipc_dispatch(&handlers, m, p) == NULL ? 0 : -1);
}

static void
from_resolve(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	bridge_child_message(arg, m, handle);
}

int
bridge_resolve_start(struct bridge_child *p)
{
	return (bridge_start_child(p, send_names, from_resolve));
}

int
bridge_names_want(struct bridge *d, const char *name)
{
	struct bridge_names *s = &d->names;
	unsigned int i;

	for (i = 0; i < s->n && strcmp(s->v[i], name) != 0; i++)
		continue;
	if (i == s->n) {
		/* The oldest gives way. */
		if (s->n == BRIDGE_MAXNAMES)
			memmove(s->v[0], s->v[1],
			    --s->n * sizeof(s->v[0]));
		strlcpy(s->v[s->n++], name, sizeof(s->v[0]));
	}
	if (d->resolve.c.chan != NULL)
		(void)send_names(&d->resolve);
	return (0);
}
