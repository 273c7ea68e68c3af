/*
 * tlsio: libtls over the buffers of a relay worker.
 */
#ifndef TLSIO_H
#define TLSIO_H

#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct conn;
struct relay;

/*
 * A certificate to come: its chain, `len' bytes of PEM (copied), and the hash
 * of its key.  0, or -1 without memory.
 */
int	tlsio_cert(struct relay *r, const uint8_t hash[KEYHASH_LEN],
	    const void *pem, size_t len);

/*
 * Put the certificates that came in force, if any did.  NULL, or a static line
 * that says what is wrong: the older ones then stay.
 */
const char *tlsio_commit(struct relay *r);

/*
 * Decrypt the `n' bytes of ciphertext at `p', after a handshake if there was
 * none, and hand the plaintext to conn_input(); what can't be handled now is
 * kept with the connection.  May close it.  Refuses to nest: called while it
 * runs, it keeps the bytes for conn_work().
 */
void	tlsio_pump(struct conn *c, const uint8_t *p, size_t n);

/* Encrypt the `n' bytes at `p' for the wire.  0, or -1: to be closed. */
int	tlsio_write(struct conn *c, const uint8_t *p, size_t n);

/* Free what TLS has of the connection. */
void	tlsio_end(struct conn *c);

#endif
