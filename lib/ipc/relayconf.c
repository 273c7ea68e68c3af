/*
 * relayconf: what messages.def can't say of the settings of a relay worker; see
 * relayconf.h.
 */
#include "relayconf.h"

int
relay_conf_valid(const struct relay_conf *c)
{
	return (c->worker < c->nworkers);
}

void
relay_conf_put(struct wr *w, const struct relay_conf *c)
{
	ipc_add_relay_conf(w, c);
}

int
relay_conf_get(struct rd *r, struct relay_conf *c)
{
	return (ipc_next_relay_conf(r, c) == 0 && rd_end(r) &&
	    relay_conf_valid(c) ? 0 : -1);
}
