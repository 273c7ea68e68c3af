/*
 * expand: the nodes of a DERP map.  Called by job.c, with bytes of the network.
 * Pure.
 */
#include <stdio.h>
#include <string.h>

#include "codec.h"
#include "json.h"
#include "mapcheck.h"
#include "task.h"

static void
string(const struct json *j, json_ref obj, const char *name,
    char dst[CHECK_STRING])
{
	if (json_str(j, json_get(j, obj, name), dst, CHECK_STRING) == -1)
		dst[0] = '\0';
}

static int
number(const struct json *j, json_ref obj, const char *name, int otherwise)
{
	int64_t v;

	return (json_int(j, json_get(j, obj, name), &v) == -1 || v < -1 ||
	    v > 65535 ? otherwise : (int)v);
}

static int
flag(const struct json *j, json_ref obj, const char *name)
{
	int v;

	return (json_bool(j, json_get(j, obj, name), &v) == 0 && v);
}

static void
get_node(const struct json *j, json_ref r, struct check_node *n)
{
	string(j, r, "name", n->name);
	string(j, r, "host", n->host);
	string(j, r, "ipv4", n->ipv4);
	string(j, r, "ipv6", n->ipv6);
	string(j, r, "certname", n->certname);
	if (n->host[0] == '\0')
		(void)strlcpy(n->host, n->ipv4[0] != '\0' &&
		    strcmp(n->ipv4, "none") != 0 ? n->ipv4 : n->ipv6,
		    sizeof(n->host));
	n->port = (unsigned int)number(j, r, "port", 443);
	n->port80 = 80;
	n->can_port80 = flag(j, r, "can_port80");
	n->stun = number(j, r, "stun", 3478);
	n->stun_only = flag(j, r, "stun_only");
	n->insecure = flag(j, r, "insecure");
}

static void
each_node(const struct json *j, void (*node)(const struct check_node *, void *),
    void *arg)
{
	json_ref regions = json_get(j, 0, "regions"), r, k, nodes;
	struct check_node n;
	int64_t id;

	for (r = json_first(j, regions); r != -1; r = json_next(j, r)) {
		nodes = json_get(j, r, "nodes");
		for (k = json_first(j, nodes); k != -1; k = json_next(j, k)) {
			memset(&n, 0, sizeof(n));
			if (json_int(j, json_get(j, r, "id"), &id) == 0)
				n.region = (unsigned int)id;
			string(j, r, "code", n.code);
			get_node(j, k, &n);
			node(&n, arg);
		}
	}
}

int
ctlcheck_expand(const char *text, size_t len,
    void (*node)(const struct check_node *, void *), void *arg, char *why,
    size_t size)
{
	struct json_error e;
	struct json *j = NULL;
	struct ipc_wr w;

	ipc_wr_init(&w);
	if (map_summary(text, len, &w) == -1)
		(void)snprintf(why, size, "the map is not valid");
	else if ((j = json_parse((const char *)w.p, w.len, MAP_MAX_DEPTH,
	    MAP_MAX_TOKENS, &e)) == NULL)
		(void)snprintf(why, size, "the map is too large: %s", e.what);
	else
		each_node(j, node, arg);
	json_free(j);
	ipc_wr_free(&w);
	return (j != NULL ? 0 : -1);
}
