/*
 * conf_serve: the statements of the stun section and of maps; see conf_set.h.
 * Called by parse.y and, for the defaults, by conf.c.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "conf_parse.h"
#include "conf_set.h"
#include "log.h"
#include "mapdoc.h"

/* The map whose block is being read. */
static struct conf_map *
current(void)
{
	return (TAILQ_LAST(&parsed->maps, conf_maps));
}

/* A number in its range, or 0 and an error. */
static unsigned int
in_range(const char *name, int64_t v, int64_t min, int64_t max,
    const struct conf_pos *pos)
{
	if (v >= min && v <= max)
		return ((unsigned int)v);
	conf_error(pos, "%s %lld: expected %lld to %lld", name, (long long)v,
	    (long long)min, (long long)max);
	return (0);
}

void
set_stun(const struct conf_pos *pos)
{
	if (!set_once(SET_STUN, "stun", pos))
		return;
	parsed->stun.enabled = 1;
	parsed->stun.workers = 1;
	parsed->stun.probe_every = CONF_STUN_PROBE;
}

void
set_stun_listen(const char *address, int64_t port, const struct conf_pos *pos)
{
	set_add_listen(&parsed->stun.listens, address, port, 0, pos);
}

void
set_stun_workers(int64_t n, const struct conf_pos *pos)
{
	if (set_once(SET_STUN_WORKERS, "stun workers", pos))
		parsed->stun.workers = in_range("stun workers", n, 1,
		    MAXWORKERS, pos);
}

void
set_stun_always(const struct conf_pos *pos)
{
	if (set_once(SET_STUN_ALWAYS, "stun always", pos))
		parsed->stun.always = 1;
}

void
set_stun_probe(int64_t seconds, const struct conf_pos *pos)
{
	if (set_once(SET_STUN_PROBE, "stun probe", pos))
		parsed->stun.probe_every = in_range("probe every (seconds)",
		    seconds, 1, 3600, pos);
}

void
set_stun_source(int64_t rate, int64_t burst, const struct conf_pos *pos)
{
	if (!set_once(SET_STUN_SOURCE, "stun source rate", pos))
		return;
	parsed->stun.source_rate = in_range("source rate", rate, 1, 1000000,
	    pos);
	parsed->stun.source_burst = in_range("source burst", burst, 1, 1000000,
	    pos);
}

void
set_map(const char *file, const struct conf_pos *pos)
{
	struct conf_map *m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		fatal("configuration");
	TAILQ_INIT(&m->hosts);
	TAILQ_INIT(&m->compares);
	m->pos = *pos;
	m->max_age = CONF_MAP_AGE;
	TAILQ_INSERT_TAIL(&parsed->maps, m, entry);
	if (file != NULL)
		set_map_file(file, pos);
}

/* 1 when the map has no source yet, else an error is reported. */
static int
first_source(const char *what, const char *value, const struct conf_pos *pos)
{
	const struct conf_map *m = current();

	if (m->file == NULL && m->follow == NULL)
		return (1);
	conf_error(pos, "%s \"%s\": the map comes from \"%s\" already: "
	    "expected one file or one URL a map", what, value,
	    m->file != NULL ? m->file : m->follow);
	return (0);
}

void
set_map_file(const char *file, const struct conf_pos *pos)
{
	if (first_source("map", file, pos) &&
	    set_is_path(file, 1023, "map", pos))
		current()->file = set_dup(file);
}

/* 1 when it is a URL that can be fetched, else an error is reported. */
static int
is_source(const char *what, const char *url, const struct conf_pos *pos)
{
	if (set_is_url(url, "https://"))
		return (1);
	conf_error(pos, "%s \"%s\": expected an https:// URL of visible ASCII "
	    "characters", what, url);
	return (0);
}

void
set_map_follow(const char *url, const struct conf_pos *pos)
{
	if (!first_source("follow", url, pos) ||
	    !is_source("follow", url, pos))
		return;
	current()->follow = set_dup(url);
	current()->every = CONF_MAP_EVERY;
}

void
set_map_every(int64_t seconds, const struct conf_pos *pos)
{
	current()->every = in_range("every (seconds)", seconds, 1, 86400, pos);
}

/* A path of a URL as it is compared: no query, no escapes. */
static int
is_url_path(const char *s)
{
	if (*s != '/' || strlen(s) >= MAP_MAX_PATH)
		return (0);
	for (; *s != '\0'; s++)
		if (*s <= 0x20 || *s >= 0x7f || strchr("%?#\"<>\\", *s) != NULL)
			return (0);
	return (1);
}

/* Does the server answer something else there? */
static int
is_taken(const char *s)
{
	static const char *const taken[] = { "/", "/derp", "/debug",
	    "/generate_204", "/robots.txt", "/bootstrap-dns" };
	static const char *const below[] = { "/derp/", "/debug/",
	    "/.well-known/" };
	size_t i;

	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcmp(s, taken[i]) == 0)
			return (1);
	for (i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		if (strncmp(s, below[i], strlen(below[i])) == 0)
			return (1);
	return (0);
}

void
set_map_path(const char *path, const struct conf_pos *pos)
{
	struct conf_map *m = current();

	if (m->path != NULL)
		conf_error(pos, "path \"%s\": expected one path a map", path);
	else if (!is_url_path(path))
		conf_error(pos, "path \"%s\": expected the path of a URL, such "
		    "as \"%s\", without query or escapes", path,
		    CONF_MAP_PATH);
	else if (is_taken(path))
		conf_error(pos, "path \"%s\": something else is answered "
		    "there: expected another, such as \"%s\"", path,
		    CONF_MAP_PATH);
	else
		m->path = set_dup(path);
}

void
set_map_host(const char *host, const struct conf_pos *pos)
{
	struct conf_name *n;
	size_t count = 0;

	if (!set_is_host(host, "host", pos))
		return;
	TAILQ_FOREACH(n, &current()->hosts, entry)
		count++;
	if (count == MAP_MAX_HOSTS) {
		conf_error(pos, "host \"%s\": expected at most %d a map", host,
		    MAP_MAX_HOSTS);
		return;
	}
	if ((n = calloc(1, sizeof(*n))) == NULL)
		fatal("configuration");
	n->name = set_dup(host);
	n->pos = *pos;
	TAILQ_INSERT_TAIL(&current()->hosts, n, entry);
}

void
set_map_compare(const char *url, const struct conf_pos *pos)
{
	struct conf_url *u;
	size_t count = 0;

	if (!is_source("compare", url, pos))
		return;
	TAILQ_FOREACH(u, &current()->compares, entry)
		count++;
	if (count == CONF_MAXCOMPARES) {
		conf_error(pos, "compare \"%s\": expected at most %d a map",
		    url, CONF_MAXCOMPARES);
		return;
	}
	if ((u = calloc(1, sizeof(*u))) == NULL)
		fatal("configuration");
	u->url = set_dup(url);
	u->pos = *pos;
	TAILQ_INSERT_TAIL(&current()->compares, u, entry);
}

void
set_map_cafile(const char *file, const struct conf_pos *pos)
{
	struct conf_map *m = current();

	if (m->cafile != NULL)
		conf_error(pos, "ca file \"%s\": expected one a map", file);
	else if (set_is_path(file, 1023, "ca file", pos)) {
		m->cafile = set_dup(file);
		m->cafile_pos = *pos;
	}
}

void
set_map_age(int64_t seconds, const struct conf_pos *pos)
{
	current()->max_age = in_range("max age (seconds)", seconds, 0, 86400,
	    pos);
}

/* Do two maps share a host?  Without any, a map is for all host names. */
static int
share_host(const struct conf_map *a, const struct conf_map *b)
{
	const struct conf_names *x, *y;
	const struct conf_name *m, *n;

	x = TAILQ_EMPTY(&a->hosts) ? &parsed->names : &a->hosts;
	y = TAILQ_EMPTY(&b->hosts) ? &parsed->names : &b->hosts;
	TAILQ_FOREACH(m, x, entry)
		TAILQ_FOREACH(n, y, entry)
			if (strcasecmp(m->name, n->name) == 0)
				return (1);
	return (0);
}

static void
check_twins(const struct conf_map *m)
{
	const struct conf_map *o;

	TAILQ_FOREACH(o, &parsed->maps, entry) {
		if (o == m)
			return;
		if (strcmp(o->path, m->path) == 0 && share_host(o, m)) {
			conf_error(&m->pos, "the map of line %d is served at "
			    "%s of the same host already: expected another "
			    "path or host", o->pos.line, m->path);
			return;
		}
	}
}

void
set_serve_done(void)
{
	struct conf_pos pos = { parsed->files[0], 1 };
	struct conf_map *m;
	int n = 0;

	if (parsed->stun.enabled && TAILQ_EMPTY(&parsed->stun.listens))
		set_stun_listen("*", CONF_STUN_PORT, &pos);
	TAILQ_FOREACH(m, &parsed->maps, entry) {
		if (m->file == NULL && m->follow == NULL)
			conf_error(&m->pos, "map { ... } without a source: "
			    "expected file \"FILE\" or follow \"URL\" in it");
		if (m->path == NULL)
			m->path = set_dup(CONF_MAP_PATH);
		if (++n > CONF_MAXMAPS) {
			conf_error(&m->pos, "expected at most %d maps",
			    CONF_MAXMAPS);
			return;
		}
		check_twins(m);
	}
}
