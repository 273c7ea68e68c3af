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
	struct net_cas	 cas;
	struct tls_config *tls;
	char		 why[IPC_WHYSIZE];	/* why the node can't be
						   verified; "": it can */
};

/*
 * Before confinement: read the CA certificates and prepare TLS for a trust with
 * its names, which is all zeros otherwise.  A failure is kept in t->why.
 */
void	 dial_trust_begin(struct dial_trust *t);

/*
 * After a handshake with t->tls and t->host: check what libtls could not.
 * Returns NULL, or why the certificate is not the node's.
 */
const char *dial_trust_check(struct dial_trust *t, struct tls *tls);

/* Free what it holds. */
void	 dial_trust_free(struct dial_trust *t);

#endif
