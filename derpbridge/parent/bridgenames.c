/*
 * bridgenames: addresses of names for the worker and for fetch, by the process
 * resolve; see bridgemap.h.
 *
 * When a look-up fails, the addresses of the last one that worked are given: a
 * relay must be found while the DNS, which may be behind it, is not.
 */
#include <string.h>

#include "address.h"
#include "bridge.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"

#define SOCKETS_MOST	2000	/* in the time of a budget */

/* Answers */

static void
tell(struct bridge *d, struct bridge_name *n, const char *why)
{
	const struct ipc_msg_worker_addrs w = { n->name,
	    (uint32_t)n->naddrs, n->addrs[0], n->naddrs > 0 ? "" : why };
	const struct ipc_msg_fetch_addrs f = { w.name, w.naddrs, w.addrs,
	    w.why };

	if (n->worker && d->worker.c.chan != NULL)
		(void)ipc_send_worker_addrs(d->worker.c.chan, &w);
	if (n->fetch && d->fetch.c.chan != NULL)
		(void)ipc_send_fetch_addrs(d->fetch.c.chan, &f);
	n->worker = n->fetch = 0;
}

static struct bridge_name *
find(struct bridge_names *s, const char *name)
{
	size_t i;

	for (i = 0; i < BRIDGE_MAXNAMES; i++)
		if (s->v[i].name[0] != '\0' && strcmp(s->v[i].name, name) == 0)
			return (&s->v[i]);
	return (NULL);
}

static int
on_result(void *arg, const struct ipc_msg_resolve_result *v)
{
	const struct bridge_child *p = arg;
	struct bridge_name *n = find(&p->d->names, v->name);

	/* One that had to give way in the meantime. */
	if (n == NULL || !n->asked)
		return (0);
	n->asked = 0;
	if (v->naddrs > IPC_DNS_MAXADDRS)
		return (-1);
	if (v->naddrs > 0) {
		memcpy(n->addrs, v->addrs, v->naddrs * IPC_ADDRLEN);
		n->naddrs = v->naddrs;
		n->found_ms = p->d->super.system->clock();
	} else if (n->naddrs > 0)
		log_debug("%s: %s: the addresses of the last look-up are used",
		    n->name, v->why);
	tell(p->d, n, v->why);
	return (0);
}

/* resolve */

static int
on_want(void *arg, const struct ipc_msg_resolve_want *v)
{
	struct bridge_child *p = arg;
	char why[IPC_WHYSIZE] = "";
	struct ipc_msg_resolve_lent lent = { why };
	int fd = -1;

	if (bridge_may(p, &p->d->resolve_asks, SOCKETS_MOST))
		fd = bridge_lend(p, v->ipv6, v->tcp, why, sizeof(why));
	else
		lent.why = "too many sockets were requested";
	return (ipc_send_resolve_lent(p->c.chan, &lent, fd));
}

int
bridge_resolve_message(struct bridge_child *p, struct ipc_msg *m)
{
	static const struct ipc_handlers handlers = {
		.resolve_result = on_result,
		.resolve_want = on_want
	};

	return (ipc_dispatch(&handlers, m, p) == NULL ? 0 : -1);
}

static void
from_resolve(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	bridge_child_message(arg, m, bridge_resolve_message);
}

int
bridge_resolve_configure(struct bridge_child *p)
{
	const struct bconf_dns *dns = &p->d->conf->dns;
	uint8_t addr[IPC_ADDRLEN] = { 0 };
	struct ipc_msg_resolve_server v = { addr, 0 };

	if (dns->server != NULL)
		v.port = net_address_get((const struct sockaddr *)&dns->ss,
		    addr);
	return (ipc_send_resolve_server(p->c.chan, &v));
}

static int
ask(struct bridge_child *p, const struct bridge_name *n)
{
	const struct ipc_msg_resolve_ask v = { n->name };

	return (ipc_send_resolve_ask(p->c.chan, &v));
}

int
bridge_resolve_settings(struct bridge_child *p)
{
	static const struct ipc_msg_resolve_conf conf = { .every = 3600 };
	const struct bridge_names *s = &p->d->names;
	size_t i;

	if (bridge_resolve_configure(p) == -1 ||
	    ipc_send_resolve_conf(p->c.chan, &conf) == -1)
		return (-1);
	for (i = 0; i < BRIDGE_MAXNAMES; i++)
		if (s->v[i].asked && ask(p, &s->v[i]) == -1)
			return (-1);
	return (0);
}

int
bridge_resolve_start(struct bridge_child *p)
{
	return (bridge_start_child(p, bridge_resolve_settings, from_resolve));
}

/* Requests */

/* A place for a name: an unused one, or that of the oldest request. */
static struct bridge_name *
place(struct bridge *d)
{
	struct bridge_name *n = &d->names.v[0];
	size_t i;

	for (i = 0; i < BRIDGE_MAXNAMES; i++) {
		if (d->names.v[i].name[0] == '\0')
			return (&d->names.v[i]);
		if (d->names.v[i].used_ms < n->used_ms)
			n = &d->names.v[i];
	}
	n->naddrs = 0;
	tell(d, n, "too many names were requested");
	return (n);
}

int
bridge_names_want(struct bridge_child *asker, const char *name)
{
	struct bridge *d = asker->d;
	const uint64_t now = d->super.system->clock();
	struct bridge_name *n = find(&d->names, name);

	if (name[0] == '\0')
		return (-1);
	if (n == NULL) {
		n = place(d);
		memset(n, 0, sizeof(*n));
		strlcpy(n->name, name, sizeof(n->name));
	}
	n->used_ms = now;
	if (asker == &d->fetch)
		n->fetch = 1;
	else
		n->worker = 1;
	if (!n->asked && n->naddrs > 0 && now - n->found_ms < BRIDGE_FRESH_MS)
		tell(d, n, "");
	else if (!n->asked) {
		n->asked = 1;
		if (d->resolve.c.chan != NULL)
			(void)ask(&d->resolve, n);
	}
	return (0);
}
