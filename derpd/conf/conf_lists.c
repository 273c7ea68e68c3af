/*
 * conf_lists: see conf_lists.h.  Called through the types of options.def.
 */
#include <stdlib.h>
#include <string.h>

#include "conf_lists.h"
#include "gramstore.h"

int
conf_same_listens(const void *pa, const void *pb)
{
	const struct conf_listens *a = pa, *b = pb;
	const struct conf_listen *x = TAILQ_FIRST(a);
	const struct conf_listen *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		if (x->tls != y->tls || x->derp != y->derp ||
		    x->sslen != y->sslen ||
		    memcmp(&x->ss, &y->ss, x->sslen) != 0)
			return (0);
	return (x == NULL && y == NULL);
}

int
conf_same_proxies(const void *pa, const void *pb)
{
	const struct conf_listens *a = pa, *b = pb;
	const struct conf_listen *x = TAILQ_FIRST(a);
	const struct conf_listen *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		if (x->nproxies != y->nproxies || (x->nproxies > 0 &&
		    memcmp(x->proxies, y->proxies,
		    x->nproxies * sizeof(*x->proxies)) != 0))
			return (0);
	return (x == NULL && y == NULL);
}

int
conf_same_certs(const void *pa, const void *pb)
{
	const struct conf_certs *a = pa, *b = pb;
	const struct conf_cert *x = TAILQ_FIRST(a), *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		if (x->acme != y->acme || x->allow != y->allow ||
		    !gram_same_text(x->cert, y->cert) ||
		    !gram_same_text(x->key, y->key))
			return (0);
	return (x == NULL && y == NULL);
}

int
conf_same_verifies(const void *pa, const void *pb)
{
	const struct conf_verifies *a = pa, *b = pb;
	const struct conf_verify *x = TAILQ_FIRST(a), *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		if (x->kind != y->kind || strcmp(x->name, y->name) != 0 ||
		    x->cleartext != y->cleartext ||
		    !gram_same_text(x->cafile, y->cafile))
			return (0);
	return (x == NULL && y == NULL);
}

static int
same_node(const struct conf_node *a, const struct conf_node *b)
{
	return (a->port == b->port && strcmp(a->host, b->host) == 0 &&
	    gram_same_text(a->address, b->address) &&
	    gram_same_text(a->certname, b->certname) &&
	    a->has_key == b->has_key &&
	    memcmp(a->key, b->key, sizeof(a->key)) == 0);
}

int
conf_same_nodes(const void *pa, const void *pb)
{
	const struct conf_nodes *a = pa, *b = pb;
	const struct conf_node *x = TAILQ_FIRST(a), *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL && same_node(x, y);
	    x = TAILQ_NEXT(x, entry), y = TAILQ_NEXT(y, entry))
		;
	return (x == NULL && y == NULL);
}

int
conf_same_prefixes(const void *pa, const void *pb)
{
	const struct conf_prefixes *a = pa, *b = pb;

	return (a->n == b->n && (a->n == 0 ||
	    memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0));
}

int
conf_same_maps(const void *pa, const void *pb)
{
	const struct conf_maps *a = pa, *b = pb;
	const struct conf_map *x = TAILQ_FIRST(a), *y = TAILQ_FIRST(b);

	for (; x != NULL && y != NULL; x = TAILQ_NEXT(x, entry),
	    y = TAILQ_NEXT(y, entry))
		if (!gram_same_fields(&conf_grammar, CONF_MAP, x, y))
			return (0);
	return (x == NULL && y == NULL);
}

void
conf_free_listens(void *list)
{
	struct conf_listens *listens = list;
	struct conf_listen *l;

	while ((l = TAILQ_FIRST(listens)) != NULL) {
		TAILQ_REMOVE(listens, l, entry);
		free(l->proxies);
		free(l);
	}
}

void
conf_free_certs(void *list)
{
	struct conf_certs *certs = list;
	struct conf_cert *c;

	while ((c = TAILQ_FIRST(certs)) != NULL) {
		TAILQ_REMOVE(certs, c, entry);
		free(c->cert);
		free(c->key);
		free(c);
	}
}

void
conf_free_maps(void *list)
{
	struct conf_maps *maps = list;
	struct conf_map *m;

	while ((m = TAILQ_FIRST(maps)) != NULL) {
		TAILQ_REMOVE(maps, m, entry);
		gram_free_fields(&conf_grammar, CONF_MAP, m);
		free(m);
	}
}

void
conf_free_verifies(void *list)
{
	struct conf_verifies *sources = list;
	struct conf_verify *s;

	while ((s = TAILQ_FIRST(sources)) != NULL) {
		TAILQ_REMOVE(sources, s, entry);
		free(s->name);
		free(s->cafile);
		free(s);
	}
}

void
conf_free_nodes(void *list)
{
	struct conf_nodes *nodes = list;
	struct conf_node *n;

	while ((n = TAILQ_FIRST(nodes)) != NULL) {
		TAILQ_REMOVE(nodes, n, entry);
		free(n->host);
		free(n->address);
		free(n->certname);
		free(n);
	}
}


void
conf_free_prefixes(void *list)
{
	free(((struct conf_prefixes *)list)->v);
}
