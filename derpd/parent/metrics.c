/*
 * metrics: the metrics of STUN, the maps and admission, in the text
 * format of Prometheus; see serve.h.  A front appends them to its own
 * counters.
 *
 * The metrics of STUN have derper's names, as far as derper has them.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

#define DELAY_MS	200	/* collects several changes */

static void
gauge(FILE *f, const char *name, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void
put_stun(FILE *f, const struct parent *d)
{
	struct net_stun_stats s;

	parent_stuns_sum(d, &s);
	net_stun_stats_text(f, &s);
	gauge(f, "stun_answering", "Whether STUN requests are answered.");
	fprintf(f, "stun_answering %d\n", parent_stuns_answering(d));
}

/* A label's value; URLs hold no character that needs escaping here. */
static void
put_compare(FILE *f, const struct mapset_map *m)
{
	size_t i;

	for (i = 0; i < m->nothers; i++)
		fprintf(f, "derpmap_drift{path=\"%s\",url=\"%s\"} %d\n",
		    m->conf->path, m->others[i].url,
		    mapset_drift(m, &m->others[i]));
}

static void
put_info(FILE *f, const struct mapset_map *m)
{
	char hash[2 * sizeof(m->good.hash) + 1] = "";

	if (m->good.body != NULL)
		base_hex_put(hash, m->good.hash, sizeof(m->good.hash));
	fprintf(f, "derpmap_info{path=\"%s\",hash=\"%s\",state=\"%s\"} 1\n",
	    m->conf->path, hash, mapset_state_name(m));
}

static void
put_maps(FILE *f, const struct parent *d)
{
	const struct mapset_map *m;
	size_t i;

	gauge(f, "derpmap_good",
	    "Whether the map at this path is good, and not the last good one.");
	for (i = 0; i < d->maps.n; i++)
		fprintf(f, "derpmap_good{path=\"%s\"} %d\n",
		    d->maps.v[i].conf->path,
		    d->maps.v[i].state == MAPSET_GOOD);
	gauge(f, "derpmap_bytes",
	    "Bytes of the map that is served.");
	for (i = 0; i < d->maps.n; i++)
		fprintf(f, "derpmap_bytes{path=\"%s\"} %zu\n",
		    d->maps.v[i].conf->path, d->maps.v[i].good.len);
	gauge(f, "derpmap_since_seconds",
	    "Since when the map is served, in seconds since 1970.");
	for (i = 0; i < d->maps.n; i++) {
		m = &d->maps.v[i];
		fprintf(f, "derpmap_since_seconds{path=\"%s\"} %lld\n",
		    m->conf->path, (long long)m->since);
	}
	gauge(f, "derpmap_info", "The map that is served: its hash, and "
	    "whether it is good, last good or none.");
	for (i = 0; i < d->maps.n; i++)
		put_info(f, &d->maps.v[i]);
	gauge(f, "derpmap_drift", "Whether that server serves another map: 1 "
	    "yes, 0 no, -1 unknown.");
	for (i = 0; i < d->maps.n; i++)
		put_compare(f, &d->maps.v[i]);
}

char *
parent_metrics_text(const struct parent *d, int stun)
{
	char *text = NULL;
	size_t len;
	FILE *f;

	if ((f = open_memstream(&text, &len)) == NULL)
		return (NULL);
	if (stun && d->nstuns > 0)
		put_stun(f, d);
	if (d->maps.n > 0)
		put_maps(f, d);
	fputs(d->admitset.metrics, f);
	if (fclose(f) == 0)
		return (text);
	free(text);
	return (NULL);
}

static void
send_metrics(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;
	struct ipc_msg_front_metrics v;
	struct ipc_wr w;
	char *text;

	(void)fd;
	(void)what;
	if (d->super.stopping)
		return;
	if ((text = parent_metrics_text(d, 1)) == NULL) {
		log_warn("no memory for the metrics: the fronts keep the old "
		    "ones");
		return;
	}
	v.text = text;
	ipc_wr_init(&w);
	ipc_put_front_metrics(&w, &v);
	free(text);
	if (ipc_wr_ok(&w))
		parent_fronts_send(d, MSG_FRONT_METRICS, &w);
	ipc_wr_free(&w);
}

void
parent_metrics_changed(struct parent *d)
{
	struct timeval tv = { 0, DELAY_MS * 1000 };

	parent_metricsd_changed(d);
	if (d->nfronts == 0)
		return;
	if (d->ev_metrics == NULL)
		d->ev_metrics = evtimer_new(d->super.base, send_metrics, d);
	if (d->ev_metrics != NULL && !evtimer_pending(d->ev_metrics, NULL))
		evtimer_add(d->ev_metrics, &tv);
}
