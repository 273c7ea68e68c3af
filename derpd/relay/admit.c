/*
 * admit: admits connections before login and limits their memory; see admit.h.
 * Called by conn.c, and by proxy.c and httpconn.c when a load balancer has
 * named the client.
 */
#include <string.h>

#include "admit.h"
#include "httpconn.h"
#include "log.h"
#include "login.h"
#include "prefix.h"
#include "relay.h"

/* Memory that libtls and libssl use for a connection (OpenSSL 3.0), bytes. */
#define TLS_COST	(15 * 1024)
#define TLS_SHAKE_COST	(46 * 1024)	/* during the handshake */
#define REC_COST	(3 * 1024)	/* records of ours: two expanded keys */
#define WS_COST		(5 * 1024)	/* libwslay, for a WebSocket */

/* Log that `addr' has too many connections.  Always return -1. */
static int
refused(struct relay *r, const uint8_t addr[16])
{
	char text[NET_PREFIX_TEXT];

	net_prefix_address(addr, text);
	log_limited(&r->refused, "connection from %s closed: max unfinished "
	    "per source (%u) reached", text, r->conf.max_per_source);
	return (-1);
}

/* Close the connection that gives way to a new one; NULL: none does. */
static void
give_way(struct relay *r, struct relay_unfinished *victim)
{
	if (victim == NULL)
		return;
	log_limited(&r->gave_way,
	    "unauthenticated connections closed to admit new ones: "
	    "max unfinished (%u) or max unfinished per source (%u) reached",
	    r->unfinished.max, r->conf.max_per_source);
	relay_conn_close(victim->owner,
	    "closed for a new connection: not logged in");
}

int
relay_admit(struct relay_conn *c)
{
	struct relay *r = c->r;
	struct relay_unfinished *victim;

	c->unknown->unfinished.owner = c;
	if (relay_unfinished_add(&r->unfinished, &c->unknown->unfinished,
	    c->state == CONN_PROXY ? NULL : c->addr, r->now_us, &victim) == -1)
		return (refused(r, c->addr));
	give_way(r, victim);
	return (0);
}

int
relay_admit_as(struct relay_conn *c, const uint8_t addr[16], uint16_t port)
{
	struct relay *r = c->r;
	struct relay_unfinished *victim;

	if (relay_unfinished_move(&r->unfinished, &c->unknown->unfinished,
	    addr, r->now_us, &victim) == -1)
		return (refused(r, addr));
	give_way(r, victim);
	memcpy(c->addr, addr, sizeof(c->addr));
	c->port = port;
	return (0);
}

void
relay_conn_charge(struct relay_conn *c)
{
	struct relay_unfinished_set *s = &c->r->unfinished;
	struct relay_unfinished *st;
	size_t input, all;

	if (c->unknown == NULL || c->unknown->unfinished.source == NULL)
		return;
	input = relay_buf_memory(&c->input.held) +
	    relay_buf_memory(&c->input.pend) + web_kept(c) +
	    relay_buf_memory(&c->session.part) + derp_login_kept(c);
	all = sizeof(*c) + sizeof(*c->unknown) + input +
	    relay_buf_memory(&c->output.out) +
	    relay_buf_memory(&c->output.ctl);
	if (c->ws != NULL)
		all += WS_COST;
	if (c->tls != NULL)
		all += c->state == CONN_HANDSHAKE ? TLS_SHAKE_COST : TLS_COST;
	if (c->rec != NULL)
		all += REC_COST;
	relay_unfinished_charge(s, &c->unknown->unfinished, all, input);
	while ((st = relay_unfinished_over(s)) != NULL)
		relay_conn_close(st->owner,
		    "closed to free memory: not logged in");
}
