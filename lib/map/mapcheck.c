/*
 * mapcheck: validate a DERP map; see mapcheck.h.  Called by derpmapd for served
 * maps and by derpctl for a file.  Pure.
 *
 * A valid map is one that Go clients and headscale accept, with additional
 * checks where they silently accept mistakes: derp-map(5).  Unknown fields are
 * ignored.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mapwalk.h"

#define MAX_REGION	((INT64_C(1) << 53) - 1)
#define FIRST_OWN	900	/* lower ids belong to Tailscale */

/* The nodes of all regions, in map order. */
struct nodes {
	struct map_node	*v;
	size_t		 n, cap;
};

/* Make room for one more node.  Returns NULL after reporting an error. */
static struct map_node *
more(struct map_walk *w, struct nodes *nodes)
{
	struct map_node *v;
	size_t cap = nodes->cap == 0 ? 16 : 2 * nodes->cap;

	if (nodes->n == nodes->cap) {
		if ((v = reallocarray(nodes->v, cap, sizeof(*v))) == NULL) {
			map_walk_error(w, 0, NULL, "out of memory");
			return (NULL);
		}
		nodes->v = v;
		nodes->cap = cap;
	}
	return (&nodes->v[nodes->n]);
}

static void
check_nodes(struct map_walk *w, json_ref region, int64_t id,
    struct nodes *nodes)
{
	json_ref v = map_walk_need(w, region, "Nodes"), k;
	struct map_node *n;
	size_t before, i = 0;

	if (v == -1)
		return;
	if (json_type(w->j, v) != JSON_ARRAY) {
		map_walk_expected(w, v, "Nodes", v, "an array of nodes");
		return;
	}
	if (json_count(w->j, v) == 0)
		map_walk_error(w, v, "Nodes",
		    "expected at least one node, found "
		    "none: clients could not use the region");
	for (k = json_first(w->j, v); k != -1 && !map_walk_full(w);
	    k = json_next(w->j, k)) {
		before = map_walk_enter_element(w, "Nodes", i++);
		if ((n = more(w, nodes)) != NULL &&
		    map_walk_node(w, k, id, n) == 0)
			nodes->n++;
		map_walk_leave(w, before);
	}
}

/* The id in a region's key; 0 after reporting an error. */
static int64_t
key_id(struct map_walk *w, json_ref key)
{
	char buf[32], again[32];
	int64_t id = 0;
	size_t i;

	if (json_str(w->j, key, buf, sizeof(buf)) == -1)
		buf[0] = '\0';
	for (i = 0; buf[i] >= '0' && buf[i] <= '9' && id <= MAX_REGION; i++)
		id = id * 10 + (buf[i] - '0');
	snprintf(again, sizeof(again), "%lld", (long long)id);
	if (id >= 1 && id <= MAX_REGION && strcmp(buf, again) == 0)
		return (id);
	map_walk_expected(w, key, NULL, key, "a region's id as the name, a "
	    "decimal number from 1 to 9007199254740991");
	return (0);
}

static void
check_region_id(struct map_walk *w, json_ref region, int64_t id)
{
	char expected[64];
	int64_t v;
	json_ref r;

	if ((r = map_walk_need(w, region, "RegionID")) == -1)
		return;
	if (json_int(w->j, r, &v) == 0 &&
	    (id == 0 ? v >= 1 && v <= MAX_REGION : v == id))
		return;
	if (id == 0)
		snprintf(expected, sizeof(expected), "the region's id");
	else
		snprintf(expected, sizeof(expected),
		    "%lld as in the name of the region", (long long)id);
	map_walk_expected(w, r, "RegionID", r, expected);
}

/* Check the names that people see. */
static void
check_label(struct map_walk *w, json_ref region, const char *name)
{
	char text[WALK_STRING];

	if (map_walk_text(w, region, name, "a string", text) == 0 &&
	    text[0] == '\0')
		map_walk_warn(w, region, name,
		    "this is missing or empty: users "
		    "will see the region without it");
}

static void
check_degrees(struct map_walk *w, json_ref region, const char *name, double max)
{
	json_ref r = map_walk_field(w, region, name);
	char expected[64];
	double d;

	if (r == -1 ||
	    (map_walk_double(w->j, r, &d) == 0 && d >= -max && d <= max))
		return;
	snprintf(expected, sizeof(expected), "degrees from %.0f to %.0f",
	    -max, max);
	map_walk_expected(w, r, name, r, expected);
}

static void
check_region(struct map_walk *w, json_ref key, struct nodes *nodes)
{
	json_ref v = json_value(w->j, key);
	int64_t id = key_id(w, key);
	int flag;

	if (json_type(w->j, v) != JSON_OBJECT) {
		map_walk_expected(w, v, NULL, v,
		    "a region, which is an object");
		return;
	}
	check_region_id(w, v, id);
	check_label(w, v, "RegionCode");
	check_label(w, v, "RegionName");
	check_degrees(w, v, "Latitude", 90);
	check_degrees(w, v, "Longitude", 180);
	map_walk_flag(w, v, "Avoid", &flag);
	if (flag)
		map_walk_warn(w, map_walk_find(w->j, v, "Avoid"), "Avoid",
		    "clients interpret this differently: use "
		    "NoMeasureNoHome");
	map_walk_flag(w, v, "NoMeasureNoHome", &flag);
	check_nodes(w, v, id, nodes);
}

static void
check_regions(struct map_walk *w, json_ref regions, struct nodes *nodes)
{
	size_t before, inner;
	json_ref k;

	if (json_type(w->j, regions) != JSON_OBJECT) {
		map_walk_expected(w, regions, "Regions", regions,
		    "an object of regions");
		return;
	}
	if (json_count(w->j, regions) == 0)
		map_walk_error(w, regions, "Regions",
		    "expected at least one region, found none");
	before = map_walk_enter(w, map_walk_key(w->j, 0, "Regions"));
	for (k = json_first(w->j, regions); k != -1 && !map_walk_full(w);
	    k = json_next(w->j, k)) {
		inner = map_walk_enter(w, k);
		check_region(w, k, nodes);
		map_walk_leave(w, inner);
	}
	map_walk_leave(w, before);
}

static int
by_name(const void *a, const void *b)
{
	const struct map_node *x = *(struct map_node *const *)a;
	const struct map_node *y = *(struct map_node *const *)b;
	int c = strcmp(x->name, y->name);

	return (c != 0 ? c : x->at < y->at ? -1 : x->at > y->at);
}

/* Node names must be unique in the whole map: clients look nodes up by name. */
static void
check_names(struct map_walk *w, const struct nodes *nodes)
{
	const struct map_node **v;
	unsigned int line, column;
	size_t i;

	if (nodes->n < 2)
		return;
	if ((v = calloc(nodes->n, sizeof(*v))) == NULL) {
		map_walk_error(w, 0, NULL, "out of memory");
		return;
	}
	for (i = 0; i < nodes->n; i++)
		v[i] = &nodes->v[i];
	if (heapsort(v, nodes->n, sizeof(*v), by_name) == -1)
		map_walk_error(w, 0, NULL, "out of memory");
	for (i = 1; i < nodes->n && !map_walk_full(w); i++) {
		if (strcmp(v[i - 1]->name, v[i]->name) != 0)
			continue;
		json_where(w->j, v[i - 1]->at, &line, &column);
		map_walk_go(w, v[i]->path);
		map_walk_error(w, map_walk_find(w->j, v[i]->at, "Name"), "Name",
		    "expected a name that no other node has, found \"%.60s\", "
		    "which the node in line %u has too", v[i]->name, line);
		map_walk_leave(w, 0);
	}
	free(v);
}

/*
 * Check the factors that scale a region's latency, and with it the clients'
 * preference.
 */
static void
check_score(struct map_walk *w, json_ref key, json_ref regions)
{
	json_ref v = json_value(w->j, key);
	char id[32];
	double d;

	if (json_str(w->j, key, id, sizeof(id)) == -1 ||
	    json_get(w->j, regions, id) == -1)
		map_walk_expected(w, key, NULL, key,
		    "the id of a region of this map as the name");
	if (map_walk_double(w->j, v, &d) == -1 || d <= 0)
		map_walk_expected(w, v, NULL, v,
		    "a number above 0: clients ignore other values");
}

/* The optional object `name' of `obj'; -1 when absent or not an object. */
static json_ref
optional_object(struct map_walk *w, json_ref obj, const char *name)
{
	json_ref v = map_walk_field(w, obj, name);

	if (v == -1 || json_type(w->j, v) == JSON_OBJECT)
		return (v);
	map_walk_expected(w, v, name, v, "an object");
	return (-1);
}

static void
check_scores(struct map_walk *w, json_ref regions)
{
	json_ref params, scores, k;
	size_t before, inner;

	if ((params = optional_object(w, 0, "HomeParams")) == -1)
		return;
	before = map_walk_enter(w, map_walk_key(w->j, 0, "HomeParams"));
	scores = optional_object(w, params, "RegionScore");
	if (scores != -1)
		map_walk_enter(w, map_walk_key(w->j, params, "RegionScore"));
	for (k = json_first(w->j, scores); k != -1 && !map_walk_full(w);
	    k = json_next(w->j, k)) {
		inner = map_walk_enter(w, k);
		check_score(w, k, regions);
		map_walk_leave(w, inner);
	}
	map_walk_leave(w, before);
}

/* Ids below 900 replace Tailscale's own regions, unless those are omitted. */
static void
warn_ids(struct map_walk *w, json_ref regions, int omit)
{
	char id[32];
	const char *errstr;
	json_ref k, first = -1;
	size_t n = 0;

	if (omit)
		return;
	for (k = json_first(w->j, regions); k != -1; k = json_next(w->j, k)) {
		if (json_str(w->j, k, id, sizeof(id)) == -1)
			continue;
		strtonum(id, 1, FIRST_OWN - 1, &errstr);
		if (errstr == NULL && n++ == 0)
			first = k;
	}
	if (n > 0)
		map_walk_warn(w, first, "Regions",
		    "%zu %s an id below %d, which "
		    "are Tailscale's own: there it replaces theirs; take one "
		    "from 900 to 999, or set omitDefaultRegions", n,
		    n == 1 ? "region has" : "regions have", FIRST_OWN);
}

static void
check_top(struct map_walk *w, const struct ipc_map_self *self,
    struct nodes *nodes)
{
	json_ref regions;
	int omit;

	if (json_type(w->j, 0) != JSON_OBJECT) {
		map_walk_expected(w, 0, NULL, 0,
		    "an object with Regions in it");
		return;
	}
	map_walk_repeated(w);
	map_walk_flag(w, 0, "omitDefaultRegions", &omit);
	if ((regions = map_walk_need(w, 0, "Regions")) == -1)
		return;
	check_regions(w, regions, nodes);
	check_names(w, nodes);
	check_scores(w, regions);
	warn_ids(w, regions, omit);
	if (self != NULL)
		map_walk_own(w, regions, self, nodes->v, nodes->n);
}

int
map_check(const char *text, size_t len, const char *what,
    const struct ipc_map_self *self, map_report_cb say, void *arg)
{
	struct map_walk w = { .what = what, .say = say, .arg = arg };
	struct nodes nodes = { NULL, 0, 0 };
	struct json_error e;
	struct json *j;

	if (len > MAP_MAX_SIZE) {
		map_walk_broken(&w, 1, 1, "", "expected at most 512 KiB");
		return (-1);
	}
	if ((j = json_parse(text, len, MAP_MAX_DEPTH, MAP_MAX_TOKENS,
	    &e)) == NULL) {
		map_walk_broken(&w, e.line, e.column, "not JSON: ", e.what);
		return (-1);
	}
	w.j = j;
	check_top(&w, self, &nodes);
	free(nodes.v);
	json_free(j);
	return (w.errors > 0 ? -1 : 0);
}

void
map_self_put(struct ipc_wr *w, const struct ipc_map_self *c)
{
	ipc_add_map_self(w, c);
}

int
map_self_get(struct ipc_rd *r, struct ipc_map_self *c)
{
	return (ipc_next_map_self(r, c));
}
