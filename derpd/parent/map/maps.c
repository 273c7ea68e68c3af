/*
 * maps: the DERP maps of this machine: load them, put them in force, keep the
 * last good ones; see serve.h.
 *
 * What is served was found good by the checker, a process without rights; the
 * parent reads the file, holds the bytes, hands them to the checker and to the
 * relay workers and keeps a copy in the state directory, without ever looking
 * into them.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filewatch.h"
#include "hex.h"
#include "log.h"
#include "mapcheck.h"
#include "parent.h"

#define ERR_SIZE	1024

static void	file_changed(void *arg);

const char *
maps_source(const struct map *m)
{
	return (m->conf->file != NULL ? m->conf->file : m->conf->follow);
}

static void
free_content(struct map_content *c)
{
	free(c->body);
	free(c->gzip);
	free(c->summary);
	free(c->findings);
	memset(c, 0, sizeof(*c));
}

static int
copy_content(struct map_content *dst, const struct map_content *src)
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
		free_content(dst);
		return (-1);
	}
	memcpy(dst->body, src->body, src->len);
	return (0);
}

static void
set_error(struct map *m, const char *text)
{
	free(m->error);
	m->error = text == NULL ? NULL : strdup(text);
	m->checked = time(NULL);
}

/* The hosts that a map is served for: its own, or all. */
static const struct conf_names *
hosts_of(const struct conf *c, const struct conf_map *m)
{
	return (TAILQ_EMPTY(&m->hosts) ? &c->names : &m->hosts);
}

/* Where the last good map is kept: a name by what it is served at. */
static int
kept_path(const struct conf *c, const struct conf_map *m, char *path,
    size_t size)
{
	const struct conf_name *n;
	crypto_generichash_state st;
	uint8_t hash[16];
	char hex[2 * 8 + 1];

	crypto_generichash_init(&st, NULL, 0, sizeof(hash));
	crypto_generichash_update(&st, (const uint8_t *)m->path,
	    strlen(m->path) + 1);
	TAILQ_FOREACH(n, &m->hosts, entry)
		crypto_generichash_update(&st, (const uint8_t *)n->name,
		    strlen(n->name) + 1);
	crypto_generichash_final(&st, hash, sizeof(hash));
	hex_put(hex, hash, 8);
	if ((size_t)snprintf(path, size, "%s/map-%s.json", c->statedir,
	    hex) < size)
		return (0);
	log_warnx("%s: the path is too long", c->statedir);
	return (-1);
}

/* Keep a good map for a start without its source. */
static void
keep(const struct derpd *d, const struct map *m)
{
	struct timespec when[2];
	char path[1100];

	if (d->checking || kept_path(d->conf, m->conf, path,
	    sizeof(path)) == -1)
		return;
	if (keyfile_public(path, m->good.body, m->good.len) == -1) {
		log_warnx("the map of %s is served, but not kept for the next "
		    "start", maps_source(m));
		return;
	}
	when[0].tv_sec = when[1].tv_sec = (time_t)m->good.mtime;
	when[0].tv_nsec = when[1].tv_nsec = 0;
	if (utimensat(AT_FDCWD, path, when, 0) == -1)
		log_warn("%s: its time can't be set (utimensat): after a "
		    "restart it seems new", path);
}

/*
 * Read a file whole, and one byte more than it may have, which the checker
 * refuses.  Bytes of it in `p', or -1 with errno.
 */
static ssize_t
read_whole(int fd, uint8_t p[MAP_MAX_SIZE + 1])
{
	size_t n = 0;
	ssize_t got;

	while (n < MAP_MAX_SIZE + 1) {
		got = read(fd, p + n, MAP_MAX_SIZE + 1 - n);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return (-1);
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return ((ssize_t)n);
}

/* The same of the file `path', with its time; -1 and why in *why. */
static ssize_t
read_map(const char *path, uint8_t p[MAP_MAX_SIZE + 1], uint64_t *mtime,
    const char **why)
{
	struct stat st;
	ssize_t n = -1;
	int fd;

	/* O_NONBLOCK: a FIFO in the place of the file must not hang us. */
	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1) {
		*why = strerror(errno);
		return (-1);
	}
	if (fstat(fd, &st) == -1)
		*why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		*why = "expected a regular file";
	else if ((n = read_whole(fd, p)) == -1)
		*why = strerror(errno);
	else
		*mtime = st.st_mtime < 0 ? 0 : (uint64_t)st.st_mtime;
	close(fd);
	return (n);
}

/* Have the map in a file checked.  As mapask(). */
static int
check_file(struct derpd *d, const struct conf *c, const char *path,
    struct map_content *content, char *err, size_t errsize)
{
	static uint8_t text[MAP_MAX_SIZE + 1];
	const char *why;
	uint64_t mtime;
	ssize_t n;
	int rv;

	memset(content, 0, sizeof(*content));
	if ((n = read_map(path, text, &mtime, &why)) == -1) {
		snprintf(err, errsize, "%s: %s", path, why);
		log_warnx("%s", err);
		return (0);
	}
	rv = mapask(d, c, path, text, (size_t)n, content, err, errsize);
	content->mtime = mtime;
	return (rv);
}

/* The map of the last configuration that was served at the same place. */
static const struct map *
same_before(const struct derpd *d, const struct conf_map *cm)
{
	const struct map *m;
	size_t i;

	for (i = 0; i < d->maps.n; i++) {
		m = &d->maps.v[i];
		if (m->good.body != NULL &&
		    strcmp(m->conf->path, cm->path) == 0 &&
		    (m->conf->file == NULL) == (cm->file == NULL) &&
		    strcmp(maps_source(m), cm->file != NULL ? cm->file :
		    cm->follow) == 0)
			return (m);
	}
	return (NULL);
}

/* What was good before: in force now, or kept.  0, or -1 there is nothing. */
static int
fall_back(struct derpd *d, const struct conf *c, struct map *m)
{
	const struct map *old;
	char path[1100], err[ERR_SIZE];

	if ((old = same_before(d, m->conf)) != NULL &&
	    copy_content(&m->good, &old->good) == 0) {
		m->since = old->since;
		m->state = MAP_LAST_GOOD;
		if (m->conf->follow == NULL)
			return (0);
		m->state = old->state;
		m->refused = old->refused;
		set_error(m, old->error);
		return (0);
	}
	if (kept_path(c, m->conf, path, sizeof(path)) == -1 ||
	    access(path, F_OK) == -1 ||
	    check_file(d, c, path, &m->good, err, sizeof(err)) != 1)
		return (-1);
	m->since = (time_t)m->good.mtime;
	m->state = MAP_LAST_GOOD;
	return (0);
}

static int
load_file(struct derpd *d, const struct conf *c, struct map *m)
{
	char err[ERR_SIZE];

	/* From before it is read: no change is missed. */
	if (!d->checking && (m->watch = filewatch_new(d->base, m->conf->file,
	    file_changed, m)) == NULL)
		log_warn("%s can't be watched: reload after a change",
		    m->conf->file);
	m->checked = time(NULL);
	if (check_file(d, c, m->conf->file, &m->good, err,
	    sizeof(err)) == 1) {
		m->state = MAP_GOOD;
		m->since = time(NULL);
		return (0);
	}
	set_error(m, err);
	if (d->checking || fall_back(d, c, m) == -1) {
		log_warnx("%s:%d: the map %s is not good, and no older one is "
		    "kept: mend it", m->conf->pos.file, m->conf->pos.line,
		    m->conf->file);
		return (-1);
	}
	log_warnx("the last good map is served in place of %s",
	    m->conf->file);
	return (0);
}

static int
load_one(struct derpd *d, const struct conf *c, struct map *m)
{
	const struct conf_url *u;

	TAILQ_FOREACH(u, &m->conf->compares, entry)
		if (m->nothers < CONF_MAXCOMPARES)
			m->others[m->nothers++].url = u->url;
	if (m->conf->file != NULL)
		return (load_file(d, c, m));
	if (!d->checking && fall_back(d, c, m) == -1)
		log_info("no map of %s is kept yet: %s is answered with 503 "
		    "until it is there", m->conf->follow, m->conf->path);
	return (0);
}

int
maps_load(struct derpd *d, const struct conf *c, struct map_set *set)
{
	const struct conf_map *cm;
	size_t n = 0;

	memset(set, 0, sizeof(*set));
	set->generation = d->maps.generation + 1;
	TAILQ_FOREACH(cm, &c->maps, entry)
		n++;
	if (n == 0)
		return (0);
	if (d->map.chan == NULL && maps_start_checker(&d->map) == -1)
		return (-1);
	if ((set->v = calloc(n, sizeof(*set->v))) == NULL) {
		log_warn("no memory for the maps");
		return (-1);
	}
	TAILQ_FOREACH(cm, &c->maps, entry) {
		set->v[set->n].d = d;
		set->v[set->n].index = (uint32_t)set->n;
		set->v[set->n].conf = cm;
		if (load_one(d, c, &set->v[set->n++]) == -1) {
			maps_free(set);
			return (-1);
		}
	}
	return (0);
}

void
maps_free(struct map_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		filewatch_free(set->v[i].watch);
		free_content(&set->v[i].good);
		free(set->v[i].error);
	}
	free(set->v);
	set->v = NULL;
	set->n = 0;
}

/* A host as a request's is compared: lower case, no dot at the end. */
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

/* The message with which a worker takes a map. */
static void
put_doc(struct wr *w, const struct map *m)
{
	static struct map_doc doc;
	const struct conf_name *n;

	memset(&doc, 0, sizeof(doc));
	doc.index = m->index;
	strlcpy(doc.path, m->conf->path, sizeof(doc.path));
	TAILQ_FOREACH(n, hosts_of(m->d->conf, m->conf), entry)
		if (doc.nhosts < MAP_MAX_HOSTS)
			put_host(doc.hosts[doc.nhosts++], sizeof(doc.hosts[0]),
			    n->name);
	doc.max_age = m->conf->max_age;
	doc.mtime = m->good.mtime;
	memcpy(doc.hash, m->good.hash, sizeof(doc.hash));
	doc.body = m->good.body;
	doc.len = m->good.len;
	doc.gzip = m->good.gzip;
	doc.gzip_len = m->good.gzip_len;
	map_doc_put(w, &doc);
}

int
maps_send(struct proc *relay)
{
	const struct derpd *d = relay->d;
	struct wr w;
	size_t i;
	int rv;

	wr_init(&w);
	wr_u32(&w, (uint32_t)d->maps.n);
	rv = chan_send(relay->chan, MSG_RELAY_MAPS, &w, -1);
	wr_free(&w);
	for (i = 0; rv == 0 && i < d->maps.n; i++) {
		put_doc(&w, &d->maps.v[i]);
		rv = wr_ok(&w) ? chan_send(relay->chan, MSG_RELAY_MAP, &w,
		    -1) : -1;
		wr_free(&w);
	}
	return (rv);
}

static void
tell_one(struct map *m)
{
	struct wr w;

	wr_init(&w);
	put_doc(&w, m);
	if (wr_ok(&w))
		relays_tell(m->d, MSG_RELAY_MAP, &w);
	else
		log_warnx("the map of %s could not be sent: out of memory",
		    maps_source(m));
	wr_free(&w);
	metrics_changed(m->d);
}

/* A new good map is there: put it in force. */
static void
take(struct map *m, struct map_content *c)
{
	int same = m->good.body != NULL &&
	    memcmp(m->good.hash, c->hash, sizeof(c->hash)) == 0;
	int mended = m->state != MAP_GOOD;
	char hex[2 * 8 + 1];
	size_t i;

	set_error(m, NULL);
	m->refused = 0;
	m->state = MAP_GOOD;
	/* What a file says of its time is news, what a server says is not. */
	if (same && (m->conf->follow != NULL || m->good.mtime == c->mtime)) {
		if (mended)
			log_info("the map of %s is good again",
			    maps_source(m));
		free_content(c);
		metrics_changed(m->d);
		return;
	}
	free_content(&m->good);
	m->good = *c;
	m->since = time(NULL);
	keep(m->d, m);
	tell_one(m);
	hex_put(hex, m->good.hash, 8);
	log_info("the map of %s is in force: %zu bytes, hash %s...",
	    maps_source(m), m->good.len, hex);
	for (i = 0; i < m->nothers; i++)
		maps_compared(m, &m->others[i]);
}

/* What is there is not good: what was good stays. */
static void
refuse(struct map *m, const char *why)
{
	set_error(m, why);
	if (m->state == MAP_GOOD) {
		m->state = MAP_LAST_GOOD;
		log_warnx("the last good map stays in force in place of %s",
		    maps_source(m));
	}
	metrics_changed(m->d);
}

static void
file_changed(void *arg)
{
	struct map *m = arg;
	struct map_content c;
	char err[ERR_SIZE];

	if (m->d->stopping)
		return;
	if (check_file(m->d, m->d->conf, m->conf->file, &c, err,
	    sizeof(err)) == 1)
		take(m, &c);
	else
		refuse(m, err);
}

void
maps_fetched(struct map *m, const void *p, size_t len, uint64_t mtime)
{
	struct map_content c;
	char err[ERR_SIZE];

	if (mapask(m->d, m->d->conf, m->conf->follow, p, len, &c, err,
	    sizeof(err)) != 1) {
		m->refused = 1;
		refuse(m, err);
		return;
	}
	c.mtime = mtime != 0 ? mtime : (uint64_t)time(NULL);
	take(m, &c);
}

void
maps_not_fetched(struct map *m, const char *why)
{
	/* Said once; derpctl map shows it as long as it lasts. */
	if (m->error == NULL)
		log_warnx("map: %s", why);
	refuse(m, why);
}

void
maps_confirmed(struct map *m)
{
	m->checked = time(NULL);
	if (m->refused || m->good.body == NULL)
		return;
	if (m->state == MAP_LAST_GOOD)
		log_info("the map of %s is good again", maps_source(m));
	set_error(m, NULL);
	m->state = MAP_GOOD;
	metrics_changed(m->d);
}

int
maps_drift(const struct map *m, const struct map_other *o)
{
	if (!o->known || m->good.body == NULL)
		return (-1);
	return (memcmp(m->good.hash, o->hash, sizeof(o->hash)) != 0);
}

void
maps_compared(struct map *m, struct map_other *o)
{
	int drift = maps_drift(m, o);

	if (drift == 1 && !o->drift)
		log_warnx("%s serves another map than %s", o->url,
		    maps_source(m));
	else if (drift == 0 && o->drift)
		log_info("%s serves the same map as %s again", o->url,
		    maps_source(m));
	if (drift != -1)
		o->drift = drift;
	metrics_changed(m->d);
}

void
maps_replace(struct derpd *d, struct map_set *set)
{
	struct map_set old = d->maps;
	unsigned int i;
	size_t k;

	d->maps = *set;
	memset(set, 0, sizeof(*set));
	for (k = 0; k < d->maps.n; k++) {
		struct map *m = &d->maps.v[k];

		if (m->state == MAP_GOOD && m->conf->file != NULL)
			keep(d, m);
	}
	for (i = 0; i < d->nworkers; i++)
		if (d->relays[i].chan != NULL &&
		    maps_send(&d->relays[i]) == -1)
			procs_fail(&d->relays[i], "did not take a map");
	maps_free(&old);
	metrics_changed(d);
}
