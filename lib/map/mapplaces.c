/*
 * mapplaces: see mapplaces.h.  Called by the bridge's worker.  Pure.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostname.h"
#include "mapcheck.h"
#include "mapplaces.h"
#include "mapwalk.h"

#define DERP_PORT	443

/* A string; absent: "".  Returns 0, or -1 when it is of another type. */
static int
get_text(const struct json *j, json_ref obj, const char *field, char *dst,
    size_t size)
{
	json_ref v = map_walk_find(j, obj, field);
	size_t i;

	dst[0] = '\0';
	if (v == -1)
		return (0);
	if (json_str(j, v, dst, size) == -1)
		return (-1);
	for (i = 0; dst[i] != '\0'; i++)
		if ((unsigned char)dst[i] < ' ' || dst[i] == 0x7f)
			return (-1);
	return (0);
}

/* An integer; absent: 0.  Returns 0, or -1 when it is out of its bounds. */
static int
get_int(const struct json *j, json_ref obj, const char *field, int64_t min,
    int64_t max, int64_t *n)
{
	json_ref v = map_walk_find(j, obj, field);

	*n = 0;
	if (v == -1)
		return (0);
	return (json_int(j, v, n) == -1 || *n < min || *n > max ? -1 : 0);
}

static int
is_set(const struct json *j, json_ref obj, const char *field)
{
	int v;

	return (json_bool(j, map_walk_find(j, obj, field), &v) == 0 && v);
}

/* "", "none" or an address of this family. */
static int
is_address(const char *s, int family)
{
	struct in6_addr addr;

	return (s[0] == '\0' || strcmp(s, "none") == 0 ||
	    inet_pton(family, s, &addr) == 1);
}

/* There is something to connect to, which can be a name in a message. */
static int
is_reachable(const struct map_places_node *n)
{
	if (n->host[0] != '\0')
		return (net_hostname_is_name(n->host) ||
		    net_hostname_is_ipv4(n->host) ||
		    net_hostname_is_ipv6(n->host));
	return ((n->ipv4[0] != '\0' && strcmp(n->ipv4, "none") != 0) ||
	    (n->ipv6[0] != '\0' && strcmp(n->ipv6, "none") != 0));
}

/* Read a node.  Returns 0, or -1: it is malformed, or does not relay. */
static int
get_node(const struct json *j, json_ref v, struct map_places_node *n)
{
	int64_t port;

	memset(n, 0, sizeof(*n));
	if (json_type(j, v) != JSON_OBJECT || is_set(j, v, "STUNOnly") ||
	    get_text(j, v, "Name", n->name, sizeof(n->name)) == -1 ||
	    get_text(j, v, "HostName", n->host, sizeof(n->host)) == -1 ||
	    get_text(j, v, "CertName", n->certname,
	    sizeof(n->certname)) == -1 ||
	    get_text(j, v, "IPv4", n->ipv4, sizeof(n->ipv4)) == -1 ||
	    get_text(j, v, "IPv6", n->ipv6, sizeof(n->ipv6)) == -1 ||
	    get_int(j, v, "DERPPort", 0, 65535, &port) == -1 ||
	    n->name[0] == '\0' || !is_address(n->ipv4, AF_INET) ||
	    !is_address(n->ipv6, AF_INET6) || !is_reachable(n))
		return (-1);
	n->port = (uint16_t)(port == 0 ? DERP_PORT : port);
	n->insecure = is_set(j, v, "InsecureForTests");
	return (0);
}

/* Read a region with its nodes, of which at least one must remain. */
static void
get_region(const struct json *j, json_ref v, struct map_places *m)
{
	struct map_places_region *r = &m->regions[m->nregions];
	struct map_places_node *first = m->nodes + m->nnodes;
	json_ref nodes = map_walk_find(j, v, "Nodes"), k;
	int64_t id;

	memset(r, 0, sizeof(*r));
	if (get_int(j, v, "RegionID", 1, INT64_C(1) << 53, &id) == -1 ||
	    id == 0 || json_type(j, nodes) != JSON_ARRAY ||
	    get_text(j, v, "RegionCode", r->code, sizeof(r->code)) == -1 ||
	    map_places_region(m, (uint64_t)id) != NULL)
		return;
	r->id = (uint64_t)id;
	r->avoid = is_set(j, v, "Avoid") || is_set(j, v, "NoMeasureNoHome");
	r->nodes = first;
	for (k = json_first(j, nodes); k != -1 &&
	    m->nnodes < MAP_PLACES_NODES; k = json_next(j, k))
		if (get_node(j, k, &m->nodes[m->nnodes]) == 0 &&
		    map_places_node(r, m->nodes[m->nnodes].name) == NULL) {
			m->nnodes++;
			r->n++;
		}
	if (r->n > 0)
		m->nregions++;
}

static int
by_id(const void *a, const void *b)
{
	const struct map_places_region *x = a, *y = b;

	return (x->id < y->id ? -1 : x->id > y->id);
}

/* How many nodes the regions have, at most MAP_PLACES_NODES. */
static size_t
count_nodes(const struct json *j, json_ref regions)
{
	size_t n = 0;
	json_ref k;

	for (k = json_first(j, regions); k != -1; k = json_next(j, k))
		n += json_count(j, map_walk_find(j, json_value(j, k),
		    "Nodes"));
	return (n < MAP_PLACES_NODES ? n : MAP_PLACES_NODES);
}

static struct map_places *
get_all(const struct json *j, json_ref regions)
{
	struct map_places *m;
	json_ref k;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		return (NULL);
	/* One more, so that neither is empty. */
	m->regions = calloc(json_count(j, regions) + 1, sizeof(*m->regions));
	m->nodes = calloc(count_nodes(j, regions) + 1, sizeof(*m->nodes));
	if (m->regions == NULL || m->nodes == NULL) {
		map_places_free(m);
		return (NULL);
	}
	for (k = json_first(j, regions); k != -1; k = json_next(j, k))
		get_region(j, json_value(j, k), m);
	qsort(m->regions, m->nregions, sizeof(*m->regions), by_id);
	return (m);
}

struct map_places *
map_places_read(const char *text, size_t len, char *why, size_t size)
{
	struct map_places *m;
	struct json_error e;
	struct json *j;
	json_ref regions;

	if (len > MAP_MAX_SIZE || (j = json_parse(text, len, MAP_MAX_DEPTH,
	    MAP_MAX_TOKENS, &e)) == NULL) {
		(void)snprintf(why, size, "it is not a DERP map: %s",
		    len > MAP_MAX_SIZE ? "too long" : e.what);
		return (NULL);
	}
	regions = map_walk_find(j, 0, "Regions");
	if (json_type(j, regions) != JSON_OBJECT) {
		(void)snprintf(why, size, "it is not a DERP map: no Regions");
		m = NULL;
	} else if ((m = get_all(j, regions)) == NULL)
		(void)snprintf(why, size, "out of memory");
	else if (m->nnodes == 0) {
		(void)snprintf(why, size, "no region has a node that relays");
		map_places_free(m);
		m = NULL;
	}
	json_free(j);
	return (m);
}

void
map_places_free(struct map_places *m)
{
	if (m == NULL)
		return;
	free(m->regions);
	free(m->nodes);
	free(m);
}

const struct map_places_region *
map_places_region(const struct map_places *m, uint64_t id)
{
	size_t i;

	for (i = 0; i < m->nregions; i++)
		if (m->regions[i].id == id)
			return (&m->regions[i]);
	return (NULL);
}

const struct map_places_node *
map_places_node(const struct map_places_region *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (strcmp(r->nodes[i].name, name) == 0)
			return (&r->nodes[i]);
	return (NULL);
}

const char *
map_places_host(const struct map_places_node *n)
{
	if (n->host[0] != '\0')
		return (n->host);
	return (n->ipv4[0] != '\0' && strcmp(n->ipv4, "none") != 0 ? n->ipv4 :
	    n->ipv6);
}
