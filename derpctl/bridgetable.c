/*
 * bridgetable: the state of derpbridged as tables; see bridgeshow.h.  Called by
 * bridge.c.  Writes only to the stream passed to it.
 */
#include <sys/types.h>
#include <inttypes.h>
#include <string.h>

#include "bridgeshow.h"
#include "ctl.h"
#include "jsoncell.h"
#include "show.h"
#include "table.h"

#define TEXT	256	/* bytes of a member, or of a cell */

enum {
	PEER_NAME, PEER_PATH, PEER_SINCE, PEER_VIA, PEER_HANDSHAKE,
	PEER_RX_RATE, PEER_TX_RATE, PEER_RX, PEER_TX, PEER_RELAY_RX,
	PEER_RELAY_TX, PEER_DROPS, PEER_SWITCHES, PEER_REASON, NPEER
};

static const struct ctl_column peer_columns[NPEER] = {
	[PEER_NAME]	= { "PEER",		1, 12, 44, 0 },
	[PEER_PATH]	= { "PATH",		2, 7, 10, 0 },
	[PEER_SINCE]	= { "SINCE",		5, 6, 8, 1 },
	[PEER_VIA]	= { "VIA",		3, 16, 48, 0 },
	[PEER_HANDSHAKE] = { "HANDSHAKE",	4, 9, 9, 1 },
	[PEER_RX_RATE]	= { "RX/S",		6, 6, 6, 1 },
	[PEER_TX_RATE]	= { "TX/S",		6, 6, 6, 1 },
	[PEER_RX]	= { "RX",		8, 6, 6, 1 },
	[PEER_TX]	= { "TX",		8, 6, 6, 1 },
	[PEER_RELAY_RX]	= { "RELAY RX",		9, 8, 8, 1 },
	[PEER_RELAY_TX]	= { "RELAY TX",		9, 8, 8, 1 },
	[PEER_DROPS]	= { "DROPS",		10, 5, 8, 1 },
	[PEER_SWITCHES]	= { "SWITCHES",		11, 8, 8, 1 },
	[PEER_REASON]	= { "REASON",		7, 16, 64, 0 },
};

enum {
	RELAY_NAME, RELAY_REGION, RELAY_STATE, RELAY_SINCE, RELAY_PEERS,
	RELAY_WHERE, RELAY_RX, RELAY_TX, RELAY_DROPS, RELAY_ERROR, NRELAY
};

static const struct ctl_column relay_columns[NRELAY] = {
	[RELAY_NAME]	= { "RELAY",		1, 8, 32, 0 },
	[RELAY_REGION]	= { "REGION",		4, 6, 10, 1 },
	[RELAY_STATE]	= { "STATE",		2, 10, 10, 0 },
	[RELAY_SINCE]	= { "SINCE",		5, 6, 8, 1 },
	[RELAY_PEERS]	= { "PEERS",		6, 5, 8, 1 },
	[RELAY_WHERE]	= { "ADDRESS",		7, 15, 48, 0 },
	[RELAY_RX]	= { "RX",		8, 6, 6, 1 },
	[RELAY_TX]	= { "TX",		8, 6, 6, 1 },
	[RELAY_DROPS]	= { "DROPS",		9, 5, 8, 1 },
	[RELAY_ERROR]	= { "LAST ERROR",	3, 16, 160, 0 },
};

static int64_t
number(const struct json *j, json_ref r, const char *name)
{
	int64_t	v;

	return json_int(j, json_get(j, r, name), &v) == 0 && v > 0 ? v : 0;
}

static int
flag(const struct json *j, json_ref r, const char *name)
{
	int	v;

	return json_bool(j, json_get(j, r, name), &v) == 0 && v;
}

/* The sum of the numbers of an object. */
static uint64_t
sum(const struct json *j, json_ref r)
{
	json_ref	k;
	uint64_t	n = 0;
	int64_t		v;

	if (json_type(j, r) != JSON_OBJECT)
		return 0;
	for (k = json_first(j, r); k != -1; k = json_next(j, k))
		if (json_int(j, json_value(j, k), &v) == 0 && v > 0)
			n += (uint64_t)v;
	return n;
}

/* The first of two members that is not "". */
static void
cell_either(const struct ctl_table *t, FILE *fp, size_t i,
    const struct json *j, json_ref r, const char *one, const char *other)
{
	char	text[TEXT];

	if (json_str(j, json_get(j, r, one), text, sizeof(text)) <= 0)
		one = other;
	ctl_cell_text(t, fp, i, j, r, one);
}

/* Where the packets of a peer go now. */
static void
cell_via(const struct ctl_table *t, FILE *fp, const struct json *j, json_ref r)
{
	char	relay[TEXT], region[TEXT], text[2 * TEXT + 16], path[16];

	ctl_show_text(j, r, "path", path, sizeof(path));
	if (strcmp(path, "relayed") != 0) {
		ctl_cell_text(t, fp, PEER_VIA, j, r, "endpoint");
		return;
	}
	if (json_str(j, json_get(j, r, "relay"), relay, sizeof(relay)) <= 0) {
		snprintf(text, sizeof(text), "no relay: %s", ctl_show_text(j,
		    r, "no_relay", relay, sizeof(relay)));
		ctl_table_cell(t, fp, PEER_VIA, text);
		return;
	}
	snprintf(text, sizeof(text), "%s, region %s", relay,
	    ctl_show_text(j, r, "region", region, sizeof(region)));
	ctl_table_cell(t, fp, PEER_VIA, text);
}

static void
put_peer(const struct ctl_table *t, FILE *fp, const struct json *j, json_ref r)
{
	cell_either(t, fp, PEER_NAME, j, r, "name", "key");
	ctl_cell_text(t, fp, PEER_PATH, j, r, "path");
	ctl_cell_age(t, fp, PEER_SINCE, j, r, "since");
	cell_via(t, fp, j, r);
	ctl_cell_age(t, fp, PEER_HANDSHAKE, j, r, "handshake");
	ctl_cell_number(t, fp, PEER_RX_RATE, j, r, "rx_rate", ctl_table_bytes);
	ctl_cell_number(t, fp, PEER_TX_RATE, j, r, "tx_rate", ctl_table_bytes);
	ctl_cell_number(t, fp, PEER_RX, j, r, "rx_bytes", ctl_table_bytes);
	ctl_cell_number(t, fp, PEER_TX, j, r, "tx_bytes", ctl_table_bytes);
	ctl_cell_number(t, fp, PEER_RELAY_RX, j, r, "relay_rx_bytes",
	    ctl_table_bytes);
	ctl_cell_number(t, fp, PEER_RELAY_TX, j, r, "relay_tx_bytes",
	    ctl_table_bytes);
	ctl_table_number(t, fp, PEER_DROPS, sum(j, json_get(j, r, "drops")));
	ctl_cell_number(t, fp, PEER_SWITCHES, j, r, "switches",
	    ctl_table_number);
	ctl_cell_text(t, fp, PEER_REASON, j, r, "reason");
	fputc('\n', fp);
}

static void
put_relay(const struct ctl_table *t, FILE *fp, const struct json *j,
    json_ref r)
{
	ctl_cell_text(t, fp, RELAY_NAME, j, r, "name");
	ctl_cell_text(t, fp, RELAY_REGION, j, r, "region");
	if (flag(j, r, "leaving"))
		ctl_table_cell(t, fp, RELAY_STATE, "leaving");
	else
		ctl_cell_text(t, fp, RELAY_STATE, j, r, "state");
	ctl_cell_age(t, fp, RELAY_SINCE, j, r, "since");
	ctl_cell_number(t, fp, RELAY_PEERS, j, r, "peers", ctl_table_number);
	cell_either(t, fp, RELAY_WHERE, j, r, "where", "host");
	ctl_cell_number(t, fp, RELAY_RX, j, r, "rx_bytes", ctl_table_bytes);
	ctl_cell_number(t, fp, RELAY_TX, j, r, "tx_bytes", ctl_table_bytes);
	ctl_table_number(t, fp, RELAY_DROPS, (uint64_t)(
	    number(j, r, "dropped_full") + number(j, r, "dropped_late") +
	    number(j, r, "dropped_memory")));
	cell_either(t, fp, RELAY_ERROR, j, r, "why", "health");
	fputc('\n', fp);
}

/* Print the objects of a list in a table; nothing when it is empty. */
static void
put_list(FILE *fp, unsigned int width, const struct ctl_column *c, size_t n,
    const struct json *j, json_ref list, void (*put)(const struct ctl_table *,
    FILE *, const struct json *, json_ref))
{
	struct ctl_table	 t;
	json_ref		 r;

	if (json_count(j, list) == 0)
		return;
	fputc('\n', fp);
	ctl_table_init(&t, c, n, width);
	ctl_table_head(&t, fp);
	for (r = json_first(j, list); r != -1; r = json_next(j, r))
		put(&t, fp, j, r);
}

/* How relays are chosen. */
static void
put_policy(FILE *fp, const struct json *j, json_ref r)
{
	char	policy[32];

	ctl_show_text(j, r, "policy", policy, sizeof(policy));
	if (strcmp(policy, "rendezvous") == 0)
		fputs(", region by rendezvous", fp);
	else if (strcmp(policy, "nearest") == 0 && number(j, r, "region") == 0)
		fputs(", nearest region not known yet", fp);
	else {
		fputs(strcmp(policy, "nearest") == 0 ? ", nearest region " :
		    ", region ", fp);
		ctl_show_member(fp, j, r, "region");
	}
}

/* A line with the member behind a title, if it is there and not "". */
static void
put_line(FILE *fp, const struct json *j, json_ref r, const char *name,
    const char *title)
{
	size_t	len;

	(void)json_raw(j, json_get(j, r, name), &len);
	if (len == 0)
		return;
	fputs(title, fp);
	ctl_show_member(fp, j, r, name);
	fputc('\n', fp);
}

static void
put_iface(FILE *fp, unsigned int width, const struct json *j, json_ref r)
{
	uint64_t	drops = sum(j, json_get(j, r, "drops"));

	fputs("\ninterface ", fp);
	ctl_show_member(fp, j, r, "name");
	if (flag(j, r, "up")) {
		fputs(", port ", fp);
		ctl_show_member(fp, j, r, "listen_port");
	} else {
		fputs(", not there: ", fp);
		ctl_show_member(fp, j, r, "why");
	}
	put_policy(fp, j, r);
	fprintf(fp, ", peers: %zu", json_count(j, json_get(j, r, "peers")));
	if (drops > 0)
		fprintf(fp, ", dropped packets of no peer: %" PRIu64, drops);
	fputc('\n', fp);
	put_line(fp, j, r, "fault", "fault: ");
	put_list(fp, width, peer_columns, NPEER, j, json_get(j, r, "peers"),
	    put_peer);
	put_list(fp, width, relay_columns, NRELAY, j, json_get(j, r, "relays"),
	    put_relay);
}

/* The daemon itself: what it is, its map, what does not run. */
static void
put_daemon(FILE *fp, const struct json *j)
{
	json_ref	d = json_get(j, 0, "daemon"), w, map, r;

	w = json_get(j, 0, "worker");
	map = json_get(j, d, "map");
	fputs("derpbridged ", fp);
	ctl_show_member(fp, j, d, "version");
	fputs(", up ", fp);
	ctl_show_age(fp, j, d, "uptime");
	fputs(", map ", fp);
	ctl_show_member(fp, j, map, "source");
	fputs(" with regions: ", fp);
	ctl_show_member(fp, j, w, "regions");
	fputs(", nodes: ", fp);
	ctl_show_member(fp, j, w, "nodes");
	fputc('\n', fp);
	put_line(fp, j, map, "error", "the map is not renewed: ");
	if (flag(j, w, "dry_run"))
		fputs("dry run: no endpoint is set\n", fp);
	for (r = json_first(j, json_get(j, d, "processes")); r != -1;
	    r = json_next(j, r))
		if (!flag(j, r, "ready"))
			put_line(fp, j, r, "role", "not running: ");
}

int
ctl_bridge_table(FILE *fp, const char *text, size_t len, const char *name,
    unsigned int width)
{
	struct json	*j;
	json_ref	 list, r;

	if ((j = ctl_bridge_parse(text, len, &list)) == NULL)
		return -1;
	r = ctl_bridge_iface(j, json_first(j, list), name);
	if (r == -1 && name != NULL && json_count(j, list) > 0) {
		json_free(j);
		return 1;
	}
	put_daemon(fp, j);
	for (; r != -1; r = ctl_bridge_iface(j, json_next(j, r), name))
		put_iface(fp, width, j, r);
	json_free(j);
	return 0;
}
