/*
 * relayconf: the settings of a relay worker and their codec (MSG_RELAY_CONF).
 */
#ifndef RELAYCONF_H
#define RELAYCONF_H

#include <stddef.h>
#include <stdint.h>

#include "codec.h"

/* What a worker answers for its home page. */
enum relay_home { HOME_PAGE, HOME_BLANK, HOME_REDIRECT };

struct relay_conf {
	uint8_t		 node_key[32];	/* public half */
	uint32_t	 worker;	/* own number, from 0 */
	uint32_t	 nworkers;
	uint8_t		 relay;		/* DERP is served, not maps alone */
	uint8_t		 home;		/* enum relay_home */
	char		 redirect[1024];
	uint32_t	 queue_bytes;	/* units as in derpd.conf(5) */
	uint32_t	 queue_packets;
	uint32_t	 codel_target;
	uint32_t	 codel_interval;
	uint32_t	 notsent_lowat;
	uint32_t	 write_timeout;
	uint32_t	 accept_rate;
	uint32_t	 accept_burst;
	uint64_t	 client_rate;
	uint64_t	 client_burst;
	uint32_t	 max_clients;
	uint32_t	 max_unfinished;
	uint32_t	 max_per_source;
};

/* Append to a message; wr_ok() tells. */
void	relay_conf_put(struct wr *w, const struct relay_conf *r);

/* Read from a message and check ranges; 0, or -1 when malformed. */
int	relay_conf_get(struct rd *r, struct relay_conf *c);

#endif
