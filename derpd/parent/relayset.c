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
	*r = c->worker;
	memcpy(r->node_key, node_key, sizeof(r->node_key));
	r->worker = worker;
	r->nworkers = nworkers;
	r->relay = c->relay.enabled != 0;
}
