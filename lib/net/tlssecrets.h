/*
 * tlssecrets: the traffic secrets of libtls's handshakes, for records of our
 * own (record.h).  Used by fronts, as servers, and by mesh, as a client.
 */
#ifndef TLSSECRETS_H
#define TLSSECRETS_H

#include <stddef.h>
#include <stdint.h>
#include <tls.h>

#include "record.h"

struct ssl_ctx_st;

/* The secrets of one handshake. */
struct net_tlssecrets {
	const void	*ssl;		/* libssl's object, while it exists */
	uint8_t		 client[NET_RECORD_SECRET]; /* of what it sends */
	uint8_t		 server[NET_RECORD_SECRET];
	size_t		 nclient, nserver; /* their bytes, 0: not known yet */
};

/*
 * Make libssl report the secrets of all contexts that libtls makes from now on.
 * Call it once.  Returns 0, or -1 when out of memory.
 */
int	 net_tlssecrets_init(void);

/* The same for one context of libssl. */
void	 net_tlssecrets_report(struct ssl_ctx_st *ctx);

/*
 * As tls_handshake(3), but store the negotiated secrets in *s, which must be
 * all zero before, and must be zeroed after use.
 */
int	 net_tlssecrets_handshake(struct tls *tls, struct net_tlssecrets *s);

/*
 * Continue with records of our own (RFC 8446 7.3) in *r, after
 * net_tlssecrets_handshake() has returned 0.  Return 1: our records have begun,
 * and the libtls object must be freed without tls_close(3); 0: libtls
 * continues, because of TLS 1.2 or a library that reports no secrets; -1: the
 * secrets do not fit.
 */
int	 net_tlssecrets_take_over(const struct net_tlssecrets *s,
	    struct net_record *r, struct net_record_cache *c);

#endif
