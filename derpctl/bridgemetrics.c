/*
 * bridgemetrics: the state of derpbridged in Prometheus' text format, for the
 * textfile collector of node_exporter; see bridgeshow.h.  Called by bridge.c.
 * Writes only to the stream passed to it.
 */
#include <sys/types.h>
#include <inttypes.h>
#include <string.h>

#include "bridgeshow.h"
#include "ctl.h"

#define TEXT	512	/* bytes of a label */

/* A metric of an interface, a peer or a relay: one of their members. */
struct bridge_metric {
	const char	*list;		/* of the interface: "peers", "relays";
					   NULL: the interface itself */
	const char	*name;		/* behind "derpbridge_" */
	const char	*type;
	const char	*help;
	const char	*member;
	const char	*is;		/* 1 if the member is this, else 0;
					   NULL: the member is the value */
};

static const struct bridge_metric metrics[] = {
	{ NULL, "up", "gauge", "The interface exists and can be read.", "up",
	    "true" },
	{ "peers", "peer_relayed", "gauge",
	    "The endpoint of the peer is the relay.", "path", "relayed" },
	{ "peers", "peer_handshake_age_seconds", "gauge",
	    "Time since the last handshake, -1 without one.", "handshake",
	    NULL },
	{ "peers", "peer_switches_total", "counter",
	    "Changes between the direct path and the relay.", "switches",
	    NULL },
	{ "peers", "peer_received_bytes_total", "counter",
	    "Bytes that the interface has received from the peer.",
	    "rx_bytes", NULL },
	{ "peers", "peer_sent_bytes_total", "counter",
	    "Bytes that the interface has sent to the peer.", "tx_bytes",
	    NULL },
	{ "peers", "peer_relay_received_packets_total", "counter",
	    "Packets of the peer from relays, given to the kernel.",
	    "relay_rx_packets", NULL },
	{ "peers", "peer_relay_received_bytes_total", "counter",
	    "Bytes of these packets.", "relay_rx_bytes", NULL },
	{ "peers", "peer_relay_sent_packets_total", "counter",
	    "Packets for the peer, given to relays.", "relay_tx_packets",
	    NULL },
	{ "peers", "peer_relay_sent_bytes_total", "counter",
	    "Bytes of these packets.", "relay_tx_bytes", NULL },
	{ "relays", "relay_up", "gauge", "The relay is connected.", "state",
	    "up" },
	{ "relays", "relay_peers", "gauge",
	    "Peers whose packets go to the relay.", "peers", NULL },
};

/* Labels of a peer or a relay: members, with the names of the labels. */
static const char *const peer_labels[][2] =
    { { "peer", "key" }, { "name", "name" } };
static const char *const relay_labels[][2] =
    { { "relay", "name" }, { "region", "region" } };

static void
put_label(FILE *fp, const struct json *j, json_ref r, const char *name,
    const char *member)
{
	char	text[TEXT] = "";
	int64_t	n;

	if (json_int(j, json_get(j, r, member), &n) == 0)
		(void)snprintf(text, sizeof(text), "%" PRId64, n);
	else if (json_str(j, json_get(j, r, member), text, sizeof(text)) < 0)
		text[0] = '\0';
	fputc(',', fp);
	ctl_put_label(fp, name, text);
}

/* The name of a metric and its labels; what follows is for the caller. */
static void
put_labels(FILE *fp, const char *name, const struct json *j, json_ref iface,
    json_ref r, const char *const labels[2][2])
{
	char	text[TEXT] = "";
	int	i;

	if (json_str(j, json_get(j, iface, "name"), text, sizeof(text)) < 0)
		text[0] = '\0';
	fprintf(fp, "derpbridge_%s{", name);
	ctl_put_label(fp, "interface", text);
	for (i = 0; labels != NULL && i < 2; i++)
		put_label(fp, j, r, labels[i][0], labels[i][1]);
}

/* Is the string or boolean `v' this word? */
static int
equals(const struct json *j, json_ref v, const char *word)
{
	const char	*raw;
	size_t		 len;

	raw = json_raw(j, v, &len);
	return raw != NULL && len == strlen(word) &&
	    memcmp(raw, word, len) == 0;
}

static void
put_sample(FILE *fp, const struct bridge_metric *m, const struct json *j,
    json_ref iface, json_ref r)
{
	json_ref	v = json_get(j, r, m->member);
	int64_t		n = 0;

	if (m->is != NULL)
		n = equals(j, v, m->is);
	else if (json_int(j, v, &n) == -1)
		return;
	put_labels(fp, m->name, j, iface, r, m->list == NULL ? NULL :
	    strcmp(m->list, "peers") == 0 ? peer_labels : relay_labels);
	fprintf(fp, "} %" PRId64 "\n", n);
}

/* A relay that the map has no more may have the name of its successor. */
static int
is_leaving(const struct json *j, json_ref r)
{
	int	v;

	return json_bool(j, json_get(j, r, "leaving"), &v) == 0 && v;
}

static void
put_iface(FILE *fp, const struct bridge_metric *m, const struct json *j,
    json_ref iface)
{
	json_ref	list, r;

	if (m->list == NULL) {
		put_sample(fp, m, j, iface, iface);
		return;
	}
	list = json_get(j, iface, m->list);
	if (json_type(j, list) != JSON_ARRAY)
		return;
	for (r = json_first(j, list); r != -1; r = json_next(j, r))
		if (!is_leaving(j, r))
			put_sample(fp, m, j, iface, r);
}

/* Dropped packets: by peer and reason. */
static void
put_drops(FILE *fp, const struct json *j, json_ref iface)
{
	json_ref	r, drops, k;
	char		reason[TEXT];
	int64_t		n;

	for (r = json_first(j, json_get(j, iface, "peers")); r != -1;
	    r = json_next(j, r)) {
		drops = json_get(j, r, "drops");
		if (json_type(j, drops) != JSON_OBJECT)
			continue;
		for (k = json_first(j, drops); k != -1; k = json_next(j, k)) {
			if (json_int(j, json_value(j, k), &n) == -1 ||
			    json_str(j, k, reason, sizeof(reason)) < 0)
				continue;
			put_labels(fp, "peer_dropped_packets_total", j, iface,
			    r, peer_labels);
			fputc(',', fp);
			ctl_put_label(fp, "reason", reason);
			fprintf(fp, "} %" PRId64 "\n", n);
		}
	}
}

static void
put_head(FILE *fp, const char *name, const char *type, const char *help)
{
	fprintf(fp, "# HELP derpbridge_%s %s\n# TYPE derpbridge_%s %s\n", name,
	    help, name, type);
}

int
ctl_bridge_metrics(FILE *fp, const char *text, size_t len, const char *name)
{
	const struct bridge_metric	*m;
	struct json		*j;
	json_ref		 list, first, r;

	if ((j = ctl_bridge_parse(text, len, &list)) == NULL)
		return -1;
	first = ctl_bridge_iface(j, json_first(j, list), name);
	if (first == -1 && name != NULL && json_count(j, list) > 0) {
		json_free(j);
		return 1;
	}
	for (m = metrics; m < metrics + sizeof(metrics) / sizeof(metrics[0]);
	    m++) {
		put_head(fp, m->name, m->type, m->help);
		for (r = first; r != -1; r = ctl_bridge_iface(j,
		    json_next(j, r), name))
			put_iface(fp, m, j, r);
	}
	put_head(fp, "peer_dropped_packets_total", "counter",
	    "Packets of the peer that were dropped, by reason.");
	for (r = first; r != -1; r = ctl_bridge_iface(j, json_next(j, r),
	    name))
		put_drops(fp, j, r);
	json_free(j);
	return 0;
}
