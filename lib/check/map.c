/*
 * map: a map that a server sends: whether it comes, as what, how old, and
 * whether it is valid.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bom.h"
#include "mapcheck.h"
#include "mapfetch.h"

#define JSON_TYPE	"application/json"
#define US		1000000
#define STALE_S		300	/* clients poll as often */

static void
found(struct check_fetch *f, enum check_fault id, const char *what)
{
	check_found(&f->r, NULL, 0, id, "%s", what);
}

/* Does the body look like JSON, whatever its errors? */
static int
is_json(const struct check_fetch *f)
{
	const char *p = (const char *)f->e.r.body.p;

	return (p[strspn(p, " \t\r\n")] == '{');
}

/* Is the Content-Type that of JSON? */
static int
has_json_type(const struct check_fetch *f)
{
	struct net_http_str type = net_http_field(&f->e.r.head, "Content-Type");
	size_t n = 0;

	while (n < type.len && type.p[n] != ';' && type.p[n] != ' ')
		n++;
	type.len = n;
	return (net_http_caseeq(type, JSON_TYPE));
}

/*
 * Does the server serve a map at all?  Many answer any path, with a page or
 * an error of their own.
 */
static int
serves(const struct check_fetch *f)
{
	return (f->e.end == CHECK_ANSWERED && f->e.r.head.status == 200 &&
	    (has_json_type(f) || is_json(f)));
}

/* Check what the response says of its body.  Returns 1 when it is a map. */
static int
judge_response(struct check_fetch *f)
{
	const struct check_exchange *e = &f->e;
	const uint8_t *p = e->r.body.p;
	char what[400], to[160], coding[40];

	check_describe(e, what, sizeof(what));
	if (e->r.head.status != 200) {
		check_quote(to, sizeof(to), net_http_field(&e->r.head,
		    "Location"));
		check_found(&f->r, NULL, 0, CHECK_MAP_STATUS,
		    "%s answers with %s%s%s%s", f->node.host, what,
		    to[0] != '\0' ? ", to \"" : "", to, to[0] != '\0' ?
		    "\"" : "");
		return (0);
	}
	if (e->end == CHECK_TOO_LARGE) {
		check_found(&f->r, NULL, 0, CHECK_MAP_LARGE, "it has more than "
		    "%d bytes", MAP_MAX_SIZE);
		return (0);
	}
	check_quote(coding, sizeof(coding), net_http_field(&e->r.head,
	    "Content-Encoding"));
	if ((coding[0] != '\0' && strcmp(coding, "identity") != 0) ||
	    (e->r.body.len > 1 && p[0] == 0x1f && p[1] == 0x8b)) {
		check_found(&f->r, NULL, 0, CHECK_MAP_ENCODING, "it is sent "
		    "as %s", coding[0] != '\0' ? coding :
		    "gzip without Content-Encoding");
		return (0);
	}
	return (1);
}

/* Validate the map.  Returns 1 when it is valid. */
static int
judge_map(struct check_fetch *f)
{
	const char *text = (const char *)f->e.r.body.p;
	const size_t len = f->e.r.body.len;
	char what[CHECK_WHAT];

	if (base_bom_found(text, len) == NULL && !is_json(f) &&
	    !has_json_type(f)) {
		check_describe(&f->e, what, sizeof(what));
		check_found(&f->r, NULL, 0, CHECK_MAP_INVALID, "%s answers "
		    "with %s, which is no map", f->node.host, what);
		return (0);
	}
	if (check_map_valid(text, len, what, sizeof(what)) == 0)
		return (1);
	found(f, CHECK_MAP_INVALID, what);
	return (0);
}

/* The number of seconds in a field; -1: none. */
static long long
seconds(struct net_http_str s)
{
	char text[24];
	const char *errstr;
	long long n;

	check_quote(text, sizeof(text), s);
	n = strtonum(text, 0, INT32_MAX, &errstr);
	return (s.p == NULL || errstr != NULL ? -1 : n);
}

static void
judge_age(struct check_fetch *f)
{
	const long long age = seconds(net_http_field(&f->e.r.head, "Age"));
	char by[100];

	if (age == -1)
		return;
	check_number(&f->r, NULL, CHECK_FACT_MAP_AGE, age);
	if (age <= STALE_S)
		return;
	check_software(&f->e, by, sizeof(by));
	check_found(&f->r, NULL, 0, CHECK_MAP_CACHED, "the copy is %lld "
	    "seconds old%s%s%s", age, by[0] != '\0' ? " (" : "", by,
	    by[0] != '\0' ? ")" : "");
}

static void
judge_type(struct check_fetch *f)
{
	char type[100];

	if (has_json_type(f))
		return;
	check_quote(type, sizeof(type), net_http_field(&f->e.r.head,
	    "Content-Type"));
	check_found(&f->r, NULL, 0, CHECK_MAP_TYPE, type[0] != '\0' ?
	    "it is sent as \"%s\"" : "it is sent without Content-Type%s", type);
}

static void
judge_redirect(struct check_fetch *f)
{
	char url[URL_MAXTEXT];

	if (f->redirects > 0 && net_url_text(&f->url, url, sizeof(url)) == 0)
		check_found(&f->r, NULL, 0, CHECK_MAP_REDIRECT, "the map is at "
		    "%s", url);
}

/* Slow: more than three fifths of a step, 3 seconds by default. */
static int
is_slow(const struct check_fetch *f)
{
	const int ms = f->r.opts->ms != 0 ? f->r.opts->ms : CHECK_STEP_MS;

	return (f->took > (int64_t)ms * 600);
}

/* A slow answer may be chance: then another request tells. */
static int
fetch(struct check_fetch *f, const char *url, const char *address, int needed,
    const struct check_opts *o, const struct check_sink *sink)
{
	int rv = check_fetch(f, url, address, needed, o, sink);

	if (rv != 1 || !is_slow(f) || f->r.faults > 0)
		return (rv);
	check_fetch_free(f);
	if ((rv = check_fetch(f, url, address, needed, o, sink)) == 1 &&
	    is_slow(f))
		check_found(&f->r, NULL, 0, CHECK_MAP_SLOW, "twice it took "
		    "more than %.1f seconds, the second time %.1f",
		    (o->ms != 0 ? o->ms : CHECK_STEP_MS) * 0.0006,
		    (double)f->took / US);
	return (rv);
}

static void
judge(struct check_fetch *f, struct check_map *m)
{
	size_t regions, nodes;

	if (!judge_response(f) || !judge_map(f))
		return;
	judge_redirect(f);
	judge_type(f);
	judge_age(f);
	m->text = (char *)f->e.r.body.p;
	m->len = f->e.r.body.len;
	f->e.r.body.p = NULL;
	map_count(m->text, m->len, &regions, &nodes);
	check_number(&f->r, NULL, CHECK_FACT_MAP_TIME, f->took);
	check_number(&f->r, NULL, CHECK_FACT_MAP_BYTES, (int64_t)m->len);
	check_number(&f->r, NULL, CHECK_FACT_MAP_REGIONS, (int64_t)regions);
	check_number(&f->r, NULL, CHECK_FACT_MAP_NODES, (int64_t)nodes);
}

int
check_map(const char *url, const char *address, int needed,
    const struct check_opts *o, const struct check_sink *sink,
    struct check_map *m, char *why, size_t size)
{
	struct check_fetch *f;
	int rv;

	memset(m, 0, sizeof(*m));
	if ((f = malloc(sizeof(*f))) == NULL) {
		(void)snprintf(why, size, "out of memory");
		return (-1);
	}
	rv = fetch(f, url, address, needed, o, sink);
	if (rv == 1 && (needed || serves(f)))
		judge(f, m);
	else if (rv != -1 && !needed)
		m->absent = 1;
	rv = rv == -1 || f->r.stopped ? -1 : 0;
	(void)snprintf(why, size, "%s", f->r.local);
	check_fetch_free(f);
	free(f);
	return (rv);
}
