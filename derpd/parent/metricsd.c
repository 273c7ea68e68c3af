/*
 * metricsd: the metrics process as the parent's child: its sockets, the pages
 * of counters that it reads, who may ask, and what only the parent knows, as
 * JSON; see serve.h.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"

#define SOON_MS		200	/* collects several changes */
#define EVERY_MS	5000	/* between two states without a change */

/* Pass the duplicate `fd' of a listening socket to metrics. */
static int
send_socket(void *arg, const struct parent_listen_socket *l, int fd)
{
	const struct ipc_msg_metrics_listen v = { .number = l->number };
	struct parent_proc *p = arg;

	return (ipc_send_metrics_listen(p->c.chan, &v, fd));
}

static int
send_sockets(struct parent_proc *p)
{
	struct parent_listen_set *set = &p->d->metricsocks;

	if (parent_listen_options(set, p->d->conf, 0) == -1)
		return (-1);
	return (parent_listen_give(set, 0, send_socket, p));
}

/* Send the page of counters of one process, to be read. */
static int
send_page(struct parent_proc *p, enum ipc_counters_kind kind,
    unsigned int number, const struct ipc_counters *page)
{
	struct ipc_msg_metrics_counters v = { kind, number };
	int fd = ipc_counters_share_read(page);

	return (fd == -1 ? -1 : ipc_send_metrics_counters(p->c.chan, &v, fd));
}

static int
send_pages(struct parent_proc *p)
{
	const struct parent *d = p->d;
	unsigned int i;

	for (i = 0; i < d->nfronts; i++)
		if (send_page(p, IPC_COUNTERS_FRONT, i, d->counters[i]) == -1)
			return (-1);
	for (i = 0; i < d->nworkers; i++)
		if (send_page(p, IPC_COUNTERS_RELAY, i,
		    d->counters[d->nfronts + i]) == -1)
			return (-1);
	for (i = 0; i < d->nstuns; i++)
		if (send_page(p, IPC_COUNTERS_STUND, i,
		    d->stuncounters[i]) == -1)
			return (-1);
	return (0);
}

/* Send who may ask. */
static int
send_conf(struct parent_proc *p)
{
	const struct parent *d = p->d;
	struct ipc_metrics_from from[IPC_MAXMETRICS * IPC_MAXPROXIES];
	struct ipc_msg_metrics_conf v = {
		.rate_limited = d->loaded.rate.rate != 0,
		.from = from
	};
	const struct conf_listen *l;
	uint32_t number = 0;
	size_t i;

	TAILQ_FOREACH(l, &d->conf->metrics.listens, entry) {
		for (i = 0; i < l->nproxies; i++) {
			from[v.nfrom].number = number;
			memcpy(from[v.nfrom].addr, l->proxies[i].addr,
			    sizeof(from[v.nfrom].addr));
			from[v.nfrom++].bits = l->proxies[i].bits;
		}
		number++;
	}
	return (ipc_send_metrics_conf(p->c.chan, &v));
}

/* A document of another file as the member `name'. */
static void
put_part(struct json_out *o, const char *name, const struct parent *d,
    void (*write)(const struct parent *, struct ipc_wr *))
{
	struct ipc_wr part;

	ipc_wr_init(&part);
	write(d, &part);
	if (ipc_wr_ok(&part))
		json_out_raw(o, name, part.p, part.len);
	else
		ipc_wr_refuse(o->w, part.bad);
	ipc_wr_free(&part);
}

static void
put_reload(struct json_out *o, const struct parent_lastreload *r)
{
	if (r->when == 0)
		return;
	json_out_object(o, "reload");
	json_out_bool(o, "ok", r->ok);
	json_out_time(o, "when", r->when);
	json_out_str(o, "why", r->why);
	json_out_end(o);
}

/*
 * What only the parent knows: {"status":{see control.h},"cert":{see there},
 * "maps":[see mapset_status_brief()],"mesh":[see control.h],
 * "health":{see parent_wellness_put()},
 * "reload":{"ok":b,"when":s,"why":s},"text":s}; "reload" once there was one,
 * "text" is Prometheus text.
 */
static void
put_state(const struct parent *d, struct ipc_wr *w)
{
	struct json_out o;
	char *text;

	json_out_init(&o, w);
	json_out_object(&o, NULL);
	put_part(&o, "status", d, parent_status_text);
	put_part(&o, "cert", d, parent_certstatus_text);
	mapset_status_brief(d, &o);
	meshset_status(d, &o);
	parent_wellness_put(d, base_clock_ms(), time(NULL), &o, "health");
	put_reload(&o, &d->lastreload);
	if ((text = parent_metrics_text(d, 0)) != NULL)
		json_out_str(&o, "text", text);
	free(text);
	json_out_end(&o);
}

static int
send_state(struct parent_proc *p)
{
	static struct log_limit unsent;
	struct ipc_msg_metrics_state v;
	struct ipc_wr w;
	int rv = 0;

	ipc_wr_init(&w);
	put_state(p->d, &w);
	v.text = w.p;
	v.len = w.len;
	/* Without memory, or if it is too large, metrics keeps the last one. */
	if (ipc_wr_ok(&w) && w.len < MSG_MAXPAYLOAD - 16)
		rv = ipc_send_metrics_state(p->c.chan, &v);
	else
		log_limited_warnx(&unsent, "the state for metrics can't be "
		    "sent: %zu bytes, or no memory: metrics shows an older "
		    "one", w.len);
	ipc_wr_free(&w);
	return (rv);
}

static void	due(evutil_socket_t fd, short what, void *arg);

/* Send the state in `ms' milliseconds. */
static void
send_in(struct parent *d, unsigned int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (d->ev_state == NULL)
		d->ev_state = evtimer_new(d->super.base, due, d);
	if (d->ev_state == NULL || evtimer_add(d->ev_state, &tv) == -1)
		log_warnx("no timer for the state that metrics shows");
}

static void
due(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	d->state_soon = 0;
	if (d->metrics.c.chan == NULL || d->super.stopping)
		return;
	if (send_state(&d->metrics) == -1) {
		super_fail(&d->metrics.c, "could not be sent a message");
		return;
	}
	send_in(d, EVERY_MS);
}

void
parent_metricsd_changed(struct parent *d)
{
	if (d->metrics.c.chan == NULL || d->state_soon)
		return;
	d->state_soon = 1;
	send_in(d, SOON_MS);
}

static int
set_up(struct parent_proc *p)
{
	if (send_sockets(p) == -1 || send_pages(p) == -1 ||
	    send_conf(p) == -1 || send_state(p) == -1)
		return (-1);
	p->d->state_soon = 0;
	parent_metricsd_changed(p->d);
	return (0);
}

int
parent_metricsd_start(struct parent_proc *p)
{
	return (parent_start_quiet(p, set_up));
}

void
parent_metricsd_configure(struct parent *d)
{
	if (d->metrics.c.chan != NULL && send_conf(&d->metrics) == -1)
		super_fail(&d->metrics.c,
		    "could not be sent new settings");
}
