/*
 * meshstatus: the links to other nodes, for derpctl; see meshset.h and
 * control.h.  Called by status.c and talk.c.
 */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "hex.h"
#include "parent.h"
#include "stats.h"

static const char *
state_name(enum ipc_mesh_state state)
{
	switch (state) {
	case IPC_MESH_UP:
		return ("up");
	case IPC_MESH_SELF:
		return ("this node");
	case IPC_MESH_DIALING:
		return ("dialing");
	case IPC_MESH_DOWN:
		return ("down");
	}
	return ("starting");
}

/* "nodekey:<64 hex>", or "" while it is not known. */
static void
put_key(struct json_out *o, const uint8_t key[IPC_KEYLEN])
{
	static const uint8_t none[IPC_KEYLEN];
	char hex[2 * IPC_KEYLEN + 1];

	if (memcmp(key, none, sizeof(none)) == 0) {
		json_out_str(o, "server_key", "");
		return;
	}
	base_hex_put(hex, key, IPC_KEYLEN);
	json_out_fmt(o, "server_key", "nodekey:%s", hex);
}

void
meshset_count(const struct parent *d, unsigned int i, struct meshset_counts *c)
{
	union {
		struct conn_stats stats;
		uint64_t v[sizeof(struct conn_stats) / sizeof(uint64_t)];
	} u;
	const struct ipc_counters *page;
	unsigned int w;

	memset(c, 0, sizeof(*c));
	for (w = 0; w < d->nworkers; w++) {
		page = d->counters[parent_servers_number(&d->relays[w])];
		if (page == NULL)
			continue;
		/* A worker that ended has no link. */
		if (ipc_counters_read(page, u.v,
		    sizeof(u.v) / sizeof(u.v[0])))
			c->keys += u.stats.node_keys[i];
		c->packets += u.stats.node_packets[i];
		c->bytes += u.stats.node_bytes[i];
		c->drops += u.stats.node_drops[i];
	}
}

/* Another name for each line of the configuration. */
static void
put_name(struct json_out *o, const struct meshset_settings *s)
{
	char port[16] = "";

	if (s->port != 443)
		snprintf(port, sizeof(port), " port %u", s->port);
	json_out_fmt(o, "name", "%s%s%s%s", s->host, port,
	    s->address[0] == '\0' ? "" : " address ", s->address);
}

static void
put_node(struct json_out *o, const struct parent *d, unsigned int i)
{
	const struct meshset_node *n = &d->mesh.nodes[i];
	struct meshset_counts c;

	meshset_count(d, i, &c);
	json_out_object(o, NULL);
	json_out_uint(o, "node", i);
	put_name(o, &n->conf);
	json_out_str(o, "host", n->conf.host);
	json_out_uint(o, "port", n->conf.port);
	json_out_str(o, "state", state_name(n->state));
	json_out_uint(o, "age", n->state == 0 ? 0 :
	    (base_clock_ms() - n->since_ms) / 1000);
	if (n->state == 0)
		json_out_str(o, "since", "");
	else
		json_out_time(o, "since", n->since);
	json_out_str(o, "address", n->address);
	put_key(o, n->server_key);
	json_out_uint(o, "keys", c.keys);
	json_out_uint(o, "packets", c.packets - n->before.packets);
	json_out_uint(o, "bytes", c.bytes - n->before.bytes);
	json_out_uint(o, "drops", c.drops - n->before.drops);
	json_out_uint(o, "links", n->links);
	json_out_str(o, "error", n->error);
	json_out_end(o);
}

void
meshset_status(const struct parent *d, struct json_out *o)
{
	unsigned int i;

	json_out_array(o, "mesh");
	for (i = 0; i < IPC_MAXNODES; i++)
		if (meshset_wanted(&d->meshes[i]))
			put_node(o, d, i);
	json_out_end(o);
}

void
meshset_status_text(const struct parent *d, struct ipc_wr *w)
{
	struct json_out o;

	json_out_init(&o, w);
	json_out_object(&o, NULL);
	meshset_status(d, &o);
	json_out_end(&o);
}
