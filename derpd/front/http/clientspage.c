/*
 * clientspage: see clientspage.h.  Called by clients.c.
 *
 * Names and groups come from admission, application names from the clients
 * themselves: all texts are escaped.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clientspage.h"
#include "codec.h"
#include "frame.h"
#include "hex.h"
#include "json_out.h"
#include "web_reply.h"

#define SECOND	UINT64_C(1000000000)	/* ns */

/* "nodekey:..." */
struct key_text {
	char	 s[8 + 2 * IPC_KEYLEN + 1];
};

static struct key_text
key_of(const struct ipc_list_row *row)
{
	struct key_text t;

	memcpy(t.s, "nodekey:", 8);
	base_hex_put(t.s + 8, row->key, sizeof(row->key));
	return (t);
}

/* How long the connection has been up, rounded to seconds. */
static uint64_t
connected(const struct ipc_list_row *row)
{
	return (row->age_ms / 1000 + (row->age_ms % 1000 >= 500));
}

/* JSON */

/* A time of `ns' nanoseconds since 1970 as RFC 3339 has it, in UTC. */
static void
json_time(struct json_out *o, const char *name, uint64_t ns)
{
	char text[WEB_DATE_SIZE + 12], part[12];
	size_t n;

	web_iso_date(text, (time_t)(ns / SECOND));
	n = (size_t)snprintf(part, sizeof(part), ".%09u",
	    (unsigned int)(ns % SECOND));
	while (part[n - 1] == '0')
		part[--n] = '\0';
	if (n > 1)
		strlcat(text, part, sizeof(text));
	strlcat(text, "Z", sizeof(text));
	json_out_str(o, name, text);
}

static void
json_row(struct json_out *o, const struct ipc_list_row *row)
{
	struct ipc_wr remote;

	ipc_wr_init(&remote);
	web_clients_remote(row->addr, row->port, &remote);
	json_out_object(o, NULL);
	json_out_uint(o, "connNum", row->number);
	json_out_str(o, "key", key_of(row).s);
	json_out_strn(o, "remote", remote.p, remote.len);
	json_time(o, "connectedAt", row->since);
	json_out_uint(o, "connected", connected(row) * SECOND);
	json_out_bool(o, "active", row->active);
	json_out_bool(o, "dup", row->dup);
	json_out_bool(o, "disabled", 0);	/* no duplicate ever is */
	json_out_bool(o, "home", row->home);
	json_out_bool(o, "meshPeer", (row->flags & PEER_MESH) != 0);
	json_out_bool(o, "notIdeal", (row->flags & PEER_NOT_IDEAL) != 0);
	json_out_bool(o, "prober", (row->flags & PEER_PROBER) != 0);
	json_out_uint(o, "version", row->version);
	json_out_str(o, "appName", row->app);
	json_out_uint(o, "rxPkts", row->rx_packets);
	json_out_uint(o, "rxBytes", row->rx_bytes);
	json_out_uint(o, "txPkts", row->tx_packets);
	json_out_uint(o, "txBytes", row->tx_bytes);
	json_out_uint(o, "senders", row->senders);
	if (row->name[0] != '\0')
		json_out_str(o, "name", row->name);
	if (row->group[0] != '\0')
		json_out_str(o, "group", row->group);
	json_out_end(o);
	ipc_wr_free(&remote);
}

/* Append a text that another function writes. */
static void
json_describe(struct json_out *o, const struct web_clients_query *q)
{
	struct ipc_wr text;

	ipc_wr_init(&text);
	web_clients_describe(q, &text);
	json_out_strn(o, "query", text.p, text.len);
	ipc_wr_free(&text);
}

static void
json_next(struct json_out *o, const struct web_clients_query *q,
    const struct ipc_list_row *last)
{
	struct ipc_wr text;

	ipc_wr_init(&text);
	web_clients_link(q, q->q.sort, q->q.descending, last, &text);
	json_out_strn(o, "next", text.p, text.len);
	ipc_wr_free(&text);
}

void
web_clients_json(const struct web_clients_query *q,
    const struct web_clients_counts *counts,
    const struct ipc_list_row *rows, size_t n, struct ipc_wr *w)
{
	struct json_out o;
	size_t i;

	json_out_init(&o, w);
	json_out_object(&o, NULL);
	json_describe(&o, q);
	json_out_uint(&o, "conns", counts->conns);
	json_out_uint(&o, "keys", counts->keys);
	json_out_uint(&o, "remaining", counts->remaining);
	if (!counts->whole)
		json_out_bool(&o, "incomplete", 1);
	if (counts->remaining > 0 && n > 0)
		json_next(&o, q, &rows[n - 1]);
	json_out_lines(&o, "clients");
	for (i = 0; i < n; i++)
		json_row(&o, &rows[i]);
	json_out_end(&o);
	json_out_end(&o);
	ipc_wr_bytes(w, "\n", 1);
}

/* HTML */

static void
put(struct ipc_wr *w, const char *s)
{
	ipc_wr_bytes(w, s, strlen(s));
}

static void	put_fmt(struct ipc_wr *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Append up to 255 bytes. */
static void
put_fmt(struct ipc_wr *w, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(w, text);
}

/* Append text, also as the value of an attribute. */
static void
put_text(struct ipc_wr *w, const void *p, size_t n)
{
	const char *s = p;
	size_t i;

	for (i = 0; i < n; i++)
		switch (s[i]) {
		case '&':
			put(w, "&amp;");
			break;
		case '<':
			put(w, "&lt;");
			break;
		case '>':
			put(w, "&gt;");
			break;
		case '"':
			put(w, "&#34;");
			break;
		case '\'':
			put(w, "&#39;");
			break;
		default:
			ipc_wr_bytes(w, (uint8_t)s[i] < ' ' ? " " : s + i, 1);
		}
}

static void
put_str(struct ipc_wr *w, const char *s)
{
	put_text(w, s, strlen(s));
}

static void
put_description(struct ipc_wr *w, const struct web_clients_query *q)
{
	struct ipc_wr text;

	ipc_wr_init(&text);
	web_clients_describe(q, &text);
	put_text(w, text.p, text.len);
	ipc_wr_free(&text);
}

/* Begin a link to this order, or, with `last', to what is behind that row. */
static void
put_link(struct ipc_wr *w, const struct web_clients_query *q,
    enum ipc_list_sort sort, int descending, const struct ipc_list_row *last)
{
	struct ipc_wr text;

	ipc_wr_init(&text);
	web_clients_link(q, sort, descending, last, &text);
	put(w, "<a href=\"");
	put_text(w, text.p, text.len);
	put(w, "\">");
	ipc_wr_free(&text);
}

/*
 * The head of a column: a link that sorts by it, or turns the order around.  Of
 * a counter the most comes first.
 */
static void
put_sorted(struct ipc_wr *w, const struct web_clients_query *q,
    enum ipc_list_sort sort, const char *title)
{
	const int is = q->q.sort == sort;

	put(w, "<th>");
	put_link(w, q, sort, is ? !q->q.descending :
	    sort >= IPC_LIST_BY_RX_BYTES, NULL);
	put_fmt(w, "%s</a>%s</th>\n", title, !is ? "" : q->q.descending ?
	    " \xe2\x96\xbc" : " \xe2\x96\xb2");
}

static void
put_titles(struct ipc_wr *w, const struct web_clients_query *q)
{
	put(w, "<tr>\n");
	put_sorted(w, q, IPC_LIST_BY_CONN, "conn#");
	put_sorted(w, q, IPC_LIST_BY_KEY, "node key");
	put(w, "<th>name</th><th>group</th>\n");
	put_sorted(w, q, IPC_LIST_BY_ADDR, "remote");
	put_sorted(w, q, IPC_LIST_BY_SINCE, "connected");
	put(w, "<th>flags</th><th>ver</th><th>app</th>\n");
	put_sorted(w, q, IPC_LIST_BY_RX_PACKETS, "rx pkts");
	put_sorted(w, q, IPC_LIST_BY_RX_BYTES, "rx bytes");
	put_sorted(w, q, IPC_LIST_BY_TX_PACKETS, "tx pkts");
	put_sorted(w, q, IPC_LIST_BY_TX_BYTES, "tx bytes");
	put(w, "<th>senders</th></tr>\n");
}

/* A duration as Go writes it: 1h2m3s. */
static void
put_duration(struct ipc_wr *w, uint64_t secs)
{
	if (secs >= 3600)
		put_fmt(w, "%" PRIu64 "h", secs / 3600);
	if (secs >= 60)
		put_fmt(w, "%um", (unsigned int)(secs / 60 % 60));
	put_fmt(w, "%us", (unsigned int)(secs % 60));
}

static void
put_flags(struct ipc_wr *w, const struct ipc_list_row *row)
{
	if (row->home)
		put(w, "home ");
	if (row->flags & PEER_MESH)
		put(w, "mesh ");
	if (row->flags & PEER_PROBER)
		put(w, "prober ");
	if (row->flags & PEER_NOT_IDEAL)
		put(w, "notideal ");
	if (row->dup)
		put(w, row->active ? "dup-active" : "dup");
}

/* The name of a program: a link to the clients that have it. */
static void
put_app(struct ipc_wr *w, const char *app)
{
	struct web_clients_query q;

	if (app[0] == '\0')
		return;
	memset(&q, 0, sizeof(q));
	q.filter = WEB_CLIENTS_ALL;
	q.q.limit = WEB_CLIENTS_LIMIT;
	q.q.by_app = q.q.napps = 1;
	strlcpy(q.q.apps[0], app, sizeof(q.q.apps[0]));
	put_link(w, &q, IPC_LIST_BY_KEY, 0, NULL);
	put_str(w, app);
	put(w, "</a>");
}

static void
put_remote(struct ipc_wr *w, const struct ipc_list_row *row)
{
	struct ipc_wr text;
	size_t n;

	ipc_wr_init(&text);
	web_clients_remote(row->addr, row->port, &text);
	/* Without the port, and the brackets of IPv6. */
	for (n = text.len; n > 0 && text.p[n - 1] != ':'; n--)
		;
	put(w, "<a href=\"?ip=");
	if (n > 2 && text.p[0] == '[')
		put_text(w, text.p + 1, n - 3);
	else if (n > 0)
		put_text(w, text.p, n - 1);
	put(w, "\">");
	put_text(w, text.p, text.len);
	put(w, "</a>");
	ipc_wr_free(&text);
}

static void
put_row(struct ipc_wr *w, const struct ipc_list_row *row)
{
	const struct key_text key = key_of(row);
	const uint64_t counts[] = { row->rx_packets, row->rx_bytes,
	    row->tx_packets, row->tx_bytes, row->senders };
	size_t i;

	put_fmt(w, "<tr>\n<td>%" PRIu64 "</td>\n", row->number);
	put_fmt(w, "<td><a href=\"?key=%s\">%s</a></td>\n<td>", key.s, key.s);
	put_str(w, row->name);
	put(w, "</td>\n<td>");
	put_str(w, row->group);
	put(w, "</td>\n<td>");
	put_remote(w, row);
	put(w, "</td>\n<td>");
	put_duration(w, connected(row));
	put(w, "</td>\n<td>");
	put_flags(w, row);
	put_fmt(w, "</td>\n<td>%u</td>\n<td>", row->version);
	put_app(w, row->app);
	put(w, "</td>\n");
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		put_fmt(w, "<td align=\"right\">%" PRIu64 "</td>\n",
		    counts[i]);
	put(w, "</tr>\n");
}

/* The link to the next page, if there is one. */
static void
put_next(struct ipc_wr *w, const struct web_clients_query *q,
    const struct web_clients_counts *counts, const struct ipc_list_row *last)
{
	if (counts->remaining == 0 || last == NULL)
		return;
	put_link(w, q, q->q.sort, q->q.descending, last);
	put_fmt(w, "Next page</a> (%" PRIu64 " more)", counts->remaining);
}

void
web_clients_html(const struct web_clients_query *q,
    const struct web_clients_counts *counts,
    const struct ipc_list_row *rows, size_t n, struct ipc_wr *w)
{
	const struct ipc_list_row *last = n == 0 ? NULL : &rows[n - 1];
	size_t i;

	put(w, "<!DOCTYPE html>\n<html lang=\"en\">\n"
	    "<head><meta charset=\"utf-8\"><title>DERP clients: ");
	put_description(w, q);
	put(w, "</title></head>\n<body>\n<h1>DERP clients: ");
	put_description(w, q);
	put(w, "</h1>\n<p><a href=\"./\">index</a></p>\n");
	put_fmt(w, "<p>Showing %zu of %" PRIu64 " matching connections (%"
	    PRIu64 " node keys).\n", n, counts->conns, counts->keys);
	if (!counts->whole)
		put(w, "The list is incomplete: not all relay workers "
		    "answered.\n");
	put_next(w, q, counts, last);
	put(w, "</p>\n<table border=\"1\" cellpadding=\"3\">\n");
	put_titles(w, q);
	for (i = 0; i < n; i++)
		put_row(w, &rows[i]);
	put(w, "</table>\n<p>");
	put_next(w, q, counts, last);
	put(w, "</p>\n</body></html>\n");
}

/* A form of the index: a field of this name. */
static void
put_form(struct ipc_wr *w, const char *title, const char *name, int size,
    const char *example)
{
	put_fmt(w, "<li><form method=\"GET\">%s: <input name=\"%s\" "
	    "size=\"%d\" placeholder=\"%s\"> <button>Go</button></form></li>"
	    "\n", title, name, size, example);
}

void
web_clients_index(int json, uint64_t conns, uint64_t keys, struct ipc_wr *w)
{
	if (json) {
		put_fmt(w, "{\"conns\":%" PRIu64 ",\"keys\":%" PRIu64 "}\n",
		    conns, keys);
		return;
	}
	put(w, "<!DOCTYPE html>\n<html lang=\"en\">\n"
	    "<head><title>DERP clients</title></head>\n<body>\n"
	    "<h1>DERP clients</h1>\n");
	put_fmt(w, "<p>%" PRIu64 " connections for %" PRIu64 " node keys.</p>"
	    "\n<ul>\n", conns, keys);
	put(w, "<li><form method=\"GET\"><button name=\"all\" value=\"1\">List "
	    "all clients</button></form></li>\n");
	put_form(w, "By IP address", "ip", 40, "192.0.2.1");
	put_form(w, "By CIDR", "cidr", 40, "192.0.2.0/24");
	put_form(w, "By node key", "key", 80, "nodekey:...");
	put_form(w, "By app name", "app", 40, "");
	put(w, "</ul>\n<p>Click a column header to sort by it or flip its "
	    "direction.\nOptional parameters: app=NAME (repeatable, narrows "
	    "any filter),\nsort=key|ip|conn|connected|rx|tx|rxpkts|txpkts "
	    "(leading - for descending),\nlimit=N, after=X (a value of the "
	    "sort column to start after; for connected, Unix\nnanoseconds or "
	    "a duration like 30m), format=json.</p>\n</body></html>\n");
}
