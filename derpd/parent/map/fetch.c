/*
 * fetch: the process that fetches maps of other servers, and its results; see
 * mapset.h.  The bytes are passed on to derpmapd unread.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "ipcsend.h"
#include "log.h"
#include "parent.h"
#include "results.h"

/* An id holds the configuration's generation, the map and the server. */
#define MAP_SHIFT	8
#define GENERATION_SHIFT 16
#define FOLLOWED	0xff	/* instead of a server's number */

/*
 * Between two results of a source: fetch queries a server at most every 5
 * seconds, the delay after a first failure.
 */
#define RESULT_MS	5000

int
mapset_fetch_wanted(const struct conf *c)
{
	const struct conf_map *m;

	TAILQ_FOREACH(m, &c->maps, entry)
		if (m->follow != NULL || !TAILQ_EMPTY(&m->compares))
			return (1);
	return (0);
}

static uint32_t
id_of(const struct parent *d, const struct mapset_map *m, uint32_t server)
{
	return ((d->maps.generation & 0xffff) << GENERATION_SHIFT |
	    m->index << MAP_SHIFT | server);
}

static void
add_source(struct ipc_source *s, uint32_t id, const char *url,
    const struct mapset_map *m, int body)
{
	s->id = id;
	s->url = url;
	s->every = body ? m->conf->every : CONF_MAP_EVERY;
	s->body = body;
	s->cafile = m->conf->cafile;
}

static int
send_conf(struct parent_proc *p)
{
	struct parent *d = p->d;
	struct ipc_msg_fetch_conf v = { .nsources = 0 };
	struct ipc_source *list;
	struct mapset_map *m;
	size_t i, k, n = 1;
	int rv;

	for (i = 0; i < d->maps.n; i++)
		n += d->maps.v[i].nothers + 1;
	if ((list = calloc(n, sizeof(*list))) == NULL)
		return (-1);
	for (i = 0; i < d->maps.n; i++) {
		m = &d->maps.v[i];
		if (m->conf->follow != NULL)
			add_source(&list[v.nsources++], id_of(d, m, FOLLOWED),
			    m->conf->follow, m, 1);
		for (k = 0; k < m->nothers; k++)
			add_source(&list[v.nsources++],
			    id_of(d, m, (uint32_t)k), m->others[k].url, m, 0);
	}
	v.sources = list;
	rv = ipc_send_fetch_conf(p->c.chan, &v);
	free(list);
	return (rv);
}

static void
handle_followed(struct mapset_map *m, enum ipc_fetch_result result,
    const char *why, const void *body, size_t len, uint64_t mtime)
{
	if (result == FETCH_FAILED)
		mapset_not_fetched(m, why);
	else if (result == FETCH_NEW)
		mapset_fetched(m, body, len, mtime);
	else
		mapset_confirmed(m);
}

static void
handle_compared(struct mapset_map *m, struct mapset_other *o,
    enum ipc_fetch_result result, const char *why,
    const uint8_t hash[IPC_MAP_HASH_LEN])
{
	o->checked = time(NULL);
	o->known = result != FETCH_FAILED;
	if (o->known)
		memcpy(o->hash, hash, IPC_MAP_HASH_LEN);
	strlcpy(o->why, why, sizeof(o->why));
	mapset_compared(m, o);
}

int
mapset_fetch_result(struct parent *d, const struct ipc_msg_fetch_result *v,
    uint64_t now_ms)
{
	uint32_t server = v->id & 0xff, index = v->id >> MAP_SHIFT & 0xff;
	struct mapset_map *m;

	if (v->len > MAP_MAX_SIZE)
		return (-1);
	if (v->id >> GENERATION_SHIFT != (d->maps.generation & 0xffff))
		return (0);	/* requested by an older configuration */
	if (index >= d->maps.n)
		return (-1);
	m = &d->maps.v[index];
	/* Results for a map from a file are not permitted. */
	if (server == FOLLOWED && m->conf->follow != NULL &&
	    parent_results_may_come(&m->due_ms, now_ms, RESULT_MS))
		handle_followed(m, v->what, v->why, v->body, v->len, v->mtime);
	else if (server < m->nothers &&
	    parent_results_may_come(&m->others[server].due_ms, now_ms,
	    RESULT_MS))
		handle_compared(m, &m->others[server], v->what, v->why,
		    v->hash);
	else
		return (-1);
	return (0);
}

static int
handle_result(struct parent_proc *p, struct ipc_msg *m)
{
	struct ipc_msg_fetch_result v;

	if (ipc_get_fetch_result(&m->rd, &v) == -1)
		return (-1);
	return (mapset_fetch_result(p->d, &v, base_clock_ms()));
}

static void
from_fetch(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	(void)c;
	parent_child_message(arg, m, handle_result);
}

int
mapset_fetch_start(struct parent_proc *p)
{
	return (parent_start_child(p, send_conf, from_fetch));
}

void
mapset_fetch_configure(struct parent *d)
{
	if (super_adjust(&d->fetch.c) == 0 && d->fetch.c.chan != NULL &&
	    mapset_fetch_wanted(d->conf) && send_conf(&d->fetch) == -1)
		super_fail(&d->fetch.c, "could not be sent new settings");
}
