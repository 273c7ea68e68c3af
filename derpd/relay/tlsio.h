/*
 * tlsio: TLS over the buffers of a relay worker: handshakes by libtls, records
 * by lib/net/record.c, or by libtls where necessary (TLS 1.2, LibreSSL).
 */
#ifndef TLSIO_H
#define TLSIO_H

#include <stddef.h>
#include <stdint.h>

#include "log.h"
#include "msg.h"
#include "record.h"

struct relay;
struct relay_certset;
struct relay_conn;
struct relay_tlsgen;

#define RELAY_RECORD_SIZE	16384	/* maximum plaintext of a TLS record */
#define TLSIO_KEYS	16384		/* maximum number of expanded keys: 19
					   MB, allocated when used */

/* TLS state that the connections of a worker share. */
struct relay_tls {
	struct relay_tlsgen	*gen;		/* certificates in force */
	struct relay_tlsgen	*staged;	/* checked, not in force yet */
	struct relay_certset	*next;		/* to be staged */
	char			 why[256]; /* the error of the last stage */
	struct log_limit failed;		/* handshakes */
	struct net_record_cache records;
	int		 pumping;	/* relay_tlsio_pump() is running */
	uint8_t		 record[RELAY_RECORD_SIZE]; /* plaintext of a record */
	uint8_t		 wire[2 * RELAY_RECORD_SIZE]; /* its records */
};

/* Initialize the state that connections share. */
void	relay_tlsio_init(struct relay *r);

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
 * Decrypt the `n' bytes of ciphertext at `p' (in place), after a handshake if
 * there was none, and pass the plaintext to relay_conn_input(); input that
 * can't be processed now is kept with the connection.  May close it.  Does not
 * nest: when called while it runs, it keeps the bytes for relay_conn_work().
 */
void	relay_tlsio_pump(struct relay_conn *c, uint8_t *p, size_t n);

/* Encrypt the `n' bytes at `p' for sending.  Return 0, or -1: close it. */
int	relay_tlsio_write(struct relay_conn *c, const uint8_t *p, size_t n);

/*
 * Encrypt the `cnt' pieces of `v', `n' bytes in all, directly from their place
 * to relay_output_stage().  Return 0, -1 (close it), or 1: libtls makes the
 * records.
 */
int	relay_tlsio_write_pieces(struct relay_conn *c, const struct iovec *v,
	    size_t cnt, size_t n);

/* Send the last record, which marks the end of the stream for the peer. */
void	relay_tlsio_close(struct relay_conn *c);

/* 1 if a KeyUpdate must be sent even without data (RFC 8446 4.6.3), else 0. */
int	relay_tlsio_owes(const struct relay_conn *c);

/* Return 1 if an alert was the last record: no more can follow.  Else 0. */
int	relay_tlsio_is_over(const struct relay_conn *c);

/* Free the TLS state of the connection. */
void	relay_tlsio_end(struct relay_conn *c);

#endif
