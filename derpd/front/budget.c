/*
 * budget: the connections before login, and their memory; see budget.h.
 * Called by frontconn.c, and by proxy.c and httpconn.c when a load balancer has
 * named the client.
 */
#include <string.h>

#include "budget.h"
#include "front.h"
#include "httpconn.h"
#include "log.h"
#include "sourcelimit.h"

/* Memory that libtls and libssl use for a connection (OpenSSL 3.0), bytes. */
#define TLS_COST	(15 * 1024)
#define TLS_SHAKE_COST	(46 * 1024)	/* during the handshake */
#define REC_COST	(3 * 1024)	/* records of ours: two expanded keys */
#define WS_COST		(5 * 1024)	/* libwslay, for a WebSocket */

void
front_budget_limits(struct front *f)
{
	const struct ipc_front_conf *c = &f->conf;
	const uint32_t conf[4] = { c->source_rate, c->source_burst,
	    c->source_v4, c->source_v6 };
	struct front_budget *b = &f->budget;
	struct net_sourcelimit *rate;

	front_unfinished_prefixes(&f->unfinished, c->source_v4, c->source_v6);
	if (b->rate != NULL && memcmp(b->conf, conf, sizeof(conf)) == 0)
		return;
	rate = net_sourcelimit_new(c->source_rate, c->source_burst,
	    c->source_v4, c->source_v6);
	if (rate == NULL) {
		log_warnx("no memory for the table of sources: the source "
		    "rate stays as it was");
		return;
	}
	net_sourcelimit_free(b->rate);
	b->rate = rate;
	memcpy(b->conf, conf, sizeof(conf));
}

int
front_budget_allows(struct front *f, const uint8_t addr[16])
{
	struct front_budget *b = &f->budget;
	const struct log_about about = { .addr = addr };

	if (b->rate == NULL ||
	    net_sourcelimit_allow(b->rate, addr, f->set.now_us))
		return (1);
	f->set.stats->source_refused++;
	log_client(LOG_INFO, &b->fast, &about, "connection closed: its source "
	    "is above its rate (source rate %u burst %u)", f->conf.source_rate,
	    f->conf.source_burst);
	return (0);
}

/* Log that `addr' has too many connections.  Always return -1. */
static int
refused(struct front *f, const uint8_t addr[16])
{
	const struct log_about about = { .addr = addr };

	log_client(LOG_INFO, &f->budget.refused, &about, "connection closed: "
	    "max unfinished per source (%u) reached", f->conf.max_per_source);
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
	log_limited_warnx(&f->budget.gave_way,
	    "unauthenticated connections closed for new ones: "
	    "max unfinished (%u) or max unfinished per source (%u) reached",
	    f->unfinished.max, f->conf.max_per_source);
	close_it(victim, "closed for a new connection: not logged in");
}

int
front_budget_add(struct front_conn *c)
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
front_budget_move(struct front_conn *c, const uint8_t addr[16], uint16_t port)
{
	struct front *f = c->f;
	struct front_unfinished *victim;

	if (!front_budget_allows(f, addr))
		return (-1);
	if (front_unfinished_move(&f->unfinished, &c->unfinished,
	    addr, f->set.now_us, &victim) == -1)
		return (refused(f, addr));
	give_way(f, victim);
	memcpy(c->conn.addr, addr, sizeof(c->conn.addr));
	c->conn.port = port;
	c->named = 1;
	return (0);
}

void
front_budget_charge(struct front_conn *c)
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
	while ((st = front_unfinished_over(s)) != NULL) {
		log_limited_warnx(&c->f->budget.memory, "unauthenticated "
		    "connections closed: they take too much memory together");
		close_it(st, "closed to free memory: not logged in");
	}
}
