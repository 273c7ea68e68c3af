/*
 * selfcheck: the checks of lib/check on this machine's own relay; see health.h.
 * Called by health.c.  Touches the network: only the relay's TCP port.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "health.h"
#include "log.h"
#include "proxyproto.h"

#define STEP_MS	2000	/* a relay that hangs must be probed soon again */

/* A note is no fault, and a fault at several places is one. */
static void
found(const struct check_finding *f, void *arg)
{
	const struct check_fault_row *row = check_fault_row(f->id);
	struct health_found *to = arg;
	size_t i;

	if (row->level != CHECK_FAULT || to->n == IPC_MAXFAULTS)
		return;
	for (i = 0; i < to->n; i++)
		if (strcmp(to->faults[i].name, row->name) == 0)
			return;
	strlcpy(to->faults[i].name, row->name, sizeof(to->faults[i].name));
	strlcpy(to->faults[i].what, f->what, sizeof(to->faults[i].what));
	to->n++;
}

/* The relay as a node of a map that names this machine's address. */
static void
make_node(const struct health_conf *c, struct check_node *n)
{
	int v6 = strchr(c->address, ':') != NULL;

	memset(n, 0, sizeof(*n));
	strlcpy(n->host, c->name, sizeof(n->host));
	strlcpy(v6 ? n->ipv6 : n->ipv4, c->address, sizeof(n->ipv4));
	strlcpy(v6 ? n->ipv4 : n->ipv6, "none", sizeof(n->ipv4));
	n->port = (unsigned int)strtoul(c->port, NULL, 10);
	n->stun = -1;
}

int
health_check(const struct health_conf *c, struct ipc_chan *watch,
    struct health_found *f)
{
	uint8_t header[NET_PROXYPROTO_LOCAL];
	const struct check_sink sink = { .found = found, .arg = f };
	const struct check_opts opts = {
		.what = CHECK_TLS | CHECK_HTTP | CHECK_DERP,
		.trust = STREAM_ANY,
		.no_issuer = 1,
		.ms = STEP_MS,
		.secret = c->secret,
		.prelude = c->proxied ? header : NULL,
		.prelude_len = c->proxied ? sizeof(header) : 0,
		.plain = !c->tls,
		.watch = watch
	};
	struct check_node n;
	char why[256];

	f->n = 0;
	make_node(c, &n);
	net_proxyproto_put_local(header);
	if (check_node(&n, &opts, &sink, why, sizeof(why)) == 0)
		return (1);
	log_debug("check of the relay: %s", why);
	return (0);
}
