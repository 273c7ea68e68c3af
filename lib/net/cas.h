/*
 * cas: the CA certificates that a client verifies servers with: those of a
 * file, which is read before confinement, or the system's.  Used by verify,
 * mesh and the bridge's worker.
 */
#ifndef CAS_H
#define CAS_H

#include <stddef.h>
#include <stdint.h>
#include <tls.h>

#include "bounds.h"

struct net_cas {
	char		 file[IPC_PATHSIZE];	/* "": the system's */
	uint8_t		*p;		/* its contents, NULL: not read */
	size_t		 len;
};

/*
 * Read the file, use it in `conf', and try that for the server `name', which
 * loads the system's certificates, too.  Returns 0, or -1 with one line in
 * `why' of `size' bytes.
 */
int	 net_cas_use(struct net_cas *c, struct tls_config *conf,
	    const char *name, char *why, size_t size);

/*
 * Read the file, or the system's, for a process that can open none later.
 * Returns as above.
 */
int	 net_cas_hold(struct net_cas *c, char *why, size_t size);

/* Returns 1 when the file still has the contents that were read, else 0. */
int	 net_cas_are_current(const struct net_cas *c);

/* Free the contents. */
void	 net_cas_free(struct net_cas *c);

#endif
