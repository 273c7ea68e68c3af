/*
 * checker: derpmapd, the process that validates maps, in the parent's event
 * loop (lib/mapqueue/), and what it knows of this machine; see mapset.h.
 */
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "mapcheck.h"
#include "pack.h"
#include "parent.h"

static void
from_checker(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct parent_proc *p = arg;

	(void)c;
	if (mapqueue_checker_message(&p->d->mapcheck, m) == 1)
		parent_ready(p->d);
}

int
mapset_checker_attach(struct parent_proc *p)
{
	return (super_attach(&p->c, from_checker));
}

int
mapset_start_checker(struct parent_proc *p)
{
	return (super_spawn(&p->c) == -1 ? -1 : mapset_checker_attach(p));
}

static int
start(struct super_child *c)
{
	return (mapset_start_checker((struct parent_proc *)c));
}

void
mapset_checker_init(struct parent *d)
{
	mapqueue_checker_init(&d->mapcheck, d->super.base, &d->map.c, start,
	    mapset_pack_gzip);
}

/* Fill in this machine's own node, which the warnings of derpmapd compare. */
static void
fill_self(const struct parent *d, const struct conf *c,
    const struct parent_loaded *l, struct ipc_map_self *s)
{
	const struct gram_name *n;
	const struct parent_cert *cert;
	size_t i, k;

	memset(s, 0, sizeof(*s));
	s->relay = c->relay.enabled;
	s->port = (uint16_t)parent_status_tls_port(d);
	TAILQ_FOREACH(n, &c->names, entry)
		if (s->nnames < IPC_MAP_MAX_NAMES)
			strlcpy(s->names[s->nnames++], n->name,
			    sizeof(s->names[0]));
	/* Without a TLS port clients see the certificate of a reverse proxy. */
	if (s->port == 0)
		return;
	for (i = 0; i < l->ncerts; i++) {
		cert = l->certs[i];
		if (cert->selfsigned) {
			/* The temporary one of acme will be replaced. */
			if (!c->acme.enabled)
				strlcpy(s->pin, cert->pin, sizeof(s->pin));
			continue;
		}
		for (k = 0; k < cert->nnames; k++)
			if (s->ncerts < IPC_MAP_MAX_NAMES)
				strlcpy(s->certs[s->ncerts++], cert->names[k],
				    sizeof(s->certs[0]));
	}
}

int
mapset_validate(struct parent *d, const struct conf *conf,
    const struct parent_loaded *l, struct mapqueue_check *check)
{
	static struct ipc_map_self self;

	fill_self(d, conf, l, &self);
	check->self = &self;
	return (mapqueue_add(&d->mapcheck.q, check));
}

