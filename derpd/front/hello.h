/*
 * hello: checks how much of a client's TLS stream has arrived, so that libtls
 * gets only input that it can process and buffers none for a stalled client.
 * Pure.
 */
#ifndef HELLO_H
#define HELLO_H

#include <stddef.h>
#include <stdint.h>

#define HELLO_MAX	16384	/* bytes of a ClientHello without its header */
#define HELLO_STREAM	(24 * 1024)	/* bytes of the records that carry it */

enum front_hello {
	HELLO_MORE,		/* partial */
	HELLO_WHOLE,	/* whole, or not a ClientHello: libtls validates it */
	HELLO_LONG /* longer than HELLO_MAX, or in too many records */
};

/*
 * Return the length of the first TLS record in the `n' bytes at `p', 0 when it
 * is not whole (RFC 8446 5.1), `n' when it is not a record.
 */
size_t	 front_hello_record(const uint8_t *p, size_t n);

/* How far a stream was checked; all zero initially. */
struct front_hello_state {
	size_t		 off;		/* bytes of whole records */
	size_t		 have;		/* bytes of the message in these */
	size_t		 length; /* its length by its header, as far as known */
};

/*
 * Check all `n' bytes at `p' that a client has sent so far for a whole
 * ClientHello (RFC 8446 4, 4.1.2).  *st is the state of the last call, for
 * fewer bytes of the same stream: records that were whole then are skipped.
 */
enum front_hello front_hello_check(struct front_hello_state *st,
	    const uint8_t *p, size_t n);

#define HELLO_NAMESIZE	256	/* of a server name, with its NUL */

/* What a client offers and asks for. */
struct front_hello_wish {
	char		 server[HELLO_NAMESIZE]; /* name (SNI), "": none */
	int		 validates;	/* 1: it offers acme-tls/1 alone, as a
					   directory that validates a name */
};

/*
 * Read *w from the `n' bytes at `p', the records of a whole ClientHello.
 * Returns 0, or -1: malformed, for libtls to refuse.  (RFC 8446 4.1.2, RFC 6066
 * 3, RFC 7301 3.1, RFC 8737 3.)
 */
int	 front_hello_wish(const uint8_t *p, size_t n,
	    struct front_hello_wish *w);

#endif
