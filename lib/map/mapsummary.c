/*
 * mapsummary: the contents of a valid DERP map in a form that is easy to print;
 * see map_summary() in mapcheck.h.  Called by derpmapd and derpctl.  Pure.
 *
 * Strings are copied in their escaped form, which is already JSON.
 */
#include "json_out.h"
#include "mapwalk.h"

static void
put_string(struct json_out *o, const char *name, const struct json *j,
    json_ref obj, const char *field)
{
	const char *raw;
	size_t len = 0;

	raw = json_raw(j, map_walk_find(j, obj, field), &len);
	json_out_escaped(o, name, raw, raw == NULL ? 0 : len);
}

/* An integer; `otherwise' when it is missing or 0. */
static void
put_int(struct json_out *o, const char *name, const struct json *j,
    json_ref obj, const char *field, int64_t otherwise)
{
	int64_t v;

	if (json_int(j, map_walk_find(j, obj, field), &v) == -1 || v == 0)
		v = otherwise;
	json_out_int(o, name, v);
}

static int
is_set(const struct json *j, json_ref obj, const char *field)
{
	int v;

	return (json_bool(j, map_walk_find(j, obj, field), &v) == 0 && v);
}

/* A mark that few nodes have: left out of the others, for the largest maps. */
static void
put_mark(struct json_out *o, const char *name, const struct json *j,
    json_ref obj, const char *field)
{
	if (is_set(j, obj, field))
		json_out_bool(o, name, 1);
}

static void
put_node(struct json_out *o, const struct json *j, json_ref n)
{
	json_out_object(o, NULL);
	put_string(o, "name", j, n, "Name");
	put_string(o, "host", j, n, "HostName");
	put_int(o, "port", j, n, "DERPPort", 443);
	put_int(o, "stun", j, n, "STUNPort", 3478);
	json_out_bool(o, "stun_only", is_set(j, n, "STUNOnly"));
	put_mark(o, "can_port80", j, n, "CanPort80");
	put_mark(o, "insecure", j, n, "InsecureForTests");
	put_string(o, "ipv4", j, n, "IPv4");
	put_string(o, "ipv6", j, n, "IPv6");
	put_string(o, "certname", j, n, "CertName");
	json_out_end(o);
}

static void
put_region(struct json_out *o, const struct json *j, json_ref r)
{
	json_ref nodes = map_walk_find(j, r, "Nodes"), k;

	json_out_object(o, NULL);
	put_int(o, "id", j, r, "RegionID", 0);
	put_string(o, "code", j, r, "RegionCode");
	put_string(o, "name", j, r, "RegionName");
	json_out_array(o, "nodes");
	for (k = json_first(j, nodes); k != -1; k = json_next(j, k))
		put_node(o, j, k);
	json_out_end(o);
	json_out_end(o);
}

static void
ignore(int error, const char *line, void *arg)
{
	(void)error;
	(void)line;
	(void)arg;
}

int
map_summary(const char *text, size_t len, struct ipc_wr *w)
{
	json_ref regions, k;
	struct json_error e;
	struct json_out o;
	struct json *j;

	if (map_check(text, len, "map", NULL, ignore, NULL) == -1 ||
	    (j = json_parse(text, len, MAP_MAX_DEPTH, MAP_MAX_TOKENS,
	    &e)) == NULL)
		return (-1);
	regions = map_walk_find(j, 0, "Regions");
	json_out_init(&o, w);
	json_out_object(&o, NULL);
	json_out_array(&o, "regions");
	for (k = json_first(j, regions); k != -1; k = json_next(j, k))
		put_region(&o, j, json_value(j, k));
	json_out_end(&o);
	json_out_end(&o);
	json_free(j);
	return (ipc_wr_ok(w) ? 0 : -1);
}

void
map_count(const char *text, size_t len, size_t *regions, size_t *nodes)
{
	json_ref all, k;
	struct json_error e;
	struct json *j;

	*regions = *nodes = 0;
	if ((j = json_parse(text, len, MAP_MAX_DEPTH, MAP_MAX_TOKENS,
	    &e)) == NULL)
		return;
	all = map_walk_find(j, 0, "Regions");
	*regions = json_count(j, all);
	for (k = json_first(j, all); k != -1; k = json_next(j, k))
		*nodes += json_count(j, map_walk_find(j, json_value(j, k),
		    "Nodes"));
	json_free(j);
}
