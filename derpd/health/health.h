/*
 * health: the process that probes the relay like a client.
 */
#ifndef HEALTH_H
#define HEALTH_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"
#include "messages.h"

#define HEALTH_MS	5000	/* limit for a probe */

struct ipc_chan;

/* Address of the relay and its schedule, from MSG_HEALTH_CONF; and a key. */
struct health_conf {
	char		 address[64];
	char		 port[6];
	char		 name[256];	/* server name that clients verify */
	uint32_t	 every;		/* seconds between two probes */
	int		 tls;		/* 0: the port is one with derp */
	int		 proxied;	/* the relay expects a PROXY header from
					   this machine */
	uint8_t		 secret[IPC_KEYLEN]; /* private key to log in with, the
					   same in all probes */
};

/*
 * Probe the relay once, within HEALTH_MS: TLS with a certificate that is valid
 * for the name (with `tls'), GET /derp/probe, and a login as a prober over a
 * second connection.  Returns 1 on success; 0 on failure, with one line in
 * `why' of `size' bytes, which may quote arbitrary bytes; -1 when a message
 * arrived on the channel `watch' (NULL for none) first.
 */
int	 health_probe(const struct health_conf *c, struct ipc_chan *watch,
	    char *why, size_t size);

/* The faults that a check has found, each once. */
struct health_found {
	struct ipc_fault faults[IPC_MAXFAULTS];
	size_t		 n;
};

/*
 * Check the whole relay with lib/check, and store the faults in *f; notes are
 * left out.  It takes some seconds when the relay hangs.  Returns 1; or 0 when
 * it could not be checked, or a message arrived on the channel `watch' (NULL
 * for none) first.
 */
int	 health_check(const struct health_conf *c, struct ipc_chan *watch,
	    struct health_found *f);

/* Run the health process.  Never returns. */
void	 health_main(void) __attribute__((noreturn));

#endif
