/*
 * prom: see prom.h.  Called by reply.c.
 *
 * The sums have derper's names, as /debug/varz.  What is of one process, and
 * what the parent says, has names of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "prom.h"
#include "promtext.h"

/* The value of a label, with quotes. */
static void
label(struct ipc_wr *w, const char *s)
{
	ipc_wr_u8(w, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			ipc_wr_u8(w, '\\');
		ipc_wr_u8(w, (uint8_t)*s);
	}
	ipc_wr_u8(w, '"');
}

static void
head(struct ipc_wr *w, const char *name, const char *type, const char *help)
{
	metrics_out(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A metric without labels. */
static void
one(struct ipc_wr *w, const char *name, const char *help, uint64_t v)
{
	head(w, name, "gauge", help);
	metrics_out(w, "%s %llu\n", name, (unsigned long long)v);
}

/* Sums */

static void
put_sums(const struct metrics_view *v, struct ipc_wr *w)
{
	char *text;
	size_t len;

	if (conn_stats_text(&v->sum, v->rate_limited, &text, &len) == -1) {
		ipc_wr_refuse(w, ENOMEM);
		return;
	}
	ipc_wr_bytes(w, text, len);
	free(text);
}

static void
put_stun(const struct metrics_view *v, struct ipc_wr *w)
{
	char *text = NULL;
	size_t len;
	FILE *f;

	if (v->nstuns == 0)
		return;
	if ((f = open_memstream(&text, &len)) == NULL) {
		ipc_wr_refuse(w, ENOMEM);
		return;
	}
	net_stun_stats_text(f, &v->stun);
	if (fclose(f) == 0)
		ipc_wr_bytes(w, text, len);
	else
		ipc_wr_refuse(w, ENOMEM);
	free(text);
	if (v->state != NULL)
		one(w, "stun_answering", "Whether STUN requests are answered.",
		    (uint64_t)v->state->stun_answering);
}

/* Each front and relay worker */

static uint64_t
drops(const struct conn_stats *s)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < DROP_REASONS; i++)
		n += s->packets_dropped[i][KIND_DISCO] +
		    s->packets_dropped[i][KIND_OTHER];
	return (n);
}

/* A number of one process. */
struct each {
	const char	*name, *type, *help;
	size_t		 offset;	/* in struct conn_stats */
};
#define EACH(name, type, member, help)					\
	{ name, type, help, offsetof(struct conn_stats, member) }

static const struct each of_relay[] = {
	EACH("derpd_relay_connections", "gauge", connections,
	    "Connections that are logged in at this relay worker."),
	EACH("derpd_relay_clients", "gauge", clients,
	    "Keys that are connected to this relay worker."),
	EACH("derpd_relay_bytes_received_total", "counter", bytes_received,
	    "Bytes of packets that clients of this relay worker sent."),
	EACH("derpd_relay_bytes_sent_total", "counter", bytes_sent,
	    "Bytes of packets that its clients received."),
	EACH("derpd_relay_packets_received_total", "counter", packets_received,
	    "Packets that its clients sent."),
	EACH("derpd_relay_packets_sent_total", "counter", packets_sent,
	    "Packets that its clients received.")
};

static const struct each of_front[] = {
	EACH("derpd_front_tls_accepted_total", "counter", tls_accepted,
	    "TCP connections to ports with TLS that this front accepted."),
	EACH("derpd_front_tls_rejected_total", "counter", tls_rejected,
	    "Those that a rate closed."),
	EACH("derpd_front_derp_accepts_total", "counter", accepts,
	    "Connections that became DERP at this front."),
	EACH("derpd_front_websocket_accepts_total", "counter",
	    websocket_accepts, "Those over WebSocket.")
};

static uint64_t
field(const struct conn_stats *s, size_t offset)
{
	uint64_t v;

	memcpy(&v, (const char *)s + offset, sizeof(v));
	return (v);
}

/* Each number of each process; `what' is their label. */
static void
put_each(struct ipc_wr *w, const struct each *e, size_t ne, const char *what,
    const struct metrics_counters *c, unsigned int n)
{
	unsigned int i;

	for (; ne > 0 && n > 0; ne--, e++) {
		head(w, e->name, e->type, e->help);
		for (i = 0; i < n; i++)
			if (c[i].known)
				metrics_out(w, "%s{%s=\"%u\"} %llu\n", e->name,
				    what, i, (unsigned long long)field(
				    &c[i].stats, e->offset));
	}
}

static void
put_relays(const struct metrics_view *v, struct ipc_wr *w)
{
	static const char dropped[] = "derpd_relay_packets_dropped_total";
	static const char queue[] = "derpd_relay_queue_seconds";
	unsigned int i;

	put_each(w, of_relay, sizeof(of_relay) / sizeof(of_relay[0]), "worker",
	    v->relays, v->nrelays);
	if (v->nrelays == 0)
		return;
	head(w, dropped, "counter", "Packets to its clients, or from them, "
	    "that were dropped.");
	for (i = 0; i < v->nrelays; i++)
		metrics_out(w, "%s{worker=\"%u\"} %llu\n", dropped, i,
		    (unsigned long long)drops(&v->relays[i].stats));
	head(w, queue, "gauge", "Time that packets wait in a queue of this "
	    "relay worker, a moving average.");
	for (i = 0; i < v->nrelays; i++)
		metrics_out(w, "%s{worker=\"%u\"} %.6f\n", queue, i,
		    (double)v->relays[i].stats.queue_us / 1000000);
}

/* What the parent says */

static void
put_process(struct ipc_wr *w, const struct metrics_process *p,
    const char *name, uint64_t v)
{
	metrics_out(w, "%s{role=", name);
	label(w, p->role);
	metrics_out(w, ",number=\"%u\"} %llu\n", p->worker,
	    (unsigned long long)v);
}

static void
put_processes(const struct metrics_state *s, struct ipc_wr *w)
{
	static const char up[] = "derpd_process_up";
	static const char restarts[] = "derpd_process_restarts_total";
	static const char uptime[] = "derpd_process_uptime_seconds";
	size_t i;

	head(w, up, "gauge", "Whether this process is ready.");
	for (i = 0; i < s->nprocesses; i++)
		put_process(w, &s->processes[i], up,
		    (uint64_t)s->processes[i].ready);
	head(w, restarts, "counter", "How often it was started again.");
	for (i = 0; i < s->nprocesses; i++)
		put_process(w, &s->processes[i], restarts,
		    s->processes[i].restarts);
	head(w, uptime, "gauge", "Seconds since its start.");
	for (i = 0; i < s->nprocesses; i++)
		put_process(w, &s->processes[i], uptime,
		    s->processes[i].uptime);
}

static void
put_cert(struct ipc_wr *w, const struct metrics_state *s, size_t i,
    const char *name)
{
	metrics_out(w, "%s{certificate=\"%zu\",name=", name, i);
	label(w, s->certs[i].name);
	metrics_out(w, ",kind=");
	label(w, s->certs[i].kind);
	metrics_out(w, "} ");
}

static void
put_certs(const struct metrics_state *s, struct ipc_wr *w)
{
	static const char expiry[] = "derpd_certificate_expiry_seconds";
	static const char days[] = "derpd_certificate_days_left";
	static const char failed[] = "derpd_certificate_renewal_failed";
	size_t i;

	if (s->ncerts == 0)
		return;
	head(w, expiry, "gauge", "When this certificate expires, in seconds "
	    "since 1970.");
	for (i = 0; i < s->ncerts; i++) {
		put_cert(w, s, i, expiry);
		metrics_out(w, "%lld\n", (long long)s->certs[i].expires);
	}
	head(w, days, "gauge", "Days until then; negative: it has expired.");
	for (i = 0; i < s->ncerts; i++) {
		put_cert(w, s, i, days);
		metrics_out(w, "%lld\n", (long long)s->certs[i].days_left);
	}
	head(w, failed, "gauge", "Whether the last try to renew or reload it "
	    "failed.");
	for (i = 0; i < s->ncerts; i++) {
		put_cert(w, s, i, failed);
		metrics_out(w, "%d\n", *s->certs[i].error != '\0');
	}
}

/*
 * 1 if there is no link to show: the node is this one, or an earlier one has
 * its name, because two values must not share one.
 */
static int
is_hidden(const struct metrics_state *s, size_t i)
{
	size_t k;

	if (strcmp(s->links[i].state, "this node") == 0)
		return (1);
	for (k = 0; k < i; k++)
		if (strcmp(s->links[k].name, s->links[i].name) == 0)
			return (1);
	return (0);
}

static void
put_links(const struct metrics_state *s, struct ipc_wr *w)
{
	static const char up[] = "derpd_mesh_link_up";
	static const char keys[] = "derpd_mesh_keys";
	size_t i, k;

	for (k = 0; k < 2 && s->nlinks > 0; k++) {
		if (k == 0)
			head(w, up, "gauge",
			    "Whether the link to this node is up.");
		else
			head(w, keys, "gauge",
			    "Keys that are connected to this node.");
		for (i = 0; i < s->nlinks; i++) {
			if (is_hidden(s, i))
				continue;
			metrics_out(w, "%s{node=", k == 0 ? up : keys);
			label(w, s->links[i].name);
			metrics_out(w, "} %llu\n", k == 0 ?
			    (unsigned long long)(strcmp(s->links[i].state,
			    "up") == 0) : (unsigned long long)s->links[i].keys);
		}
	}
}

static void
put_faults(const struct metrics_state *s, struct ipc_wr *w)
{
	size_t i;

	if (s->nfaults == 0)
		return;
	head(w, "derpd_fault", "gauge", "1 for each fault that derpd found "
	    "when it checked its relay; derpctl status says more.");
	for (i = 0; i < s->nfaults; i++) {
		metrics_out(w, "derpd_fault{fault=");
		label(w, s->faults[i]);
		metrics_out(w, "} 1\n");
	}
}

static void
put_state(const struct metrics_state *s, struct ipc_wr *w)
{
	head(w, "derpd_build_info", "gauge", "The version of derpd.");
	metrics_out(w, "derpd_build_info{version=");
	label(w, s->version);
	metrics_out(w, "} 1\n");
	one(w, "derpd_uptime_seconds", "Seconds since the start of derpd.",
	    s->uptime);
	one(w, "derpd_draining", "Whether derpd takes no more clients and "
	    "ends when those that it has are closed.", (uint64_t)s->draining);
	put_processes(s, w);
	put_certs(s, w);
	put_links(s, w);
	put_faults(s, w);
	one(w, "derpd_admission_enabled", "Whether only clients that are "
	    "admitted may use the relay.", (uint64_t)s->admission);
	one(w, "derpd_admission_file_error", "Whether a changed file of "
	    "admission is not in force because of an error.",
	    *s->admission_error != '\0');
	if (s->reloads)
		one(w, "derpd_reload_ok", "Whether the last reload of the "
		    "configuration took effect.", (uint64_t)s->reload_ok);
	metrics_promtext(s->text, w);
}

static void
put_health(const struct metrics_view *v, struct ipc_wr *w)
{
	const uint64_t since = v->state == NULL ? v->started_ms : v->state_ms;
	struct ipc_wr reasons;

	ipc_wr_init(&reasons);
	metrics_reasons(v, &reasons);
	one(w, "derpd_healthy", "Whether derpd serves as configured; /health "
	    "says why not.", reasons.len == 0);
	ipc_wr_free(&reasons);
	one(w, "derpd_state_age_seconds", "Seconds since the parent has said "
	    "what it knows; more than 30: it hangs.",
	    (v->now_ms - since) / 1000);
}

void
metrics_prom(const struct metrics_view *v, struct ipc_wr *w)
{
	put_sums(v, w);
	put_stun(v, w);
	put_relays(v, w);
	put_each(w, of_front, sizeof(of_front) / sizeof(of_front[0]), "front",
	    v->fronts, v->nfronts);
	put_health(v, w);
	if (v->state != NULL)
		put_state(v->state, w);
}
