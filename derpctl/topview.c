/*
 * topview: see topview.h.  Used by top.
 */
#include <sys/types.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "table.h"
#include "topview.h"

#define LINE_MAX_BYTES	1024

enum {
	COL_NAME, COL_GROUP, COL_KEY, COL_CONNS, COL_AGE, COL_RX, COL_RXPKTS,
	COL_TX, COL_TXPKTS, COL_DROPS, COL_QUEUE, COL_ADDRESS, NCOLS
};

static const struct ctl_column columns_of_top[NCOLS] = {
	[COL_NAME]	= { "NAME",	1, 12, 32, 0 },
	[COL_GROUP]	= { "GROUP",	5, 8, 16, 0 },
	[COL_KEY]	= { "NODEKEY",	2, 8, 16, 0 },
	[COL_CONNS]	= { "CONN",	8, 4, 5, 1 },
	[COL_AGE]	= { "AGE",	9, 7, 7, 1 },
	[COL_RX]	= { "IN/s",	3, 6, 6, 1 },
	[COL_RXPKTS]	= { "PKTS/s",	11, 7, 7, 1 },
	[COL_TX]	= { "OUT/s",	4, 6, 6, 1 },
	[COL_TXPKTS]	= { "PKTS/s",	12, 7, 7, 1 },
	[COL_DROPS]	= { "DROPS/s",	6, 7, 7, 1 },
	[COL_QUEUE]	= { "QUEUE",	7, 6, 6, 1 },
	[COL_ADDRESS]	= { "ADDRESS",	10, 15, 24, 0 },
};

static const char *const order_names[CTL_TOP_BY_MAX] = {
	[CTL_TOP_BY_RX] = "in",
	[CTL_TOP_BY_TX] = "out",
	[CTL_TOP_BY_DROPS] = "drops",
	[CTL_TOP_BY_QUEUE] = "queue",
	[CTL_TOP_BY_NAME] = "name",
	[CTL_TOP_BY_GROUP] = "group",
};

static const char *const help_lines[] = {
	"",
	"  s  sort by the next column: in, out, drops, queue, name, group",
	"  r  reverse the order",
	"  /  show only some clients: the first digits of a key, a part of a",
	"     name, a group, an address or a prefix; Return ends the word,",
	"     Escape drops it",
	"  p  pause, and go on",
	"  j  down, as the arrow key; space and page down: a page",
	"  k  up, as the arrow key; b and page up: a page; g: to the top",
	"  q  quit",
	"  h  this text; any key ends it",
	"",
	"  IN/s is what comes from a client, OUT/s what goes to it; DROPS/s",
	"  are packets to it that were dropped; QUEUE waits for it.  A client",
	"  is all connections with one key.",
};
#define NHELP	(sizeof(help_lines) / sizeof(help_lines[0]))

static void	put_line(FILE *, unsigned int, const char *, ...)
		    __attribute__((format(printf, 3, 4)));

const char *
ctl_top_order_name(enum ctl_rates_order order)
{
	return order_names[order];
}

/* Print text of a line of at most `columns' (0: any), with a newline. */
static void
put_cut(FILE *fp, unsigned int columns, const char *text)
{
	size_t	len = strlen(text), need = ctl_table_width(text, len);

	if (columns == 0 || need < columns)
		columns = (unsigned int)need;
	ctl_table_text(fp, text, len, columns, 0);
	fputc('\n', fp);
}

static void
put_line(FILE *fp, unsigned int columns, const char *fmt, ...)
{
	char	line[LINE_MAX_BYTES];
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	put_cut(fp, columns, line);
}

/* The daemon and its health, and the time at the right end. */
static void
put_daemon(FILE *fp, const struct ctl_top_view *v, unsigned int columns)
{
	const struct ctl_top_status	*s = &v->status;
	char	line[LINE_MAX_BYTES], up[CTL_NUMBER_SIZE];
	size_t	end = strlen(v->time);
	const char *sep = s->health[0] != '\0' ? ", " : "";

	ctl_fmt_age(up, sizeof(up), s->uptime);
	snprintf(line, sizeof(line), "derpd %s, up %s%s%s", s->version, up,
	    sep, s->health);
	if (columns < 2 * end || end == 0) {
		put_cut(fp, columns, line);
		return;
	}
	ctl_table_text(fp, line, strlen(line), columns - (unsigned int)end - 1,
	    0);
	fprintf(fp, " %s\n", v->time);
}

static const char *
bytes(char dst[CTL_NUMBER_SIZE], uint64_t n)
{
	ctl_fmt_bytes(dst, CTL_NUMBER_SIZE, n);
	return dst;
}

static void
put_totals(FILE *fp, const struct ctl_top_view *v, unsigned int columns)
{
	const struct ctl_rates	*r = &v->rates;
	char	rx[CTL_NUMBER_SIZE], tx[CTL_NUMBER_SIZE];

	put_line(fp, columns, "%zu client%s, %zu connection%s", r->n,
	    r->n == 1 ? "" : "s", r->connections,
	    r->connections == 1 ? "" : "s");
	put_line(fp, columns, "in %s/s, %" PRIu64 " packets/s; out %s/s, %"
	    PRIu64 " packets/s; drops %" PRIu64 "/s", bytes(rx, r->all.rx),
	    r->all.rx_packets, bytes(tx, r->all.tx), r->all.tx_packets,
	    r->all.drops);
}

/* What happened, or how the clients are chosen. */
static void
put_state(FILE *fp, const struct ctl_top_view *v, unsigned int columns,
    size_t shown)
{
	const char	*word = v->filter.word;

	if (v->typing)
		put_line(fp, columns, "/%s", word);
	else if (v->note[0] != '\0')
		put_cut(fp, columns, v->note);
	else
		put_line(fp, columns, "%sby %s%s%s%s%s (%zu shown)",
		    v->paused ? "paused; " : "", order_names[v->order],
		    v->reverse ? ", reversed" : "",
		    word[0] != '\0' ? "; only \"" : "", word,
		    word[0] != '\0' ? "\"" : "", shown);
}

static void
cell_text(const struct ctl_table *t, FILE *fp, size_t i, const char *text)
{
	ctl_table_cell(t, fp, i, text[0] != '\0' ? text : "-");
}

/* Print the cells of a client. */
static void
put_cells(FILE *fp, const struct ctl_table *t, const struct ctl_client *c)
{
	const struct ipc_client_info	*one = &c->conn->c;
	char	key[2 * sizeof(one->key) + 1], text[CTL_ADDR_SIZE];

	base_hex_put(key, one->key, sizeof(one->key));
	key[t->w[COL_KEY]] = '\0';
	cell_text(t, fp, COL_NAME, c->conn->name);
	cell_text(t, fp, COL_GROUP, c->conn->group);
	ctl_table_cell(t, fp, COL_KEY, key);
	ctl_table_number(t, fp, COL_CONNS, c->connections);
	ctl_fmt_age(text, sizeof(text), one->age_ms / 1000);
	ctl_table_cell(t, fp, COL_AGE, text);
	ctl_table_bytes(t, fp, COL_RX, c->rate.rx);
	ctl_table_number(t, fp, COL_RXPKTS, c->rate.rx_packets);
	ctl_table_bytes(t, fp, COL_TX, c->rate.tx);
	ctl_table_number(t, fp, COL_TXPKTS, c->rate.tx_packets);
	ctl_table_number(t, fp, COL_DROPS, c->rate.drops);
	ctl_table_bytes(t, fp, COL_QUEUE, c->queued_bytes);
	net_prefix_address(one->addr, text);
	ctl_table_cell(t, fp, COL_ADDRESS, text);
}

/* Print a client as a line, which a terminal of `columns' does not wrap. */
static void
put_client(FILE *fp, const struct ctl_table *t, const struct ctl_client *c,
    unsigned int columns)
{
	char	*line = NULL;
	size_t	 len;
	FILE	*cells;

	if ((cells = open_memstream(&line, &len)) == NULL)
		return;
	put_cells(cells, t, c);
	if (fclose(cells) == 0)
		put_cut(fp, columns, line);
	free(line);
}

static int
passes(const struct ctl_top_view *v, const struct ctl_client *c)
{
	return ctl_filter_has(&v->filter, &c->conn->c, c->conn->name,
	    c->conn->group);
}

static size_t
count(const struct ctl_top_view *v)
{
	size_t	i, n = 0;

	for (i = 0; i < v->rates.n; i++)
		n += (size_t)passes(v, &v->rates.v[i]);
	return n;
}

/* Print titles and clients: `room' lines of them, or with 0 all. */
static void
put_clients(FILE *fp, const struct ctl_top_view *v, unsigned int columns,
    size_t room)
{
	struct ctl_table	t;
	size_t			i, n = 0;

	ctl_table_init(&t, columns_of_top, NCOLS, columns);
	ctl_table_head(&t, fp);
	for (i = 0; i < v->rates.n && (room == 0 || n < v->first + room); i++)
		if (passes(v, &v->rates.v[i]) && n++ >= v->first)
			put_client(fp, &t, &v->rates.v[i], columns);
	for (n = n > v->first ? n - v->first : 0; n < room; n++)
		fputc('\n', fp);
}

static void
put_help(FILE *fp, unsigned int columns, size_t room)
{
	size_t	i;

	fputc('\n', fp);
	for (i = 0; i < room; i++)
		put_cut(fp, columns, i < NHELP ? help_lines[i] : "");
}

size_t
ctl_top_print(FILE *fp, const struct ctl_top_view *v, unsigned int columns,
    unsigned int rows)
{
	size_t	shown = count(v);

	put_daemon(fp, v, columns);
	put_totals(fp, v, columns);
	put_state(fp, v, columns, shown);
	if (rows == 0)
		put_clients(fp, v, columns, 0);
	else if (rows > CTL_TOP_HEAD + 1) {
		if (v->help)
			put_help(fp, columns, rows - CTL_TOP_HEAD - 1);
		else
			put_clients(fp, v, columns, rows - CTL_TOP_HEAD - 1);
		put_cut(fp, columns, "q quit  s sort  r reverse  / filter  "
		    "p pause  h help");
	}
	return shown;
}

static void
json_rate(struct json_out *o, const struct ctl_rate *r)
{
	json_out_uint(o, "rx_rate", r->rx);
	json_out_uint(o, "rx_packet_rate", r->rx_packets);
	json_out_uint(o, "tx_rate", r->tx);
	json_out_uint(o, "tx_packet_rate", r->tx_packets);
	json_out_uint(o, "drop_rate", r->drops);
}

static void
json_client(struct json_out *o, const struct ctl_client *c)
{
	char	key[2 * IPC_KEYLEN + 1];

	base_hex_put(key, c->conn->c.key, IPC_KEYLEN);
	json_out_object(o, NULL);
	json_out_fmt(o, "key", "nodekey:%s", key);
	json_out_str(o, "name", c->conn->name);
	json_out_str(o, "group", c->conn->group);
	json_out_uint(o, "connections", c->connections);
	json_out_uint(o, "age_ms", c->conn->c.age_ms);
	json_rate(o, &c->rate);
	json_out_uint(o, "queued_bytes", c->queued_bytes);
	json_out_end(o);
}

void
ctl_top_json(struct json_out *o, const struct ctl_top_view *v)
{
	size_t	i;

	json_out_str(o, "version", v->status.version);
	json_out_uint(o, "uptime", v->status.uptime);
	json_out_str(o, "health", v->status.health);
	json_out_uint(o, "connections", v->rates.connections);
	json_rate(o, &v->rates.all);
	json_out_lines(o, "clients");
	for (i = 0; i < v->rates.n; i++)
		if (passes(v, &v->rates.v[i]))
			json_client(o, &v->rates.v[i]);
	json_out_end(o);
}
