/*
 * certchain: whether the certificates of a file are a chain that clients can
 * follow: the server's own first, then those of its issuers.  Pure except for
 * libcrypto, which reads the certificate authorities of this machine.
 */
#ifndef CERTCHAIN_H
#define CERTCHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "msg.h"

/*
 * Check the chain of `len' bytes at `pem', which only has certificates.
 * Returns 0, or 1 with what is wrong for clients, and what to do, in `what' of
 * `size' bytes.  *selfsigned is 1 when the first certificate is signed with its
 * own key, else 0.
 */
int	 parent_certchain_check(const char *pem, size_t len, int *selfsigned,
	    char *what, size_t size);

/*
 * The number of the first certificate, from 1, with this hash of its public
 * key; 0: none.
 */
size_t	 parent_certchain_find(const char *pem, size_t len,
	    const uint8_t hash[IPC_KEYHASH_LEN]);

#endif
