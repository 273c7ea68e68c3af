/*
 * record: the record layer of TLS 1.3 behind the handshake (RFC 8446 5), as
 * server or client.  Pure: no input or output; the caller brings bytes and
 * memory.  Called by the relay for each connection.
 *
 * record.c       records that come
 * record_out.c   records that go
 * record_key.c   secrets (RFC 8446 7.1 to 7.3) and the cache of expanded keys
 * record_mem.c   memory that secrets may be in
 *
 * A connection keeps its two secrets and counters, and no key: keys are
 * expanded when they are used, in a cache that all connections of a process
 * share.  So a struct net_record must not move while it lives.
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
#define NET_RECORD_SECRET	48	/* bytes of a secret, at most */
/* Bytes that a record takes beyond its content: header, type, tag. */
#define NET_RECORD_OVERHEAD	(NET_RECORD_HDR + 1 + NET_AEAD_TAG)
/* Bytes of the longest record that may come. */
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

/* When keys are changed, and what is borne; tests make them smaller. */
struct net_record_limits {
	uint64_t	update_out;	/* records that go under one key */
	uint64_t	update_in;	/* records that come, before we ask */
	uint64_t	update_free;	/* records that pay for a KeyUpdate */
	unsigned int	updates;	/* KeyUpdates without such a pay */
	unsigned int	empties;	/* empty records in a row */
};

/* The expanded keys of a process. */
struct net_record_cache {
	const struct net_aead	*aead;
	struct net_record_limits limits;
	size_t			 max;		/* keys, at most */
	size_t			 n;		/* keys that have memory */
	size_t			 size;		/* bytes of one */
	/* the latest first */
	uint32_t		 now;		/* of net_record_tick() */
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
	uint8_t			 updates;	/* KeyUpdates that cost too
						   little */
	uint8_t			 empties;	/* in a row */
	uint8_t			 npart;		/* bytes of part */
	uint8_t			 part[4];	/* a ticket's header, cut */
	unsigned int		 client:1,	/* we are the client */
				 owe_update:1,	/* answer a KeyUpdate */
				 asked:1,	/* we wait for one */
				 want_ask:1,	/* to be asked for */
				 quiet:1,	/* the caller does not read:
						   ask for nothing */
				 closed:1,	/* no more comes */
				 ended:1;	/* no more goes */
};

/* What a look at the bytes that came has found. */
enum net_record_status {
	NET_RECORD_MORE,	/* the record is not whole yet */
	NET_RECORD_DATA,	/* content for the caller */
	NET_RECORD_NONE,	/* a record that is handled, nothing in it */
	NET_RECORD_CLOSED,	/* the peer has closed */
	NET_RECORD_FAILED	/* send `alert' and close */
};

struct net_record_input {
	size_t		 used;	/* bytes of the record, of those that are
				   there; with NET_RECORD_MORE: bytes that it
				   needs, as far as is known */
	uint8_t		*data;	/* content, within the caller's bytes */
	size_t		 len;	/* bytes of it, at least 1 */
	enum net_alert	 alert;	/* of NET_RECORD_FAILED; of
				   NET_RECORD_CLOSED: what the peer sent */
	const char	*why;	/* static, for a log */
};

/* record_key.c */

/*
 * A cache of at most `max' expanded keys by the backend `aead', which has been
 * set up.  Memory is taken when keys are used.
 */
void	net_record_cache_init(struct net_record_cache *c,
	    const struct net_aead *aead, size_t max);

/*
 * A second has passed: give back keys that nobody has used for 10, and pages
 * that hold none.
 */
void	net_record_tick(struct net_record_cache *c);

/* Zero and free it; no connection may use it any more. */
void	net_record_cache_free(struct net_record_cache *c);

/*
 * Begin a connection at sequence number 0 both ways, as the handshake leaves it
 * (RFC 8446 7.3).  `suite' is TLS_AES_128_GCM_SHA256 (0x1301),
 * TLS_AES_256_GCM_SHA384 (0x1302) or TLS_CHACHA20_POLY1305_SHA256 (0x1303);
 * `in' and `out' are the traffic secrets of `len' bytes, which are copied;
 * `out_max' bytes of content go into a record (RFC 6066 4), 0: NET_RECORD_MAX;
 * `client' not 0: we are the client.  0, or -1: no such suite or length.
 */
int	net_record_begin(struct net_record *r, struct net_record_cache *c,
	    uint16_t suite, const uint8_t *in, const uint8_t *out, size_t len,
	    size_t out_max, int client);

/* Zero all that it knows; it may be begun again. */
void	net_record_end(struct net_record *r);

/* Drop the expanded keys of a connection that will be idle for a while. */
void	net_record_rest(struct net_record *r);

/*
 * Time has passed, a minute or so: one more KeyUpdate is free, for a peer that
 * changes its keys by the clock.
 */
void	net_record_forgive(struct net_record *r);

/*
 * HKDF-Expand-Label with an empty context (RFC 8446 7.1), for tests as well:
 * `len' bytes (at most `hash_len') to `out', of the `secret' of `hash_len'
 * bytes (32: SHA-256, 48: SHA-384).  0, or -1: libcrypto failed.
 */
int	net_record_expand(uint8_t *out, size_t len, const uint8_t *secret,
	    size_t hash_len, const char *label);

/*
 * The expanded key of a direction and, in `iv', the nonce of its next record.
 * NULL without memory.  For record.c and record_out.c.
 */
void	*net_record_key(struct net_record *r, struct net_record_dir *d,
	    uint8_t iv[NET_AEAD_IV]);

/* The direction's next secret (RFC 8446 7.2).  0, or -1: libcrypto failed. */
int	net_record_next(struct net_record *r, struct net_record_dir *d);

/* record_mem.c */

/*
 * Memory for a connection, all zero, to be begun; it is not in core dumps.
 * NULL without memory.
 */
struct net_record *net_record_new(struct net_record_cache *c);

/* Give back the pages that no connection is in.  For record_key.c. */
void	net_record_trim(struct net_record_cache *c);

/* End it and give its memory back; NULL is fine. */
void	net_record_free(struct net_record_cache *c, struct net_record *r);

/*
 * `n' bytes of pages, all zero, that no core dump shows.  NULL without memory;
 * free them with munmap(2).
 */
void	*net_record_pages(size_t n);

/* record.c */

/*
 * Look at the `n' bytes at `p', which begin with a record: decrypted in place,
 * once it is whole.
 */
enum net_record_status net_record_read(struct net_record *r, uint8_t *p,
	    size_t n, struct net_record_input *in);

/* record_out.c */

/* Most bytes that `n' bytes of content may take, with a KeyUpdate before. */
size_t	net_record_room(const struct net_record *r, size_t n);

/*
 * Encrypt the `cnt' pieces of `v', `n' bytes in all, to `dst' of at least
 * net_record_room() bytes, in as few records as may be; a KeyUpdate that is
 * owed goes before them, also when `n' is 0.  Small pieces are copied to `dst'
 * first, others are read once from where they lie.  The bytes that were
 * written, or -1: the connection is to be closed.
 */
ssize_t	net_record_write(struct net_record *r, const struct iovec *v,
	    size_t cnt, size_t n, uint8_t *dst);

/* 1 when a KeyUpdate waits to be sent, else 0. */
int	net_record_owes(const struct net_record *r);

/*
 * Write an alert to `dst' of NET_RECORD_ALERT bytes; nothing can be written
 * afterwards.  The bytes, or -1.
 */
ssize_t	net_record_alert(struct net_record *r, enum net_alert a, uint8_t *dst);

#endif
