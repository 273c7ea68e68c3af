/*
 * hello: how much of a client's TLS stream has come, so that libtls is given
 * what it can finish and keeps nothing for a client that does not go on.  Pure.
 */
#ifndef HELLO_H
#define HELLO_H

#include <stddef.h>
#include <stdint.h>

#define HELLO_MAX	16384		/* bytes of a ClientHello, its header
					   left out */
#define HELLO_STREAM	(24 * 1024)	/* bytes of the records that carry it */

enum relay_hello {
	HELLO_MORE,		/* it is not whole */
	HELLO_WHOLE,		/* it is whole, or none at all: libtls judges */
	HELLO_LONG		/* longer than HELLO_MAX, or in crumbs */
};

/*
 * Bytes of the first TLS record in the `n' bytes at `p', 0 when it is not whole
 * (RFC 8446 5.1).  Of what is no record all `n'.
 */
size_t	 relay_hello_record(const uint8_t *p, size_t n);

/* How far a stream was looked at; all zero: not at all. */
struct relay_hello_state {
	size_t		 off;		/* bytes of whole records */
	size_t		 have;		/* bytes of the message in these, */
	size_t		 length;	/* and what its header says so far */
};

/*
 * Look at all `n' bytes at `p' that a client has sent so far: is its
 * ClientHello whole (RFC 8446 4, 4.1.2)?  *st is what the last call left, for
 * fewer bytes of the same stream: records that were whole then are not looked
 * at again.
 */
enum relay_hello relay_hello_check(struct relay_hello_state *st,
	    const uint8_t *p, size_t n);

#endif
