/*
 * status: the status of the service for derpctl, as JSON; see control.h.
 * Called by talk.c.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "about.h"
#include "certcheck.h"
#include "clock.h"
#include "hex.h"
#include "json_out.h"
#include "parent.h"

static uint64_t
seconds_since(uint64_t ms)
{
	return ((base_clock_ms() - ms) / 1000);
}

static void
put_process(struct json_out *o, const struct super_child *p)
{
	json_out_object(o, NULL);
	json_out_str(o, "role", ipc_role_name(p->role));
	if (ipc_role_numbered(p->role))
		json_out_uint(o, "worker", p->worker);
	json_out_int(o, "pid", p->pid);
	json_out_str(o, "sandbox", p->ready ? p->level : "not running");
	json_out_uint(o, "restarts", p->restarts);
	json_out_uint(o, "uptime", p->ready ? seconds_since(p->started_ms) :
	    0);
	json_out_end(o);
}

static void
put_processes(const struct parent *d, struct json_out *o)
{
	unsigned int i;

	json_out_array(o, "processes");
	json_out_object(o, NULL);
	json_out_str(o, "role", "parent");
	json_out_int(o, "pid", getpid());
	json_out_str(o, "sandbox", "none");
	json_out_uint(o, "restarts", 0);
	json_out_uint(o, "uptime", seconds_since(d->started_ms));
	json_out_end(o);
	for (i = 0; i < d->super.n; i++)
		if (super_wanted(d->super.children[i]))
			put_process(o, d->super.children[i]);
	json_out_end(o);
}

static void
put_cert(struct json_out *o, const struct parent_cert *c)
{
	json_out_object(o, NULL);
	parent_certstatus_names(o, c);
	json_out_time(o, "not_after", c->not_after);
	json_out_str(o, "pin", c->pin);
	json_out_int(o, "days_left", parent_cert_days_left(c, time(NULL)));
	json_out_end(o);
}

static void
put_warning(void *arg, enum parent_certlevel level, const struct conf_cert *k,
    const char *text)
{
	(void)k;
	if (level != CERT_NOTE)
		json_out_str(arg, NULL, text);
}

/* What is wrong with certificates, which must not be missed. */
static void
put_warnings(const struct parent *d, struct json_out *o)
{
	json_out_array(o, "warnings");
	(void)parent_certcheck(d->conf, &d->loaded, NULL, time(NULL),
	    put_warning, o);
	if (d->certwatch.error[0] != '\0')
		json_out_fmt(o, NULL, "a changed certificate file is not used, "
		    "the certificates before stay in force: %s",
		    d->certwatch.error);
	json_out_end(o);
}

/* STUN: its addresses, whether it is answered, and why not. */
static void
put_stun(const struct parent *d, struct json_out *o)
{
	struct net_stun_stats s;
	const char *why = "";
	size_t i;

	parent_stuns_sum(d, &s);
	json_out_object(o, "stun");
	json_out_array(o, "listen");
	for (i = 0; i < d->stunsocks.n; i++)
		json_out_str(o, NULL, d->stunsocks.v[i].text);
	json_out_end(o);
	if (d->drain.on)
		why = "draining";
	else if (!parent_stuns_answering(d))
		why = d->well.known ? d->well.why : "not probed yet";
	json_out_bool(o, "always", d->conf->stun.always);
	json_out_bool(o, "answering", parent_stuns_answering(d));
	json_out_str(o, "why", why);
	json_out_uint(o, "answered", s.success);
	json_out_uint(o, "silent", s.silent);
	json_out_end(o);
}

static void
put_maps(const struct parent *d, struct json_out *o)
{
	const struct mapset_map *m;
	size_t i;

	json_out_array(o, "maps");
	for (i = 0; i < d->maps.n; i++) {
		m = &d->maps.v[i];
		json_out_object(o, NULL);
		json_out_str(o, "path", m->conf->path);
		json_out_str(o, "source", mapset_source(m));
		json_out_str(o, "state", mapset_state_name(m));
		json_out_str(o, "error", m->error);
		json_out_end(o);
	}
	json_out_end(o);
}

int
parent_status_tls_port(const struct parent *d)
{
	size_t i;

	for (i = 0; i < d->listens.n; i++)
		if (d->listens.v[i].tls)
			return (d->listens.v[i].port);
	return (0);
}

int
parent_status_derp_port(const struct parent *d)
{
	size_t i;

	for (i = 0; i < d->listens.n; i++)
		if (d->listens.v[i].derp)
			return (d->listens.v[i].port);
	return (0);
}

void
parent_status_text(const struct parent *d, struct ipc_wr *w)
{
	struct json_out o;
	char key[65];
	size_t i;

	base_hex_put(key, d->loaded.node_key, 32);
	json_out_init(&o, w);
	json_out_object(&o, NULL);
	json_out_str(&o, "version", BASE_VERSION);
	json_out_uint(&o, "uptime", seconds_since(d->started_ms));
	json_out_int(&o, "pid", getpid());
	json_out_str(&o, "config", d->conf_path);
	json_out_fmt(&o, "nodekey", "nodekey:%s", key);
	parent_drain_status(d, &o);
	put_processes(d, &o);
	json_out_array(&o, "listen");
	for (i = 0; i < d->listens.n; i++)
		json_out_fmt(&o, NULL, "%s %s", d->listens.v[i].text,
		    parent_listen_kind(&d->listens.v[i]));
	json_out_end(&o);
	json_out_array(&o, "certificates");
	for (i = 0; i < d->loaded.ncerts; i++)
		put_cert(&o, d->loaded.certs[i]);
	json_out_end(&o);
	put_warnings(d, &o);
	if (d->conf->relay.enabled)
		admitset_status(d, &o);
	if (!TAILQ_EMPTY(&d->conf->mesh.nodes))
		meshset_status(d, &o);
	if (d->nstuns > 0)
		put_stun(d, &o);
	if (parent_health_wanted(d))
		parent_selfcheck_put(d, &o);
	if (d->maps.n > 0)
		put_maps(d, &o);
	parent_dns_status(d, &o);
	json_out_end(&o);
}
