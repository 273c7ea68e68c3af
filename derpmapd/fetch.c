/*
 * fetch: the process that requests maps from other servers for the parent.
 *
 * Single-threaded: waits for its channel or for the next source, and during a
 * request also for the channel.  A message from the parent interrupts the
 * request, which is then repeated.  Touches the network, and reads the files
 * that the resolver needs and the CA certificates.  Bodies are hashed and
 * passed on, never parsed.
 */
#include <sys/types.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tls.h>

#include "childrun.h"
#include "clock.h"
#include "fetch.h"
#include "log.h"
#include "reach.h"
#include "source.h"
#include "way.h"

static struct mapd_source	*sources;
static size_t			 nsources;
static struct ipc_child		 child;

static struct mapd_way		 way;

/* What the sandbox permits; fixed after confinement. */
static struct net_reach reach;

/* Settings */

/* Keep the state of a URL that stays in the settings. */
static void
inherit(struct mapd_source *s)
{
	size_t i;

	for (i = 0; i < nsources; i++)
		if (strcmp(sources[i].url, s->url) == 0 &&
		    strcmp(sources[i].cafile, s->cafile) == 0 &&
		    sources[i].body == s->body) {
			mapd_source_inherit(s, &sources[i]);
			return;
		}
}

static void	check_reach(void);

static int
on_conf(void *arg, const struct ipc_msg_fetch_conf *v)
{
	struct ipc_rd left = v->sources_left;
	struct ipc_source one;
	struct mapd_source *fresh, *s;

	(void)arg;
	if ((fresh = calloc(v->nsources + 1, sizeof(*fresh))) == NULL)
		fatal("out of memory for the settings of %u servers",
		    v->nsources);
	for (s = fresh; s < fresh + v->nsources; s++) {
		if (ipc_next_source(&left, &one) == -1)
			return (-1);
		s->id = one.id;
		s->every = one.every;
		s->body = one.body;
		strlcpy(s->url, one.url, sizeof(s->url));
		strlcpy(s->cafile, one.cafile, sizeof(s->cafile));
		inherit(s);
		s->due = base_clock_ms();
	}
	free(sources);
	sources = fresh;
	nsources = v->nsources;
	check_reach();
	return (0);
}

/* Reach */

/* A URL with the port of the proxy; without one, with that of https. */
static const char *
proxy_url(void)
{
	static char url[32];

	snprintf(url, sizeof(url), "https://p:%s/", way.proxy.host[0] != '\0' ?
	    way.proxy.port : "443");
	return (url);
}

/* Collect the ports and files that the sources need, for the sandbox. */
static void
set_reach(void)
{
	size_t i;
	int rv = net_reach_init(&reach);

	if (rv == 0)
		rv = net_reach_https(&reach);
	if (rv == 0)
		rv = net_reach_add(&reach, proxy_url(), "");
	for (i = 0; i < nsources && rv == 0; i++)
		rv = net_reach_add(&reach, sources[i].url, sources[i].cafile);
	if (rv == -1)
		fatal("can't prepare the sandbox for %zu sources",
		    nsources);
}

/*
 * New settings may need ports or files that the sandbox refuses.  Then this
 * process exits, and the parent starts another one, which receives the settings
 * before it is confined.
 */
static void
check_reach(void)
{
	size_t i;

	if (!child.confined)
		return;
	if (!net_reach_covers(&reach, proxy_url(), "")) {
		log_info("restarting for the port of a new proxy");
		exit(0);
	}
	for (i = 0; i < nsources; i++)
		if (!net_reach_covers(&reach, sources[i].url,
		    sources[i].cafile)) {
			log_info("restarting for new ports or CA files");
			exit(0);
		}
}

/* Work */

static void
send_result(const struct mapd_source *s, const struct mapd_source_result *r)
{
	struct ipc_msg_fetch_result v = {
		.id = s->id,
		.what = r->what,
		.why = r->why,
		.hash = s->hash,
		.mtime = s->mtime,
		.body = r->body,
		.len = s->body && r->what == FETCH_NEW ? r->len : 0
	};

	ipc_child_sent(&child, ipc_send_fetch_result(child.parent, &v));
}

/* The source of the settings with the id and the URL of `s'; NULL: none. */
static struct mapd_source *
same(const struct mapd_source *s)
{
	size_t i;

	for (i = 0; i < nsources; i++)
		if (sources[i].id == s->id &&
		    strcmp(sources[i].url, s->url) == 0)
			return (&sources[i]);
	return (NULL);
}

/*
 * Request the map from one source.  Returns at once when a message from the
 * parent arrives, except for what the way asked for.  Settings that come then
 * replace the sources, so the request has a copy of its own.
 */
static void
request(const struct mapd_source *due)
{
	static struct mapd_source s;
	struct mapd_source_result r;
	struct mapd_source *now;

	s = *due;
	if (mapd_source_fetch(&s, child.confined ? &reach.net : NULL, &way,
	    child.parent, &r) == -1)
		return;
	if (r.what == FETCH_FAILED)
		log_debug("%s", r.why);
	mapd_source_schedule(&s, r.what, base_clock_ms());
	if ((now = same(&s)) != NULL) {
		*now = s;
		send_result(now, &r);
	}
	mapd_source_free_result(&r);
}

/* The source that is due first; NULL when there is none. */
static struct mapd_source *
first(void)
{
	struct mapd_source *s = NULL;
	size_t i;

	for (i = 0; i < nsources; i++)
		if (s == NULL || sources[i].due < s->due)
			s = &sources[i];
	return (s);
}

/* Handle messages until the first source is due, forever without sources. */
static void
wait_for_work(void)
{
	struct mapd_source *s;
	long long ms;

	do {
		ms = INT_MAX;
		if ((s = first()) != NULL)
			ms = s->due - base_clock_ms();
		if (ms > INT_MAX)
			ms = INT_MAX;
	} while (ipc_child_wait(&child, ms > 0 ? (int)ms : 0) || s == NULL ||
	    s->due > (long long)base_clock_ms());
}

static void
prepare(struct ipc_child *c)
{
	mapd_way_init(&way, c);
	if (net_resolver_limit(2) == -1)
		fatal("can't limit the resolver's time (setenv RES_OPTIONS)");
	if (tls_init() == -1)
		fatalx("can't initialise libtls (tls_init)");
}

static int
configured(void *arg)
{
	(void)arg;
	return (sources != NULL);
}

static const struct sandbox_net *
within_reach(void *arg)
{
	(void)arg;
	set_reach();
	return (&reach.net);
}

static void
work(void *arg)
{
	(void)arg;
	for (;;) {
		wait_for_work();
		request(first());
	}
}

static int
on_way(void *arg, const struct ipc_msg_fetch_way *v)
{
	(void)arg;
	return (mapd_way_set(&way, v));
}

static int
on_lent(void *arg, const struct ipc_msg_fetch_lent *v, int *fd)
{
	(void)arg;
	return (mapd_way_lent(&way, v, fd));
}

static int
on_addrs(void *arg, const struct ipc_msg_fetch_addrs *v)
{
	(void)arg;
	return (mapd_way_addrs(&way, v));
}

static const struct ipc_handlers handlers = {
	.fetch_conf = on_conf,
	.fetch_way = on_way,
	.fetch_lent = on_lent,
	.fetch_addrs = on_addrs
};

static struct ipc_child child = {
	.role = ROLE_FETCH,
	.handlers = &handlers,
	.prepare = prepare,
	.configured = configured,
	.reach = within_reach,
	.work = work
};

void
mapd_fetch_main(void)
{
	ipc_child_run(&child);
}
