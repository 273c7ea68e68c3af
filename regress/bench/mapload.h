/*
 * mapload: what its files share.
 *
 * mapload.c	options, connections, a line of results
 * map_tls.c	TLS 1.3 for new connections, as cheap as can be
 * map_versions.c the maps that replace each other, and how a body is judged
 */
#ifndef MAPLOAD_H
#define MAPLOAD_H

#include <openssl/sha.h>

#include "load.h"

#define VERSIONS_MAX	10000

#define MTLS_RAW	(64 * 1024)	/* room for ciphertext, bytes */
#define MTLS_OUT	2048		/* most that a step has to send */

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
	uint8_t		 hs[16384];	/* a message that is not whole yet */
	size_t		 hs_len;
	uint8_t		 raw[MTLS_RAW];	/* ciphertext that came */
	size_t		 len;
};

/*
 * Once: `name' is the server's, `req' (kept) what each connection asks;
 * `hybrid': offer X25519MLKEM768, too.
 */
void	 mtls_setup(const char *name, const char *req, int hybrid);

/* Begin a connection: the *n bytes to send first. */
const uint8_t *mtls_begin(struct mtls *t, size_t *n);

/*
 * `n' more bytes are behind the t->len of t->raw.  *outlen bytes at `out'
 * (MTLS_OUT) are to be sent, *plainlen bytes at `plain' (MTLS_RAW) came for the
 * application.  0, or -1: something went wrong, or the server closed.
 */
int	 mtls_input(struct mtls *t, size_t n, uint8_t *out, size_t *outlen,
	    char *plain, size_t *plainlen);

/* The end: its length, at `out'. */
size_t	 mtls_close(struct mtls *t, uint8_t *out);

/* Know what is in `file' now; exits with a line when that fails. */
void	 versions_start(const char *file);

/*
 * Make map number `n' and put it in the place of `file', by rename; exits with
 * a line when that fails.
 */
void	 versions_write(const char *file, int n);

/*
 * Is the body of `n' bytes at `p', packed by gzip or not, one of the maps that
 * were written, every byte of it?  1 yes, 0 no.
 */
int	 versions_know(const char *p, size_t n, int gzip);

/* How many of those that were written came back so far. */
int	 versions_seen(void);

#endif
