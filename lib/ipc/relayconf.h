/*
 * relayconf: the settings of a relay worker (struct ipc_relay_conf,
 * MSG_RELAY_CONF) and of a front (struct ipc_front_conf, MSG_FRONT_CONF), and
 * their consistency.
 */
#ifndef RELAYCONF_H
#define RELAYCONF_H

#include "messages.h"

/* Are the settings consistent?  Returns 1 or 0. */
int	ipc_relay_conf_valid(const struct ipc_relay_conf *c);
int	ipc_front_conf_valid(const struct ipc_front_conf *c);

#endif
