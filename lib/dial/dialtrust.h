/*
 * dialtrust: how the node's certificate is verified: as clients of a DERP map
 * verify it, with CertName if there is one (derp(7), section 8).
 */
#ifndef DIALTRUST_H
#define DIALTRUST_H

#include <stddef.h>
#include <stdint.h>
#include <tls.h>

#include "bounds.h"
#include "cas.h"

struct dial_trust {
	char		 host[IPC_HOSTSIZE];	/* requested, and verified
						   without a CertName that is a
						   name */
	char		 certname[IPC_MESH_CERTSIZE];	/* "": none */
	int		 insecure;		/* any certificate will do:
						   InsecureForTests */
	struct net_cas	 cas;
	const struct net_cas *held;		/* used in their place, see
						   net_cas_hold(); NULL: none */
	struct tls_config *tls;
	char		 why[IPC_WHYSIZE];	/* why the node can't be
						   verified; "": it can */
};

/*
 * Prepare TLS for a trust with its names, which is all zeros otherwise.  Unless
 * they are held, the CA certificates are read: before confinement.  A failure
 * is kept in t->why.
 */
void	 dial_trust_begin(struct dial_trust *t);

/*
 * After a handshake with t->tls and t->host: check what libtls could not.
 * Returns NULL, or why the certificate is not the node's.
 */
const char *dial_trust_check(struct dial_trust *t, struct tls *tls);

/*
 * Free what dial_trust_begin() made, but keep the names: for nodes that are
 * dialled now and then.
 */
void	 dial_trust_end(struct dial_trust *t);

/* Free what it has, and zero it. */
void	 dial_trust_free(struct dial_trust *t);

#endif
