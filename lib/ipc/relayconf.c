/*
 * relayconf: the settings of a relay worker and their codec; see relayconf.h.
 * Written by the parent, read by the worker.
 */
#include <string.h>

#include "msg.h"
#include "relayconf.h"

void
relay_conf_put(struct wr *w, const struct relay_conf *r)
{
	wr_bytes(w, r->node_key, sizeof(r->node_key));
	wr_u32(w, r->worker);
	wr_u32(w, r->nworkers);
	wr_u8(w, r->relay);
	wr_u8(w, r->home);
	wr_str(w, r->redirect);
	wr_u32(w, r->queue_bytes);
	wr_u32(w, r->queue_packets);
	wr_u32(w, r->codel_target);
	wr_u32(w, r->codel_interval);
	wr_u32(w, r->notsent_lowat);
	wr_u32(w, r->write_timeout);
	wr_u32(w, r->accept_rate);
	wr_u32(w, r->accept_burst);
	wr_u64(w, r->client_rate);
	wr_u64(w, r->client_burst);
	wr_u32(w, r->max_clients);
	wr_u32(w, r->max_unfinished);
	wr_u32(w, r->max_per_source);
}

int
relay_conf_get(struct rd *r, struct relay_conf *c)
{
	memset(c, 0, sizeof(*c));
	rd_bytes(r, c->node_key, sizeof(c->node_key));
	c->worker = rd_u32(r);
	c->nworkers = rd_u32(r);
	c->relay = rd_u8(r);
	c->home = rd_u8(r);
	rd_str(r, c->redirect, sizeof(c->redirect));
	c->queue_bytes = rd_u32(r);
	c->queue_packets = rd_u32(r);
	c->codel_target = rd_u32(r);
	c->codel_interval = rd_u32(r);
	c->notsent_lowat = rd_u32(r);
	c->write_timeout = rd_u32(r);
	c->accept_rate = rd_u32(r);
	c->accept_burst = rd_u32(r);
	c->client_rate = rd_u64(r);
	c->client_burst = rd_u64(r);
	c->max_clients = rd_u32(r);
	c->max_unfinished = rd_u32(r);
	c->max_per_source = rd_u32(r);
	if (!rd_end(r) || c->worker >= c->nworkers ||
	    c->nworkers > MAXWORKERS || c->relay > 1 ||
	    c->home > HOME_REDIRECT || c->queue_packets == 0 ||
	    c->max_unfinished == 0 || c->max_per_source == 0)
		return (-1);
	return (0);
}
