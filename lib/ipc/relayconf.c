/*
 * relayconf: consistency of a relay worker's settings, beyond messages.def; see
 * relayconf.h.
 */
#include "relayconf.h"

int
ipc_relay_conf_valid(const struct ipc_relay_conf *c)
{
	return (c->worker < c->nworkers);
}

void
ipc_relay_conf_put(struct ipc_wr *w, const struct ipc_relay_conf *c)
{
	ipc_add_relay_conf(w, c);
}

int
ipc_relay_conf_get(struct ipc_rd *r, struct ipc_relay_conf *c)
{
	return (ipc_next_relay_conf(r, c) == 0 && ipc_rd_end(r) &&
	    ipc_relay_conf_valid(c) ? 0 : -1);
}
