/*
 * mapstore: the DERP maps that a front serves; see mapstore.h.  Called by
 * front.c with messages of the parent, and for requests by web_map.c and
 * httpconn.c.  Touches memory alone.
 *
 * Maps are not parsed here: other processes have validated them, and their
 * bytes are served unchanged.  An entry is built completely and then replaces
 * the older one, between two requests; connections that still send the old
 * bytes hold a reference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "mapstore.h"
#include "web_reply.h"

#define MAX_MAPS	1024		/* many more than a configuration has */
#define TAG_BYTES	16		/* bytes of the hash in an ETag */

static void
entry_free(struct web_map_entry *e)
{
	if (e == NULL)
		return;
	free((void *)e->doc.body);
	free((void *)e->doc.gzip);
	free(e);
}

void
web_mapstore_hold(struct web_map_entry *e)
{
	e->refs++;
}

void
web_mapstore_release(struct web_map_entry *e)
{
	if (e != NULL && --e->refs == 0)
		entry_free(e);
}

/* Prepare the header fields of one form. */
static void
prepare(struct web_map_entry *e, enum web_map_form form)
{
	struct web_map_form_text *t = &e->form[form];
	char hex[2 * TAG_BYTES + 1], date[WEB_DATE_SIZE];
	int gzip = form == WEB_MAP_GZIP, n;

	base_hex_put(hex, e->doc.hash, TAG_BYTES);
	web_date(date, (time_t)e->doc.mtime);
	(void)snprintf(t->tag, sizeof(t->tag), "\"%s%s\"", hex,
	    gzip ? "-gz" : "");
	n = snprintf(t->fields, sizeof(t->fields),
	    "Cache-Control: public, max-age=%u\r\n"
	    "ETag: \"%s%s\"\r\n"
	    "Last-Modified: %s\r\n"
	    "Vary: Accept-Encoding\r\n"
	    "Access-Control-Allow-Origin: *\r\n",
	    (unsigned int)e->doc.max_age, hex, gzip ? "-gz" : "", date);
	t->same_len = (size_t)n;
	/* WEB_MAP_FIELDS_SIZE is enough for any values. */
	n += snprintf(t->fields + n, sizeof(t->fields) - (size_t)n,
	    "%sContent-Type: application/json\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    gzip ? "Content-Encoding: gzip\r\n" : "",
	    gzip ? e->doc.gzip_len : e->doc.len);
	t->len = (size_t)n;
}

/* Copy `n' bytes; for 0 bytes the result is not NULL either. */
static const uint8_t *
copy(const uint8_t *p, size_t n)
{
	uint8_t *q = malloc(n == 0 ? 1 : n);

	if (q != NULL && n > 0)
		memcpy(q, p, n);
	return (q);
}

static struct web_map_entry *
entry_new(const struct ipc_map_doc *doc, time_t now)
{
	struct web_map_entry *e;
	const uint8_t *body = doc->body, *gzip = doc->gzip;

	if (!map_doc_valid(doc) || (e = calloc(1, sizeof(*e))) == NULL)
		return (NULL);
	e->refs = 1;
	e->doc = *doc;
	if (now < 0)
		now = 0;
	if (e->doc.mtime > (uint64_t)now)
		e->doc.mtime = (uint64_t)now;
	e->doc.body = e->doc.gzip = NULL;
	if (body == NULL)
		return (e);
	if ((e->doc.body = copy(body, e->doc.len)) == NULL || (gzip != NULL &&
	    (e->doc.gzip = copy(gzip, e->doc.gzip_len)) == NULL)) {
		entry_free(e);
		return (NULL);
	}
	prepare(e, WEB_MAP_PLAIN);
	if (gzip != NULL)
		prepare(e, WEB_MAP_GZIP);
	return (e);
}

struct web_map_entry *
web_mapstore_bytes(const void *p, size_t len)
{
	struct web_map_entry *e;

	if ((e = calloc(1, sizeof(*e))) == NULL)
		return (NULL);
	e->refs = 1;
	e->doc.len = len;
	if ((e->doc.body = copy(p, len)) == NULL) {
		entry_free(e);
		return (NULL);
	}
	return (e);
}

static void
release_all(struct web_map_entry **v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		web_mapstore_release(v[i]);
	free(v);
}

void
web_mapstore_clear(struct web_mapstore *s)
{
	release_all(s->v, s->n);
	release_all(s->next, s->nnext);
	memset(s, 0, sizeof(*s));
}

/* The received set is whole: put it in force. */
static void
put_in_force(struct web_mapstore *s)
{
	release_all(s->v, s->n);
	s->v = s->next;
	s->n = s->nnext;
	s->next = NULL;
	s->nnext = 0;
}

int
web_mapstore_maps(struct web_mapstore *s, uint32_t n)
{
	struct web_map_entry **v = NULL;

	if (n > MAX_MAPS)
		return (-1);
	if (n > 0 && (v = calloc(n, sizeof(struct web_map_entry *))) == NULL)
		return (-1);
	release_all(s->next, s->nnext);
	s->next = v;
	s->nnext = s->missing = n;
	if (n == 0)
		put_in_force(s);
	return (0);
}

int
web_mapstore_map(struct web_mapstore *s, const struct ipc_map_doc *doc,
    time_t now)
{
	struct web_map_entry *e, **at;

	if ((e = entry_new(doc, now)) == NULL)
		return (-1);
	if (e->doc.index >= (s->next != NULL ? s->nnext : s->n)) {
		entry_free(e);
		return (-1);
	}
	at = (s->next != NULL ? s->next : s->v) + e->doc.index;
	if (s->next != NULL && *at == NULL)
		s->missing--;
	web_mapstore_release(*at);
	*at = e;
	if (s->next != NULL && s->missing == 0)
		put_in_force(s);
	return (0);
}

/* Return the name in a Host field without port, brackets and final dot. */
static struct net_http_str
bare_host(struct net_http_str h)
{
	const char *end;

	if (h.len > 0 && h.p[0] == '[') {
		h.p++;
		h.len--;
		if ((end = memchr(h.p, ']', h.len)) != NULL)
			h.len = (size_t)(end - h.p);
		return (h);
	}
	if (h.len > 0 && (end = memchr(h.p, ':', h.len)) != NULL)
		h.len = (size_t)(end - h.p);
	if (h.len > 0 && h.p[h.len - 1] == '.')
		h.len--;
	return (h);
}

static int
has_host(const struct web_map_entry *e, struct net_http_str host)
{
	size_t i;

	for (i = 0; i < e->doc.nhosts; i++)
		if (net_http_caseeq(host, e->doc.hosts[i]))
			return (1);
	return (0);
}

struct web_map_entry *
web_mapstore_find(const struct web_mapstore *s, const char *path,
    struct net_http_str host, int *elsewhere)
{
	struct web_map_entry *e;
	size_t i;

	*elsewhere = 0;
	host = bare_host(host);
	for (i = 0; i < s->n; i++) {
		if ((e = s->v[i]) == NULL || strcmp(e->doc.path, path) != 0)
			continue;
		if (host.len > 0 && has_host(e, host))
			return (e);
		*elsewhere = 1;
	}
	return (NULL);
}

int
web_mapstore_lacks(const struct web_mapstore *s, const char *path)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->v[i] != NULL && s->v[i]->doc.body == NULL &&
		    strcmp(s->v[i]->doc.path, path) == 0)
			return (1);
	return (0);
}
