/*
 * status: what derpctl is told of the service, as JSON; see control.h.  Called
 * by control.c.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "hex.h"
#include "jsonout.h"
#include "parent.h"

static void
put_process(struct wr *w, const struct proc *p, int *n)
{
	jsonout(w, "%s{\"role\":\"%s\",", (*n)++ > 0 ? "," : "",
	    role_name(p->role));
	if (p->role == ROLE_RELAY || p->role == ROLE_STUN)
		jsonout(w, "\"worker\":%u,", p->worker);
	jsonout(w, "\"pid\":%d,\"sandbox\":", (int)p->pid);
	jsonout_str(w, p->ready ? p->level : "not running");
	jsonout(w, ",\"restarts\":%u,\"uptime\":%llu}", p->restarts,
	    p->ready ? (unsigned long long)(clock_ms() -
	    p->started_ms) / 1000 : 0ULL);
}

static void
put_processes(const struct derpd *d, struct wr *w)
{
	unsigned int i;
	int n = 1;

	jsonout(w, "\"processes\":[{\"role\":\"parent\",\"pid\":%d,\"sandbox\":"
	    "\"none\",\"restarts\":0,\"uptime\":%llu}", (int)getpid(),
	    (unsigned long long)(clock_ms() - d->started_ms) / 1000);
	for (i = 0; i < d->nprocs; i++)
		if (procs_wanted(d->procs[i]))
			put_process(w, d->procs[i], &n);
	jsonout(w, "]");
}

static void
put_cert(struct wr *w, const struct cert *c)
{
	size_t i;

	jsonout(w, "{\"names\":[");
	for (i = 0; i < c->nnames; i++) {
		jsonout(w, "%s", i > 0 ? "," : "");
		jsonout_str(w, c->names[i]);
	}
	jsonout(w, "],\"not_after\":");
	jsonout_time(w, c->not_after);
	jsonout(w, ",\"pin\":");
	jsonout_str(w, c->pin);
	jsonout(w, ",\"days_left\":%d}", cert_days_left(c, time(NULL)));
}

/* Where STUN is answered, whether it is, and why not. */
static void
put_stun(const struct derpd *d, struct wr *w)
{
	struct stun_stats s;
	const char *why = "";
	size_t i;

	stuns_sum(d, &s);
	jsonout(w, ",\"stun\":{\"listen\":[");
	for (i = 0; i < d->stunsocks.n; i++)
		jsonout(w, "%s\"%s\"", i > 0 ? "," : "",
		    d->stunsocks.v[i].text);
	if (!stuns_answering(d))
		why = d->well.known ? d->well.why : "not probed yet";
	jsonout(w, "],\"always\":%s,\"answering\":%s,\"why\":",
	    d->conf->stun.always ? "true" : "false",
	    stuns_answering(d) ? "true" : "false");
	jsonout_str(w, why);
	jsonout(w, ",\"answered\":%llu,\"silent\":%llu}",
	    (unsigned long long)s.success, (unsigned long long)s.silent);
}

static void
put_maps(const struct derpd *d, struct wr *w)
{
	const struct map *m;
	size_t i;

	jsonout(w, ",\"maps\":[");
	for (i = 0; i < d->maps.n; i++) {
		m = &d->maps.v[i];
		jsonout(w, "%s{\"path\":", i > 0 ? "," : "");
		jsonout_str(w, m->conf->path);
		jsonout(w, ",\"source\":");
		jsonout_str(w, maps_source(m));
		jsonout(w, ",\"state\":\"%s\",\"error\":",
		    mapstatus_state(m));
		jsonout_str(w, m->error == NULL ? "" : m->error);
		jsonout(w, "}");
	}
	jsonout(w, "]");
}

int
status_tls_port(const struct derpd *d)
{
	size_t i;

	for (i = 0; i < d->listens.n; i++)
		if (d->listens.v[i].tls)
			return (d->listens.v[i].port);
	return (0);
}

void
status_text(const struct derpd *d, struct wr *w)
{
	char key[65];
	size_t i;

	hex_put(key, d->loaded.node_key, 32);
	jsonout(w, "{\"version\":\"" DERPD_VERSION "\",\"uptime\":%llu,"
	    "\"pid\":%d,\"config\":", (unsigned long long)(clock_ms() -
	    d->started_ms) / 1000, (int)getpid());
	jsonout_str(w, d->conf_path);
	jsonout(w, ",\"nodekey\":\"nodekey:%s\",", key);
	put_processes(d, w);
	jsonout(w, ",\"listen\":[");
	for (i = 0; i < d->listens.n; i++) {
		jsonout(w, "%s", i > 0 ? "," : "");
		jsonout(w, "\"%s %s\"", d->listens.v[i].text,
		    d->listens.v[i].tls ? "tls" : "plain");
	}
	jsonout(w, "],\"certificates\":[");
	for (i = 0; i < d->loaded.ncerts; i++) {
		jsonout(w, "%s", i > 0 ? "," : "");
		put_cert(w, d->loaded.certs[i]);
	}
	jsonout(w, "]");
	if (d->nstuns > 0)
		put_stun(d, w);
	if (d->maps.n > 0)
		put_maps(d, w);
	jsonout(w, "}");
}
