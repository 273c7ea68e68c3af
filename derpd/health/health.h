/*
 * health: the process that probes the relay as a client would.
 */
#ifndef HEALTH_H
#define HEALTH_H

#include <stddef.h>
#include <stdint.h>

#define HEALTH_MS	5000	/* for a probe */

/* Where the relay is, as MSG_HEALTH_CONF says it. */
struct ipc_chan;

struct health_conf {
	char		 address[64];
	char		 port[6];
	char		 name[256];	/* server name that clients look for */
	uint32_t	 every;		/* seconds between two probes */
};

/*
 * Probe once, within HEALTH_MS: TLS with a certificate that is valid and holds
 * the name, GET /derp/probe, and a login as a prober over a second connection.
 * 1 all is well, 0 it is not: `why' of `size' bytes gets one line, which may
 * quote any byte; -1 when something arrived on the channel `watch' (NULL: none)
 * first.
 */
int	 health_probe(const struct health_conf *c, struct ipc_chan *watch,
	    char *why, size_t size);

/* Be the health process: never returns. */
void	 health_main(void) __attribute__((noreturn));

#endif
