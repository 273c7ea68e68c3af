/*
 * validation: the certificates that validate names for an ACME directory by
 * TLS-ALPN-01 (RFC 8737), while an order is under way.  Whoever offers another
 * protocol than acme-tls/1 can't get one: each has a TLS context of its own.
 */
#ifndef VALIDATION_H
#define VALIDATION_H

#include <stddef.h>
#include <stdint.h>

#include "messages.h"

struct front_tlsgen;

struct front_validation {
	char			 server[IPC_ACME_NAMESIZE]; /* server name */
	struct front_tlsgen	*gen;
};

/* All zeros: none. */
struct front_validations {
	struct front_validation	*v;
	size_t			 n;	/* at most IPC_ACME_MAXNAMES */
};

/*
 * MSG_FRONT_VALIDATION: serve the certificate, in place of an older one for
 * this server name.  Returns 0, or -1 when it can't be served (logged), or
 * there are too many.
 */
int	front_validation_add(struct front_validations *s,
	    const struct ipc_msg_front_validation *m);

/*
 * The certificate for a client whose ClientHello is the `n' bytes at `p', with
 * one more user; NULL: none, it is an ordinary client.
 */
struct front_tlsgen *front_validation_find(const struct front_validations *s,
	    const uint8_t *p, size_t n);

/* Drop all certificates. */
void	front_validation_free(struct front_validations *s);

#endif
