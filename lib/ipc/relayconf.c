/*
 * relayconf: consistency of the settings of fronts and relay workers, beyond
 * messages.def; see relayconf.h.
 */
#include "relayconf.h"

int
ipc_relay_conf_valid(const struct ipc_relay_conf *c)
{
	return (c->worker < c->nworkers);
}

int
ipc_front_conf_valid(const struct ipc_front_conf *c)
{
	return (c->front < c->nfronts && c->source_v4 <= 32 &&
	    c->source_v6 <= 128 &&
	    (c->home != HOME_REDIRECT || c->redirect[0] != '\0'));
}
