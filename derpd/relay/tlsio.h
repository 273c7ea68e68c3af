/*
 * tlsio: libtls over the buffers of a relay worker.
 */
#ifndef TLSIO_H
#define TLSIO_H

#include <stddef.h>
#include <stdint.h>

#include "log.h"
#include "msg.h"

struct relay;
struct relay_certset;
struct relay_conn;
struct relay_tlsgen;

#define RELAY_RECORD_SIZE	16384	/* plaintext of a TLS record, at most */

/* TLS state that the connections of a worker share. */
struct relay_tls {
	struct relay_tlsgen	*gen;		/* certificates in force */
	struct relay_tlsgen	*staged;	/* checked, not in force yet */
	struct relay_certset	*next;		/* to be staged */
	char			 why[256]; /* the error of the last stage */
	struct log_limit failed;		/* handshakes */
	int			 pumping;	/* relay_tlsio_pump() runs */
	/* plaintext of one record */
	uint8_t			 record[RELAY_RECORD_SIZE];
};

/*
 * Add a certificate to be staged: its chain, `len' bytes of PEM (copied), and
 * the hash of its key.  Return 0, or -1 without memory.
 */
int	relay_tlsio_cert(struct relay *r, const uint8_t hash[IPC_KEYHASH_LEN],
	    const void *pem, size_t len);

/*
 * Validate the added certificates, if there are any, and keep them beside those
 * in force.  Return NULL, or an error message, valid until the next call; the
 * certificates are then freed.
 */
const char *relay_tlsio_stage(struct relay *r);

/* Put the staged certificates in force, if there are any. */
void	relay_tlsio_commit(struct relay *r);

/* Free the certificates that are added or staged. */
void	relay_tlsio_drop(struct relay *r);

/*
 * Decrypt the `n' bytes of ciphertext at `p', after a handshake if that is not
 * done, and pass the plaintext to relay_conn_input(); the connection keeps what
 * can't be handled now.  May close it.  A nested call keeps the bytes for
 * relay_conn_work().
 */
void	relay_tlsio_pump(struct relay_conn *c, const uint8_t *p, size_t n);

/* Encrypt the `n' bytes at `p' for the wire.  0, or -1: close it. */
int	relay_tlsio_write(struct relay_conn *c, const uint8_t *p, size_t n);

/* Free the TLS state of the connection. */
void	relay_tlsio_end(struct relay_conn *c);

#endif
