/*
 * admit: admits connections before login and limits their memory; see admit.h.
 * Called by frontconn.c, and by proxy.c and httpconn.c when a load balancer has
 * named the client.
 */
#include <string.h>

#include "admit.h"
#include "front.h"
#include "httpconn.h"
#include "log.h"
#include "prefix.h"

/* Memory that libtls and libssl use for a connection (OpenSSL 3.0), bytes. */
#define TLS_COST	(15 * 1024)
#define TLS_SHAKE_COST	(46 * 1024)	/* during the handshake */
#define REC_COST	(3 * 1024)	/* records of ours: two expanded keys */
#define WS_COST		(5 * 1024)	/* libwslay, for a WebSocket */

/* Log that `addr' has too many connections.  Always return -1. */
static int
refused(struct front *f, const uint8_t addr[16])
{
	char text[NET_PREFIX_TEXT];

	net_prefix_address(addr, text);
	log_limited(&f->refused, "connection from %s closed: max unfinished "
	    "per source (%u) reached", text, f->conf.max_per_source);
	return (-1);
}

static void
close_it(const struct front_unfinished *victim, const char *why)
{
	struct front_conn *c = victim->owner;

	conn_close(&c->conn, why);
}

/* Close the connection that gives way to a new one; NULL: none does. */
static void
give_way(struct front *f, struct front_unfinished *victim)
{
	if (victim == NULL)
		return;
	log_limited(&f->gave_way,
	    "unauthenticated connections closed to admit new ones: "
	    "max unfinished (%u) or max unfinished per source (%u) reached",
	    f->unfinished.max, f->conf.max_per_source);
	close_it(victim, "closed for a new connection: not logged in");
}

int
front_admit(struct front_conn *c)
{
	struct front *f = c->f;
	struct front_unfinished *victim;

	c->unfinished.owner = c;
	if (front_unfinished_add(&f->unfinished, &c->unfinished,
	    c->conn.state == CONN_PROXY ? NULL : c->conn.addr, f->set.now_us,
	    &victim) == -1)
		return (refused(f, c->conn.addr));
	give_way(f, victim);
	return (0);
}

int
front_admit_as(struct front_conn *c, const uint8_t addr[16], uint16_t port)
{
	struct front *f = c->f;
	struct front_unfinished *victim;

	if (front_unfinished_move(&f->unfinished, &c->unfinished,
	    addr, f->set.now_us, &victim) == -1)
		return (refused(f, addr));
	give_way(f, victim);
	memcpy(c->conn.addr, addr, sizeof(c->conn.addr));
	c->conn.port = port;
	return (0);
}

void
front_charge(struct front_conn *c)
{
	struct front_unfinished_set *s = &c->f->unfinished;
	struct front_unfinished *st;
	size_t input, all;

	if (c->unfinished.source == NULL)
		return;
	input = conn_buf_memory(&c->conn.input.held) +
	    conn_buf_memory(&c->conn.input.pend) + web_kept(c) +
	    front_login_kept(c);
	all = sizeof(*c) + input + conn_buf_memory(&c->conn.output.out) +
	    conn_buf_memory(&c->conn.output.ctl);
	if (c->ws != NULL)
		all += WS_COST;
	if (c->tls != NULL)
		all += c->conn.state == CONN_HANDSHAKE ? TLS_SHAKE_COST :
		    TLS_COST;
	if (c->conn.rec != NULL)
		all += REC_COST;
	front_unfinished_charge(s, &c->unfinished, all, input);
	while ((st = front_unfinished_over(s)) != NULL)
		close_it(st, "closed to free memory: not logged in");
}
