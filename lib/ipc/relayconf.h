/*
 * relayconf: the settings of a relay worker (struct relay_conf, MSG_RELAY_CONF)
 * and how they go together.
 */
#ifndef RELAYCONF_H
#define RELAYCONF_H

#include "messages.h"

/* Do the settings go together?  1 yes, 0 no. */
int	relay_conf_valid(const struct relay_conf *c);

void	 relay_conf_put(struct wr *w, const struct relay_conf *c);
int	 relay_conf_get(struct rd *r, struct relay_conf *c);

#endif
