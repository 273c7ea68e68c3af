/*
 * records: the TLS records of a connection by lib/net/record.c.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <sys/uio.h>
#include <stddef.h>
#include <stdint.h>

struct conn;

/*
 * Decrypt the `n' bytes of ciphertext at `p' (in place) and pass the plaintext
 * to conn_plain(); input that can't be processed now is kept with the
 * connection.  May close it.  Does not nest: when called while it runs, it
 * keeps the bytes for conn_work().
 */
void	conn_records(struct conn *c, uint8_t *p, size_t n);

/*
 * The same for `n' bytes that came from the socket; IN_CUT bytes before `p' are
 * free, for the record that was cut.
 */
void	conn_records_received(struct conn *c, uint8_t *p, size_t n);

/*
 * Pass the records of the `n' bytes at `p' to conn_output_raw(); the bytes
 * themselves without TLS.  Return 0, or -1: close it.
 */
int	conn_records_write(struct conn *c, const uint8_t *p, size_t n);

/*
 * The same for the `cnt' pieces of `v', `n' bytes in all, directly from their
 * place to conn_output_stage().
 */
int	conn_records_write_pieces(struct conn *c, const struct iovec *v,
	    size_t cnt, size_t n);

/* Pass the last record, which marks the end of the stream for the peer. */
void	conn_records_close(struct conn *c);

/* 1 if a KeyUpdate must be sent even without data (RFC 8446 4.6.3), else 0. */
int	conn_records_owes(const struct conn *c);

/* Return 1 if an alert was the last record: no more can follow.  Else 0. */
int	conn_records_is_over(const struct conn *c);

#endif
