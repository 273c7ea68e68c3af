/*
 * health: the health of the relay, and the health process, which connects to
 * the relay's port as a client does (derpd/health/health.c).  While its probes
 * fail, STUN is silent, so that clients choose another relay.  See serve.h.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"
#include "results.h"

#define ENOUGH_FAILURES	2	/* in a row: ignore a single failure */
#define RESULT_MS	1000	/* least configurable time between probes */

int
parent_health_wanted(const struct parent *d)
{
	return (d->conf->stun.enabled && d->conf->relay.enabled &&
	    !d->conf->stun.always && !d->drain.on);
}

/*
 * The listening address that is probed: of the TLS port, or without one of the
 * port with derp; NULL: none.  Prefer a specific listen address to a wildcard,
 * and IPv4 to IPv6.
 */
static const struct conf_listen *
own_listen(const struct parent *d)
{
	const struct conf_listen *l, *first = NULL;
	const int tls = parent_status_tls_port(d) != 0;

	TAILQ_FOREACH(l, &d->conf->listens, entry)
		if ((tls ? l->tls : l->derp) && (first == NULL ||
		    (first->wildcard && l->wildcard &&
		    l->ss.ss_family == AF_INET)))
			first = l;
	return (first);
}

/* The address at which this machine reaches its own port. */
static int
own_address(const struct conf_listen *l, char *host, size_t size)
{
	const void *a;

	if (l->ss.ss_family == AF_INET6) {
		a = &((const struct sockaddr_in6 *)&l->ss)->sin6_addr;
		if (IN6_IS_ADDR_UNSPECIFIED((const struct in6_addr *)a))
			a = &in6addr_loopback;
	} else {
		a = &((const struct sockaddr_in *)&l->ss)->sin_addr;
		if (((const struct in_addr *)a)->s_addr == INADDR_ANY) {
			strlcpy(host, "127.0.0.1", size);
			return (0);
		}
	}
	return (inet_ntop(l->ss.ss_family, a, host, (socklen_t)size) ==
	    NULL ? -1 : 0);
}

/*
 * Return 1 when a connection of this machine to its own address `host' is one
 * from a load balancer: its source is the same address.
 */
static int
is_proxied(const struct conf_listen *l, const char *host)
{
	struct net_prefix own;
	size_t i;

	if (net_prefix_parse(&own, host) != 0)
		return (0);
	for (i = 0; i < l->nproxies; i++)
		if (net_prefix_has(&l->proxies[i], own.addr))
			return (1);
	return (0);
}

static int
send_conf(struct parent_proc *p)
{
	const struct parent *d = p->d;
	const struct conf_listen *l;
	char host[INET6_ADDRSTRLEN], port[8];
	struct ipc_msg_health_conf v = {
		.address = host,
		.port = port,
		.every = d->conf->stun.probe_every
	};

	if ((l = own_listen(d)) == NULL ||
	    own_address(l, host, sizeof(host)) == -1)
		return (-1);
	v.tls = l->tls;
	v.proxied = is_proxied(l, host);
	snprintf(port, sizeof(port), "%d", l->tls ? parent_status_tls_port(d) :
	    parent_status_derp_port(d));
	v.name = TAILQ_FIRST(&d->conf->names)->name;
	return (ipc_send_health_conf(p->c.chan, &v));
}

static void
set_state(struct parent *d, int ok)
{
	d->well.known = 1;
	d->well.ok = ok;
	d->well.since = time(NULL);
	if (ok)
		log_info("the relay is healthy: STUN answers");
	else
		log_warnx("the relay is unhealthy, STUN is silent until it "
		    "recovers: %s", d->well.why);
	parent_stuns_configure(d);
	parent_metrics_changed(d);
}

static void
update(struct parent *d, int ok)
{
	struct parent_health *h = &d->well;

	if (ok) {
		h->failures = 0;
		h->why[0] = '\0';
		if (!h->ok)
			set_state(d, 1);
		return;
	}
	if (++h->failures < ENOUGH_FAILURES)
		parent_health_now(d);
	else if (h->ok || !h->known)
		set_state(d, 0);
}

int
parent_health_result(struct parent *d, const struct ipc_msg_health_result *v,
    uint64_t now_ms)
{
	if (!parent_results_may_come(&d->well.due_ms, now_ms, RESULT_MS))
		return (-1);
	/* One that is told to end may have one on the way. */
	if (!parent_health_wanted(d))
		return (0);
	strlcpy(d->well.why, v->why, sizeof(d->well.why));
	update(d, v->ok);
	return (0);
}

static int
on_result(void *arg, const struct ipc_msg_health_result *v)
{
	const struct parent_proc *p = arg;

	return (parent_health_result(p->d, v, base_clock_ms()));
}

static int
on_checked(void *arg, const struct ipc_msg_health_checked *v)
{
	const struct parent_proc *p = arg;

	return (parent_selfcheck_result(p->d, v, base_clock_ms()));
}

/* It has one key in its life. */
static int
on_key(void *arg, const struct ipc_msg_health_key *v)
{
	struct parent_proc *p = arg;

	if (p->d->well.keyed)
		return (-1);
	p->d->well.keyed = 1;
	admitset_set_health(p->d, v->key);
	return (0);
}

static int
handle(struct parent_proc *p, struct ipc_msg *m)
{
	static const struct ipc_handlers handlers = {
		.health_result = on_result,
		.health_checked = on_checked,
		.health_key = on_key
	};

	return (ipc_dispatch(&handlers, m, p) == NULL ? 0 : -1);
}

static void
from_health(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	parent_child_message(arg, m, handle);
}

int
parent_health_start(struct parent_proc *p)
{
	p->d->well.keyed = 0;
	return (parent_start_child(p, send_conf, from_health));
}

void
parent_health_configure(struct parent *d)
{
	if (super_adjust(&d->health.c) == 0 && d->health.c.chan != NULL &&
	    parent_health_wanted(d) && send_conf(&d->health) == -1)
		super_fail(&d->health.c, "could not be sent new settings");
	if (!parent_health_wanted(d))
		memset(&d->well, 0, sizeof(d->well));
}

void
parent_health_now(struct parent *d)
{
	if (d->health.c.chan != NULL &&
	    ipc_send_health_now(d->health.c.chan) == 0)
		parent_results_one_more(&d->well.due_ms, RESULT_MS);
}
