/*
 * bridgemap: the map: its source, derpmapd's verdict, and the copy of the last
 * good one; see bridgemap.h.  The bytes are never parsed here.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomicfile.h"
#include "bridge.h"
#include "filewatch.h"
#include "hex.h"
#include "ipcsend.h"
#include "log.h"
#include "mapread.h"

/* Owners of maps in the queue: the source's, and the copy. */
#define SOURCE(d)	(&(d)->maps)
#define COPY(d)		(&(d)->maps.good)

static const char *
name_of(const struct bridge *d)
{
	return (d->conf->map.file != NULL ? d->conf->map.file :
	    d->conf->map.url);
}

const char *
bridge_map_state(const struct bridge *d)
{
	switch (d->maps.state) {
	case BRIDGE_MAP_GOOD:
		return ("good");
	case BRIDGE_MAP_LAST_GOOD:
		return ("last good");
	default:
		return ("none");
	}
}

/* derpmapd */

static void
from_checker(struct ipc_chan *c, struct ipc_msg *m, void *arg)
{
	struct bridge_child *p = arg;

	(void)c;
	if (mapqueue_checker_message(&p->d->maps.check, m) == 1)
		bridge_ready(p->d);
}

int
bridge_map_attach(struct bridge_child *p)
{
	return (super_attach(&p->c, from_checker));
}

int
bridge_map_start(struct bridge_child *p)
{
	return (super_spawn(&p->c) == -1 ? -1 : bridge_map_attach(p));
}

static int
start(struct super_child *c)
{
	return (bridge_map_start((struct bridge_child *)c));
}

void
bridge_map_set_up(struct bridge *d)
{
	mapqueue_checker_init(&d->maps.check, d->super.base, &d->map.c, start,
	    NULL);
}

/* The map in force */

int
bridge_map_send(struct bridge *d)
{
	const struct ipc_msg_worker_map v = { d->maps.good.body,
	    d->maps.good.len };

	if (d->maps.good.body == NULL || d->worker.c.chan == NULL)
		return (0);
	return (ipc_send_worker_map(d->worker.c.chan, &v));
}

/* Keep a copy for a start without the source. */
static void
keep(const struct bridge *d)
{
	char err[512];

	if (base_file_replace(d->conf->map_file, d->maps.good.body,
	    d->maps.good.len, NULL, err, sizeof(err)) == -1)
		log_warnx("the map of %s is used, but no copy is kept for the "
		    "next start: %s", name_of(d), err);
}

static void
put_in_force(struct bridge *d, struct mapqueue_content *c,
    enum bridge_mapstate state)
{
	struct bridge_maps *m = &d->maps;
	const int same = m->good.body != NULL &&
	    memcmp(m->good.hash, c->hash, sizeof(c->hash)) == 0;
	char hex[2 * 8 + 1];

	if (same && m->state != state)
		log_info("the map of %s is good again", name_of(d));
	m->state = state;
	if (same) {
		mapqueue_content_free(c);
		return;
	}
	mapqueue_content_free(&m->good);
	m->good = *c;
	m->since = time(NULL);
	if (d->checking)
		return;
	if (state == BRIDGE_MAP_GOOD)
		keep(d);
	base_hex_put(hex, m->good.hash, 8);
	log_info("the %s of %s is in force: %zu bytes, hash %s...",
	    state == BRIDGE_MAP_GOOD ? "map" : "copy of the last good map",
	    name_of(d), m->good.len, hex);
	if (bridge_map_send(d) == -1)
		super_fail(&d->worker.c, "could not be sent a map");
}

void
bridge_map_confirmed(struct bridge *d)
{
	struct bridge_maps *m = &d->maps;

	m->checked = time(NULL);
	/* The same bytes as those that were refused, or are not back yet. */
	if (m->state == BRIDGE_MAP_NONE || m->good.body == NULL ||
	    mapqueue_has(&m->check.q, SOURCE(d)) || m->refused)
		return;
	if (m->why[0] != '\0')
		log_info("the map of %s is there again", name_of(d));
	m->why[0] = '\0';
	m->state = BRIDGE_MAP_GOOD;
}

/* The map can't be used, for `why', which was `logged' or not. */
static void
fail(struct bridge *d, const char *why, int logged)
{
	struct bridge_maps *m = &d->maps;

	m->checked = time(NULL);
	/* Logged once; derpctl shows it as long as it lasts. */
	if (m->why[0] == '\0')
		log_warnx("map: %s%s%s", logged ? "" : why, logged ? "" : "; ",
		    m->good.body == NULL ? "there is none yet" :
		    "the last good one stays in force");
	strlcpy(m->why, why, sizeof(m->why));
	if (m->state == BRIDGE_MAP_GOOD)
		m->state = BRIDGE_MAP_LAST_GOOD;
}

void
bridge_map_failed(struct bridge *d, const char *why)
{
	fail(d, why, 0);
}

/* Validation */

static int
validate(struct bridge *d, const char *what, const void *p, size_t len,
    mapqueue_verdict_cb cb, void *owner)
{
	/* This machine has no node in the map. */
	static const struct ipc_map_self self;
	const struct mapqueue_check check = { .what = what, .self = &self,
	    .p = p, .len = len, .cb = cb, .owner = owner };

	return (mapqueue_add(&d->maps.check.q, &check));
}

static struct bridge *
of_source(void *owner)
{
	return ((struct bridge *)(void *)((char *)owner -
	    offsetof(struct bridge, maps)));
}

static struct bridge *
of_copy(void *owner)
{
	return (of_source((char *)owner - offsetof(struct bridge_maps, good)));
}

static void
validated(void *owner, int good, struct mapqueue_content *c, const char *err)
{
	struct bridge *d = of_source(owner);

	d->maps.refused = good == 0;
	if (good != 1) {
		fail(d, err, 1);
		return;
	}
	put_in_force(d, c, BRIDGE_MAP_GOOD);
	d->maps.checked = time(NULL);
	d->maps.why[0] = '\0';
}

static void
validated_copy(void *owner, int good, struct mapqueue_content *c,
    const char *err)
{
	struct bridge *d = of_copy(owner);

	(void)err;
	if (good == 1 && d->maps.good.body == NULL)
		put_in_force(d, c, BRIDGE_MAP_LAST_GOOD);
	else if (good == 1)
		mapqueue_content_free(c);
}

void
bridge_map_fetched(struct bridge *d, const void *p, size_t len)
{
	if (validate(d, name_of(d), p, len, validated, SOURCE(d)) == -1)
		bridge_map_failed(d, "the map could not be checked: out of "
		    "memory");
}

/* Sources */

static void
read_file(void *arg)
{
	static uint8_t text[MAP_MAX_SIZE + 1];
	struct bridge *d = arg;
	char err[MAPQUEUE_ERR_SIZE];
	uint64_t mtime;
	ssize_t n;

	if (d->super.stopping || d->conf->map.file == NULL)
		return;
	n = mapqueue_read(d->conf->map.file, text, &mtime, err, sizeof(err));
	if (n != -1)
		bridge_map_fetched(d, text, (size_t)n);
	else
		fail(d, err, 1);
}

/* Have the copy of the last good map validated, if there is one. */
static void
read_copy(struct bridge *d)
{
	static uint8_t text[MAP_MAX_SIZE + 1];
	const char *path = d->conf->map_file;
	char err[MAPQUEUE_ERR_SIZE];
	uint64_t mtime;
	ssize_t n;

	if (access(path, F_OK) == -1)
		return;
	n = mapqueue_read(path, text, &mtime, err, sizeof(err));
	if (n != -1)
		(void)validate(d, path, text, (size_t)n, validated_copy,
		    COPY(d));
}

/* Watch the file of the configuration, or none. */
static void
watch(struct bridge *d)
{
	struct bridge_maps *m = &d->maps;
	const char *file = d->conf->map.file;

	if (m->watched != NULL && file != NULL &&
	    strcmp(m->watched, file) == 0)
		return;
	watch_file_free(m->watch);
	m->watch = NULL;
	free(m->watched);
	m->watched = NULL;
	if (file == NULL)
		return;
	m->watch = watch_file_new(d->super.base, file, read_file, d);
	m->watched = strdup(file);
	if (m->watch == NULL || m->watched == NULL)
		log_warn("%s can't be watched: reload after a change", file);
}

/* Note the URL of the configuration; results for another one do not count. */
static void
set_url(struct bridge *d)
{
	struct bridge_maps *m = &d->maps;
	const char *url = d->conf->map.url;

	if (m->url != NULL && url != NULL && strcmp(m->url, url) == 0)
		return;
	free(m->url);
	m->url = NULL;
	m->id++;
	if (url != NULL && (m->url = strdup(url)) == NULL)
		fatal("no memory for the URL of the map");
}

void
bridge_map_load(struct bridge *d)
{
	watch(d);
	set_url(d);
	/* Before the source: verdicts come in this order. */
	if (d->maps.good.body == NULL)
		read_copy(d);
	read_file(d);
}

int
bridge_map_check(struct bridge *d)
{
	if (d->conf->map.file == NULL)
		return (0);
	read_file(d);
	while (mapqueue_has(&d->maps.check.q, SOURCE(d)))
		if (event_base_loop(d->super.base, EVLOOP_ONCE) != 0)
			break;
	super_end(&d->super);
	return (d->maps.state == BRIDGE_MAP_GOOD ? 0 : -1);
}
