/*
 * mapsummary: what a good map holds, in short; see map_summary() in mapcheck.h.
 */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "mapcheck.h"

/* A string of the map, as it is spelled there, or "". */
static void
put_text(struct wr *w, const struct json *j, json_ref object,
    const char *member, const char *name)
{
	json_ref r = json_get(j, object, member);
	const char *p;
	char head[32];
	size_t n;

	snprintf(head, sizeof(head), "\"%s\":\"", name);
	wr_bytes(w, head, strlen(head));
	if (json_type(j, r) == JSON_STRING) {
		p = json_raw(j, r, &n);
		wr_bytes(w, p, n);
	}
	wr_bytes(w, "\",", 2);
}

/* A number, with its default for 0 and none. */
static void
put_number(struct wr *w, const struct json *j, json_ref object,
    const char *member, const char *name, int64_t none)
{
	char text[64];
	int64_t v;

	if (json_int(j, json_get(j, object, member), &v) == -1 || v == 0)
		v = none;
	snprintf(text, sizeof(text), "\"%s\":%lld,", name, (long long)v);
	wr_bytes(w, text, strlen(text));
}

static void
put(struct wr *w, const char *text)
{
	wr_bytes(w, text, strlen(text));
}

static void
put_node(struct wr *w, const struct json *j, json_ref node)
{
	int v;

	put(w, "{");
	put_text(w, j, node, "Name", "name");
	put_text(w, j, node, "HostName", "host");
	put_number(w, j, node, "DERPPort", "port", 443);
	put_number(w, j, node, "STUNPort", "stun", 3478);
	put_text(w, j, node, "IPv4", "ipv4");
	put_text(w, j, node, "IPv6", "ipv6");
	put_text(w, j, node, "CertName", "certname");
	put(w, json_bool(j, json_get(j, node, "STUNOnly"), &v) == 0 && v ?
	    "\"stun_only\":true}" : "\"stun_only\":false}");
}

static void
put_region(struct wr *w, const struct json *j, json_ref region)
{
	json_ref nodes = json_get(j, region, "Nodes"), node;

	put(w, "{");
	put_number(w, j, region, "RegionID", "id", 0);
	put_text(w, j, region, "RegionCode", "code");
	put_text(w, j, region, "RegionName", "name");
	put(w, "\"nodes\":[");
	for (node = json_first(j, nodes); node != -1;
	    node = json_next(j, node)) {
		put_node(w, j, node);
		if (json_next(j, node) != -1)
			put(w, ",");
	}
	put(w, "]}");
}

int
map_summary(const char *text, size_t len, struct wr *w)
{
	struct json_error e;
	struct json *j;
	json_ref regions, key;

	j = json_parse(text, len, MAP_MAX_DEPTH, MAP_MAX_TOKENS, &e);
	if (j == NULL)
		return (-1);
	regions = json_get(j, 0, "Regions");
	put(w, "{\"regions\":[");
	for (key = json_first(j, regions); key != -1;
	    key = json_next(j, key)) {
		put_region(w, j, json_value(j, key));
		if (json_next(j, key) != -1)
			put(w, ",");
	}
	put(w, "]}");
	json_free(j);
	return (wr_ok(w) ? 0 : -1);
}
