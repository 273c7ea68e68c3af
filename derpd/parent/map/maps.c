/*
 * maps: the DERP maps in force, and changes of their sources; see mapset.h.
 *
 * Every map that is served was validated by derpmapd, a process without rights.
 * The parent reads the file, sends its bytes to derpmapd and the fronts,
 * and keeps a copy in the state directory; it never parses them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hex.h"
#include "ipcsend.h"
#include "log.h"
#include "mapcheck.h"
#include "parent.h"

const char *
mapset_source(const struct mapset_map *m)
{
	return (m->conf->file != NULL ? m->conf->file : m->conf->follow);
}

void
mapset_set_error(struct mapset_map *m, const char *text)
{
	free(m->error);
	m->error = text == NULL ? NULL : strdup(text);
	m->checked = time(NULL);
}

/* The hosts that a map is served for: its own, or all. */
static const struct gram_names *
hosts_of(const struct conf *c, const struct conf_map *m)
{
	return (TAILQ_EMPTY(&m->hosts) ? &c->names : &m->hosts);
}

/* A host as requests are compared with it: lower case, no trailing dot. */
static void
put_host(char *dst, size_t size, const char *name)
{
	size_t i, n;

	n = strlcpy(dst, name, size);
	if (n > 0 && n < size && dst[n - 1] == '.')
		dst[n - 1] = '\0';
	for (i = 0; dst[i] != '\0'; i++)
		if (dst[i] >= 'A' && dst[i] <= 'Z')
			dst[i] = (char)(dst[i] - 'A' + 'a');
}

/* The message that gives a front a map. */
static void
put_doc(struct ipc_wr *w, const struct mapset_map *m)
{
	static struct ipc_msg_front_map v;	/* large */
	struct ipc_map_doc *doc = &v.map;
	const struct gram_name *n;

	memset(doc, 0, sizeof(*doc));
	doc->index = m->index;
	strlcpy(doc->path, m->conf->path, sizeof(doc->path));
	TAILQ_FOREACH(n, hosts_of(m->d->conf, m->conf), entry)
		if (doc->nhosts < IPC_MAP_MAX_HOSTS)
			put_host(doc->hosts[doc->nhosts++],
			    sizeof(doc->hosts[0]), n->name);
	doc->max_age = m->conf->max_age;
	doc->mtime = m->good.mtime;
	memcpy(doc->hash, m->good.hash, sizeof(doc->hash));
	doc->body = m->good.body;
	doc->len = m->good.len;
	doc->gzip = m->good.gzip;
	doc->gzip_len = m->good.gzip_len;
	ipc_put_front_map(w, &v);
}

int
mapset_send(struct parent_proc *front)
{
	const struct parent *d = front->d;
	struct ipc_msg_front_maps count = { (uint32_t)d->maps.n };
	struct ipc_wr w;
	size_t i;
	int rv;

	ipc_wr_init(&w);
	rv = ipc_send_front_maps(front->c.chan, &count);
	for (i = 0; rv == 0 && i < d->maps.n; i++) {
		put_doc(&w, &d->maps.v[i]);
		rv = ipc_wr_ok(&w) ? ipc_chan_send(front->c.chan, MSG_FRONT_MAP,
		    &w, -1) : -1;
		ipc_wr_free(&w);
	}
	return (rv);
}

static void
send_one(struct mapset_map *m)
{
	struct ipc_wr w;

	ipc_wr_init(&w);
	put_doc(&w, m);
	if (ipc_wr_ok(&w))
		parent_fronts_send(m->d, MSG_FRONT_MAP, &w);
	else
		log_warnx("can't send the map of %s to the fronts: out of "
		    "memory", mapset_source(m));
	ipc_wr_free(&w);
	parent_metrics_changed(m->d);
}

/* Put a new good map in force. */
static void
put_in_force(struct mapset_map *m, struct mapqueue_content *c)
{
	int same = m->good.body != NULL &&
	    memcmp(m->good.hash, c->hash, sizeof(c->hash)) == 0;
	int mended = m->state != MAPSET_GOOD;
	char hex[2 * 8 + 1];
	size_t i;

	mapset_set_error(m, NULL);
	m->refused = 0;
	m->state = MAPSET_GOOD;
	/* A new file time counts as a change, a server's time does not. */
	if (same && (m->conf->follow != NULL || m->good.mtime == c->mtime)) {
		if (mended)
			log_info("the map of %s is good again",
			    mapset_source(m));
		mapqueue_content_free(c);
		parent_metrics_changed(m->d);
		return;
	}
	mapqueue_content_free(&m->good);
	m->good = *c;
	m->since = time(NULL);
	mapset_keep(m->d, m);
	send_one(m);
	base_hex_put(hex, m->good.hash, 8);
	log_info("the map of %s is in force: %zu bytes, hash %s...",
	    mapset_source(m), m->good.len, hex);
	for (i = 0; i < m->nothers; i++)
		mapset_compared(m, &m->others[i]);
}

/* The source has no good map: keep the last good one in force. */
static void
refuse(struct mapset_map *m, const char *why)
{
	mapset_set_error(m, why);
	if (m->state == MAPSET_GOOD) {
		m->state = MAPSET_LAST_GOOD;
		log_warnx("the last good map stays in force in place of %s",
		    mapset_source(m));
	}
	parent_metrics_changed(m->d);
}

/* The verdict on a new map of the source of a map in force. */
static void
validated(void *arg, int good, struct mapqueue_content *c, const char *err)
{
	struct mapset_map *m = arg;
	char *later = m->later;

	if (good == 1)
		put_in_force(m, c);
	else {
		m->refused = m->conf->follow != NULL;
		refuse(m, err);
	}
	/* Results that came during the validation are newer. */
	m->later = NULL;
	if (later != NULL)
		mapset_not_fetched(m, later);
	free(later);
}

static void
validate(struct mapset_map *m, const void *p, size_t len, uint64_t mtime)
{
	struct mapqueue_check check = { .what = mapset_source(m), .p = p,
	    .len = len, .mtime = mtime, .cb = validated, .owner = m };

	if (mapset_validate(m->d, m->d->conf, &m->d->loaded, &check) == -1)
		refuse(m, "could not be checked: out of memory");
}

void
mapset_file_changed(void *arg)
{
	static uint8_t text[MAP_MAX_SIZE + 1];
	struct mapset_map *m = arg;
	char err[MAPQUEUE_ERR_SIZE];
	uint64_t mtime;
	ssize_t n;

	if (m->d->super.stopping)
		return;
	if (m->stage != NULL)
		m->changed = 1;
	else if ((n = mapqueue_read(m->conf->file, text, &mtime, err,
	    sizeof(err))) == -1)
		refuse(m, err);
	else
		validate(m, text, (size_t)n, mtime);
}

void
mapset_fetched(struct mapset_map *m, const void *p, size_t len, uint64_t mtime)
{
	free(m->later);
	m->later = NULL;
	validate(m, p, len, mtime != 0 ? mtime : (uint64_t)time(NULL));
}

void
mapset_not_fetched(struct mapset_map *m, const char *why)
{
	if (mapqueue_has(&m->d->mapcheck.q, m)) {
		free(m->later);
		m->later = strdup(why);
		return;
	}
	/* Logged once; derpctl map shows it as long as it lasts. */
	if (m->error == NULL)
		log_warnx("map: %s", why);
	refuse(m, why);
}

void
mapset_confirmed(struct mapset_map *m)
{
	m->checked = time(NULL);
	free(m->later);
	m->later = NULL;
	if (m->refused || m->good.body == NULL ||
	    mapqueue_has(&m->d->mapcheck.q, m))
		return;
	if (m->state == MAPSET_LAST_GOOD)
		log_info("the map of %s is good again", mapset_source(m));
	mapset_set_error(m, NULL);
	m->state = MAPSET_GOOD;
	parent_metrics_changed(m->d);
}

int
mapset_drift(const struct mapset_map *m, const struct mapset_other *o)
{
	if (!o->known || m->good.body == NULL)
		return (-1);
	return (memcmp(m->good.hash, o->hash, sizeof(o->hash)) != 0);
}

void
mapset_compared(struct mapset_map *m, struct mapset_other *o)
{
	int drift = mapset_drift(m, o);

	if (drift == 1 && !o->drift)
		log_warnx("%s serves another map than %s", o->url,
		    mapset_source(m));
	else if (drift == 0 && o->drift)
		log_info("%s serves the same map as %s again", o->url,
		    mapset_source(m));
	if (drift != -1)
		o->drift = drift;
	parent_metrics_changed(m->d);
}

