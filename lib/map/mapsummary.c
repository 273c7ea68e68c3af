/*
 * mapsummary: what a good DERP map holds, in a form that is easy to print; see
 * map_summary() in mapcheck.h.  Called by derpmapd and derpctl.  Pure.
 *
 * Strings are taken over as they are written: they are JSON already.
 */
#include <stdio.h>
#include <string.h>

#include "mapwalk.h"

static void
put(struct wr *w, const char *s)
{
	wr_bytes(w, s, strlen(s));
}

static void
put_name(struct wr *w, const char *name)
{
	put(w, "\"");
	put(w, name);
	put(w, "\":");
}

static void
put_string(struct wr *w, const char *name, const struct json *j, json_ref obj,
    const char *field)
{
	const char *raw;
	size_t len;

	raw = json_raw(j, walk_find(j, obj, field), &len);
	put_name(w, name);
	put(w, "\"");
	if (raw != NULL)
		wr_bytes(w, raw, len);
	put(w, "\"");
}

/* An integer, `otherwise' if it is not there or 0. */
static void
put_int(struct wr *w, const char *name, const struct json *j, json_ref obj,
    const char *field, int64_t otherwise)
{
	char text[32];
	int64_t v;

	if (json_int(j, walk_find(j, obj, field), &v) == -1 || v == 0)
		v = otherwise;
	snprintf(text, sizeof(text), "%lld", (long long)v);
	put_name(w, name);
	put(w, text);
}

static void
put_node(struct wr *w, const struct json *j, json_ref n)
{
	int only;

	put(w, "{");
	put_string(w, "name", j, n, "Name");
	put(w, ",");
	put_string(w, "host", j, n, "HostName");
	put(w, ",");
	put_int(w, "port", j, n, "DERPPort", 443);
	put(w, ",");
	put_int(w, "stun", j, n, "STUNPort", 3478);
	put(w, ",");
	put_name(w, "stun_only");
	if (json_bool(j, walk_find(j, n, "STUNOnly"), &only) == -1)
		only = 0;
	put(w, only ? "true," : "false,");
	put_string(w, "ipv4", j, n, "IPv4");
	put(w, ",");
	put_string(w, "ipv6", j, n, "IPv6");
	put(w, ",");
	put_string(w, "certname", j, n, "CertName");
	put(w, "}");
}

static void
put_region(struct wr *w, const struct json *j, json_ref r)
{
	json_ref nodes = walk_find(j, r, "Nodes"), k;

	put(w, "{");
	put_int(w, "id", j, r, "RegionID", 0);
	put(w, ",");
	put_string(w, "code", j, r, "RegionCode");
	put(w, ",");
	put_string(w, "name", j, r, "RegionName");
	put(w, ",\"nodes\":[");
	for (k = json_first(j, nodes); k != -1; k = json_next(j, k)) {
		put_node(w, j, k);
		if (json_next(j, k) != -1)
			put(w, ",");
	}
	put(w, "]}");
}

static void
ignore(int error, const char *line, void *arg)
{
	(void)error;
	(void)line;
	(void)arg;
}

int
map_summary(const char *text, size_t len, struct wr *w)
{
	json_ref regions, k;
	struct json_error e;
	struct json *j;

	if (map_check(text, len, "map", NULL, ignore, NULL) == -1 ||
	    (j = json_parse(text, len, MAP_MAX_DEPTH, MAP_MAX_TOKENS,
	    &e)) == NULL)
		return (-1);
	regions = walk_find(j, 0, "Regions");
	put(w, "{\"regions\":[");
	for (k = json_first(j, regions); k != -1; k = json_next(j, k)) {
		put_region(w, j, json_value(j, k));
		if (json_next(j, k) != -1)
			put(w, ",");
	}
	put(w, "]}");
	json_free(j);
	return (wr_ok(w) ? 0 : -1);
}
