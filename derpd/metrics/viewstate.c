/*
 * viewstate: see viewstate.h.  Called by metricsd.c.
 *
 * All strings are in one piece of memory.  A decoded string is not longer than
 * its text, whose quotes leave room for the NUL; the names of a certificate are
 * written twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "viewstate.h"

#define DEPTH	12
#define TOKENS	100000

/* A state that is being read. */
struct viewstate_reader {
	const struct json *j;
	struct metrics_state *s;
	char	*p;		/* the next string */
	size_t	 left;		/* room behind it */
	int	 failed;	/* no memory */
};

static json_ref
get(const struct viewstate_reader *r, json_ref of, const char *name)
{
	return (json_type(r->j, of) == JSON_OBJECT ? json_get(r->j, of, name) :
	    -1);
}

/* Decode the string `ref', "" for anything else. */
static const char *
text(struct viewstate_reader *r, json_ref ref)
{
	char *dst = r->p;
	long n = json_str(r->j, ref, dst, r->left);

	if (n == -1)
		return ("");
	r->p += n + 1;
	r->left -= (size_t)n + 1;
	return (dst);
}

/* The same, in one line. */
static const char *
line(struct viewstate_reader *r, json_ref ref)
{
	char *start = r->p, *p;

	if (*text(r, ref) == '\0')
		return ("");
	for (p = start; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	return (start);
}

static const char *
member(struct viewstate_reader *r, json_ref of, const char *name)
{
	return (line(r, get(r, of, name)));
}

static int64_t
integer(const struct viewstate_reader *r, json_ref of, const char *name)
{
	int64_t v;

	return (json_int(r->j, get(r, of, name), &v) == 0 ? v : 0);
}

/* The same, at least 0. */
static uint64_t
number(const struct viewstate_reader *r, json_ref of, const char *name)
{
	int64_t v = integer(r, of, name);

	return (v < 0 ? 0 : (uint64_t)v);
}

static unsigned int
small(const struct viewstate_reader *r, json_ref of, const char *name)
{
	uint64_t v = number(r, of, name);

	return (v > UINT32_MAX ? UINT32_MAX : (unsigned int)v);
}

static int
is_true(const struct viewstate_reader *r, json_ref of, const char *name)
{
	int v;

	return (json_bool(r->j, get(r, of, name), &v) == 0 && v);
}

/* Room for each element of the array `ref'; their number in *n. */
static void *
room(struct viewstate_reader *r, json_ref ref, size_t size, size_t *n)
{
	void *v;

	*n = json_type(r->j, ref) == JSON_ARRAY ? json_count(r->j, ref) : 0;
	if (*n == 0)
		return (NULL);
	if ((v = calloc(*n, size)) == NULL) {
		r->failed = 1;
		*n = 0;
	}
	return (v);
}

/* The elements of an array, or (`name') that member of each of its objects. */
static const char **
lines(struct viewstate_reader *r, json_ref ref, const char *name, size_t *n)
{
	const char **v = room(r, ref, sizeof(*v), n);
	json_ref e = *n == 0 ? -1 : json_first(r->j, ref);
	size_t i;

	for (i = 0; i < *n; i++, e = json_next(r->j, e))
		v[i] = name == NULL ? line(r, e) : member(r, e, name);
	return (v);
}

static void
read_processes(struct viewstate_reader *r, json_ref ref)
{
	struct metrics_state *s = r->s;
	struct metrics_process *p;
	json_ref e;
	size_t i;

	s->processes = room(r, ref, sizeof(*p), &s->nprocesses);
	e = s->nprocesses == 0 ? -1 : json_first(r->j, ref);
	for (i = 0; i < s->nprocesses; i++) {
		p = &s->processes[i];
		p->role = member(r, e, "role");
		p->numbered = get(r, e, "worker") != -1;
		p->worker = small(r, e, "worker");
		p->pid = integer(r, e, "pid");
		p->sandbox = member(r, e, "sandbox");
		p->ready = strcmp(p->sandbox, "not running") != 0;
		p->restarts = number(r, e, "restarts");
		p->uptime = number(r, e, "uptime");
		e = json_next(r->j, e);
	}
}

/* Seconds since 1970 of "2026-01-31T12:00:00Z"; 0: another text. */
static int64_t
seconds(const char *when)
{
	struct tm tm;
	char end;

	memset(&tm, 0, sizeof(tm));
	if (strlen(when) != 20 || sscanf(when, "%4d-%2d-%2dT%2d:%2d:%2d%c",
	    &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
	    &tm.tm_sec, &end) != 7 || end != 'Z')
		return (0);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return ((int64_t)timegm(&tm));
}

/* All names of a certificate, ", " between them. */
static const char *
names(struct viewstate_reader *r, json_ref ref)
{
	char *start = r->p, *at;
	json_ref e = json_type(r->j, ref) == JSON_ARRAY ?
	    json_first(r->j, ref) : -1;

	for (; e != -1; e = json_next(r->j, e)) {
		if (json_type(r->j, e) != JSON_STRING || r->left < 2)
			continue;
		if (r->p != start) {
			r->p[-1] = ',';		/* in place of the NUL */
			*r->p++ = ' ';
			r->left--;
		}
		at = r->p;
		(void)line(r, e);
		if (r->p == at) {
			*r->p++ = '\0';
			r->left--;
		}
	}
	return (r->p == start ? "" : start);
}

static void
read_certs(struct viewstate_reader *r, json_ref ref)
{
	struct metrics_state *s = r->s;
	struct metrics_cert *c;
	json_ref e, all;
	size_t i;

	s->certs = room(r, ref, sizeof(*c), &s->ncerts);
	e = s->ncerts == 0 ? -1 : json_first(r->j, ref);
	for (i = 0; i < s->ncerts; i++) {
		c = &s->certs[i];
		all = get(r, e, "names");
		c->name = json_type(r->j, all) == JSON_ARRAY ?
		    line(r, json_first(r->j, all)) : "";
		c->names = names(r, all);
		c->issuer = member(r, e, "issuer");
		c->source = member(r, e, "source");
		c->kind = member(r, e, "kind");
		c->not_after = member(r, e, "not_after");
		c->expires = seconds(c->not_after);
		c->days_left = integer(r, e, "days_left");
		c->pin = member(r, e, "pin");
		c->renewal = member(r, e, "renewal");
		c->next_try = member(r, e, "next_try");
		c->error = member(r, e, "error");
		e = json_next(r->j, e);
	}
}

static void
read_maps(struct viewstate_reader *r, json_ref ref)
{
	struct metrics_state *s = r->s;
	struct metrics_map *m;
	json_ref e;
	size_t i;

	s->maps = room(r, ref, sizeof(*m), &s->nmaps);
	e = s->nmaps == 0 ? -1 : json_first(r->j, ref);
	for (i = 0; i < s->nmaps; i++) {
		m = &s->maps[i];
		m->path = member(r, e, "path");
		m->source = member(r, e, "source");
		m->state = member(r, e, "state");
		m->hash = member(r, e, "hash");
		m->bytes = number(r, e, "bytes");
		m->age = number(r, e, "age");
		m->checked = number(r, e, "checked");
		m->error = member(r, e, "error");
		m->warnings = small(r, e, "warnings");
		m->compared = small(r, e, "compared");
		m->drifts = small(r, e, "drifts");
		e = json_next(r->j, e);
	}
}

static void
read_links(struct viewstate_reader *r, json_ref ref)
{
	struct metrics_state *s = r->s;
	struct metrics_link *l;
	json_ref e;
	size_t i;

	s->links = room(r, ref, sizeof(*l), &s->nlinks);
	e = s->nlinks == 0 ? -1 : json_first(r->j, ref);
	for (i = 0; i < s->nlinks; i++) {
		l = &s->links[i];
		l->name = member(r, e, "name");
		l->state = member(r, e, "state");
		l->since = member(r, e, "since");
		l->keys = number(r, e, "keys");
		l->error = member(r, e, "error");
		e = json_next(r->j, e);
	}
}

static void
read_status(struct viewstate_reader *r, json_ref status)
{
	struct metrics_state *s = r->s;
	json_ref stun = get(r, status, "stun"),
	    admission = get(r, status, "admission");

	s->version = member(r, status, "version");
	s->config = member(r, status, "config");
	s->nodekey = member(r, status, "nodekey");
	s->uptime = number(r, status, "uptime");
	s->listens = lines(r, get(r, status, "listen"), NULL, &s->nlistens);
	read_processes(r, get(r, status, "processes"));
	s->draining = get(r, status, "drain") != -1;
	s->stun = stun != -1;
	s->stun_answering = is_true(r, stun, "answering");
	s->stun_why = member(r, stun, "why");
	s->faults = lines(r, get(r, status, "faults"), "name", &s->nfaults);
	s->admission = is_true(r, admission, "on");
	s->admission_line = member(r, admission, "line");
	s->admission_error = member(r, admission, "error");
}

static void
read_reload(struct viewstate_reader *r, json_ref reload)
{
	struct metrics_state *s = r->s;

	s->reloads = reload != -1;
	s->reload_ok = is_true(r, reload, "ok");
	s->reload_when = member(r, reload, "when");
	s->reload_why = member(r, reload, "why");
}

static void
read_state(struct viewstate_reader *r)
{
	struct metrics_state *s = r->s;

	read_status(r, get(r, 0, "status"));
	read_certs(r, get(r, get(r, 0, "cert"), "certificates"));
	read_maps(r, get(r, 0, "maps"));
	read_links(r, get(r, 0, "mesh"));
	s->reasons = lines(r, get(r, get(r, 0, "health"), "reasons"),
	    NULL, &s->nreasons);
	read_reload(r, get(r, 0, "reload"));
	s->text = text(r, get(r, 0, "text"));
}

/* Read the document.  NULL without memory. */
static struct metrics_state *
make(const struct json *j, size_t len)
{
	struct metrics_state *s = calloc(1, sizeof(*s));
	struct viewstate_reader r = { .j = j, .s = s };

	if (s == NULL)
		return (NULL);
	r.left = 2 * len + 1;
	/* A zero stays behind it. */
	if ((s->memory = r.p = calloc(1, r.left + 1)) == NULL)
		r.failed = 1;
	else
		read_state(&r);
	if (!r.failed)
		return (s);
	metrics_state_free(s);
	return (NULL);
}

struct metrics_state *
metrics_state_parse(const char *json, size_t len, const char **why)
{
	struct metrics_state *s = NULL;
	struct json_error e;
	struct json *j;

	if ((j = json_parse(json, len, DEPTH, TOKENS, &e)) == NULL) {
		*why = e.what;
		return (NULL);
	}
	*why = "expected an object";
	if (json_type(j, 0) == JSON_OBJECT) {
		*why = "out of memory";
		s = make(j, len);
	}
	json_free(j);
	return (s);
}

void
metrics_state_free(struct metrics_state *s)
{
	if (s == NULL)
		return;
	free(s->listens);
	free(s->faults);
	free(s->reasons);
	free(s->processes);
	free(s->certs);
	free(s->maps);
	free(s->links);
	free(s->memory);
	free(s);
}
