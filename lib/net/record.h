/*
 * record: the record layer of TLS 1.3 after the handshake (RFC 8446 5), as
 * server or client.  Pure: no input or output; the caller provides bytes and
 * memory.  Called by fronts and relay workers for each connection.
 *
 * record.c       received records
 * record_out.c   sent records
 * record_key.c   secrets (RFC 8446 7.1 to 7.3) and the cache of expanded keys
 * record_mem.c   memory for secrets
 * record_save.c  a connection's state in bytes
 *
 * A connection stores its two secrets and counters, but no key: keys are
 * expanded when they are used, in a cache that all connections of a process
 * share and that refers to them.  So a struct net_record must not move.
 */
#ifndef RECORD_H
#define RECORD_H

#include <sys/queue.h>
#include <sys/uio.h>
#include <stddef.h>
#include <stdint.h>

#include "aead.h"

#define NET_RECORD_HDR		5	/* bytes of a header (RFC 8446 5.1) */
#define NET_RECORD_MAX		16384	/* bytes of content, at most */
#define NET_RECORD_EXPAND	256	/* more bytes that a record may have */
#define NET_RECORD_SECRET	48	/* maximum bytes of a secret */
/* Bytes that a record adds to its content: header, type, tag. */
#define NET_RECORD_OVERHEAD	(NET_RECORD_HDR + 1 + NET_AEAD_TAG)
/* Maximum bytes of a received record. */
#define NET_RECORD_WIRE		(NET_RECORD_HDR + NET_RECORD_MAX + \
				    NET_RECORD_EXPAND)
/* Bytes of a KeyUpdate on the wire (RFC 8446 4.6.3). */
#define NET_RECORD_UPDATE	(NET_RECORD_OVERHEAD + 5)
/* Bytes of an alert on the wire (RFC 8446 6). */
#define NET_RECORD_ALERT	(NET_RECORD_OVERHEAD + 2)

/* Alerts (RFC 8446 6). */
enum net_alert {
	NET_ALERT_CLOSE_NOTIFY = 0,
	NET_ALERT_UNEXPECTED_MESSAGE = 10,
	NET_ALERT_BAD_RECORD_MAC = 20,
	NET_ALERT_RECORD_OVERFLOW = 22,
	NET_ALERT_ILLEGAL_PARAMETER = 47,
	NET_ALERT_DECODE_ERROR = 50,
	NET_ALERT_INTERNAL_ERROR = 80,
	NET_ALERT_USER_CANCELED = 90
};

struct net_record;
struct net_record_key;
struct net_record_keyslab;
struct net_record_slab;

/* When keys are updated, and what is tolerated; tests use lower limits. */
struct net_record_limits {
	uint64_t	update_out;	/* records sent with one key */
	uint64_t	update_in;	/* received ones before our request */
	uint64_t	update_free;	/* received ones: a KeyUpdate is free */
	unsigned int	updates;	/* KeyUpdates after fewer records */
	unsigned int	empties;	/* empty records in a row */
};

/* The expanded keys of a process. */
struct net_record_cache {
	const struct net_aead	*aead;
	struct net_record_limits limits;
	size_t			 max;		/* maximum number of keys */
	size_t			 n;		/* keys with memory */
	size_t			 size;		/* bytes of one */
	uint32_t		 now;		/* calls of net_record_tick() */
	TAILQ_HEAD(net_record_keys, net_record_key) used; /* latest first */
	LIST_HEAD(, net_record_keyslab) keyslabs; /* room for keys */
	LIST_HEAD(, net_record_slab) partial;	/* room for connections */
};

/* One direction. */
struct net_record_dir {
	struct net_record_key	*key;	/* NULL: not expanded */
	uint64_t		 seq;	/* of the next record */
	uint8_t			 secret[NET_RECORD_SECRET];
};

struct net_record {
	struct net_record_cache	*cache;
	struct net_record_dir	 in, out;
	uint32_t		 skip;		/* bytes of a ticket */
	uint16_t		 out_max;	/* bytes of content a record */
	uint8_t			 alg;		/* enum net_aead_alg */
	uint8_t			 hash_len;	/* of the suite: 32 or 48 */
	uint8_t			 updates;	/* see limits.updates */
	uint8_t			 empties;	/* in a row */
	uint8_t			 npart;		/* bytes of part */
	uint8_t			 part[5];	/* partial handshake message:
						   header, all of a KeyUpdate */
	unsigned int		 client:1,	/* we are the client */
				 owe_update:1,	/* answer a KeyUpdate */
				 asked:1,	/* we requested an update */
				 want_ask:1,	/* request an update */
				 quiet:1,	/* send no request: the caller
						   does not read */
				 closed:1,	/* the input has ended */
				 ended:1;	/* the output has ended */
};

/* The result of net_record_read(). */
enum net_record_status {
	NET_RECORD_MORE,	/* the record is incomplete */
	NET_RECORD_DATA,	/* content for the caller */
	NET_RECORD_NONE,	/* a record without content for the caller */
	NET_RECORD_CLOSED,	/* the peer has closed the connection */
	NET_RECORD_FAILED	/* send `alert' and close */
};

struct net_record_input {
	size_t		 used;	/* bytes of the record that are present; with
				   NET_RECORD_MORE: bytes that it needs, as far
				   as is known */
	uint8_t		*data;	/* content, within the caller's bytes */
	size_t		 len;	/* bytes of it, at least 1 */
	enum net_alert	 alert;	/* NET_RECORD_FAILED: to be sent;
				   NET_RECORD_CLOSED: received */
	const char	*why;	/* static, for a log */
};

/* record_key.c */

/*
 * Initialize a cache of at most `max' expanded keys for the backend `aead',
 * which has been set up.  Memory is allocated when keys are used.
 */
void	net_record_cache_init(struct net_record_cache *c,
	    const struct net_aead *aead, size_t max);

/*
 * To be called every second: free keys that have been unused for 10 calls, and
 * pages without keys.
 */
void	net_record_tick(struct net_record_cache *c);

/* Zero and free the cache; no connection may use it afterwards. */
void	net_record_cache_free(struct net_record_cache *c);

/*
 * Begin a connection with sequence number 0 in both directions, as after the
 * handshake (RFC 8446 7.3).  `suite' is TLS_AES_128_GCM_SHA256 (0x1301),
 * TLS_AES_256_GCM_SHA384 (0x1302) or TLS_CHACHA20_POLY1305_SHA256 (0x1303);
 * `in' and `out' are the traffic secrets of `len' bytes, which are copied;
 * `out_max' is the maximum content of a sent record in bytes (RFC 6066 4), 0:
 * NET_RECORD_MAX; `client' is not 0 if we are the client.  Return 0, or -1:
 * unknown suite or wrong length.
 */
int	net_record_begin(struct net_record *r, struct net_record_cache *c,
	    uint16_t suite, const uint8_t *in, const uint8_t *out, size_t len,
	    size_t out_max, int client);

/* Zero the connection's state; it can be begun again. */
void	net_record_end(struct net_record *r);

/*
 * To be called about every minute: permit one more KeyUpdate, for a peer that
 * updates its keys at intervals.
 */
void	net_record_forgive(struct net_record *r);

/*
 * HKDF-Expand-Label with an empty context (RFC 8446 7.1), also for tests: write
 * `len' bytes (at most `hash_len') to `out', from the `secret' of `hash_len'
 * bytes (32: SHA-256, 48: SHA-384).  Return 0, or -1: libcrypto failed.
 */
int	net_record_expand(uint8_t *out, size_t len, const uint8_t *secret,
	    size_t hash_len, const char *label);

/*
 * Return the expanded key of a direction and, in `iv', the nonce of its next
 * record; NULL without memory.  For record.c and record_out.c.
 */
void	*net_record_key(struct net_record *r, struct net_record_dir *d,
	    uint8_t iv[NET_AEAD_IV]);

/*
 * Compute the direction's next secret (RFC 8446 7.2): 0, -1: libcrypto failed.
 */
int	net_record_next(struct net_record *r, struct net_record_dir *d);

/* record_save.c */

/* Bytes of a connection's saved state. */
#define NET_RECORD_SAVED	(34 + 2 * NET_RECORD_SECRET)

/*
 * Write the state of a connection, with its secrets, to `dst'; zero it after
 * use.  Return 0, or -1: one direction has ended.
 */
int	net_record_save(const struct net_record *r,
	    uint8_t dst[NET_RECORD_SAVED]);

/*
 * Continue a connection of another process from its saved state; the bytes are
 * not trusted.  As net_record_begin(), return 0, or -1: they are invalid.
 */
int	net_record_load(struct net_record *r, struct net_record_cache *c,
	    const uint8_t src[NET_RECORD_SAVED]);

/* record_mem.c */

/*
 * Allocate memory for a connection, all zero, excluded from core dumps; NULL
 * without memory.
 */
struct net_record *net_record_new(struct net_record_cache *c);

/* Free the pages without connections.  For record_key.c. */
void	net_record_trim(struct net_record_cache *c);

/* End the connection and free its memory; NULL is permitted. */
void	net_record_free(struct net_record_cache *c, struct net_record *r);

/*
 * Map pages for `n' bytes, all zero, excluded from core dumps; NULL without
 * memory.  Free them with munmap(2).
 */
void	*net_record_pages(size_t n);

/* record.c */

/*
 * Read the first record of the `n' bytes at `p': it is decrypted in place once
 * it is complete.
 */
enum net_record_status net_record_read(struct net_record *r, uint8_t *p,
	    size_t n, struct net_record_input *in);

/* record_out.c */

/* Maximum output for `n' bytes of content, including a KeyUpdate. */
size_t	net_record_room(const struct net_record *r, size_t n);

/*
 * Encrypt the `cnt' pieces of `v', `n' bytes in all, to `dst' of at least
 * net_record_room() bytes, in as few records as possible; a KeyUpdate that is
 * due goes first, also when `n' is 0.  Small pieces are copied to `dst' first,
 * others are read once, in place.  Return the bytes written, or -1: the
 * connection must be closed.
 */
ssize_t	net_record_write(struct net_record *r, const struct iovec *v,
	    size_t cnt, size_t n, uint8_t *dst);

/* Return 1 if a KeyUpdate is waiting to be sent, else 0. */
int	net_record_owes(const struct net_record *r);

/*
 * Write an alert to `dst' of NET_RECORD_ALERT bytes; nothing can be written
 * afterwards.  Return the bytes written, or -1.
 */
ssize_t	net_record_alert(struct net_record *r, enum net_alert a, uint8_t *dst);

#endif
