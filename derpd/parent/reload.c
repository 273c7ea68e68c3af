/*
 * reload: the generations (generation.h) of the parent: requests, what happens
 * to fronts and relay workers, and what takes effect at the commit.  Called as
 * parent.h says, and by generation.c.
 */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "filewatch.h"
#include "log.h"
#include "notify.h"
#include "parent.h"

#define RENEW_SECS	(24 * 3600)	/* a meta certificate lasts 30 days */
#define RENEW_AGAIN	3600		/* s, after a failure */

static int
stage(void *arg, struct parent_generation *g, unsigned int server)
{
	struct parent *d = arg;

	return (parent_settings_stage(parent_servers_at(d, server), g->conf,
	    &g->loaded, g->id));
}

/* The same for admit, and for the watch of the rate file. */
static void
commit_admit(struct parent *d, struct parent_generation *g)
{
	struct watch_file *old = d->admitset.ratewatch;

	if (g->admit != NULL && admitset_commit(g->admit))
		parent_gen_hold(g);
	g->admit = NULL;
	if (g->kind == GEN_ADMIT || !g->rated)
		return;
	d->admitset.ratewatch = g->ratewatch;
	g->ratewatch = old;
}

/* Swap: the generation gets what was in force, to be freed with it. */
static void
commit(void *arg, struct parent_generation *g)
{
	struct parent *d = arg;
	struct parent_loaded l = d->loaded;
	struct conf *c = d->conf;
	unsigned int i;

	if (g->kind == GEN_ADMIT) {
		commit_admit(d, g);
		return;
	}
	d->loaded = g->loaded;
	g->loaded = l;
	meshset_key_used(&d->mesh, d->loaded.mesh.hash);
	d->conf = g->conf;
	g->conf = c;
	/* Servers request tickets of admit when it has its settings. */
	commit_admit(d, g);
	/* What admit asks from here on, the new sources answer. */
	if (g->kind == GEN_RELOAD && d->admitset.in_force)
		admitset_verify_configure(d, g->conf);
	for (i = 0; i < parent_servers_count(d); i++)
		if (parent_settings_commit(parent_servers_at(d, i), g->id))
			parent_gen_owe(g, i);
	if (g->maps != NULL)
		mapset_commit(g->maps);
	g->maps = NULL;
}

/*
 * Send the other children their new settings; `old' is the configuration
 * before.
 */
static void
serve(struct parent *d, const struct conf *old)
{
	unsigned int i;

	super_log(&d->super);
	for (i = 0; i < d->nfronts; i++)
		(void)parent_listen_options(&d->listens, d->conf, i);
	(void)super_adjust(&d->map.c);
	mapset_fetch_configure(d);
	parent_health_configure(d);
	parent_health_now(d);
	parent_stuns_configure(d);
	parent_metricsd_configure(d);
	renew_configure(d);
	parent_dns_configure(d);
	meshset_configure(d);
	(void)super_adjust(&d->admit.c);
	/* Those of admission that is in force were told at the commit. */
	if (!d->admitset.in_force)
		admitset_verify_configure(d, old);
	parent_certwatch_begin(d);
}

/* keys has loaded all: other processes may call it. */
static void
keys_loaded(struct parent *d)
{
	unsigned int i;

	if (d->keys.c.chan == NULL)
		return;
	d->keys_loaded = 1;
	/* Fronts come last: they request tickets under the workers' secrets. */
	for (i = parent_servers_count(d); i-- > 0;)
		(void)parent_servers_connect_keys(parent_servers_at(d, i));
	renew_connect_keys(d);
	meshset_connect_keys(d);
}

/* `g' has what was in force. */
static void
took_effect(struct parent *d, const struct parent_generation *g)
{
	if (d->loaded.mesh.number != g->loaded.mesh.number)
		meshset_rekeyed(d);
	if (!d->waiting && (g->kind == GEN_START || g->kind == GEN_RELOAD ||
	    g->kind == GEN_CERTS))
		parent_certself_commit(d);
	switch (g->kind) {
	case GEN_RELOAD:
		serve(d, g->conf);
		log_info("configuration reloaded");
		break;
	case GEN_CERTS:
		parent_health_now(d);
		parent_stuns_configure(d);
		break;
	case GEN_KEYS:
		if (!g->keyless)
			keys_loaded(d);
		break;
	case GEN_START:
		d->keys_loaded = 1;
		parent_loaded(d, 1);
		break;
	case GEN_CHECK:
		parent_loaded(d, 1);
		break;
	case GEN_META:
	case GEN_ADMIT:
	case GEN_RATE:
		break;
	}
}

static void
undone(void *arg, const uint8_t *res, size_t len, const char *why)
{
	(void)arg;
	(void)res;
	(void)len;
	(void)why;		/* logged */
}

/* Drop the generation: keys, fronts and relay workers forget it. */
static void
undo(struct parent *d, const struct parent_generation *g)
{
	unsigned int i;

	for (i = 0; g->state == GEN_AT_STAGE && i < parent_servers_count(d);
	    i++)
		parent_settings_drop(parent_servers_at(d, i), g->id);
	switch (g->kind) {
	case GEN_START:
		strlcpy(d->why, g->why, sizeof(d->why));
		parent_loaded(d, 0);
		return;
	case GEN_CHECK:
		parent_loaded(d, 0);
		return;
	case GEN_KEYS:
		/* One refused: those in force stay, if keys has them. */
		if (g->state == GEN_AT_STAGE)
			keys_loaded(d);
		else if (d->keys.c.chan != NULL)
			super_fail(&d->keys.c, "could not load its keys");
		return;
	case GEN_RELOAD:
		if (!g->replaces)
			log_warnx("reload refused, nothing was changed: %s",
			    g->why);
		break;
	default:
		break;
	}
	if (d->keys_loaded && g->kind != GEN_ADMIT)
		parent_load_retain(d, 0, undone, NULL);
}

/* Tell the metrics of the result. */
static void
note(struct parent *d, const struct parent_generation *g, int ok)
{
	if (g->kind == GEN_RELOAD && !g->replaces)
		parent_reload_note(d, ok ? NULL : g->why);
	else
		parent_metrics_changed(d);
}

/* This derpd can't put it in force: another one does so. */
static void
replace(struct parent *d, struct parent_generation *g)
{
	struct parent_gen_request *q;

	TAILQ_FOREACH(q, &g->requests, entry) {
		upgrade_request(d, g->why, 1, q->done, q->arg);
		q->done = NULL;
	}
}

static void
end(void *arg, struct parent_generation *g, int ok)
{
	struct parent *d = arg;

	parent_keys_cancel(d, g);
	parent_certload_cancel(&g->load);
	mapset_drop(g->maps);
	admitset_drop(g->admit);
	d->admitset.using = 0;
	watch_file_free(g->ratewatch);
	note(d, g, ok);
	if (d->super.stopping)
		;
	else if (ok)
		took_effect(d, g);
	else
		undo(d, g);
	parent_load_free(&g->loaded);
	if (g->own_conf)
		conf_free(g->conf);
	if (g->kind != GEN_RELOAD || d->super.stopping)
		return;
	if (g->replaces)
		replace(d, g);
	else
		(void)super_notify("READY=1");
}

static int
may_begin(void *arg, enum parent_gen_kind kind)
{
	const struct parent *d = arg;

	/*
	 * Without keys this derpd could not go on.  A relay worker is not
	 * replaced then.
	 */
	if (kind != GEN_KEYS && (upgrade_excludes(d) || parent_succeed_on(d)))
		return (0);
	switch (kind) {
	case GEN_RELOAD:
		return (1);
	case GEN_CERTS:
	case GEN_META:
	case GEN_RATE:
		return (d->keys_loaded);
	case GEN_ADMIT:
		return (!d->super.starting);
	default:
		return (d->keys.c.ready);
	}
}

static void
late(void *arg, unsigned int server)
{
	struct parent_proc *p = parent_servers_at(arg, server);

	if (p->c.chan != NULL)
		super_fail(&p->c, "did not answer");
}

static const char *
name_of(void *arg, unsigned int server)
{
	return (parent_servers_name(parent_servers_at(arg, server)));
}

/* Timers */

static void
timer(struct parent *d, struct event **ev, event_callback_fn cb, long ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if ((*ev == NULL && (*ev = evtimer_new(d->super.base, cb, d)) == NULL)
	    || evtimer_add(*ev, &tv) == -1)
		fatalx("no timer for reloads");
}

static void
deadline_over(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	parent_gens_late(&d->gens);
}

static void
deadline(void *arg, unsigned int ms)
{
	struct parent *d = arg;

	if (ms != 0)
		timer(d, &d->ev_deadline, deadline_over, ms);
	else if (d->ev_deadline != NULL)
		evtimer_del(d->ev_deadline);
}

static void
turn_now(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	parent_gens_turn(&d->gens);
}

static void
turn(void *arg)
{
	struct parent *d = arg;

	timer(d, &d->ev_turn, turn_now, 0);
}

/* Requests */

void
parent_reload_init(struct parent *d)
{
	static const struct parent_gen_ops ops = {
		.may_begin = may_begin,
		.step = parent_load_step,
		.stage = stage,
		.commit = commit,
		.end = end,
		.late = late,
		.name = name_of,
		.deadline = deadline,
		.turn = turn
	};

	parent_gens_init(&d->gens, &ops, d, parent_servers_count(d));
}

void
parent_reload(struct parent *d, parent_reload_cb done, void *arg)
{
	/* A SIGHUP while derpd is replaced is for whichever serves then. */
	if (upgrade_program_changed(d) && !(done == NULL &&
	    upgrade_excludes(d)))
		upgrade_request(d, "the program has changed", 1, done, arg);
	else
		parent_gen_request(&d->gens, GEN_RELOAD, done, arg);
}

void
parent_reload_note(struct parent *d, const char *why)
{
	d->lastreload.when = time(NULL);
	d->lastreload.ok = why == NULL;
	strlcpy(d->lastreload.why, why == NULL ? "" : why,
	    sizeof(d->lastreload.why));
	parent_metrics_changed(d);
}

void
parent_certs_reload(struct parent *d, parent_reload_cb done, void *arg)
{
	parent_gen_request(&d->gens, GEN_CERTS, done, arg);
}

void
parent_reload_look(struct parent *d)
{
	turn(d);
}

void
parent_reload_cancel(struct parent *d, const void *arg)
{
	parent_gen_cancel(&d->gens, arg);
	upgrade_cancel(d, arg);
}

void
parent_keys_ready(struct parent *d)
{
	/* A signer has a key before any front uses it. */
	parent_signers_keys_ready(d);
	parent_gen_request(&d->gens, d->checking ? GEN_CHECK :
	    d->super.starting ? GEN_START : GEN_KEYS, NULL, NULL);
}

static void	renew(evutil_socket_t fd, short what, void *arg);

static void
renewed(void *arg, const char *why)
{
	struct parent *d = arg;

	if (why != NULL && !d->super.stopping)
		timer(d, &d->ev_renew, renew, RENEW_AGAIN * 1000L);
}

static void
renew(evutil_socket_t fd, short what, void *arg)
{
	struct parent *d = arg;

	(void)fd;
	(void)what;
	timer(d, &d->ev_renew, renew, RENEW_SECS * 1000L);
	parent_gen_request(&d->gens, GEN_META, renewed, d);
}

void
parent_renew_begin(struct parent *d)
{
	timer(d, &d->ev_renew, renew, RENEW_SECS * 1000L);
}
