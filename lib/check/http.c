/*
 * http: whether the relay's HTTP server upgrades connections to DERP, and what
 * is there in place of a relay if it does not.
 *
 * Two requests on one connection: the path at which clients without UDP measure
 * latency, and the upgrade of a client.  What a proxy in front of a relay does
 * wrong shows in the difference between the two.
 */
#include <stdio.h>
#include <string.h>

#include "banner.h"
#include "exchange.h"
#include "upgrade.h"

#define MAX_BODY	(64 * 1024)
#define LATENCY_PATH	"/derp/latency-check"

/* What one address answers. */
struct http_visit {
	struct check_run	*r;
	struct check_addr	*a;
	struct net_stream	*s;	/* NULL: none is open */
	struct check_exchange	 probe, up;
	int			 undialed;	/* no connection for the last
						   one */
};

/* Send a request, on a new connection if none is open. */
static enum check_end
ask(struct http_visit *v, const char *request, struct check_exchange *e)
{
	char why[sizeof(e->why)];

	v->undialed = v->s == NULL &&
	    (v->s = check_stream(v->r, v->a, why, sizeof(why))) == NULL;
	if (v->undialed) {
		memset(e, 0, sizeof(*e));
		memcpy(e->why, why, sizeof(why));
		return (e->end = CHECK_CLOSED);
	}
	return (check_exchange(v->r, v->s, request, MAX_BODY, e));
}

static void
hang_up(struct http_visit *v)
{
	net_stream_free(v->s);
	v->s = NULL;
}

/* Request the path of measurements, as clients without UDP do. */
static void
ask_probe(struct http_visit *v)
{
	char host[CHECK_STRING + 16], request[CHECK_STRING + 128];

	check_authority(v->r, host, sizeof(host));
	(void)snprintf(request, sizeof(request), "GET " LATENCY_PATH
	    " HTTP/1.1\r\nHost: %s\r\nUser-Agent: derpctl\r\n\r\n", host);
	(void)ask(v, request, &v->probe);
	if (v->probe.end != CHECK_ANSWERED ||
	    !net_http_reader_reusable(&v->probe.r))
		hang_up(v);
}

/*
 * Request the upgrade, as clients do.  A connection that was used before may
 * have been closed meanwhile: then on a new one.
 */
static void
ask_upgrade(struct http_visit *v)
{
	const struct check_node *n = v->r->node;
	const int used = v->s != NULL;
	char request[1024];

	if (net_upgrade_request(request, sizeof(request), n->host,
	    n->port == 443 ? 0 : n->port, 0) == -1)
		(void)snprintf(v->up.why, sizeof(v->up.why), "the name is no "
		    "host name");
	else if (ask(v, request, &v->up) == CHECK_CLOSED && used) {
		check_exchange_free(&v->up);
		hang_up(v);
		(void)ask(v, request, &v->up);
	}
	hang_up(v);
}

/* Did a relay answer the measurement?  It says nothing, and to any page. */
static int
probe_of_relay(const struct http_visit *v)
{
	const struct check_exchange *e = &v->probe;

	return (e->end == CHECK_ANSWERED && e->r.head.status == 200 &&
	    e->r.body.len == 0 && net_http_field(&e->r.head,
	    "Access-Control-Allow-Origin").p != NULL);
}

/* The statuses of proxies that do not reach what is behind them. */
static int
is_gateway(int status)
{
	/* From 520 on, those of Cloudflare. */
	return ((status >= 502 && status <= 504) ||
	    (status >= 520 && status <= 530));
}

static int
is_forbidden(int status)
{
	return (status == 401 || status == 403 || status == 407 ||
	    status == 429 || status == 451);
}

/* Which fault a response to the upgrade is. */
static enum check_fault
fault_of(const struct http_visit *v)
{
	const int status = v->up.r.head.status;

	if (status == 101 || check_body_has(&v->up, "DERP requires connection"))
		return (CHECK_NO_UPGRADE);
	if (check_body_has(&v->up, "derp server disabled"))
		return (CHECK_DERP_DISABLED);
	if (check_body_has(&v->up, "HTTP request to an HTTPS server") ||
	    check_body_has(&v->up, "HTTP request was sent to HTTPS port"))
		return (CHECK_PROXY_PLAIN);
	/* If measurements reach the relay, what fails is the upgrade. */
	if (is_gateway(status))
		return (probe_of_relay(v) ? CHECK_NO_UPGRADE :
		    CHECK_PROXY_BACKEND);
	if (status >= 300 && status <= 399)
		return (CHECK_REDIRECTED);
	if (v->a->asks_cert && (status == 400 || is_forbidden(status)))
		return (CHECK_CLIENT_CERT);
	if (is_forbidden(status))
		return (CHECK_FORBIDDEN);
	return (probe_of_relay(v) ? CHECK_NO_UPGRADE : CHECK_NOT_RELAY);
}

/* Report a response to the upgrade that is none. */
static void
report_response(struct http_visit *v)
{
	const struct net_http_head *h = &v->up.r.head;
	const enum check_fault id = fault_of(v);
	char what[300], to[160];

	check_describe(&v->up, what, sizeof(what));
	check_quote(to, sizeof(to), net_http_field(h, h->status == 101 ?
	    "Upgrade" : "Location"));
	check_found(v->r, v->a, v->r->node->port, id,
	    "the request for an upgrade to DERP is answered with %s%s%s%s",
	    what, to[0] != '\0' ? ", to \"" : "", to, to[0] != '\0' ? "\"" :
	    "");
}

/* Report an answer to the upgrade that is not HTTP/1. */
static void
report_foreign(struct http_visit *v)
{
	const unsigned int port = v->r->node->port;
	char what[300];

	switch (check_banner((const uint8_t *)v->up.r.text, v->up.r.end, what,
	    sizeof(what))) {
	case CHECK_SERVICE_HTTP:
		check_found(v->r, v->a, port, CHECK_NOT_RELAY, "its response "
		    "is malformed: %s", what);
		break;
	case CHECK_SERVICE_H2:
		check_found(v->r, v->a, port, CHECK_H2_ALONE, "it answers "
		    "a request of HTTP/1.1 in %s", what);
		break;
	default:
		check_found(v->r, v->a, port, CHECK_NOT_HTTP_SERVER, "it "
		    "answers an HTTP request over TLS as %s", what);
		break;
	}
}

/* Report that the upgrade was not answered by HTTP. */
static void
report_nothing(struct http_visit *v)
{
	const unsigned int port = v->r->node->port;
	char what[300];

	if (v->undialed)
		check_found(v->r, v->a, port, CHECK_PORT_UNSTEADY,
		    "connections were taken, and then one failed: %s",
		    v->up.why);
	else if (probe_of_relay(v))
		check_found(v->r, v->a, port, CHECK_NO_UPGRADE, "it answers "
		    LATENCY_PATH ", but not the request for an upgrade to "
		    "DERP: %s", v->up.why);
	else if (v->probe.r.final) {
		check_describe(&v->probe, what, sizeof(what));
		check_found(v->r, v->a, port, CHECK_NOT_RELAY, LATENCY_PATH
		    " is answered with %s, and the request for an upgrade to "
		    "DERP not at all: %s", what, v->up.why);
	} else if (v->a->h2_alone)
		check_found(v->r, v->a, port, CHECK_H2_ALONE, "it takes h2 by "
		    "ALPN, and does not answer HTTP/1.1: %s", v->up.why);
	else if (v->up.end != CHECK_NOT_HTTP)
		check_found(v->r, v->a, port, CHECK_HTTP_SILENT, "%s",
		    v->up.why);
	else
		report_foreign(v);
}

/* Report what is wrong with the measurement of a relay. */
static void
judge_probe(struct http_visit *v)
{
	const struct check_exchange *e = &v->probe;
	const unsigned int port = v->r->node->port;
	char what[300];

	if (!e->r.final) {
		check_found(v->r, v->a, port, CHECK_PROBE_FAILS, LATENCY_PATH
		    ": %s", e->why);
		return;
	}
	check_describe(e, what, sizeof(what));
	if (e->r.head.status > 299)
		check_found(v->r, v->a, port, CHECK_PROBE_FAILS, LATENCY_PATH
		    " is answered with %s", what);
	else if (net_http_field(&e->r.head, "Access-Control-Allow-Origin").p ==
	    NULL)
		check_found(v->r, v->a, port, CHECK_PROBE_NO_CORS, LATENCY_PATH
		    " is answered with %s, without Access-Control-Allow-Origin",
		    what);
}

/* Store what the responses tell of the server. */
static void
measure(struct http_visit *v)
{
	const struct check_exchange *e = v->probe.r.final ? &v->probe : &v->up;
	char text[CHECK_WHAT];

	if (!e->r.final)
		return;
	if (v->probe.end == CHECK_ANSWERED)
		check_number(v->r, v->a, CHECK_FACT_HTTP, v->probe.took);
	check_quote(text, sizeof(text), net_http_field(&e->r.head, "Server"));
	if (text[0] != '\0')
		check_text(v->r, v->a, CHECK_FACT_SERVER, text);
	check_quote(text, sizeof(text), net_http_field(&e->r.head, "Via"));
	if (text[0] != '\0')
		check_text(v->r, v->a, CHECK_FACT_VIA, text);
	check_clock(v->r, v->a, v->r->node->port, e);
}

/* Report what is wrong.  Returns 1 when connections are upgraded to DERP. */
static int
judge(struct http_visit *v)
{
	const struct net_http_head *h = &v->up.r.head;

	if (!v->up.r.final) {
		report_nothing(v);
		return (0);
	}
	if (h->status != 101 || !net_http_has_token(h, "Upgrade", "DERP")) {
		report_response(v);
		return (0);
	}
	judge_probe(v);
	v->a->upgrades = 1;
	return (1);
}

int
check_http(struct check_run *r, struct check_addr *a)
{
	struct http_visit v = { .r = r, .a = a };
	int rv = 0;

	check_step(r, "HTTP");
	ask_probe(&v);
	if (!r->stopped)
		ask_upgrade(&v);
	hang_up(&v);
	if (!r->stopped) {
		rv = judge(&v);
		measure(&v);
	}
	check_exchange_free(&v.probe);
	check_exchange_free(&v.up);
	return (rv);
}
