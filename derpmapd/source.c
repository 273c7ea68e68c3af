/*
 * source: one URL of a map; see source.h.  Called by fetch.c.  Touches the
 * network through https.c.
 */
#include <sys/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "clock.h"
#include "https.h"
#include "mapcheck.h"
#include "source.h"
#include "way.h"

#define MAX_REDIRECTS	3
#define MAX_SHOWN	200	/* bytes of a URL in a message */

static int	fail(struct mapd_source_result *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Store the reason of a failure.  Always returns 0. */
static int
fail(struct mapd_source_result *r, const char *fmt, ...)
{
	va_list ap;

	r->what = FETCH_FAILED;
	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	return (0);
}

/* Does the sandbox permit a connection to the URL's port? */
static int
reachable(const struct sandbox_net *net, const struct net_url *u)
{
	size_t i;

	if (net == NULL)
		return (1);
	for (i = 0; i < net->nports; i++)
		if (net->ports[i] == strtoul(u->port, NULL, 10))
			return (1);
	return (0);
}

/* Copy a value as a string, "" when it is absent or too long. */
static void
keep(char *dst, size_t size, struct net_http_str v)
{
	dst[0] = '\0';
	if (v.p == NULL || v.len >= size)
		return;
	memcpy(dst, v.p, v.len);
	dst[v.len] = '\0';
}

/* Handle a map: is it the one that was reported last? */
static int
handle_map(struct mapd_source *s, const char *url,
    struct net_https_response *res, struct mapd_source_result *r)
{
	uint8_t hash[SOURCE_HASH_LEN];
	int64_t mtime;
	int same;

	if (res->body_len == 0)
		return (fail(r, "%.*s: the answer is empty", MAX_SHOWN, url));
	SHA256(res->body, res->body_len, hash);
	same = s->known && memcmp(hash, s->hash, sizeof(hash)) == 0;
	memcpy(s->hash, hash, sizeof(hash));
	s->known = 1;
	keep(s->etag, sizeof(s->etag), net_http_field(&res->head, "ETag"));
	keep(s->modified, sizeof(s->modified), net_http_field(&res->head,
	    "Last-Modified"));
	mtime = net_http_date(net_http_field(&res->head, "Last-Modified"));
	s->mtime = mtime < 0 ? 0 : (uint64_t)mtime;
	r->what = same ? FETCH_SAME : FETCH_NEW;
	if (!same) {
		r->body = res->body;
		r->len = res->body_len;
		res->body = NULL;
	}
	return (0);
}

/*
 * Follow a redirect: store the new URL in *u.  Returns 1, or 0 with a failure
 * in *r.
 */
static int
redirect(const struct net_https_response *res, const struct sandbox_net *net,
    struct net_url *u, const char *url, struct mapd_source_result *r)
{
	struct net_http_str v = net_http_field(&res->head, "Location");
	struct net_url to;

	if (v.p == NULL)
		return (fail(r, "%.*s: HTTP status %d without a Location",
		    MAX_SHOWN, url, res->head.status));
	if (net_url_follow(u, v.p, v.len, &to) == -1)
		return (fail(r, "%.*s: redirects to %.*s, which is no https "
		    "URL", MAX_SHOWN, url, (int)(v.len > 100 ? 100 : v.len),
		    v.p));
	if (!reachable(net, &to))
		return (fail(r, "%.*s: redirects to %s port %s, and fetch may "
		    "not connect to other ports than those in derpd.conf: "
		    "write the new URL there", MAX_SHOWN, url, to.host,
		    to.port));
	*u = to;
	return (1);
}

/* Handle the response.  Returns 1 to request *u, 0 with *r filled in. */
static int
handle_answer(struct mapd_source *s, const struct sandbox_net *net,
    struct net_https_response *res, struct net_url *u, const char *url,
    struct mapd_source_result *r)
{
	switch (res->head.status) {
	case 200:
		return (handle_map(s, url, res, r));
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		return (redirect(res, net, u, url, r));
	case 304:
		if (!s->known)
			break;
		r->what = FETCH_SAME;
		return (0);
	}
	return (fail(r, "%.*s: HTTP status %d where 200 was expected",
	    MAX_SHOWN, url, res->head.status));
}

/* Make the fields of the request, with validators only for a known body. */
static void
make_fields(const struct mapd_source *s, char *buf, size_t size)
{
	int etag = s->known && s->etag[0] != '\0';
	int modified = s->known && s->modified[0] != '\0';

	snprintf(buf, size, "Accept: application/json\r\n%s%s%s%s%s%s",
	    etag ? "If-None-Match: " : "", etag ? s->etag : "",
	    etag ? "\r\n" : "", modified ? "If-Modified-Since: " : "",
	    modified ? s->modified : "", modified ? "\r\n" : "");
}

/* What a request needs beside its source. */
struct errand {
	const struct sandbox_net *net;
	struct mapd_way	*way;
	struct ipc_chan	*watch;
	long long	 until;
};

/*
 * Send one request to *u.  Returns 1 to request the new *u, 0 when done, -1
 * when interrupted.
 */
static int
request_at(struct mapd_source *s, const struct errand *a, struct net_url *u,
    struct mapd_source_result *r)
{
	struct net_https_request req;
	struct net_https_response res;
	char url[URL_MAXTEXT], fields[512];
	long long left = a->until - base_clock_ms();
	int rv;

	if (net_url_text(u, url, sizeof(url)) == -1)
		return (fail(r, "%.*s: the URL is too long", MAX_SHOWN,
		    s->url));
	make_fields(s, fields, sizeof(fields));
	memset(&req, 0, sizeof(req));
	req.method = "GET";
	req.url = url;
	req.fields = fields;
	req.trust = s->cafile[0] != '\0' ? STREAM_CAFILE : STREAM_ROOTS;
	req.trust_arg = s->cafile[0] != '\0' ? s->cafile : NULL;
	if (a->way != NULL) {
		req.open = mapd_way_open;
		req.open_arg = a->way;
	}
	req.watch = a->watch;
	req.max_body = MAP_MAX_SIZE;
	if (net_https_fetch(&req, &res, left > 0 ? (int)left : 0) == 0)
		rv = handle_answer(s, a->net, &res, u, url, r);
	else if (res.interrupted)
		rv = -1;
	else
		rv = fail(r, "%.*s: %s", MAX_SHOWN, url, res.error);
	net_https_free(&res);
	return (rv);
}

int
mapd_source_fetch(struct mapd_source *s, const struct sandbox_net *net,
    struct mapd_way *way, struct ipc_chan *watch, struct mapd_source_result *r)
{
	const struct errand a = { net, way, watch, base_clock_ms() +
	    SOURCE_MS };
	struct net_url u;
	int i, rv;

	memset(r, 0, sizeof(*r));
	if (net_url_parse(s->url, &u) == -1)
		return (fail(r, "%.*s: not an https URL", MAX_SHOWN, s->url));
	for (i = 0; i <= MAX_REDIRECTS; i++)
		if ((rv = request_at(s, &a, &u, r)) != 1)
			return (rv);
	return (fail(r, "%.*s: more than %d redirects", MAX_SHOWN, s->url,
	    MAX_REDIRECTS));
}

void
mapd_source_schedule(struct mapd_source *s, enum ipc_fetch_result what,
    long long now)
{
	uint64_t every = (uint64_t)s->every * 1000, ms = every;

	if (what == FETCH_FAILED) {
		if (s->retry_ms == 0)
			s->retry_ms = SOURCE_RETRY_MS;
		if (s->retry_ms < every)
			ms = s->retry_ms;
		s->retry_ms = 2 * ms;
	} else
		s->retry_ms = 0;
	/* Spread the requests of many clients of one source. */
	s->due = now + (long long)ms +
	    arc4random_uniform((uint32_t)(ms / 16 + 1));
}

void
mapd_source_free_result(struct mapd_source_result *r)
{
	free(r->body);
	memset(r, 0, sizeof(*r));
}

void
mapd_source_inherit(struct mapd_source *s, const struct mapd_source *old)
{
	/*
	 * A source with another id must not inherit what was reported for the
	 * old one.
	 */
	if (!old->known || (s->body && (s->id != old->id || !old->body)))
		return;
	s->known = 1;
	memcpy(s->hash, old->hash, sizeof(s->hash));
	s->mtime = old->mtime;
	memcpy(s->etag, old->etag, sizeof(s->etag));
	memcpy(s->modified, old->modified, sizeof(s->modified));
}
