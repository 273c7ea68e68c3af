/*
 * bootstrap: the answers to /bootstrap-dns; see bootstrap.h.  Called by front.c
 * with messages of the parent, and by web.c.  Touches memory alone.
 *
 * A client whose DNS fails asks any relay that it knows the address of for the
 * address of its control server.  The answers are made when the addresses
 * change; what is still being sent holds them, as it does a map.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bootstrap.h"
#include "codec.h"
#include "hostname.h"
#include "mapstore.h"
#include "prefix.h"
#include "query.h"
#include "web_reply.h"

/* A name of the message. */
struct item {
	struct ipc_dns_name	 in;
	struct web_dns_name	*out;
};

static void
put(struct ipc_wr *w, const char *s)
{
	ipc_wr_bytes(w, s, strlen(s));
}

/* Append a name and its addresses to an object, as derper indents it. */
static void
put_name(struct ipc_wr *w, const struct ipc_dns_name *n, int first)
{
	char text[NET_PREFIX_TEXT];
	uint32_t i;

	put(w, first ? "{\n\t\"" : ",\n\t\"");
	put(w, n->name);		/* it needs no escapes */
	put(w, "\": [");
	for (i = 0; i < n->naddrs; i++) {
		net_prefix_address(n->addrs + (size_t)i * IPC_ADDRLEN, text);
		put(w, i == 0 ? "\n\t\t\"" : ",\n\t\t\"");
		put(w, text);
		put(w, "\"");
	}
	put(w, "\n\t]");
}

/* Make the answer of what was put; NULL: no memory. */
static struct web_map_entry *
finish(struct ipc_wr *w)
{
	struct web_map_entry *e = NULL;

	put(w, "\n}");
	if (ipc_wr_ok(w))
		e = web_mapstore_bytes(w->p, w->len);
	ipc_wr_free(w);
	return (e);
}

/* Make the answer with all published names that resolved.  0, or -1. */
static int
make_published(struct web_dns *d, const struct item *items)
{
	struct ipc_wr w;
	size_t i, n = 0;

	ipc_wr_init(&w);
	for (i = 0; i < d->n; i++)
		if (items[i].in.published && items[i].in.naddrs > 0)
			put_name(&w, &items[i].in, n++ == 0);
	if (n == 0)
		return (0);
	return ((d->published = finish(&w)) == NULL ? -1 : 0);
}

/* Make the answers of the unpublished names.  0, or -1. */
static int
make_own(const struct item *items, size_t n)
{
	struct ipc_wr w;
	size_t i;

	for (i = 0; i < n; i++) {
		if (items[i].in.published || items[i].in.naddrs == 0)
			continue;
		ipc_wr_init(&w);
		put_name(&w, &items[i].in, 1);
		if ((items[i].out->own = finish(&w)) == NULL)
			return (-1);
	}
	return (0);
}

static int
by_name(const void *a, const void *b)
{
	return (strcmp(((const struct item *)a)->in.name,
	    ((const struct item *)b)->in.name));
}

/* Read the names of the message into `items', sorted.  0, or -1. */
static int
read_names(const struct ipc_msg_front_dns *v, struct item *items)
{
	struct ipc_rd left = v->names_left;
	uint32_t i;

	for (i = 0; i < v->nnames; i++) {
		if (v->names != NULL)
			items[i].in = v->names[i];
		else if (ipc_next_dns_name(&left, &items[i].in) == -1)
			return (-1);
		if (items[i].in.naddrs > IPC_DNS_MAXADDRS ||
		    !net_hostname_is_name(items[i].in.name))
			return (-1);
	}
	if (v->nnames > 0)
		qsort(items, v->nnames, sizeof(*items), by_name);
	for (i = 1; i < v->nnames; i++)
		if (by_name(&items[i - 1], &items[i]) == 0)
			return (-1);
	return (0);
}

static void
copy_names(struct web_dns *d, struct item *items)
{
	struct web_dns_name *n;
	size_t i;

	for (i = 0; i < d->n; i++) {
		n = items[i].out = &d->v[i];
		strlcpy(n->name, items[i].in.name, sizeof(n->name));
		n->published = items[i].in.published;
		n->naddrs = items[i].in.naddrs;
	}
}

int
web_dns_set(struct web_dns *d, const struct ipc_msg_front_dns *v)
{
	struct item items[IPC_DNS_MAXNAMES];
	struct web_dns fresh = { .n = v->nnames };

	if (v->nnames > IPC_DNS_MAXNAMES || read_names(v, items) == -1 ||
	    (fresh.v = calloc(fresh.n + 1, sizeof(*fresh.v))) == NULL)
		return (-1);
	copy_names(&fresh, items);
	if (make_published(&fresh, items) == -1 ||
	    make_own(items, fresh.n) == -1) {
		web_dns_clear(&fresh);
		return (-1);
	}
	web_dns_clear(d);
	*d = fresh;
	return (0);
}

void
web_dns_clear(struct web_dns *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		web_mapstore_release(d->v[i].own);
	web_mapstore_release(d->published);
	free(d->v);
	memset(d, 0, sizeof(*d));
}

static const struct web_dns_name *
find(const struct web_dns *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (strcmp(d->v[i].name, name) == 0)
			return (&d->v[i]);
	return (NULL);
}

/* The first parameter q of the request; "" when there is none. */
static void
asked(const struct net_http_head *h, char value[WEB_QUERY_SIZE])
{
	struct net_http_str rest = h->query;
	char name[WEB_QUERY_SIZE];

	while (web_query_next(&rest, name, value))
		if (strcmp(name, "q") == 0)
			return;
	value[0] = '\0';
}

/* What the request asks for, as derper counts it; *n is the name, or NULL. */
static enum web_dns_asked
judge(const struct web_dns *d, const struct net_http_head *h,
    const struct web_dns_name **n)
{
	char q[WEB_QUERY_SIZE];

	*n = NULL;
	asked(h, q);
	if (q[0] == '\0')
		return (WEB_DNS_ALL);
	if ((*n = find(d, q)) != NULL && (*n)->published)
		return ((*n)->naddrs > 0 ? WEB_DNS_PUBLISHED_HIT :
		    WEB_DNS_PUBLISHED_MISS);
	return (*n != NULL && (*n)->own != NULL ? WEB_DNS_UNPUBLISHED_HIT :
	    WEB_DNS_UNPUBLISHED_MISS);
}

enum web_action
web_dns_page(const struct web_env *env, const struct net_http_head *h,
    struct web_reply *r)
{
	static const struct web_dns none;
	const struct web_dns *d = env->dns == NULL ? &none : env->dns;
	const struct web_dns_name *n;
	struct web_map_entry *e = d->published;

	if (!env->relay && d->n == 0)
		return web_not_found(env, h, r);
	r->dns = judge(d, h, &n);
	if (r->dns == WEB_DNS_UNPUBLISHED_HIT)
		e = n->own;
	r->close = 1;		/* each client asks once, any server */
	web_begin(env, h, r, 200);
	web_put_browser(env, r);
	if (e == NULL)
		return web_end(r, "application/json", "");
	web_put(r, "Content-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n", e->doc.len);
	if (r->head_only)
		return WEB_REPLY;
	r->map = e;
	r->body = e->doc.body;
	r->body_len = e->doc.len;
	return WEB_MAP;
}
