/*
 * fronttls: the TLS of a front: handshakes by libtls, records by derpd/conn, or
 * by libtls where necessary (TLS 1.2, LibreSSL).
 */
#ifndef FRONTTLS_H
#define FRONTTLS_H

#include <stddef.h>
#include <stdint.h>

#include "log.h"
#include "msg.h"
#include "output.h"

struct conn;
struct front;
struct front_certset;
struct front_conn;
struct front_tlsgen;

/* TLS state that the connections of a front share. */
struct front_tls {
	struct front_tlsgen	*gen;		/* certificates in force */
	struct front_tlsgen	*staged;	/* checked, not in force yet */
	struct front_certset	*next;		/* to be staged */
	char			 why[256]; /* the error of the last stage */
	struct log_limit failed;		/* handshakes */
	uint8_t		 record[CONN_RECORD_SIZE]; /* plaintext of a record */
};

/*
 * Add a certificate to be staged: its chain, `len' bytes of PEM (copied), and
 * the hash of its key.  Return 0, or -1 without memory.
 */
int	front_tls_cert(struct front *f, const uint8_t hash[IPC_KEYHASH_LEN],
	    const void *pem, size_t len);

/*
 * Validate the added certificates, if there are any, and keep them beside those
 * in force.  Return NULL, or an error message, valid until the next call; the
 * certificates are then freed.
 */
const char *front_tls_stage(struct front *f);

/* Put the staged certificates in force, if there are any. */
void	front_tls_commit(struct front *f);

/* Free the certificates that are added or staged. */
void	front_tls_drop(struct front *f);

/*
 * The whole ClientHello of `c' is in the `n' bytes at `p': choose the
 * certificates for it, if it is of an ACME directory that validates a name.
 */
void	front_tls_hello(struct front_conn *c, const uint8_t *p, size_t n);

/*
 * As conn_ops.libtls: continue the handshake, or read one record from libtls.
 */
int	front_tls_continue(struct conn *c);

/* As conn_ops.one_by_one: 1 until the client is known, else 0. */
int	front_tls_one_by_one(const struct conn *c);

/* As conn_ops.encrypt, encrypt_pieces and end; with the frames of WebSocket. */
int	front_tls_write(struct conn *c, const uint8_t *p, size_t n);
int	front_tls_write_pieces(struct conn *c, const struct iovec *v,
	    size_t cnt, size_t n);
void	front_tls_close(struct conn *c);

/* Free the TLS state of the connection. */
void	front_tls_end(struct front_conn *c);

#endif
