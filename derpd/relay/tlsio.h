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

/* What the connections of a worker share of TLS. */
struct relay_tls {
	struct relay_tlsgen	*gen;		/* certificates in force */
	struct relay_tlsgen	*staged;	/* checked, not in force yet */
	struct relay_certset	*next;		/* those to come */
	char			 why[256];	/* the last ones are not in
						   force */
	struct log_limit failed;		/* handshakes */
	int			 pumping;	/* relay_tlsio_pump() runs */
	/* plaintext of one */
	uint8_t			 record[RELAY_RECORD_SIZE];
};

/*
 * A certificate to come: its chain, `len' bytes of PEM (copied), and the hash
 * of its key.  0, or -1 without memory.
 */
int	relay_tlsio_cert(struct relay *r, const uint8_t hash[IPC_KEYHASH_LEN],
	    const void *pem, size_t len);

/*
 * Check the certificates that came, if any did, and keep them beside those in
 * force.  NULL, or a line that says what is wrong, good until the next call:
 * they are forgotten.
 */
const char *relay_tlsio_stage(struct relay *r);

/* Put in force what relay_tlsio_stage() kept, if it did. */
void	relay_tlsio_commit(struct relay *r);

/* Forget the certificates that came and are not in force. */
void	relay_tlsio_drop(struct relay *r);

/*
 * Decrypt the `n' bytes of ciphertext at `p', after a handshake if there was
 * none, and hand the plaintext to relay_conn_input(); what can't be handled now
 * is kept with the connection.  May close it.  Refuses to nest: called while it
 * runs, it keeps the bytes for relay_conn_work().
 */
void	relay_tlsio_pump(struct relay_conn *c, const uint8_t *p, size_t n);

/* Encrypt the `n' bytes at `p' for the wire.  0, or -1: to be closed. */
int	relay_tlsio_write(struct relay_conn *c, const uint8_t *p, size_t n);

/* Free what TLS has of the connection. */
void	relay_tlsio_end(struct relay_conn *c);

#endif
