/*
 * mapload: shared by its files.
 *
 * mapload.c	options, connections, a line of results
 * map_tls.c	TLS 1.3 for new connections, at minimal cost
 * map_versions.c the maps that replace each other, and the check of a body
 */
#ifndef MAPLOAD_H
#define MAPLOAD_H

#include <openssl/sha.h>

#include "load.h"

#define VERSIONS_MAX	10000

#define MTLS_RAW	(64 * 1024)	/* room for ciphertext, bytes */
#define MTLS_OUT	2048		/* maximum that a step sends */

struct mtls_dir {
	uint8_t		 key[16], iv[12];
	uint64_t	 seq;
};

/* A connection of map_tls.c. */
struct mtls {
	enum { MTLS_HELLO, MTLS_FLIGHT, MTLS_UP } state;
	struct mtls_dir	 in, out;
	SHA256_CTX	 messages;	/* of the handshake */
	uint8_t		 secret[32], client_hs[32];
	uint8_t		 hs[16384];	/* an incomplete message */
	size_t		 hs_len;
	uint8_t		 raw[MTLS_RAW];	/* received ciphertext */
	size_t		 len;
};

/*
 * Call once: `name' of the server, `req' (kept) the request of each connection;
 * `hybrid': also offer X25519MLKEM768.
 */
void	 mtls_setup(const char *name, const char *req, int hybrid);

/* Begin a connection: returns the *n bytes to send first. */
const uint8_t *mtls_begin(struct mtls *t, size_t *n);

/*
 * `n' more bytes follow the t->len of t->raw.  Sets *outlen bytes at `out'
 * (MTLS_OUT) to send, and *plainlen bytes of received plaintext at `plain'
 * (MTLS_RAW).  0, or -1: failure, or the server closed.
 */
int	 mtls_input(struct mtls *t, size_t n, uint8_t *out, size_t *outlen,
	    char *plain, size_t *plainlen);

/* Write the closing alert to `out'; its length. */
size_t	 mtls_close(struct mtls *t, uint8_t *out);

/* Read the present `file'; exits with a message on failure. */
void	 versions_start(const char *file);

/*
 * Create map number `n' and replace `file' with it by rename; exits with a
 * message on failure.
 */
void	 versions_write(const char *file, int n);

/*
 * 1: the body of `n' bytes at `p', with gzip or without, is a map that was
 * written, byte for byte; otherwise 0.
 */
int	 versions_know(const char *p, size_t n, int gzip);

/* The number of written maps that were received so far. */
int	 versions_seen(void);

#endif
