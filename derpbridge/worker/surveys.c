/*
 * surveys: see surveys.h.  Called by relays.c, workeriface.c and workerasks.c.
 * Touches f->survey and f->nearest.
 */
#include <sys/socket.h>
#include <sodium.h>
#include <string.h>

#include "log.h"
#include "survey.h"
#include "surveys.h"
#include "worker.h"
#include "workerasks.h"
#include "workeriface.h"

static void
find(struct worker_survey *s, uint32_t cookie, const struct map_places_node *n,
    void *arg)
{
	struct worker_iface *f = arg;
	struct net_place places[NET_MAXPLACES];
	size_t nplaces = worker_asks_places(n, places), i;

	if (nplaces > 0) {
		worker_survey_addrs(s, cookie, places, nplaces);
		return;
	}
	for (i = 0; i < WORKER_IFACE_NAMES; i++)
		if (f->names[i].cookie == 0) {
			f->names[i].cookie = cookie;
			f->names[i].node = *n;
			worker_asks_name(f->worker, n->host);
			return;
		}
	worker_survey_addrs(s, cookie, NULL, 0);
}

static void
lend(struct worker_survey *s, uint32_t cookie, int family, void *arg)
{
	struct worker_iface *f = arg;

	(void)s;
	worker_asks_survey_socket(f, cookie, family);
}

static void
chosen(struct worker_survey *s, uint64_t region, void *arg)
{
	struct worker_iface *f = arg;

	(void)s;
	if (f->nearest != region && region != 0)
		log_info("%s: region %llu is the nearest", f->name,
		    (unsigned long long)region);
	f->nearest = region;
	f->reassign = 1;
}

/* Returns 1 when the region of some peer is measured, else 0. */
static int
is_wanted(const struct worker_iface *f)
{
	uint32_t i;

	if (!f->up || f->worker->map == NULL)
		return (0);
	if (f->policy == IPC_REGION_NEAREST)
		return (1);
	for (i = 0; i < f->nlines; i++)
		if (!f->lines[i].inherit &&
		    f->lines[i].policy == IPC_REGION_NEAREST)
			return (1);
	return (0);
}

void
worker_surveys_end(struct worker_iface *f)
{
	worker_survey_free(f->survey);
	f->survey = NULL;
	f->surveyed = NULL;
	memset(f->names, 0, sizeof(f->names));
}

void
worker_surveys_update(struct worker_iface *f)
{
	static const struct worker_survey_ops ops = {
		.find = find, .lend = lend, .chosen = chosen
	};
	struct worker *w = f->worker;
	struct dial_proxy proxy;

	if (!is_wanted(f)) {
		worker_surveys_end(f);
		f->nearest = 0;
		return;
	}
	if (f->survey == NULL && (f->survey = worker_survey_new(
	    w->base, &ops, f, randombytes_random())) == NULL) {
		log_warnx("%s: out of memory for measuring regions", f->name);
		return;
	}
	if (f->surveyed == w->map && f->surveyed_proxy == w->proxies)
		return;
	f->surveyed = w->map;
	f->surveyed_proxy = w->proxies;
	if (dial_proxy_set(&proxy, w->proxy) == -1)
		memset(&proxy, 0, sizeof(proxy));
	worker_survey_map(f->survey, w->map, &proxy);
}

void
worker_surveys_got_addrs(struct worker_iface *f,
    const struct ipc_msg_worker_addrs *v)
{
	struct net_place places[NET_MAXPLACES];
	struct worker_iface_name *name;
	uint32_t cookie;
	size_t n;

	for (name = f->names; name < f->names + WORKER_IFACE_NAMES; name++) {
		if (name->cookie == 0 || strcmp(name->node.host, v->name) != 0)
			continue;
		cookie = name->cookie;
		name->cookie = 0;
		n = worker_asks_addrs_of(&name->node, v, places);
		if (f->survey != NULL)
			worker_survey_addrs(f->survey, cookie, places, n);
	}
}

void
worker_surveys_got_socket(struct worker_iface *f, uint32_t cookie, int *fd)
{
	if (f->survey == NULL)
		return;			/* the message closes it */
	worker_survey_socket(f->survey, cookie, *fd);
	*fd = -1;
}
