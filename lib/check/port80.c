/*
 * port80: whether the node answers captive portal detection: clients request
 * http://IPv4/generate_204 of nodes for which the map says CanPort80, and take
 * any other answer than the relay's for that of a captive portal
 * (net/captivedetection of Tailscale's client).
 *
 * Without CanPort80 no client asks: what answers is a fact, and no fault.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "exchange.h"

#define MAX_BODY	(64 * 1024)
#define AUTHORITY	(CHECK_STRING + 8) /* bytes of a host with a port */

/*
 * The host of the URL that clients request: the address, if the map has it;
 * older clients, and people, use the name.
 */
static void
authority(const struct check_run *r, const struct check_addr *a,
    char dst[AUTHORITY])
{
	char port[16] = "";

	if (r->node->port80 != 80)
		(void)snprintf(port, sizeof(port), ":%u", r->node->port80);
	(void)snprintf(dst, AUTHORITY, "%s%s", r->node->ipv4[0] != '\0' ?
	    a->text : r->node->host, port);
}

/* Report what is no answer of a relay: a fault, or a fact. */
static void
report(struct check_run *r, const struct check_addr *a, enum check_fault id,
    const char *what)
{
	check_text(r, a, CHECK_FACT_PORT80, what);
	if (r->node->can_port80)
		check_found(r, a, r->node->port80, id, "%s", what);
}

static void
judge(struct check_run *r, const struct check_addr *a,
    const struct check_exchange *e, const char *host)
{
	const struct net_http_head *h = &e->r.head;
	char want[AUTHORITY + 16], seen[100], to[160], what[400];
	struct net_http_str v;

	if (!e->r.final) {
		report(r, a, CHECK_PORT80_OTHER, e->why);
		return;
	}
	if (h->status != 204) {
		check_describe(e, what, sizeof(what));
		check_quote(to, sizeof(to), net_http_field(h, "Location"));
		if (to[0] != '\0')
			(void)snprintf(what + strlen(what), sizeof(what) -
			    strlen(what), ", to \"%s\"", to);
		report(r, a, CHECK_PORT80_OTHER, what);
		return;
	}
	(void)snprintf(want, sizeof(want), "response ts_%s", host);
	v = net_http_field(h, "X-Tailscale-Response");
	if (net_http_eq(v, want)) {
		check_text(r, a, CHECK_FACT_PORT80, "answers challenges");
		return;
	}
	check_quote(seen, sizeof(seen), v);
	(void)snprintf(what, sizeof(what), v.p == NULL ? "HTTP status 204, "
	    "without X-Tailscale-Response%s" : "HTTP status 204, with "
	    "X-Tailscale-Response: \"%s\"", seen);
	report(r, a, CHECK_PORT80_CHALLENGE, what);
}

static void
ask(struct check_run *r, const struct check_addr *a)
{
	struct check_exchange e;
	struct net_stream *s;
	char host[AUTHORITY], request[1024], why[160], what[200];

	s = check_open(r, a, r->node->port80, STREAM_PLAIN, NULL, why,
	    sizeof(why));
	if (s == NULL) {
		(void)snprintf(what, sizeof(what), "no connection: %s", why);
		if (!r->stopped)
			report(r, a, CHECK_PORT80_CLOSED, what);
		return;
	}
	authority(r, a, host);
	(void)snprintf(request, sizeof(request), "GET /generate_204?t=%lld "
	    "HTTP/1.1\r\nHost: %s\r\nUser-Agent: derpctl\r\n"
	    "Cache-Control: no-cache, no-store, must-revalidate, no-transform, "
	    "max-age=0\r\nX-Tailscale-Challenge: ts_%s\r\n"
	    "Connection: close\r\n\r\n", (long long)time(NULL), host, host);
	(void)check_exchange(r, s, request, MAX_BODY, &e);
	if (!r->stopped)
		judge(r, a, &e, host);
	check_exchange_free(&e);
	net_stream_free(s);
}

void
check_port80(struct check_run *r)
{
	const int http = r->opts->what & CHECK_HTTP;
	struct check_addr *a;
	size_t i;

	check_step(r, "port 80");
	for (i = 0; i < r->naddrs && !r->stopped; i++) {
		a = &r->addrs[i];
		/* Clients ask by IPv4 alone; what is no relay is known. */
		if (a->ss.ss_family == AF_INET && !a->dns_only &&
		    (http ? a->upgrades : a->connects))
			ask(r, a);
	}
}
