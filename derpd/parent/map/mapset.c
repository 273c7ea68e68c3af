/*
 * mapset: all maps of a configuration, from reading until they are in force
 * together; see mapset.h.  Called at the start and by a reload.
 *
 * derpmapd validates each map (mapqueue.h) while the parent's loop goes on.  A
 * map that is not good is replaced by the map that is served at the same place
 * now, or by the copy of the last good one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "filewatch.h"
#include "log.h"
#include "mapcheck.h"
#include "parent.h"

struct mapset_stage {
	struct parent	*d;
	const struct conf *conf;
	const struct parent_loaded *loaded;
	struct mapset	 set;
	size_t		 pending;	/* maps without a verdict */
	char		 why[MAPQUEUE_ERR_SIZE]; /* first failure, "" none */
	mapset_staged_cb cb;		/* NULL: none */
	void		*arg;
	struct event	*ev;		/* calls cb; NULL without cb */
};

static void	validated_file(void *, int, struct mapqueue_content *,
		    const char *);
static void	validated_kept(void *, int, struct mapqueue_content *,
		    const char *);

static int
copy_content(struct mapqueue_content *dst, const struct mapqueue_content *src)
{
	*dst = *src;
	dst->gzip = NULL;
	dst->body = malloc(src->len);
	dst->summary = strdup(src->summary);
	dst->findings = strdup(src->findings);
	if (src->gzip != NULL &&
	    (dst->gzip = malloc(src->gzip_len)) != NULL)
		memcpy(dst->gzip, src->gzip, src->gzip_len);
	if (dst->body == NULL || dst->summary == NULL ||
	    dst->findings == NULL || (src->gzip != NULL &&
	    dst->gzip == NULL)) {
		mapqueue_content_free(dst);
		return (-1);
	}
	memcpy(dst->body, src->body, src->len);
	return (0);
}

/* The map in force that is served at the same place. */
static const struct mapset_map *
same_before(const struct parent *d, const struct conf_map *cm)
{
	const struct mapset_map *m;
	size_t i;

	for (i = 0; i < d->maps.n; i++) {
		m = &d->maps.v[i];
		if (m->good.body != NULL &&
		    strcmp(m->conf->path, cm->path) == 0 &&
		    (m->conf->file == NULL) == (cm->file == NULL) &&
		    strcmp(mapset_source(m), cm->file != NULL ? cm->file :
		    cm->follow) == 0)
			return (m);
	}
	return (NULL);
}

/* Copy what is served at the same place now to *m.  0, or -1: nothing is. */
static int
from_before(struct parent *d, struct mapset_map *m)
{
	const struct mapset_map *old = same_before(d, m->conf);
	struct mapqueue_content c;

	if (old == NULL || copy_content(&c, &old->good) == -1)
		return (-1);
	mapqueue_content_free(&m->good);
	m->good = c;
	m->since = old->since;
	m->state = MAPSET_LAST_GOOD;
	if (m->conf->follow == NULL)
		return (0);
	m->state = old->state;
	m->refused = old->refused;
	mapset_set_error(m, old->error);
	return (0);
}

/* A map has its verdict: after the last one, call back. */
static void
settled(struct mapset_stage *st)
{
	if (--st->pending == 0 && st->ev != NULL)
		event_active(st->ev, EV_TIMEOUT, 1);
}

/* Queue `len' bytes at `p' for this map.  0, or -1: no memory (logged). */
static int
validate(struct mapset_map *m, const char *what, const void *p, size_t len,
    uint64_t mtime, mapqueue_verdict_cb cb)
{
	struct mapset_stage *st = m->stage;
	struct mapqueue_check check = { .what = what, .p = p, .len = len,
	    .mtime = mtime, .cb = cb, .owner = m };

	if (mapset_validate(st->d, st->conf, st->loaded, &check) == -1)
		return (-1);
	st->pending++;
	return (0);
}

/* Have the kept copy validated.  0, or -1: there is none. */
static int
from_kept(struct mapset_map *m)
{
	static uint8_t text[MAP_MAX_SIZE + 1];
	char path[1100], err[MAPQUEUE_ERR_SIZE];
	uint64_t mtime;
	ssize_t n;

	if (m->stage->d->checking || mapset_kept_path(m->stage->conf, m->conf,
	    path, sizeof(path)) == -1 || access(path, F_OK) == -1 ||
	    (n = mapqueue_read(path, text, &mtime, err, sizeof(err))) == -1)
		return (-1);
	return (validate(m, path, text, (size_t)n, mtime, validated_kept));
}

/* There is no good map at all. */
static void
nothing_good(struct mapset_map *m)
{
	struct mapset_stage *st = m->stage;

	if (m->conf->file == NULL) {
		if (!st->d->checking)
			log_info("no copy of the map of %s yet: %s is answered "
			    "with 503 until the map is there", m->conf->follow,
			    m->conf->path);
		return;
	}
	log_warnx("%s:%d: the map %s is not good, and there is no older copy: "
	    "correct it", m->conf->pos.file, m->conf->pos.line, m->conf->file);
	if (st->why[0] == '\0')
		strlcpy(st->why, m->error == NULL ? "out of memory" :
		    m->error, sizeof(st->why));
}

static void
last_good(const struct mapset_map *m)
{
	if (m->conf->file != NULL)
		log_warnx("the last good map is served in place of %s",
		    m->conf->file);
}

/* The source has no good map, or is another server. */
static void
fall_back(struct mapset_map *m)
{
	if (!m->stage->d->checking && from_before(m->stage->d, m) == 0)
		last_good(m);
	else if (from_kept(m) == -1)
		nothing_good(m);
}

static void
validated_kept(void *arg, int good, struct mapqueue_content *c, const char *err)
{
	struct mapset_map *m = arg;

	(void)err;
	if (good == 1) {
		m->good = *c;
		m->since = (time_t)m->good.mtime;
		m->state = MAPSET_LAST_GOOD;
		last_good(m);
	} else
		nothing_good(m);
	settled(m->stage);
}

static void
validated_file(void *arg, int good, struct mapqueue_content *c, const char *err)
{
	struct mapset_map *m = arg;

	m->checked = time(NULL);
	if (good == 1) {
		m->good = *c;
		m->state = MAPSET_GOOD;
		m->since = time(NULL);
	} else {
		mapset_set_error(m, err);
		fall_back(m);
	}
	settled(m->stage);
}

static void
stage_file(struct mapset_map *m)
{
	static uint8_t text[MAP_MAX_SIZE + 1];
	const char *path = m->conf->file;
	char err[MAPQUEUE_ERR_SIZE];
	uint64_t mtime;
	ssize_t n;

	/* Watch the file before it is read, so that no change is missed. */
	if (!m->d->checking && (m->watch =
	    watch_file_new(m->d->super.base, path, mapset_file_changed,
	    m)) == NULL)
		log_warn("%s can't be watched: reload after a change", path);
	if ((n = mapqueue_read(path, text, &mtime, err, sizeof(err))) == -1) {
		mapset_set_error(m, err);
		fall_back(m);
	} else if (validate(m, path, text, (size_t)n, mtime,
	    validated_file) == -1)
		fall_back(m);
}

static void
stage_one(struct mapset_map *m)
{
	const struct gram_name *u;

	TAILQ_FOREACH(u, &m->conf->compares, entry)
		if (m->nothers < CONF_MAXCOMPARES)
			m->others[m->nothers++].url = u->name;
	if (m->conf->file != NULL)
		stage_file(m);
	else
		fall_back(m);
}

static void
staged(evutil_socket_t fd, short what, void *arg)
{
	struct mapset_stage *st = arg;

	(void)fd;
	(void)what;
	st->cb(st->why[0] == '\0' ? NULL : st->why, st->arg);
}

/* Allocate the maps of `conf'.  0, or -1. */
static int
stage_alloc(struct mapset_stage *st)
{
	const struct conf_map *cm;
	size_t n = 0;

	st->set.generation = st->d->maps.generation + 1;
	TAILQ_FOREACH(cm, &st->conf->maps, entry)
		n++;
	if (n > 0 && (st->set.v = calloc(n, sizeof(*st->set.v))) == NULL)
		return (-1);
	if (st->cb != NULL &&
	    (st->ev = evtimer_new(st->d->super.base, staged, st)) == NULL)
		return (-1);
	TAILQ_FOREACH(cm, &st->conf->maps, entry) {
		st->set.v[st->set.n].d = st->d;
		st->set.v[st->set.n].stage = st;
		st->set.v[st->set.n].index = (uint32_t)st->set.n;
		st->set.v[st->set.n++].conf = cm;
	}
	return (0);
}

struct mapset_stage *
mapset_stage(struct parent *d, const struct conf *conf,
    const struct parent_loaded *loaded, mapset_staged_cb cb, void *arg)
{
	struct mapset_stage *st;
	size_t i;

	if ((st = calloc(1, sizeof(*st))) == NULL) {
		log_warn("no memory for the maps");
		return (NULL);
	}
	st->d = d;
	st->conf = conf;
	st->loaded = loaded;
	st->cb = cb;
	st->arg = arg;
	if (stage_alloc(st) == -1) {
		log_warn("no memory for the maps");
		mapset_drop(st);
		return (NULL);
	}
	st->pending = 1;	/* held until all have begun */
	for (i = 0; i < st->set.n; i++)
		stage_one(&st->set.v[i]);
	settled(st);
	return (st);
}

void
mapset_free(struct mapset *set)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		mapqueue_cancel(&set->v[i].d->mapcheck.q, &set->v[i]);
		watch_file_free(set->v[i].watch);
		mapqueue_content_free(&set->v[i].good);
		free(set->v[i].error);
		free(set->v[i].later);
	}
	free(set->v);
	set->v = NULL;
	set->n = 0;
}

const struct mapset *
mapset_staged(const struct mapset_stage *st)
{
	return (&st->set);
}

void
mapset_drop(struct mapset_stage *st)
{
	if (st == NULL)
		return;
	if (st->ev != NULL)
		event_free(st->ev);
	mapset_free(&st->set);
	free(st);
}

/* Handle the changes of files while the maps were staged. */
static void
catch_up(struct parent *d, struct mapset_map *m)
{
	m->stage = NULL;
	if (m->conf->follow != NULL && same_before(d, m->conf) != NULL)
		(void)from_before(d, m);
}

void
mapset_keep_all(const struct parent *d)
{
	size_t k;

	for (k = 0; k < d->maps.n; k++)
		if (d->maps.v[k].state == MAPSET_GOOD &&
		    d->maps.v[k].conf->file != NULL)
			mapset_keep(d, &d->maps.v[k]);
}

void
mapset_commit(struct mapset_stage *st)
{
	struct parent *d = st->d;
	struct mapset old;
	unsigned int i;
	size_t k;

	for (k = 0; k < st->set.n; k++)
		catch_up(d, &st->set.v[k]);
	old = d->maps;
	d->maps = st->set;
	memset(&st->set, 0, sizeof(st->set));
	mapset_drop(st);
	mapset_keep_all(d);
	for (i = 0; i < d->nfronts; i++)
		if (d->fronts[i].c.chan != NULL &&
		    mapset_send(&d->fronts[i]) == -1)
			super_fail(&d->fronts[i].c, "could not be sent a "
			    "map");
	mapset_free(&old);
	for (k = 0; k < d->maps.n; k++)
		if (d->maps.v[k].changed)
			mapset_file_changed(&d->maps.v[k]);
	parent_metrics_changed(d);
}
