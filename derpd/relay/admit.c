/*
 * admit: a connection's place among those that are not logged in; see admit.h.
 * Called by conn.c, and by login.c when it is logged in.
 */
#include <arpa/inet.h>

#include "admit.h"
#include "httpconn.h"
#include "log.h"
#include "login.h"
#include "relay.h"

/* What libtls and libssl take for a connection (OpenSSL 3.0), bytes. */
#define TLS_COST	(15 * 1024)
#define TLS_SHAKE_COST	(46 * 1024)	/* during the handshake */
#define WS_COST		(5 * 1024)	/* and libwslay for a WebSocket */

int
relay_admit(struct conn *c)
{
	struct relay *r = c->r;
	struct stranger *victim;
	char addr[INET6_ADDRSTRLEN];

	c->stranger.owner = c;
	if (strangers_add(&r->strangers, &c->stranger, c->addr, r->now_us,
	    &victim) == -1) {
		if (inet_ntop(AF_INET6, c->addr, addr, sizeof(addr)) == NULL)
			addr[0] = '\0';
		log_limited(&r->refused, "connection from %s closed: max "
		    "unfinished per source (%u) reached", addr,
		    r->conf.max_per_source);
		return (-1);
	}
	if (victim == NULL)
		return (0);
	log_limited(&r->gave_way,
	    "connections that are not logged in give way to new ones: "
	    "max unfinished (%u) or per source (%u) reached",
	    r->strangers.max, r->conf.max_per_source);
	conn_close(victim->owner, "gives way: not logged in");
	return (0);
}

void
conn_charge(struct conn *c)
{
	struct strangers *s = &c->r->strangers;
	struct stranger *st;
	size_t input, all;

	if (c->stranger.source == NULL)
		return;
	input = c->input.held.cap + c->input.pend.cap + web_kept(c) +
	    c->session.part.cap + login_kept(c);
	all = sizeof(*c) + input + c->output.out.cap + c->output.ctl.cap;
	if (c->ws != NULL)
		all += WS_COST;
	if (c->tls != NULL)
		all += c->state == CONN_HANDSHAKE ? TLS_SHAKE_COST : TLS_COST;
	strangers_charge(s, &c->stranger, all, input);
	while ((st = strangers_over(s)) != NULL)
		conn_close(st->owner, "gives way: takes much memory, and is "
		    "not logged in");
}

void
conn_known(struct conn *c)
{
	strangers_remove(&c->r->strangers, &c->stranger);
}
