/*
 * relayset: the settings of a relay worker, from the configuration; see
 * parent.h.  Called by load.c.
 */
#include <string.h>

#include "parent.h"
#include "relayconf.h"

void
relay_conf_from(struct relay_conf *r, const struct conf *c,
    const uint8_t node_key[32], uint32_t worker, uint32_t nworkers)
{
	const struct conf_relay *s = &c->relay;

	memset(r, 0, sizeof(*r));
	memcpy(r->node_key, node_key, sizeof(r->node_key));
	r->worker = worker;
	r->nworkers = nworkers;
	r->relay = s->enabled != 0;
	r->home = (uint8_t)s->home;
	if (s->redirect != NULL)
		strlcpy(r->redirect, s->redirect, sizeof(r->redirect));
	r->queue_bytes = s->queue_bytes;
	r->queue_packets = s->queue_packets;
	r->codel_target = s->codel_target;
	r->codel_interval = s->codel_interval;
	r->notsent_lowat = s->notsent_lowat;
	r->write_timeout = s->write_timeout;
	r->accept_rate = s->accept_rate;
	r->accept_burst = s->accept_burst;
	r->client_rate = s->client_rate;
	r->client_burst = s->client_burst;
	r->max_clients = s->max_clients;
	r->max_unfinished = s->max_unfinished;
	r->max_per_source = s->max_per_source;
}
