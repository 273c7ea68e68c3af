/*
 * bootstrap: the names of bootstrap-dns: the process that resolves them
 * (derpd/resolve/), what it found last, and the fronts, which tell it to
 * clients; see serve.h.
 *
 * When a look-up fails, the addresses of the last one stay: clients ask when
 * their DNS fails, and what they connect to must have a certificate.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "ipcdispatch.h"
#include "ipcsend.h"
#include "json_out.h"
#include "log.h"
#include "parent.h"
#include "prefix.h"
#include "results.h"

#define DELAY_MS	100	/* collects several results */
#define RESULT_MS	500	/* least time between two of a name */

int
parent_dns_wanted(const struct conf *c)
{
	return (c->dns.enabled);
}

static struct parent_dnsname *
find(const struct parent_dns *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->v[i].name, name) == 0)
			return (&s->v[i]);
	return (NULL);
}

/* Append names to `s'; `old' has what is known. */
static void
add_names(struct parent_dns *s, const struct gram_names *names, int published,
    const struct parent_dns *old)
{
	const struct parent_dnsname *known;
	const struct gram_name *n;
	struct parent_dnsname *p;

	TAILQ_FOREACH(n, names, entry) {
		p = &s->v[s->n++];
		if ((known = find(old, n->name)) != NULL)
			*p = *known;
		strlcpy(p->name, n->name, sizeof(p->name));
		p->published = published;
	}
}

void
parent_dns_set(struct parent *d)
{
	const struct parent_dns old = d->dns;
	struct parent_dns *s = &d->dns;

	s->v = NULL;
	s->n = 0;
	if (parent_dns_wanted(d->conf)) {
		if ((s->v = calloc(IPC_DNS_MAXNAMES, sizeof(*s->v))) == NULL)
			fatal("no memory for the names of bootstrap-dns");
		add_names(s, &d->conf->dns.names, 1, &old);
		add_names(s, &d->conf->dns.unpublished, 0, &old);
	}
	free(old.v);
}

/* Fronts */

static void
put_names(const struct parent_dns *s, struct ipc_wr *w)
{
	struct ipc_dns_name names[IPC_DNS_MAXNAMES];
	struct ipc_msg_front_dns v = { .nnames = (uint32_t)s->n,
	    .names = names };
	size_t i;

	for (i = 0; i < s->n; i++) {
		names[i].name = s->v[i].name;
		names[i].published = s->v[i].published;
		names[i].naddrs = s->v[i].naddrs;
		names[i].addrs = s->v[i].addrs[0];
	}
	ipc_put_front_dns(w, &v);
}

int
parent_dns_send(struct parent_proc *front)
{
	const struct parent_dns *s = &front->d->dns;
	struct ipc_wr w;
	int rv = -1;

	if (s->n == 0)
		return (0);
	ipc_wr_init(&w);
	put_names(s, &w);
	if (ipc_wr_ok(&w))
		rv = ipc_chan_send(front->c.chan, MSG_FRONT_DNS, &w, -1);
	ipc_wr_free(&w);
	return (rv);
}

static void
send_names(struct parent *d)
{
	struct ipc_wr w;

	ipc_wr_init(&w);
	put_names(&d->dns, &w);
	if (ipc_wr_ok(&w))
		parent_fronts_send(d, MSG_FRONT_DNS, &w);
	else
		log_warnx("no memory for bootstrap-dns: the fronts keep the "
		    "old addresses");
	ipc_wr_free(&w);
}

static void
on_send(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	if (!d->super.stopping)
		send_names(d);
}

static void
send_soon(struct parent *d)
{
	static const struct timeval tv = { 0, DELAY_MS * 1000 };
	struct event **ev = &d->dns.ev_send;

	if (*ev == NULL)
		*ev = evtimer_new(d->super.base, on_send, d);
	if (*ev != NULL && !evtimer_pending(*ev, NULL))
		evtimer_add(*ev, &tv);
}

/* Results */

static void
failed(struct parent_dnsname *n, const char *why)
{
	if (n->why[0] == '\0')
		log_warnx("bootstrap-dns: %s: %s; %s", n->name, why,
		    n->naddrs > 0 ? "its last addresses stay" :
		    "it has none, tried again every few seconds");
	strlcpy(n->why, why[0] != '\0' ? why : "it failed", sizeof(n->why));
}

static void
resolved(struct parent *d, struct parent_dnsname *n, const uint8_t *addrs,
    uint32_t naddrs)
{
	if (n->why[0] != '\0')
		log_info("bootstrap-dns: %s is resolved again", n->name);
	n->why[0] = '\0';
	n->since = time(NULL);
	n->naddrs = naddrs;
	memcpy(n->addrs, addrs, naddrs * sizeof(n->addrs[0]));
	send_soon(d);
}

int
parent_dns_result(struct parent *d, const struct ipc_msg_resolve_result *v,
    uint64_t now_ms)
{
	struct parent_dnsname *n;

	if (v->naddrs > IPC_DNS_MAXADDRS)
		return (-1);
	if ((n = find(&d->dns, v->name)) == NULL)
		return (0);	/* of an older configuration */
	if (!parent_results_may_come(&n->due_ms, now_ms, RESULT_MS))
		return (-1);
	if (v->naddrs == 0)
		failed(n, v->why);
	else
		resolved(d, n, v->addrs, v->naddrs);
	return (0);
}

/* The process */

static int
on_result(void *arg, const struct ipc_msg_resolve_result *v)
{
	const struct parent_proc *p = arg;

	return (parent_dns_result(p->d, v, base_clock_ms()));
}

static int
handle(struct parent_proc *p, struct ipc_msg *m)
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
	parent_child_message(arg, m, handle);
}

static int
send_conf(struct parent_proc *p)
{
	const struct parent_dns *s = &p->d->dns;
	struct ipc_msg_resolve_conf v = {
		.every = p->d->conf->dns.every,
		.nnames = (uint32_t)s->n
	};
	size_t i;

	for (i = 0; i < s->n; i++)
		v.names[i] = s->v[i].name;
	return (ipc_send_resolve_conf(p->c.chan, &v));
}

int
parent_dns_start(struct parent_proc *p)
{
	return (parent_start_child(p, send_conf, from_resolve));
}

void
parent_dns_configure(struct parent *d)
{
	parent_dns_set(d);
	if (super_adjust(&d->resolve.c) == 0 && d->resolve.c.chan != NULL &&
	    parent_dns_wanted(d->conf) && send_conf(&d->resolve) == -1)
		super_fail(&d->resolve.c,
		    "could not be sent new settings");
	send_soon(d);
}

/* Status */

void
parent_dns_status(const struct parent *d, struct json_out *o)
{
	char text[NET_PREFIX_TEXT];
	const struct parent_dnsname *n;
	uint32_t i;

	if (d->dns.n == 0)
		return;
	json_out_array(o, "bootstrap_dns");
	for (n = d->dns.v; n < d->dns.v + d->dns.n; n++) {
		json_out_object(o, NULL);
		json_out_str(o, "name", n->name);
		json_out_bool(o, "published", n->published);
		json_out_array(o, "addresses");
		for (i = 0; i < n->naddrs; i++) {
			net_prefix_address(n->addrs[i], text);
			json_out_str(o, NULL, text);
		}
		json_out_end(o);
		if (n->naddrs > 0)
			json_out_time(o, "resolved", n->since);
		json_out_str(o, "error", n->why);
		json_out_end(o);
	}
	json_out_end(o);
}
