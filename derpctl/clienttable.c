/*
 * clienttable: see clienttable.h.  Used by clients.
 */
#include <sys/types.h>
#include <stdio.h>
#include <string.h>

#include "clienttable.h"
#include "ctl.h"
#include "filter.h"
#include "frame.h"
#include "hex.h"

#define MAX_KINDS	5
#define ALL_KINDS	29	/* columns of all words, with commas */

enum {
	COL_KEY, COL_NAME, COL_GROUP, COL_ADDRESS, COL_WORKER, COL_AGE, COL_RX,
	COL_RXPKTS, COL_TX, COL_TXPKTS, COL_DROPS, COL_QUEUE, COL_KIND, NCOLS
};

/* What is shown in 80 columns: all but worker, queue and packets. */
static const struct ctl_column columns[NCOLS] = {
	[COL_KEY]	= { "NODEKEY",	1, 8, 16, 0 },
	[COL_NAME]	= { "NAME",	2, 12, 24, 0 },
	[COL_GROUP]	= { "GROUP",	8, 8, 16, 0 },
	[COL_ADDRESS]	= { "ADDRESS",	3, 15, 24, 0 },
	[COL_WORKER]	= { "W",	11, 2, 2, 1 },
	[COL_AGE]	= { "AGE",	6, 7, 7, 1 },
	[COL_RX]	= { "IN",	4, 6, 6, 1 },
	[COL_RXPKTS]	= { "PKTS",	12, 8, 8, 1 },
	[COL_TX]	= { "OUT",	5, 6, 6, 1 },
	[COL_TXPKTS]	= { "PKTS",	13, 8, 8, 1 },
	[COL_DROPS]	= { "DROPS",	7, 5, 6, 1 },
	[COL_QUEUE]	= { "QUEUE",	10, 6, 6, 1 },
	[COL_KIND]	= { "KIND",	9, 5, ALL_KINDS, 0 },
};

/* Collect the properties of a client, one word each.  Returns their number. */
static size_t
kinds_of(const struct ipc_client_info *c, const char *words[MAX_KINDS])
{
	const struct {
		int		 on;
		const char	*word;
	} kinds[MAX_KINDS] = {
		{ c->home != 0,			"home" },
		{ (c->flags & PEER_MESH) != 0,	"mesh" },
		{ (c->flags & PEER_PROBER) != 0, "prober" },
		{ (c->flags & PEER_NOT_IDEAL) != 0, "notideal" },
		{ c->dup != 0,			"dup" },
	};
	size_t	i, n = 0;

	for (i = 0; i < MAX_KINDS; i++)
		if (kinds[i].on)
			words[n++] = kinds[i].word;
	return n;
}

void
ctl_clients_table(struct ctl_table *t, unsigned int width)
{
	ctl_table_init(t, columns, NCOLS, width);
}

/* The address, without its port where that is too long. */
static void
cell_address(const struct ctl_table *t, FILE *fp,
    const struct ipc_client_info *c)
{
	char	text[CTL_ADDR_SIZE];

	ctl_filter_address(text, c);
	if (t->cut && strlen(text) > t->w[COL_ADDRESS])
		net_prefix_address(c->addr, text);
	ctl_table_cell(t, fp, COL_ADDRESS, text);
}

/* Words where all of them fit into the column, else their first letters. */
static void
cell_kinds(const struct ctl_table *t, FILE *fp,
    const struct ipc_client_info *c)
{
	const char	*words[MAX_KINDS];
	char		 text[ALL_KINDS + 1] = "";
	size_t		 i, n = kinds_of(c, words);

	for (i = 0; i < n; i++)
		if (t->w[COL_KIND] < ALL_KINDS)
			strncat(text, words[i], 1);
		else {
			strlcat(text, i > 0 ? "," : "", sizeof(text));
			strlcat(text, words[i], sizeof(text));
		}
	ctl_table_cell(t, fp, COL_KIND, text);
}

void
ctl_clients_row(const struct ctl_table *t, FILE *fp,
    const struct ipc_msg_ctl_listed *v)
{
	const struct ipc_client_info	*c = &v->client;
	char	key[2 * sizeof(c->key) + 1], age[CTL_NUMBER_SIZE];

	base_hex_put(key, c->key, sizeof(c->key));
	key[t->w[COL_KEY]] = '\0';
	ctl_fmt_age(age, sizeof(age), c->age_ms / 1000);
	ctl_table_cell(t, fp, COL_KEY, key);
	ctl_table_cell(t, fp, COL_NAME, v->name[0] != '\0' ? v->name : "-");
	ctl_table_cell(t, fp, COL_GROUP, v->group[0] != '\0' ? v->group : "-");
	cell_address(t, fp, c);
	ctl_table_number(t, fp, COL_WORKER, c->worker);
	ctl_table_cell(t, fp, COL_AGE, age);
	ctl_table_bytes(t, fp, COL_RX, c->rx_bytes);
	ctl_table_number(t, fp, COL_RXPKTS, c->rx_packets);
	ctl_table_bytes(t, fp, COL_TX, c->tx_bytes);
	ctl_table_number(t, fp, COL_TXPKTS, c->tx_packets);
	ctl_table_number(t, fp, COL_DROPS, c->drops);
	ctl_table_bytes(t, fp, COL_QUEUE, c->queued_bytes);
	cell_kinds(t, fp, c);
	fputc('\n', fp);
}

void
ctl_clients_json(struct json_out *o, const struct ipc_msg_ctl_listed *v)
{
	const struct ipc_client_info *c = &v->client;
	char		 key[2 * sizeof(c->key) + 1];
	char		 addr[CTL_ADDR_SIZE];
	const char	*words[MAX_KINDS];
	size_t		 i, n = kinds_of(c, words);

	base_hex_put(key, c->key, sizeof(c->key));
	ctl_filter_address(addr, c);
	json_out_object(o, NULL);
	json_out_fmt(o, "key", "nodekey:%s", key);
	json_out_str(o, "name", v->name);
	json_out_str(o, "group", v->group);
	json_out_str(o, "address", addr);
	json_out_uint(o, "worker", c->worker);
	json_out_uint(o, "age_ms", c->age_ms);
	json_out_uint(o, "rx_bytes", c->rx_bytes);
	json_out_uint(o, "rx_packets", c->rx_packets);
	json_out_uint(o, "tx_bytes", c->tx_bytes);
	json_out_uint(o, "tx_packets", c->tx_packets);
	json_out_uint(o, "drops", c->drops);
	json_out_uint(o, "queued_packets", c->queued_packets);
	json_out_uint(o, "queued_bytes", c->queued_bytes);
	json_out_array(o, "kind");
	for (i = 0; i < n; i++)
		json_out_str(o, NULL, words[i]);
	json_out_end(o);
	json_out_end(o);
}
