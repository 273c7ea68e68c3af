/*
 * relayconf: the settings of a relay worker (struct ipc_relay_conf,
 * MSG_RELAY_CONF) and their consistency.
 */
#ifndef RELAYCONF_H
#define RELAYCONF_H

#include "messages.h"

/* Are the settings consistent?  Returns 1 or 0. */
int	ipc_relay_conf_valid(const struct ipc_relay_conf *c);

void	 ipc_relay_conf_put(struct ipc_wr *w, const struct ipc_relay_conf *c);
int	 ipc_relay_conf_get(struct ipc_rd *r, struct ipc_relay_conf *c);

#endif
