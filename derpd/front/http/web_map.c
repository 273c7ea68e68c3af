/*
 * web_map: the answers of a front to requests for a DERP map.
 *
 * Called by web.c.  Pure: touches its arguments alone.
 *
 * The map decides which relays a fleet trusts, so it is never sent in the
 * clear.  The plain port answers 302 to https where there is a map, as for
 * other pages, and 503 while there is no valid map: so a health check that
 * requests http://HOST/derpmap/default and accepts 2xx and 3xx gets the right
 * result.  Such a check often runs on the server itself and uses localhost or
 * an address as HOST: a host without a map at that path gets 503 as long as
 * that of any other host is missing.
 *
 * On the TLS port, if there is any map, unknown paths below /derpmap/ are a 404
 * and not the home page, so that a mistyped URL does not yield HTML in place of
 * a map; so is the path of a map under another host's name.
 */
#include <string.h>
#include <strings.h>

#include "https.h"
#include "mapstore.h"
#include "web_map.h"
#include "web_reply.h"

#define MAPS_BELOW	"/derpmap/"
#define RETRY_SECS	5

static int
is_ows(char c)
{
	return c == ' ' || c == '\t';
}

static void
skip_ows(struct net_http_str *s)
{
	while (s->len > 0 && is_ows(*s->p)) {
		s->p++;
		s->len--;
	}
}

/*
 * Return the weight behind a coding: ";" "q=" qvalue (RFC 9110 12.4.2), in
 * thousandths.  1000 when there is none, 0 when it is malformed.
 */
static int
weight(struct net_http_str s)
{
	static const int	worth[] = { 1000, 100, 10, 1 };
	int			v = 0;
	size_t			i, n = 0;

	skip_ows(&s);
	if (s.len == 0)
		return 1000;
	if (*s.p != ';')
		return 0;
	s.p++;
	s.len--;
	skip_ows(&s);
	if (s.len < 3 || strncasecmp(s.p, "q=", 2) != 0)
		return 0;
	for (i = 2; i < s.len && !is_ows(s.p[i]); i++) {
		if (i == 3) {
			if (s.p[i] != '.')
				return 0;
			continue;
		}
		if (n == 4 || s.p[i] < '0' || s.p[i] > '9')
			return 0;
		v += (s.p[i] - '0') * worth[n++];
	}
	return v > 1000 ? 0 : v;
}

/* Weights of the codings in Accept-Encoding; -1: not mentioned. */
struct codings {
	int	gzip;
	int	identity;
	int	any;
};

/* Parse one element of Accept-Encoding. */
static void
read_coding(struct net_http_str s, struct codings *c)
{
	struct net_http_str	name;

	skip_ows(&s);
	name = s;
	while (s.len > 0 && *s.p != ';' && !is_ows(*s.p)) {
		s.p++;
		s.len--;
	}
	name.len -= s.len;
	if (net_http_caseeq(name, "gzip") || net_http_caseeq(name, "x-gzip"))
		c->gzip = weight(s);
	else if (net_http_caseeq(name, "identity"))
		c->identity = weight(s);
	else if (net_http_eq(name, "*"))
		c->any = weight(s);
}

int
web_wants_gzip(const struct net_http_head *h)
{
	struct codings		c = { -1, -1, -1 };
	struct net_http_str	list, item;
	const char		*comma;
	size_t			i;

	for (i = 0; i < h->nfields; i++) {
		if (!net_http_caseeq(h->fields[i].name, "Accept-Encoding"))
			continue;
		list = h->fields[i].value;
		while (list.len > 0) {
			item = list;
			comma = memchr(list.p, ',', list.len);
			if (comma != NULL)
				item.len = (size_t)(comma - list.p);
			read_coding(item, &c);
			list.p += item.len;
			list.len -= item.len;
			if (comma != NULL) {
				list.p++;
				list.len--;
			}
		}
	}
	if (c.gzip == -1)
		c.gzip = c.any;
	return c.gzip > 0 && c.gzip >= c.identity;
}

/*
 * Cut the next entity tag off a list, without its W/.  Return 1, or 0 at the
 * end and at a malformed one.
 */
static int
next_tag(struct net_http_str *s, struct net_http_str *tag)
{
	const char	*end;

	while (s->len > 0 && (is_ows(*s->p) || *s->p == ',')) {
		s->p++;
		s->len--;
	}
	if (s->len >= 2 && s->p[0] == 'W' && s->p[1] == '/') {
		s->p += 2;
		s->len -= 2;
	}
	if (s->len < 2 || *s->p != '"' ||
	    (end = memchr(s->p + 1, '"', s->len - 1)) == NULL)
		return 0;
	tag->p = s->p;
	tag->len = (size_t)(end - s->p) + 1;
	s->p += tag->len;
	s->len -= tag->len;
	return 1;
}

int
web_none_match(const struct net_http_head *h, const char *tag)
{
	struct net_http_str	list, item;
	size_t			i;
	int			rv = -1;

	for (i = 0; i < h->nfields; i++) {
		if (!net_http_caseeq(h->fields[i].name, "If-None-Match"))
			continue;
		rv = 0;
		list = h->fields[i].value;
		if (net_http_eq(list, "*"))
			return 2;
		while (next_tag(&list, &item))
			if (net_http_eq(item, tag))
				return 1;
	}
	return rv;
}

/*
 * Return 1 if the client has the map already; *form is then the form that it
 * has.  Return 0 if not; *form stays the one to send.
 */
static int
unchanged(const struct net_http_head *h, const struct web_map_entry *e,
    enum web_map_form *form)
{
	enum web_map_form	other = *form == WEB_MAP_GZIP ? WEB_MAP_PLAIN :
	    WEB_MAP_GZIP;
	struct net_http_str	since;
	int64_t			t;
	int			rv;

	if ((rv = web_none_match(h, e->form[*form].tag)) > 0)
		return 1;
	if (rv == 0) {
		if (e->form[other].len == 0 ||
		    web_none_match(h, e->form[other].tag) == 0)
			return 0;
		*form = other;
		return 1;
	}
	since = net_http_field(h, "If-Modified-Since");
	return since.p != NULL && (t = net_http_date(since)) != -1 &&
	    e->doc.mtime <= (uint64_t)t;
}

static enum web_action
reply_map(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r, struct web_map_entry *e)
{
	enum web_map_form		 form = WEB_MAP_PLAIN;
	const struct web_map_form_text	*t;

	if (e->doc.gzip != NULL && web_wants_gzip(h))
		form = WEB_MAP_GZIP;
	if (unchanged(h, e, &form)) {
		t = &e->form[form];
		web_begin(env, h, r, 304);
		web_put_bytes(r, t->fields, t->same_len);
		web_put_bytes(r, "\r\n", 2);
		return WEB_REPLY;
	}
	t = &e->form[form];
	web_begin(env, h, r, 200);
	web_put_bytes(r, t->fields, t->len);
	if (r->head_only)
		return WEB_REPLY;
	r->map = e;
	r->body = form == WEB_MAP_GZIP ? e->doc.gzip : e->doc.body;
	r->body_len = form == WEB_MAP_GZIP ? e->doc.gzip_len : e->doc.len;
	return WEB_MAP;
}

static enum web_action
no_map_yet(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	web_begin(env, h, r, 503);
	web_put(r, "Retry-After: %d\r\nX-Content-Type-Options: nosniff\r\n",
	    RETRY_SECS);
	return web_end(r, WEB_TEXT, "there is no good map here yet\n");
}

/* A browser requests this before it sends conditional requests (CORS). */
static enum web_action
options(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	web_begin(env, h, r, 204);
	web_put(r, "Allow: GET, HEAD\r\n"
	    "Access-Control-Allow-Origin: *\r\n"
	    "Access-Control-Allow-Methods: GET, HEAD\r\n"
	    "Access-Control-Allow-Headers: "
	    "If-Modified-Since, If-None-Match\r\n"
	    "Access-Control-Max-Age: 86400\r\n\r\n");
	return WEB_REPLY;
}

static enum web_action
bad_method(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	web_begin(env, h, r, 405);
	web_put(r, "Allow: GET, HEAD\r\n"
	    "X-Content-Type-Options: nosniff\r\n");
	return web_end(r, WEB_TEXT, "a map is read with GET or HEAD\n");
}

/* Return 1 if the map that the plain port redirects to is still missing. */
static int
lacks(const struct web_mapstore *s, const struct web_map_entry *e,
    const char *path)
{
	return e != NULL ? e->doc.body == NULL : web_mapstore_lacks(s, path);
}

int
web_map(const struct web_env *env, const struct net_http_head *h,
    const char *path, struct web_reply *r, enum web_action *action)
{
	struct web_map_entry	*e;
	int			 elsewhere, get;

	if (env->maps == NULL || env->maps->n == 0)
		return 0;
	e = web_mapstore_find(env->maps, path, h->host, &elsewhere);
	get = net_http_eq(h->method, "GET") || net_http_eq(h->method, "HEAD");
	if (!env->tls && !env->derp) {
		if (!get || !lacks(env->maps, e, path))
			return 0;
		*action = no_map_yet(env, h, r);
	} else if (e == NULL) {
		if (!elsewhere &&
		    strncmp(path, MAPS_BELOW, strlen(MAPS_BELOW)) != 0)
			return 0;
		*action = web_not_found(env, h, r);
	} else if (net_http_eq(h->method, "OPTIONS"))
		*action = options(env, h, r);
	else if (!get)
		*action = bad_method(env, h, r);
	else if (e->doc.body == NULL)
		*action = no_map_yet(env, h, r);
	else
		*action = reply_map(env, h, r, e);
	return 1;
}
